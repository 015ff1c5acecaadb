"""Which crops does CycleGAN see? Photographs and paintings that have nothing to do with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
from torch import Tensor

from colorizer.training.data import read_rgb, stacked_ahead
from colorizer.training.sources import DataError, Picture

LARGEST = 286 / 256  # how much pictures are enlarged before the crop, at the most (Zhu et al. 2017, 7.1)


class UnpairedCrops:
    """An endless stream of batches (2 N, S, S, 3) uint8: N crops of photographs, then N of paintings.

    Enlarged a little, mirrored, at random places. The stream depends on the seed and the place in it alone.
    """

    def __init__(
        self, photos: Sequence[Picture], paintings: Sequence[Picture], seed: int, largest: int = 0
    ) -> None:
        """Decodes the pictures; DataError when one can't be read or is smaller than crops of `largest`."""
        self.seed = seed
        self.pool = ThreadPoolExecutor()
        pictures = list(self.pool.map(lambda path: np.asarray(read_rgb(path)), [*photos, *paintings]))
        self.photos, self.paintings = pictures[: len(photos)], pictures[len(photos) :]
        for path, picture in zip([*photos, *paintings], pictures, strict=True):
            height, width = picture.shape[:2]
            if min(height, width) < largest:
                raise DataError(
                    f"“{path}” has {width}x{height} pixels, but crops of {largest} need {largest} both ways. "
                    "Remove it, or choose smaller crops with --stages."
                )

    def _crop(self, pictures: list[np.ndarray], seen: int, side: int, kind: int) -> np.ndarray:
        random = np.random.default_rng((self.seed, 19, kind, seen))
        picture = pictures[random.integers(len(pictures))]
        cut = max(1, round(side / random.uniform(1.0, LARGEST)))
        top, left = (int(random.integers(0, length - cut + 1)) for length in picture.shape[:2])
        crop = cv2.resize(
            picture[top : top + cut, left : left + cut], (side, side), interpolation=cv2.INTER_CUBIC
        )
        return crop[:, ::-1] if random.integers(2) else crop

    def batches(self, start: int, count: int, batch: int, side: int, stride: int = 0) -> Iterator[np.ndarray]:
        """Batches number 0..count-1, the first from the `start`-th crop of the stream on, each `stride` crops
        (0: `batch`) after the one before."""

        def begin(number: int) -> list[Future[np.ndarray]]:
            first = start + number * (stride or batch)
            kinds = enumerate((self.photos, self.paintings))
            crops = [(one, place, side, kind) for kind, one in kinds for place in range(first, first + batch)]
            return [self.pool.submit(self._crop, *crop) for crop in crops]

        return stacked_ahead(begin, count)

    def close(self) -> None:
        """Stop the threads; crops not yet cut are forgotten."""
        self.pool.shutdown(cancel_futures=True)


def both(crops: Tensor) -> tuple[Tensor, Tensor]:
    """A batch (2 N, S, S, 3) uint8 -> photographs and paintings, each (N, 3, S, S) in 0..1."""
    photos, paintings = (crops.movedim(-1, 1).float() / 255).chunk(2)
    return photos, paintings
