"""Which crops does CycleGAN see? Photographs and paintings that have nothing to do with each other."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from torch import Tensor

from colorizer.training.data import CropStream, decoded
from colorizer.training.sources import Picture

LARGEST = 286 / 256  # how much pictures are enlarged before the crop, at the most (Zhu et al. 2017, 7.1)


class UnpairedCrops(CropStream):
    """N crops of photographs, then N of paintings: enlarged a little, mirrored, at random places."""

    kinds = 2

    def __init__(
        self, photos: Sequence[Picture], paintings: Sequence[Picture], seed: int, largest: int = 0
    ) -> None:
        """DataError when a picture can't be read or is smaller than crops of `largest`."""
        super().__init__(seed)
        self.photos, self.paintings = decoded(photos, largest), decoded(paintings, largest)

    def crop(self, place: int, side: int, kind: int) -> np.ndarray:
        random = np.random.default_rng((self.seed, 19, kind, place))
        pictures = (self.photos, self.paintings)[kind]
        picture = pictures[random.integers(len(pictures))]
        cut = max(1, round(side / random.uniform(1.0, LARGEST)))
        top, left = (int(random.integers(0, length - cut + 1)) for length in picture.shape[:2])
        crop = cv2.resize(
            picture[top : top + cut, left : left + cut], (side, side), interpolation=cv2.INTER_CUBIC
        )
        return crop[:, ::-1] if random.integers(2) else crop


def both(crops: Tensor) -> tuple[Tensor, Tensor]:
    """A batch (2 N, S, S, 3) uint8 -> photographs and paintings, each (N, 3, S, S) in 0..1."""
    photos, paintings = (crops.movedim(-1, 1).float() / 255).chunk(2)
    return photos, paintings
