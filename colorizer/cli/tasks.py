"""How are photographs made into new ones from the terminal? `python -m colorizer TASK IN... -o OUT`"""

from __future__ import annotations

import argparse
from pathlib import Path

from colorizer.cli.batch import Batch
from colorizer.cli.hints import GivenHints, add_hints
from colorizer.cli.options import Subparsers, add_photo_command, add_settings, read_settings
from colorizer.errors import ColorizerError
from colorizer.photo import Photo
from colorizer.predictors.settings import (
    OF_TASK,
    ColorizeSettings,
    RestoreSettings,
    RestyleSettings,
    StylizeSettings,
)

TASKS = {
    "restore": "mend, colour and enlarge old photographs in one go",
    "colorize": "colour photographs, at their full size",
    "upscale": "make photographs of up to 3 megapixels four times as wide and high",
    "stylize": "paint photographs like Monet, or turn his paintings into photographs",
    "restyle": "paint photographs in the style of a painting of yours, or make textures of samples",
}
SIZE = "with -o NAME.zip: the middle of every picture as a JPEG of NxN pixels, all in one zip"


def add_commands(subparsers: Subparsers) -> None:
    """Add a command for each task, with an option for each of its settings."""
    for task, text in TASKS.items():
        parser = add_photo_command(subparsers, task, run_task, text)
        if task == "restyle":
            parser.add_argument("--style", metavar="PAINTING", help="the picture whose style they take on")
            parser.add_argument("--texture", action="store_true", help="make a texture of every IN")
        add_settings(parser, OF_TASK[task])
        if task in ("restore", "colorize"):
            add_hints(parser)
        if task == "stylize":
            parser.add_argument("--size", type=int, metavar="N", help=SIZE)


def run_task(args: argparse.Namespace) -> int:
    """The command's task on every photograph; 0 only if each was done and saved."""
    settings, task, hints, style = read_settings(args, OF_TASK[args.command]), args.command, None, None
    zipped = Path(args.output).suffix.lower() == ".zip"
    if isinstance(settings, StylizeSettings) and (args.size is not None or zipped):
        from colorizer.cli.picture_zip import into_zip

        return into_zip(args, settings)
    if isinstance(settings, ColorizeSettings | RestoreSettings):
        hints = GivenHints.read(args, settings)
    if isinstance(settings, RestyleSettings):
        style, task = args.style, "texture" if args.texture else task
        if args.texture == (style is not None):
            raise ColorizerError(
                "Name the painting with --style, or leave it out and ask for a --texture of what is given."
            )
    batch = Batch(args, task)
    return batch.run(settings, hints, Photo.open(style) if style else None)
