"""How do photographs take on a style at the terminal? `restyle IN... --style PAINTING -o OUT`

With --texture, the inputs are samples, and a texture is made of each.
"""

from __future__ import annotations

import argparse
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
from colorizer.errors import ColorizerError
from colorizer.predictors.settings import FEATURES, RESTYLE_RANGES, RestyleSettings

if TYPE_CHECKING:
    from colorizer.photo import Photo

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

STYLE = Task(ending="-styled", done="painted")
TEXTURE = Task(ending="-texture", done="made into a texture")


def add_restyle_commands(subparsers: Subparsers) -> None:
    """Add `restyle`; it sets `run` (parsed arguments in, exit status out)."""
    parser = subparsers.add_parser(
        "restyle",
        help="paint photographs in the style of a painting, or make textures",
        description="Paint photographs in the style of a painting of yours, or make textures of samples.",
    )
    add_batch_arguments(parser)
    parser.add_argument("--style", metavar="PAINTING", help="the picture whose style they take on")
    parser.add_argument("--texture", action="store_true", help="make a texture of every IN; needs no --style")
    default = RestyleSettings()
    _number(parser, "strength", float, default.strength, "how much of the painting")
    _number(parser, "brush", float, default.brush, "width of the strokes")
    _number(parser, "size", int, default.size, "long side of the result in pixels")
    _number(parser, "steps", int, default.steps, "how often the picture is changed")
    _number(parser, "seed", int, default.seed, "of the noise that a texture begins with")
    parser.add_argument(
        "--keep-colours", action="store_true", help="take the touch alone, keep the photograph's colours"
    )
    parser.add_argument(
        "--features",
        choices=FEATURES,
        default=default.features,
        help="the network that compares styles; auto: vgg19 where its weights are, else lite0",
    )
    add_format_arguments(parser)
    parser.set_defaults(run=run_restyle)


def _number(parser: argparse.ArgumentParser, name: str, kind: type, default: float, text: str) -> None:
    low, high = RESTYLE_RANGES[name]
    help = f"{text}, {low:.10g} to {high:.10g}; default {default:g}"
    parser.add_argument(f"--{name}", type=kind, default=default, metavar="X", help=help)


def run_restyle(args: argparse.Namespace) -> int:
    """`restyle`: 0 only if every picture was made and saved."""
    settings = RestyleSettings(
        args.strength, args.brush, args.size, args.steps, args.keep_colours, args.features, args.seed
    )
    if args.texture == (args.style is not None):
        raise ColorizerError(
            "Name the painting with --style, or leave it out and ask for a --texture of what is given."
        )

    def prepare() -> Work:
        from colorizer.photo import Photo
        from colorizer.predictors.own_style import StyleTransfer

        painter = StyleTransfer.load()
        painter.network(settings)  # what has no weights is said once, not for every photograph
        painting = Photo.open(args.style) if args.style else None

        def paint(photo: Photo, progress: Progress) -> Result:
            if painting is None:
                made = painter.texture(photo, settings, progress=progress)
            else:
                made = painter.paint(photo, painting, settings, progress=progress)
            fell = f"{made.factor:.3g} times nearer to the style than at the beginning, by {made.network}."
            return Result(made.photo, made.made_by(painting or photo), (*made.photo.metadata.notes, fell))

        return paint

    return run_batch(args, TEXTURE if args.texture else STYLE, prepare)
