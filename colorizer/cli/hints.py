"""How does a person say in the terminal which colour a place has? By --hint and --hints."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from colorizer.errors import ColorizerError, SettingsError
from colorizer.photo import Photo
from colorizer.predictors.settings import ColorizeSettings, Hint, RestoreSettings


def add_hints(parser: argparse.ArgumentParser) -> None:
    """The options --hint and --hints."""
    text = "a colour and the place that has it, in pixels of the upright photograph; may be given again"
    parser.add_argument("--hint", action="append", default=[], metavar="X,Y,#RRGGBB", help=text)
    text = "a list of {x, y, colour, reach}, x and y as shares of width and height, or a result's settings"
    parser.add_argument("--hints", dest="hints_file", type=Path, metavar="FILE.json", help=text)


@dataclass(frozen=True)
class GivenHints:
    """Hints as --hints and --hint give them: with places, and with pixels of each photo instead."""

    in_file: tuple[Any, ...]
    in_pixels: tuple[tuple[int, int, Hint], ...]

    @classmethod
    def read(cls, args: argparse.Namespace, settings: ColorizeSettings | RestoreSettings) -> GivenHints:
        """What was given; what these settings can't have is refused now."""
        in_file = read_hints(args.hints_file) if args.hints_file else []
        given = cls(tuple(in_file), tuple(read_hint(text) for text in args.hint))
        replace(settings, hints=(*in_file, *(hint for _, _, hint in given.in_pixels)))
        return given

    def on(self, photo: Photo) -> tuple[Any, ...]:
        """All of them, each at its place on the photo."""
        return (*self.in_file, *(placed(photo, *given) for given in self.in_pixels))


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
