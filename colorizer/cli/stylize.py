"""How are photographs painted from the terminal? `python -m colorizer stylize IN... -o OUT`

With -o NAME.zip and --size, all results go into one zip of small squares: what the competition "I'm Something
of a Painter Myself" asks for.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from colorizer import interrupts
from colorizer.cli.batch import (
    Progress,
    ProgressLine,
    Result,
    Task,
    Work,
    add_batch_arguments,
    add_format_arguments,
    check_output,
    find_sources,
    printable,
    reason_of,
    run_batch,
)
from colorizer.errors import ColorizerError, SettingsError, WeightsError
from colorizer.predictors.settings import DIRECTIONS, STYLIZE_RANGES, StylizeSettings

if TYPE_CHECKING:
    from colorizer.photo import Photo
    from colorizer.predictors.stylize import Stylizer

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

TASK = Task(ending="-painted", done="painted")
SIZES = (32, 1024)


def add_stylize_commands(subparsers: Subparsers) -> None:
    """Add `stylize`; it sets `run` (parsed arguments in, exit status out)."""
    parser = subparsers.add_parser(
        "stylize",
        help="paint photographs like Monet, or photograph his paintings",
        description="Paint photographs like Monet, or turn his paintings into photographs.",
    )
    add_batch_arguments(parser)
    default = StylizeSettings()
    parser.add_argument(
        "--direction", choices=DIRECTIONS, default=default.direction, help=f"default {default.direction}"
    )
    low, high = STYLIZE_RANGES["strength"]
    parser.add_argument(
        "--strength",
        type=float,
        default=default.strength,
        metavar="X",
        help=f"{low:g} keeps the photograph, {high:g} takes the painting; default {default.strength:g}",
    )
    low, high = STYLIZE_RANGES["brush"]
    parser.add_argument(
        "--brush",
        type=float,
        metavar="X",
        help=f"width of the strokes, {low:g} to {high:g}: so many times smaller the network sees it; "
        "default: what suits its size",
    )
    parser.add_argument(
        "--keep-colours", action="store_true", help="paint the lightness alone, keep the picture's colours"
    )
    parser.add_argument(
        "--size",
        type=int,
        metavar="N",
        help="with -o NAME.zip: the middle of every picture as a JPEG of NxN pixels, all in one zip",
    )
    add_format_arguments(parser)
    parser.set_defaults(run=run_stylize)


def run_stylize(args: argparse.Namespace) -> int:
    """`stylize`: 0 only if every photograph was painted and saved."""
    settings = StylizeSettings(args.direction, args.strength, args.brush, args.keep_colours)
    target = Path(args.output)
    if args.size is not None or target.suffix.lower() == ".zip":
        return _into_zip(args, settings, target)

    def prepare() -> Work:
        stylizer = _ready(settings)

        def paint(photo: Photo, progress: Progress) -> Result:
            painting = stylizer.paint(photo, settings, progress)
            result = stylizer.render(painting, settings)
            return Result(result, painting.made_by(settings), result.metadata.notes)

        return paint

    return run_batch(args, TASK, prepare)


def _ready(settings: StylizeSettings) -> Stylizer:
    from colorizer.predictors.stylize import Stylizer

    stylizer = Stylizer.load()
    stylizer.network(settings.direction)  # what has no weights is said once, not for every photograph
    return stylizer


def _into_zip(args: argparse.Namespace, settings: StylizeSettings, target: Path) -> int:
    """All results in one zip; given again after an interruption, the command goes on where it stopped."""
    size = 256 if args.size is None else args.size
    if target.suffix.lower() != ".zip":
        raise ColorizerError(f"--size needs a zip to write into, but -o is “{target}”. Name it {target}.zip.")
    if not SIZES[0] <= size <= SIZES[1]:
        raise SettingsError(f"--size is {size}, but must be from {SIZES[0]} to {SIZES[1]}.")
    if check_output(args.format, args.quality) not in (None, "JPEG"):
        raise SettingsError(f"The pictures in a zip are JPEGs, not {args.format}. Leave --format out.")
    from colorizer.cli.picture_zip import PictureZip, key_of
    from colorizer.photo import Photo

    sources, failures = find_sources(args.inputs, target, TASK.ending)
    stylizer = _ready(settings)
    made_by = f"{settings} {size} {args.quality} {stylizer.network(settings.direction)[1]}"
    archive = PictureZip(target)
    progress = ProgressLine(sys.stderr, len(sources))
    found: dict[str, Path] = {}
    keys: dict[str, str] = {}
    for source in sources:
        interrupts.check()
        progress.begin(source)
        name = f"{printable(source.stem)}.jpg"  # whatever bytes the file's name holds, the zip's are UTF-8
        try:
            if name in found:
                raise ColorizerError(f"In the zip it would have the name of {found[name]}. Rename one.")
            key = key_of(source, made_by)
            if not archive.path(key).exists():
                square = _square(Photo.open(source), size)
                painted = stylizer.stylize(square, settings)
                painted.save(archive.path(key), format="JPEG", quality=args.quality)
        except Exception as error:  # a surprise in one photograph must not stop the others
            if isinstance(error, WeightsError):
                raise  # it would be the same for every photograph
            failures += 1
            progress.clear()
            print(printable(f"{source}: {reason_of(error)}"), file=sys.stderr, flush=True)
        else:
            found[name], keys[name] = source, key
    progress.clear()
    if not keys:
        raise ColorizerError("No picture was painted, so there is no zip.")
    archive.finish(keys)
    print(printable(f"{len(keys)} pictures -> {target}"))
    return 1 if failures else 0


def _square(photo: Photo, size: int) -> Photo:
    """The middle of a photo, reduced or enlarged to a square of that many pixels, in 8 bits."""
    import cv2
    import numpy as np

    from colorizer.photo import Photo, to_bits

    side = min(photo.width, photo.height)
    top, left = (photo.height - side) // 2, (photo.width - side) // 2
    middle = (slice(top, top + side), slice(left, left + side))
    how = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC

    def resized(pixels: np.ndarray) -> np.ndarray:
        cut = np.ascontiguousarray(to_bits(pixels[middle], 8))
        return cv2.resize(cut, (size, size), interpolation=how)

    alpha = None if photo.alpha is None else resized(photo.alpha)
    return Photo.from_array(resized(photo.rgb), alpha)
