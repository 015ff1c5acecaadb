"""Which crops does the trainer of the upscaler see? Pixels as they are in sharp pictures, never resized.

The pictures are few and read many times, so they are decoded once and stay in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from colorizer.networks.resampling import FACTOR, shrink
from colorizer.training.data import read_rgb
from colorizer.training.draws import Random
from colorizer.training.sources import DataError, Picture
from colorizer.training.wear import Wear, worn

MARGIN = 8  # pixels around a crop, so that reducing it gives what reducing the whole picture would give


class SharpCrops:
    """An endless stream of crops (N, S, S, 3) uint8, S = side + 2 MARGIN: turned, mirrored, never resized.

    The stream depends on the seed and the place in it alone, so that a resumed run sees what it would have
    seen.
    """

    def __init__(self, paths: Sequence[Picture], seed: int, largest: int = 0) -> None:
        """Decodes the pictures; DataError when one can't be read, or is too small for crops of `largest`."""
        self.seed = seed
        with ThreadPoolExecutor() as pool:
            self.pictures = list(pool.map(lambda path: np.asarray(read_rgb(path)), paths))
        least = largest + 2 * MARGIN
        for path, picture in zip(paths, self.pictures, strict=True):
            height, width = picture.shape[:2]
            if min(height, width) < least:
                raise DataError(
                    f"“{path}” has {width}x{height} pixels, but crops of {largest} need {least} both ways. "
                    "Remove it, or choose smaller crops with --stages."
                )
        # A large picture holds more to learn from than a small one.
        pixels = np.array([picture.shape[0] * picture.shape[1] for picture in self.pictures], dtype=float)
        self.share = pixels**0.5 / (pixels**0.5).sum()

    def _crop(self, seen: int, side: int) -> np.ndarray:
        random = np.random.default_rng((self.seed, 13, seen))
        picture = self.pictures[random.choice(len(self.pictures), p=self.share)]
        whole = side + 2 * MARGIN
        top, left = (int(random.integers(0, length - whole + 1)) for length in picture.shape[:2])
        crop = np.rot90(picture[top : top + whole, left : left + whole], int(random.integers(4)))
        return crop[:, ::-1] if random.integers(2) else crop

    def batches(self, start: int, count: int, batch: int, side: int, stride: int = 0) -> Iterator[np.ndarray]:
        """Batches number 0..count-1, the first from the `start`-th crop of the stream on, each `stride` crops
        (0: `batch`) after the one before."""
        for number in range(count):
            first = start + number * (stride or batch)
            yield np.stack([self._crop(first + k, side) for k in range(batch)])

    def close(self) -> None:
        """Nothing runs beside."""


def quantised(x: Tensor) -> Tensor:
    """Values rounded to the 256 levels of 8 bits, in 0..1."""
    return (x.clamp(0, 1) * 255).round() / 255


def pair(crops: np.ndarray) -> tuple[Tensor, Tensor]:
    """Crops with their margin -> the small picture (N, 3, S/4, S/4), in 8-bit steps, and the large one."""
    large = torch.from_numpy(crops).movedim(-1, 1).float() / 255
    small, edge = quantised(shrink(large)), MARGIN // FACTOR
    return small[..., edge:-edge, edge:-edge], large[..., MARGIN:-MARGIN, MARGIN:-MARGIN]


def worn_pair(crops: np.ndarray, random: Sequence[Random], wear: Wear) -> tuple[Tensor, Tensor]:
    """As `pair`, but the small picture is worn, each by its own random numbers, and the large one is not."""
    pairs = zip(crops, random, strict=True)
    small = np.stack([worn(np.ascontiguousarray(crop), its, wear) for crop, its in pairs])
    given, edge = torch.from_numpy(small).movedim(-1, 1).float() / 255, MARGIN // FACTOR
    large = torch.from_numpy(crops).movedim(-1, 1).float() / 255
    return given[..., edge:-edge, edge:-edge], large[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
