"""How do photographs take on a style at the terminal? `restyle IN... --style PAINTING -o OUT`

With --texture, the inputs are samples, and a texture is made of each.
"""

from __future__ import annotations

import argparse

from colorizer.cli.batch import Batch, Progress, Result
from colorizer.cli.options import Subparsers, add_photo_command, add_settings, read_settings
from colorizer.errors import ColorizerError
from colorizer.photo import Photo
from colorizer.predictors.settings import RestyleSettings


def add_restyle_commands(subparsers: Subparsers) -> None:
    """Add `restyle`."""
    text = "paint photographs in the style of a painting of yours, or make textures of samples"
    parser = add_photo_command(subparsers, "restyle", run_restyle, text)
    parser.add_argument("--style", metavar="PAINTING", help="the picture whose style they take on")
    parser.add_argument("--texture", action="store_true", help="make a texture of every IN; needs no --style")
    add_settings(parser, RestyleSettings)


def run_restyle(args: argparse.Namespace) -> int:
    """`restyle`: 0 only if every picture was made and saved."""
    settings = read_settings(args, RestyleSettings)
    if args.texture == (args.style is not None):
        raise ColorizerError(
            "Name the painting with --style, or leave it out and ask for a --texture of what is given."
        )
    batch = Batch(args, "-texture" if args.texture else "-styled")
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
        return Result(made.photo, made.made_by(painting or photo), fell)

    return batch.run(paint, "made into a texture" if args.texture else "painted")
