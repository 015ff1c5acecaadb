"""How are photographs coloured from the terminal? `python -m colorizer colorize IN... -o OUT`"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from colorizer.cli.batch import Batch, Progress, Result
from colorizer.cli.options import Subparsers, add_photo_command, add_settings, read_settings
from colorizer.errors import ColorizerError, SettingsError
from colorizer.photo import Photo
from colorizer.predictors.settings import ColorizeSettings, Hint, RestoreSettings


def add_colorize_commands(subparsers: Subparsers) -> None:
    """Add `colorize`."""
    text = "colour photographs, at their full size"
    parser = add_photo_command(subparsers, "colorize", run_colorize, text)
    add_settings(parser, ColorizeSettings)
    add_hints(parser)


def add_hints(parser: argparse.ArgumentParser) -> None:
    """The options --hint and --hints."""
    text = "a colour and the place that has it, in pixels of the upright photograph; may be given again"
    parser.add_argument("--hint", action="append", default=[], metavar="X,Y,#RRGGBB", help=text)
    text = "a list of {x, y, colour, reach}, x and y as shares of width and height, or a result's settings"
    parser.add_argument("--hints", dest="hints_file", type=Path, metavar="FILE.json", help=text)


def run_colorize(args: argparse.Namespace) -> int:
    """`colorize`: 0 only if every photograph was coloured and saved."""
    chosen = read_settings(args, ColorizeSettings)
    hints_on = given_hints(args, chosen)
    batch = Batch(args, "-colorized")
    from colorizer.predictors.colorize import Colorizer

    colorizer = Colorizer.load()

    def colour(photo: Photo, progress: Progress) -> Result:
        settings = replace(chosen, hints=hints_on(photo))
        analysis = colorizer.analyse(photo, settings, progress)
        coloured = photo.tone == "coloured" and settings.strength > 0
        note = "It already had colours; --strength below 1 keeps some of them." if coloured else ""
        return Result(colorizer.render(analysis, settings, progress), analysis.made_by(settings), note)

    return batch.run(colour, "coloured")


def given_hints(
    args: argparse.Namespace, chosen: ColorizeSettings | RestoreSettings
) -> Callable[[Photo], tuple[Any, ...]]:
    """What places the hints that were asked for on a photo; what these settings can't have is refused now."""
    in_file = read_hints(args.hints_file) if args.hints_file else []
    in_pixels = [read_hint(text) for text in args.hint]
    replace(chosen, hints=(*in_file, *(hint for _, _, hint in in_pixels)))
    return lambda photo: (*in_file, *(placed(photo, *given) for given in in_pixels))


def read_hint(text: str) -> tuple[int, int, Hint]:
    """“120,80,#7a5230” -> column, row, and the hint, whose place is open."""
    parts = re.fullmatch(r"\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})\s*,\s*(.+?)\s*", text)
    if not parts:
        raise SettingsError(
            f"--hint is “{text}”, but must be X,Y,#RRGGBB: whole pixels from the left and from the top, and "
            "a colour, such as 120,80,#7a5230."
        )
    return int(parts[1]), int(parts[2]), Hint(0, 0, parts[3])


def placed(photo: Photo, column: int, row: int, hint: Hint) -> Hint:
    """The hint at the middle of that pixel."""
    if not (0 <= column < photo.width and 0 <= row < photo.height):
        raise SettingsError(
            f"--hint names the place {column},{row}, but the photograph has {photo.width} x {photo.height} "
            f"pixels: X may be 0 to {photo.width - 1}, Y 0 to {photo.height - 1}."
        )
    return replace(hint, x=(column + 0.5) / photo.width, y=(row + 0.5) / photo.height)


def read_hints(path: Path) -> list[Any]:
    """The hints in a JSON file, which may be what is written into a result; not yet checked one by one."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ColorizerError(f"“{path}” can't be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        found = None
    hints = found.get("hints") if isinstance(found, dict) else found
    if not isinstance(hints, list):
        raise ColorizerError(
            f"“{path}” holds no list of hints in JSON. Write it like "
            '[{"x": 0.3, "y": 0.6, "colour": "#7a5230"}], x and y as shares of width and height.'
        )
    return hints
