"""Where do pictures come from, and how are they read? A folder, a zip read in place, a data set of the Hub.

Pictures of a folder are paths; those of the others are `Packed`, whose bytes are fetched when needed.
"""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageOps

from colorizer.errors import ColorizerError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
HUB = "hub:"  # as in hub:OWNER/NAME or hub:OWNER/NAME:SPLIT


@dataclass(frozen=True)
class Packed:
    """A picture that is no file of its own."""

    source: str  # the zip or data set
    name: str  # ... and the picture's name in there
    size: int  # bytes, as far as known
    read: Callable[[], bytes]

    def __str__(self) -> str:
        return f"{self.source}/{self.name}"


Picture: TypeAlias = Path | Packed


def list_pictures(source: Path, minimum: int = 1) -> list[Picture]:
    """The pictures of a folder and below or of a zip, sorted by name, or of a Hub data set.

    ColorizerError when they are fewer than `minimum`, or the source is nothing of the sort.
    """
    paths: list[Picture]
    if source.as_posix().startswith(HUB):
        paths = [*_of_hub(source.as_posix())]
    elif source.is_dir():
        paths = [*sorted(path for path in source.rglob("*") if _is_picture(path.name) and path.is_file())]
    elif source.is_file() and source.suffix.lower() == ".zip":
        paths = [*_of_zip(source)]
    else:
        raise ColorizerError(
            f"“{source}” is not a folder of pictures, nor a .zip of them, nor a data set, {HUB}OWNER/NAME."
        )
    if len(paths) < minimum:
        raise ColorizerError(
            f"“{source}” holds too few pictures: {len(paths)}, but at least {minimum} are needed. "
            f"Add pictures ({', '.join(sorted(SUFFIXES))}) or choose a smaller batch."
        )
    return paths


def read_rgb(path: Picture, side: int | None = None) -> Image.Image:
    """Decode a picture to 8-bit RGB, turned upright as its EXIF says; ColorizerError when it can't be read.

    `side` lets the JPEG decoder stop at a smaller size, height and width of at least that.
    """
    try:
        with Image.open(io.BytesIO(path.read()) if isinstance(path, Packed) else path) as image:
            if side is not None:
                image.draft("RGB", (side, side))
            ImageOps.exif_transpose(image, in_place=True)
            return image.convert("RGB")
    except Exception as error:  # for what is damaged, Pillow and zipfile raise ten kinds between them
        reason = str(error) or "it is damaged"
        raise ColorizerError(f"“{path}” can't be read as a picture ({reason}). Remove it.") from None


def mean_chroma(path: Picture) -> float:
    """The mean distance from grey of a picture, in 8-bit steps of max(RGB) - min(RGB) on a thumbnail."""
    image = read_rgb(path, 32)
    image.thumbnail((32, 32), Image.Resampling.BOX)
    pixels = np.asarray(image, dtype=np.int16)
    return float((pixels.max(-1) - pixels.min(-1)).mean())


def training_pictures(folder: Path, batch: int, threshold: float = 12.0) -> list[Picture]:
    """The coloured pictures of a folder: near-grey ones would teach that grey is a safe answer.

    Every picture is read once, so that a bad one is found before a run has begun. ColorizerError when one
    can't be read, or the others don't fill a batch.
    """
    paths = list_pictures(folder, minimum=batch)
    with ThreadPoolExecutor() as pool:
        chroma = zip(paths, pool.map(mean_chroma, paths), strict=True)
        kept = [path for path, value in chroma if value >= threshold]
    if len(kept) < batch:
        raise ColorizerError(
            f"Of the {len(paths)} pictures in “{folder}” only {len(kept)} are coloured, fewer than a batch "
            f"of {batch}. A colorizer learns from coloured photographs: add some, or choose a smaller batch."
        )
    return kept


def decoded(paths: Sequence[Picture], largest: int, margin: int = 0) -> list[np.ndarray]:
    """Few pictures that are seen many times: all of them in memory.

    ColorizerError when one can't be read or is too small for crops of `largest` pixels with a margin.
    """
    least = largest + 2 * margin
    with ThreadPoolExecutor() as pool:
        pictures = list(pool.map(lambda path: np.asarray(read_rgb(path)), paths))
    for path, picture in zip(paths, pictures, strict=True):
        height, width = picture.shape[:2]
        if min(height, width) < least:
            raise ColorizerError(
                f"“{path}” has {width}x{height} pixels, but crops of {largest} need {least} both ways. "
                "Remove it, or choose smaller crops with --stages."
            )
    return pictures


def fingerprint(paths: Sequence[Picture]) -> str:
    """A short name for a list of files (names and sizes), written into a model's card."""
    sizes = (path.size if isinstance(path, Packed) else path.stat().st_size for path in paths)
    text = "\n".join(f"{path.name} {size}" for path, size in zip(paths, sizes, strict=True))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _is_picture(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not PurePosixPath(name).name.startswith(".")


def _of_zip(file: Path) -> list[Packed]:
    """Names are only read, never written; the file stays open for as long as its pictures are known."""
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ColorizerError(f"“{file}” can't be read as a zip ({error}). Make it anew.") from None
    lock = threading.Lock()  # one handle for all threads

    def read(entry: zipfile.ZipInfo) -> bytes:
        with lock:
            return archive.read(entry)

    entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
    return [
        Packed(str(file), entry.filename, entry.file_size, partial(read, entry))
        for entry in entries
        if _is_picture(entry.filename) and not entry.is_dir()
    ]


def _of_hub(source: str) -> list[Packed]:
    """The images of one split, “train” where none is named; the package keeps its files in its own cache."""
    try:
        import datasets
    except ModuleNotFoundError:
        raise ColorizerError(
            f"“{source}” needs the package datasets, which isn't installed. Run `pip install datasets`."
        ) from None
    name, _, split = source.removeprefix(HUB).partition(":")
    try:
        table = datasets.load_dataset(name, split=split or "train")
    except Exception as error:  # whatever the network, the Hub and the files' formats can raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ColorizerError(
            f"“{source}” can't be loaded: {reason} A split is named as in {HUB}OWNER/NAME:validation."
        ) from None
    columns = [key for key, kind in table.features.items() if isinstance(kind, datasets.Image)]
    if not columns:
        has = ", ".join(table.features) or "no columns"
        raise ColorizerError(f"“{source}” has no column of images ({has}). Choose another data set.")
    table = table.select_columns(columns[:1]).cast_column(columns[0], datasets.Image(decode=False))

    def read(number: int) -> bytes:
        image = table[number][columns[0]]
        if image is None:
            raise OSError("there is none")
        return Path(image["path"]).read_bytes() if image["bytes"] is None else bytes(image["bytes"])

    return [Packed(source, str(number), 0, partial(read, number)) for number in range(len(table))]
