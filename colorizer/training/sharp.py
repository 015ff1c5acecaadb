"""Which crops does the trainer of the upscaler see? Pixels as they are in sharp pictures, never resized."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from colorizer.evaluation.degradation import Degradation, degrade
from colorizer.networks.resampling import FACTOR, shrink
from colorizer.training.data import CropStream, Random, decoded
from colorizer.training.sources import Picture

MARGIN = 8  # pixels around a crop, so that reducing it gives what reducing the whole picture would give


class SharpCrops(CropStream):
    """Crops (N, S, S, 3) uint8, S = side + 2 MARGIN: turned, mirrored, never resized."""

    def __init__(self, paths: Sequence[Picture], seed: int, largest: int = 0) -> None:
        """DataError when a picture can't be read, or is too small for crops of `largest`."""
        super().__init__(seed)
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


def quantised(x: Tensor) -> Tensor:
    """Values rounded to the 256 levels of 8 bits, in 0..1."""
    return (x.clamp(0, 1) * 255).round() / 255


def pair(
    crops: np.ndarray, randoms: Sequence[Random] = (), degradation: Degradation | None = None
) -> tuple[Tensor, Tensor]:
    """Crops with their margin -> the small picture (N, 3, S/4, S/4), in 8-bit steps, and the large one.

    With a `degradation` the small picture is degraded, each by its own random numbers, and the large one is
    not.
    """
    large = torch.from_numpy(crops).movedim(-1, 1).float() / 255
    if degradation is None:
        small = quantised(shrink(large))
    else:
        pairs = zip(crops, randoms, strict=True)
        made = np.stack([degrade(np.ascontiguousarray(crop), random, degradation) for crop, random in pairs])
        small = torch.from_numpy(made).movedim(-1, 1).float() / 255
    edge = MARGIN // FACTOR
    return small[..., edge:-edge, edge:-edge], large[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
