"""How are photographs coloured from the terminal? `python -m colorizer colorize IN... -o OUT`"""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING

from colorizer.cli.batch import (
    Progress,
    Result,
    Task,
    Work,
    add_batch_arguments,
    add_format_arguments,
    run_batch,
)
from colorizer.predictors.settings import MODELS, RANGES, ColorizeSettings

if TYPE_CHECKING:
    from colorizer.photo import Photo

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

TASK = Task(ending="-colorized", done="coloured")
HELP = {
    "saturation": "factor on the strength of the colours",
    "temperature": "lower is bolder, higher is calmer (unet)",
    "rebalance": "favour rare colours over common ones (unet)",
    "strength": "0 keeps the photograph's own colours, 1 takes the predicted ones",
    "variant": "0 is the likeliest colouring, the others are alternatives (unet)",
    "size": "long side, in pixels, of the small copy that the network sees",
}


def add_colorize_commands(subparsers: Subparsers) -> None:
    """Add `colorize`; it sets `run` (parsed arguments in, exit status out)."""
    parser = subparsers.add_parser(
        "colorize", help="colour photographs", description="Colour photographs, at their full size."
    )
    add_batch_arguments(parser)
    defaults = ColorizeSettings()
    parser.add_argument("--model", choices=MODELS, default=defaults.model, help=f"default: {defaults.model}")
    for name, (low, high) in RANGES.items():
        default = getattr(defaults, name)
        text = f"{HELP[name]}; {low:g} to {high:g}, default {default:g}"
        metavar = "N" if isinstance(default, int) else "X"
        parser.add_argument(f"--{name}", type=type(default), default=default, metavar=metavar, help=text)
    add_format_arguments(parser)
    parser.set_defaults(run=run_colorize)


def run_colorize(args: argparse.Namespace) -> int:
    """`colorize`: 0 only if every photograph was coloured and saved."""
    names = [field.name for field in fields(ColorizeSettings)]
    settings = ColorizeSettings(**{name: getattr(args, name) for name in names})

    def prepare() -> Work:
        from colorizer.predictors.colorize import Colorizer

        colorizer = Colorizer.load()

        def colour(photo: Photo, progress: Progress) -> Result:
            analysis = colorizer.analyse(photo, settings, progress)
            result = colorizer.render(analysis, settings, progress)
            notes = result.metadata.notes
            if photo.tone == "coloured" and settings.strength > 0:
                notes += ("It already had colours; --strength below 1 keeps some of them.",)
            return Result(result, analysis.made_by(settings), notes)

        return colour

    return run_batch(args, TASK, prepare)
