"""Which pictures does a trainer see, in which crops, and what is drawn at random for each of them?

All of it depends on the seed and on a crop's place in the stream alone, so it matters neither how many
processes or threads share a batch nor where a run was stopped. Where pictures may come from is in sources.py.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from colorizer.training.sources import SUFFIXES, DataError, Picture, find_pictures, opened, size_of

Random = np.random.Generator
AHEAD = 3  # batches that threads cut in advance

# What Pillow raises for files that are cut short, damaged, or no pictures at all.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)


@dataclass(frozen=True)
class Draws:
    """The random numbers of a step."""

    step: Random  # for what is the same for all crops
    crops: list[Random]  # one a crop

    @classmethod
    def of(cls, seed: int, kind: int, step: int, places: Iterable[int]) -> Draws:
        """For crops at these places in the stream; each `kind` of use has numbers of its own."""
        crops = [np.random.default_rng((seed, kind, 1, place)) for place in places]
        return cls(np.random.default_rng((seed, kind, step)), crops)


# Pictures


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


def mean_chroma(path: Picture) -> float | DataError:
    """The mean distance from grey of a picture, in 8-bit steps of max(RGB) - min(RGB) on a thumbnail."""
    try:
        image = read_rgb(path, 32)
    except DataError as error:
        return error
    image.thumbnail((32, 32), Image.Resampling.BOX)
    pixels = np.asarray(image, dtype=np.int16)
    return float((pixels.max(-1) - pixels.min(-1)).mean())


def training_pictures(folder: Path, batch: int, threshold: float = 12.0) -> list[Picture]:
    """The coloured pictures of a folder: near-grey ones would teach that grey is a safe answer.

    Every picture is read once, so that a bad one is found before a run has begun. DataError when one can't be
    read, or the others don't fill a batch.
    """
    paths = list_pictures(folder, minimum=batch)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(mean_chroma, paths))
    errors = [value for value in found if isinstance(value, DataError)]
    if errors:
        more = f" {len(errors) - 1} more can't be read either." if len(errors) > 1 else ""
        raise DataError(f"{errors[0]}{more}")
    chroma = zip(paths, found, strict=True)
    kept = [path for path, value in chroma if isinstance(value, float) and value >= threshold]
    if len(kept) < batch:
        raise DataError(
            f"Of the {len(paths)} pictures in “{folder}” only {len(kept)} are coloured, fewer than a batch "
            f"of {batch}. A colorizer learns from coloured photographs: add some, or choose a smaller batch."
        )
    return kept


def decoded(paths: Sequence[Picture], largest: int, margin: int = 0) -> list[np.ndarray]:
    """Few pictures that are seen many times: all of them in memory.

    DataError when one can't be read or is too small for crops of `largest` pixels with a margin.
    """
    least = largest + 2 * margin
    with ThreadPoolExecutor() as pool:
        pictures = list(pool.map(lambda path: np.asarray(read_rgb(path)), paths))
    for path, picture in zip(paths, pictures, strict=True):
        height, width = picture.shape[:2]
        if min(height, width) < least:
            raise DataError(
                f"“{path}” has {width}x{height} pixels, but crops of {largest} need {least} both ways. "
                "Remove it, or choose smaller crops with --stages."
            )
    return pictures


def fingerprint(paths: Sequence[Picture]) -> str:
    """A short name for a list of files (names and sizes), written into a model's card."""
    text = "\n".join(f"{path.name} {size_of(path)}" for path in paths)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


# Crops


class CropStream:
    """An endless stream of crops that threads cut ahead of time; `crop` says what is at a place in it."""

    kinds = 1  # of crops in a batch, one after the other

    def __init__(self, seed: int, threads: int = 0) -> None:
        """threads: 0 for this process's share of the processors, at least two."""
        self.seed = seed
        share = (os.cpu_count() or 2) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        self.pool = ThreadPoolExecutor(threads or max(2, share))

    def crop(self, place: int, side: int, kind: int) -> np.ndarray:
        """The crop (S, S, 3) uint8 of that kind, 0 to kinds - 1, at a place in the stream."""
        raise NotImplementedError

    def batches(self, start: int, count: int, batch: int, side: int, stride: int = 0) -> Iterator[np.ndarray]:
        """Batches number 0..count-1 (kinds N, S, S, 3), the first from the `start`-th crop of the stream on,
        each `stride` crops (0: `batch`) after the one before."""
        waiting: deque[list[Future[np.ndarray]]] = deque()
        for number in range(count + AHEAD):
            if number < count:
                first = start + number * (stride or batch)
                places = [
                    (place, kind) for kind in range(self.kinds) for place in range(first, first + batch)
                ]
                waiting.append([self.pool.submit(self.crop, place, side, kind) for place, kind in places])
            if number >= AHEAD:
                yield np.stack([future.result() for future in waiting.popleft()])

    def close(self) -> None:
        """Stop the threads; crops not yet cut are forgotten."""
        self.pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class CropSettings:
    """How a training crop is cut from a picture."""

    smallest: float = 0.55  # share of the picture's short side that a crop has at least
    stretch: float = 1.15  # width to height, at most
    flip: bool = True
    # JPEGs are decoded at this many times the crop's side at least; 1 / smallest is sharpest.
    decode: float = 1.0


def random_crop(image: Image.Image, side: int, random: Random, settings: CropSettings) -> np.ndarray:
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


class CropLoader(CropStream):
    """Random crops of pictures that are decoded when needed (Pillow lets other threads run meanwhile)."""

    def __init__(
        self, paths: Sequence[Picture], seed: int, crops: CropSettings | None = None, threads: int = 0
    ) -> None:
        super().__init__(seed, threads)
        self.paths, self.crops = paths, crops or CropSettings()
        self.order = lru_cache(2)(self._order)  # a million pictures take long to shuffle

    def _order(self, epoch: int) -> np.ndarray:
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.paths))

    def crop(self, place: int, side: int, kind: int) -> np.ndarray:
        epoch, number = divmod(place, len(self.paths))
        random = np.random.default_rng((self.seed, 7, place))
        image = read_rgb(self.paths[self.order(epoch)[number]], round(side * self.crops.decode))
        return random_crop(image, side, random, self.crops)
