"""How are thousands of photographs painted into one zip, so that stopping and starting again loses nothing?

Finished pictures wait as files in a folder beside the zip; the zip itself appears at the end, whole.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np

from colorizer.cli.batch import check_output
from colorizer.cli.naming import expanded, find_sources
from colorizer.cli.terminal import Progress, for_each, printable
from colorizer.errors import ColorizerError, SettingsError
from colorizer.photo import LIMITS, Photo, check_file, to_bits
from colorizer.photo.sources import Source
from colorizer.predictors.settings import StylizeSettings
from colorizer.predictors.stylize import Stylizer
from colorizer.weights.manifest import write_whole

SIZES = (32, 1024)


def into_zip(args: argparse.Namespace, settings: StylizeSettings) -> int:
    """`stylize` into a zip; given again after an interruption, the command goes on where it stopped."""
    target, size = Path(args.output), 256 if args.size is None else args.size
    if target.suffix.lower() != ".zip":
        raise ColorizerError(f"--size needs a zip to write into, but -o is “{target}”. Name it {target}.zip.")
    if target.is_dir():
        raise ColorizerError(f"“{target}” is a folder, so no zip can be written there. Name another.")
    if not SIZES[0] <= size <= SIZES[1]:
        raise SettingsError(f"--size is {size}, but must be from {SIZES[0]} to {SIZES[1]}.")
    if check_output(args.format, args.quality) not in (None, "JPEG"):
        raise SettingsError(f"The pictures in a zip are JPEGs, not {args.format}. Leave --format out.")
    if args.caption is not None or args.credentials:
        raise SettingsError("The squares in a zip take no --caption and no --credentials. Leave them out.")
    if args.skip_existing or args.manifest or args.jobs > 1:
        raise SettingsError(
            "A zip goes on by itself, lists nothing and is painted one by one. Leave --skip-existing, "
            "--manifest and --jobs out."
        )
    sources, failures = find_sources(expanded(args.inputs), target, "-painted", args.recursive)
    stylizer = Stylizer.load()
    step = {"task": "stylize", "weights": stylizer.network(settings.direction)[1], **settings.as_dict()}
    made_by = f"{step} {size} {args.quality}"
    folder = target.with_name(f"{target.name}.parts")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ColorizerError(f"“{target}” can't be written ({error.strerror}).") from None
    found: dict[str, tuple[Source, Path]] = {}  # by names in the zip: the picture given and the one finished

    def paint(source: Source, progress: Progress) -> list[str]:
        name = f"{printable(source.stem)}.jpg"  # whatever bytes the file's name holds, the zip's are UTF-8
        if name in found:
            raise ColorizerError(f"In the zip it would have the name of {found[name][0]}. Rename one.")
        part = folder / _key(source, made_by)
        if not part.exists():
            with source.file() as path:
                photo = Photo.open(path)
            painted = stylizer.stylize(_square(photo, size), settings)
            painted.save(part, format="JPEG", quality=args.quality, settings=step)
        found[name] = source, part
        return []

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # JPEGs are compressed
            for name, (_, part) in found.items():
                archive.write(part, name)

    failures += for_each(sources, paint)
    if not found:
        raise ColorizerError("No picture was painted, so there is no zip.")
    write_whole(target, write)
    shutil.rmtree(folder, ignore_errors=True)
    print(printable(f"{len(found)} pictures -> {target}"))
    return 1 if failures else 0


def _key(source: Source, made_by: str) -> str:
    """Tells a picture's file, as it is now, and what is made of it from all others; PhotoError when it can't
    be read."""
    member = f"/{source.member.filename}" if source.member else ""
    if not member:
        check_file(source.path, LIMITS)
    about = source.path.stat()
    text = f"{source.path.resolve()}{member}\n{about.st_size}\n{about.st_mtime_ns}\n{made_by}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _square(photo: Photo, size: int) -> Photo:
    """The middle of a photo, reduced or enlarged to a square of that many pixels, in 8 bits."""
    side = min(photo.width, photo.height)
    top, left = (photo.height - side) // 2, (photo.width - side) // 2
    middle = (slice(top, top + side), slice(left, left + side))
    how = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC

    def resized(pixels: np.ndarray) -> np.ndarray:
        cut = np.ascontiguousarray(to_bits(pixels[middle], 8))
        return cv2.resize(cut, (size, size), interpolation=how)

    return Photo.from_array(resized(photo.rgb), None if photo.alpha is None else resized(photo.alpha))
