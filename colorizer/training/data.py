"""Which pictures does a trainer see, and in which crops?

Pictures are decoded on the fly by a few threads (Pillow releases the GIL), so a folder of JPEGs is enough.
Other places that they may come from are in sources.py.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from colorizer.training.sources import SUFFIXES, DataError, Picture, find_pictures, opened, size_of

# What Pillow raises for files that are cut short, damaged, or no pictures at all.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)


def list_pictures(folder: Path, minimum: int = 1) -> list[Picture]:
    """The pictures of a folder and below, a zip or a Hub data set; DataError when fewer than `minimum`."""
    paths = find_pictures(folder)
    if len(paths) < minimum:
        raise DataError(
            f"“{folder}” holds too few pictures: {len(paths)}, but at least {minimum} are needed. "
            f"Add pictures ({', '.join(sorted(SUFFIXES))}) or choose a smaller batch."
        )
    return paths


def read_rgb(path: Picture, side: int | None = None) -> Image.Image:
    """Decode a picture to 8-bit RGB, turned upright as its EXIF says; DataError when it can't be read.

    `side` lets the JPEG decoder stop at a smaller size, height and width of at least that.
    """
    try:
        with Image.open(opened(path)) as image:
            if side is not None:
                image.draft("RGB", (side, side))
            ImageOps.exif_transpose(image, in_place=True)
            return image.convert("RGB")
    except BROKEN as error:
        raise DataError(f"“{path}” can't be read as a picture ({error}). Remove it.") from None


def mean_chroma(path: Picture) -> float:
    """The mean distance from grey of a picture, in 8-bit steps of max(RGB) - min(RGB) on a thumbnail."""
    image = read_rgb(path, 32)
    image.thumbnail((32, 32), Image.Resampling.BOX)
    pixels = np.asarray(image, dtype=np.int16)
    return float((pixels.max(-1) - pixels.min(-1)).mean())


def drop_grey(paths: Sequence[Picture], threshold: float = 12.0) -> list[Picture]:
    """Leave out near-grey pictures: they would teach the network that grey is a safe answer.

    Every picture is read once, so those that can't be read are found before a run has begun: DataError.
    """

    def chroma_or_error(path: Picture) -> float | DataError:
        try:
            return mean_chroma(path)
        except DataError as error:
            return error

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(chroma_or_error, paths))
    errors = [value for value in found if isinstance(value, DataError)]
    if errors:
        more = f" {len(errors) - 1} more can't be read either." if len(errors) > 1 else ""
        raise DataError(f"{errors[0]}{more}")
    chroma = zip(paths, found, strict=True)
    return [path for path, value in chroma if isinstance(value, float) and value >= threshold]


def training_pictures(folder: Path, batch: int) -> list[Picture]:
    """The coloured pictures of a folder; DataError when they don't fill a batch, or one can't be read."""
    paths = list_pictures(folder, minimum=batch)
    kept = drop_grey(paths)
    if len(kept) < batch:
        raise DataError(
            f"Of the {len(paths)} pictures in “{folder}” only {len(kept)} are coloured, fewer than a batch "
            f"of {batch}. A colorizer learns from coloured photographs: add some, or choose a smaller batch."
        )
    return kept


def fingerprint(paths: Sequence[Picture]) -> str:
    """A short name for a list of files (names and sizes), written into a model's card."""
    text = "\n".join(f"{path.name} {size_of(path)}" for path in paths)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class CropSettings:
    """How a training crop is cut from a picture."""

    smallest: float = 0.55  # share of the picture's short side that a crop has at least
    stretch: float = 1.15  # width to height, at most
    flip: bool = True
    decode: float = (
        1.0  # JPEGs are decoded at this many times the crop's side at least; 1 / smallest is sharpest
    )


def random_crop(
    image: Image.Image, side: int, random: np.random.Generator, settings: CropSettings
) -> np.ndarray:
    """A random crop of a picture, brought to (side, side, 3) uint8 with antialiasing, maybe mirrored."""
    short = min(image.size)
    share = random.uniform(settings.smallest, 1.0)
    ratio = np.exp(random.uniform(-1, 1) * np.log(settings.stretch))
    width = min(image.width, short * share * np.sqrt(ratio))
    height = min(image.height, short * share / np.sqrt(ratio))
    left, top = random.uniform(0, image.width - width), random.uniform(0, image.height - height)
    box = (left, top, left + width, top + height)
    crop = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, box=box))
    return crop[:, ::-1] if settings.flip and random.random() < 0.5 else crop


def stacked_ahead(
    begin: Callable[[int], list[Future[np.ndarray]]], count: int, most: int = 3
) -> Iterator[np.ndarray]:
    """Batches number 0..count-1, each of the crops that `begin` has threads cut, up to `most` batches ahead
    of the one that is asked for."""
    waiting: deque[list[Future[np.ndarray]]] = deque()
    for number in range(count + most):
        if number < count:
            waiting.append(begin(number))
        if number >= most:
            yield np.stack([future.result() for future in waiting.popleft()])


class CropLoader:
    """An endless stream of batches (N, side, side, 3) uint8, prepared ahead by threads.

    The stream depends on the seed and the step alone, not on the number of threads, so that a resumed run
    sees what it would have seen.
    """

    def __init__(
        self, paths: Sequence[Picture], seed: int, crops: CropSettings | None = None, threads: int = 0
    ) -> None:
        """threads: 0 for this process's share of the processors, at least two."""
        self.paths, self.seed, self.crops = paths, seed, crops or CropSettings()
        share = (os.cpu_count() or 2) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        self.pool = ThreadPoolExecutor(threads or max(2, share))
        self.order = lru_cache(2)(self._order)  # a million pictures take long to shuffle

    def _order(self, epoch: int) -> np.ndarray:
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.paths))

    def _crop(self, seen: int, side: int) -> np.ndarray:
        epoch, place = divmod(seen, len(self.paths))
        random = np.random.default_rng((self.seed, 7, seen))
        image = read_rgb(self.paths[self.order(epoch)[place]], round(side * self.crops.decode))
        return random_crop(image, side, random, self.crops)

    def batches(self, start: int, count: int, batch: int, side: int, stride: int = 0) -> Iterator[np.ndarray]:
        """Batches number 0..count-1, the first from the `start`-th crop of the stream on, each `stride` crops
        (0: `batch`) after the one before."""

        def begin(number: int) -> list[Future[np.ndarray]]:
            first = start + number * (stride or batch)
            return [self.pool.submit(self._crop, first + k, side) for k in range(batch)]

        return stacked_ahead(begin, count)

    def close(self) -> None:
        """Stop the threads; crops not yet cut are forgotten."""
        self.pool.shutdown(cancel_futures=True)
