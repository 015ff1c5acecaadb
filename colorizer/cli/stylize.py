"""How are photographs painted from the terminal? `python -m colorizer stylize IN... -o OUT`

With -o NAME.zip and --size, all results go into one zip of small squares: what the competition "I'm Something
of a Painter Myself" asks for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from colorizer.cli.batch import Batch, Progress, Result
from colorizer.cli.options import Subparsers, add_photo_command, add_settings, read_settings
from colorizer.photo import Photo
from colorizer.predictors.settings import StylizeSettings

SIZE = "with -o NAME.zip: the middle of every picture as a JPEG of NxN pixels, all in one zip"


def add_stylize_commands(subparsers: Subparsers) -> None:
    """Add `stylize`."""
    text = "paint photographs like Monet, or turn his paintings into photographs"
    parser = add_photo_command(subparsers, "stylize", run_stylize, text)
    add_settings(parser, StylizeSettings)
    parser.add_argument("--size", type=int, metavar="N", help=SIZE)


def run_stylize(args: argparse.Namespace) -> int:
    """`stylize`: 0 only if every photograph was painted and saved."""
    settings = read_settings(args, StylizeSettings)
    if args.size is not None or Path(args.output).suffix.lower() == ".zip":
        from colorizer.cli.picture_zip import into_zip

        return into_zip(args, settings)
    batch = Batch(args, "-painted")
    from colorizer.predictors.stylize import Stylizer

    stylizer = Stylizer.load()
    stylizer.network(settings.direction)  # what has no weights is said once, not for every photograph

    def paint(photo: Photo, progress: Progress) -> Result:
        painting = stylizer.paint(photo, settings, progress)
        return Result(stylizer.render(painting, settings), painting.made_by(settings))

    return batch.run(paint, "painted")
