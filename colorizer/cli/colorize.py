"""How are photographs coloured from the terminal? `python -m colorizer colorize IN... -o OUT`"""

from __future__ import annotations

import argparse

from colorizer.cli.batch import Batch, Progress, Result
from colorizer.cli.options import Subparsers, add_photo_command, add_settings, read_settings
from colorizer.photo import Photo
from colorizer.predictors.settings import ColorizeSettings


def add_colorize_commands(subparsers: Subparsers) -> None:
    """Add `colorize`."""
    text = "colour photographs, at their full size"
    parser = add_photo_command(subparsers, "colorize", run_colorize, text)
    add_settings(parser, ColorizeSettings)


def run_colorize(args: argparse.Namespace) -> int:
    """`colorize`: 0 only if every photograph was coloured and saved."""
    settings = read_settings(args, ColorizeSettings)
    batch = Batch(args, "-colorized")
    from colorizer.predictors.colorize import Colorizer

    colorizer = Colorizer.load()

    def colour(photo: Photo, progress: Progress) -> Result:
        analysis = colorizer.analyse(photo, settings, progress)
        coloured = photo.tone == "coloured" and settings.strength > 0
        note = "It already had colours; --strength below 1 keeps some of them." if coloured else ""
        return Result(colorizer.render(analysis, settings, progress), analysis.made_by(settings), note)

    return batch.run(colour, "coloured")
