"""Which crops of the pictures does a trainer see, and what is drawn at random for each of them?

All of it depends on the seed and on a crop's place in the stream alone, so it matters neither how many
processes or threads share a batch nor where a run was stopped.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colorizer.evaluation.degradation import Degradation, degrade
from colorizer.networks.resampling import FACTOR, shrink
from colorizer.training.options import CropSettings
from colorizer.training.sources import Picture, decoded, read_rgb

Random = np.random.Generator
Pictures = Sequence[Picture]
AHEAD = 3  # batches that threads cut in advance
MARGIN = 8  # pixels around a sharp crop, so that reducing it gives what reducing the picture would give
LARGEST = 286 / 256  # how much CycleGAN enlarges before the crop, at the most (Zhu et al. 2017, 7.1)


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


class CropStream:
    """An endless stream of crops that threads cut ahead of time; `crop` says what is at a place in it."""

    kinds = 1  # of crops in a batch, one after the other

    def __init__(self, paths: Pictures, seed: int) -> None:
        """paths: the pictures that a run names as its data."""
        self.paths, self.seed = paths, seed
        share = (os.cpu_count() or 2) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        self.pool = ThreadPoolExecutor(max(2, share))

    def crop(self, place: int, side: int, kind: int) -> np.ndarray:
        """The crop (S, S, 3) uint8 of that kind, 0 to kinds - 1, at a place in the stream."""
        raise NotImplementedError

    def batches(self, start: int, batch: int, side: int, stride: int = 0) -> Iterator[np.ndarray]:
        """Batches (kinds N, S, S, 3) without end, the first from the `start`-th crop of the stream on, each
        `stride` crops (0: `batch`) after the one before."""
        waiting: deque[list[Future[np.ndarray]]] = deque()
        for first in itertools.count(start, stride or batch):
            places = itertools.product(range(self.kinds), range(first, first + batch))
            waiting.append([self.pool.submit(self.crop, place, side, kind) for kind, place in places])
            if len(waiting) > AHEAD:
                yield np.stack([future.result() for future in waiting.popleft()])

    def close(self) -> None:
        """Stop the threads; crops not yet cut are forgotten."""
        self.pool.shutdown(cancel_futures=True)


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

    def __init__(self, paths: Pictures, seed: int, crops: CropSettings | None = None) -> None:
        super().__init__(paths, seed)
        self.crops = crops or CropSettings()
        self.order = lru_cache(2)(self._order)  # a million pictures take long to shuffle

    def _order(self, epoch: int) -> np.ndarray:
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.paths))

    def crop(self, place: int, side: int, kind: int) -> np.ndarray:
        epoch, number = divmod(place, len(self.paths))
        random = np.random.default_rng((self.seed, 7, place))
        image = read_rgb(self.paths[self.order(epoch)[number]], round(side * self.crops.decode))
        return random_crop(image, side, random, self.crops)


class SharpCrops(CropStream):
    """The upscaler's (S, S, 3), S = side + 2 MARGIN: pixels as they are, turned, mirrored, never resized."""

    def __init__(self, paths: Pictures, seed: int, largest: int = 0) -> None:
        """ColorizerError when a picture can't be read, or is too small for crops of `largest`."""
        super().__init__(paths, seed)
        self.pictures = decoded(paths, largest, MARGIN)
        # A large picture holds more to learn from than a small one.
        pixels = np.array([picture.shape[0] * picture.shape[1] for picture in self.pictures], dtype=float)
        self.share = pixels**0.5 / (pixels**0.5).sum()

    def crop(self, place: int, side: int, kind: int) -> np.ndarray:
        random = np.random.default_rng((self.seed, 13, place))
        picture = self.pictures[random.choice(len(self.pictures), p=self.share)]
        full = side + 2 * MARGIN
        top, left = (int(random.integers(0, length - full + 1)) for length in picture.shape[:2])
        crop = np.rot90(picture[top : top + full, left : left + full], int(random.integers(4)))
        return crop[:, ::-1] if random.integers(2) else crop


def to_rgb(crops: np.ndarray | Tensor) -> Tensor:
    """(N, S, S, 3) uint8 -> (N, 3, S, S) in 0..1."""
    return torch.as_tensor(crops).movedim(-1, 1).float() / 255


def quantised(x: Tensor) -> Tensor:
    """Values rounded to the 256 levels of 8 bits, in 0..1."""
    return (x.clamp(0, 1) * 255).round() / 255


def pair(
    crops: np.ndarray, randoms: Sequence[Random] = (), degradation: Degradation | None = None
) -> tuple[Tensor, Tensor]:
    """Crops with their margin -> the small picture (N, 3, S/4, S/4), in 8-bit steps, and the large one.

    With a `degradation` the small picture is degraded too, each by its own random numbers.
    """
    large = to_rgb(crops)
    if degradation is None:
        small = quantised(shrink(large))
    else:
        pairs = zip(crops, randoms, strict=True)
        made = np.stack([degrade(np.ascontiguousarray(crop), random, degradation) for crop, random in pairs])
        small = to_rgb(made)
    edge = MARGIN // FACTOR
    return small[..., edge:-edge, edge:-edge], large[..., MARGIN:-MARGIN, MARGIN:-MARGIN]


class UnpairedCrops(CropStream):
    """N crops of photographs, then N of paintings: enlarged a little, mirrored, at random places."""

    kinds = 2

    def __init__(self, photos: Pictures, paintings: Pictures, seed: int, largest: int = 0) -> None:
        """ColorizerError when a picture can't be read or is smaller than crops of `largest`."""
        super().__init__(photos, seed)
        self.photos, self.paintings = decoded(photos, largest), decoded(paintings, largest)

    def crop(self, place: int, side: int, kind: int) -> np.ndarray:
        random = np.random.default_rng((self.seed, 19, kind, place))
        pictures = (self.photos, self.paintings)[kind]
        picture = pictures[random.integers(len(pictures))]
        cut = max(1, round(side / random.uniform(1.0, LARGEST)))
        top, left = (int(random.integers(0, length - cut + 1)) for length in picture.shape[:2])
        crop = picture[top : top + cut, left : left + cut]
        crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)
        return crop[:, ::-1] if random.integers(2) else crop
