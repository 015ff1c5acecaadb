"""How are photographs coloured from the terminal? `python -m colorizer colorize IN... -o OUT`"""

from __future__ import annotations

import argparse

from colorizer.cli.batch import Batch, Progress, Result
from colorizer.cli.options import Subparsers, add_photo_command, add_settings, read_settings
from colorizer.photo import Photo
from colorizer.predictors.settings import ColorizeSettings

TEXTS = {
    "model": "unet, or one of the two course models for comparison",
    "saturation": "factor on the strength of the colours",
    "temperature": "lower is bolder, higher is calmer (unet)",
    "rebalance": "favour rare colours over common ones (unet)",
    "strength": "0 keeps the photograph's own colours, 1 takes the predicted ones",
    "variant": "0 is the likeliest colouring, the others are alternatives (unet)",
    "size": "long side, in pixels, of the small copy that the network sees",
}


def add_colorize_commands(subparsers: Subparsers) -> None:
    """Add `colorize`."""
    about = "Colour photographs, at their full size."
    parser = add_photo_command(subparsers, "colorize", run_colorize, "colour photographs", about)
    add_settings(parser, ColorizeSettings, TEXTS)


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
