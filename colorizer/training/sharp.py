"""Which crops does the trainer of the upscaler see? Pixels as they are in sharp pictures, never resized.

The pictures are few and read many times, so they are decoded once and stay in memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor

from colorizer.resampling import FACTOR, shrink
from colorizer.training.data import read_rgb
from colorizer.training.draws import Random
from colorizer.training.sources import DataError, Picture

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


@dataclass(frozen=True)
class Wear:
    """What real pictures went through before they became small: how often, and how much at the most."""

    blur: float = 0.7  # of the crops; a Gaussian of up to `widest` pixels of the large picture
    widest: float = 3.6
    area: float = 0.3  # are reduced by averaging instead of bicubically
    noise: float = 0.6  # ... after reducing, of up to `loudest` levels of 255; half of it without colour
    loudest: float = 12.0
    grain: float = 0.4  # of the noisy ones have grains wider than a pixel, as scans of old prints do
    sharpened: float = 0.35  # ... after that, as scanners do: edges get halos
    sharpest: float = 2.0  # times what a Gaussian takes away is added
    jpeg: float = 0.75  # ... after reducing; a quarter of the crops is also compressed before
    worst: int = 35  # JPEG quality


def compressed(rgb: np.ndarray, quality: int) -> np.ndarray:
    """uint8 (H, W, 3) as it comes back from a JPEG of that quality."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer))


def worn(crop: np.ndarray, random: Random, wear: Wear) -> np.ndarray:
    """A crop uint8 (H, W, 3) -> uint8 (H/4, W/4, 3) as it might come from a messenger or an old scanner.

    The degradations of Real-ESRGAN (Wang et al. 2021, section 3), simplified.
    """
    if random.random() < wear.jpeg / 3:
        crop = compressed(crop, int(random.integers(wear.worst, 96)))
    if random.random() < wear.blur:
        sigma = random.uniform(0.2, wear.widest)
        crop = ndimage.gaussian_filter(crop, (sigma, sigma, 0))
    height, width = crop.shape[0] // FACTOR, crop.shape[1] // FACTOR
    if random.random() < wear.area:
        small = crop.reshape(height, FACTOR, width, FACTOR, 3).mean((1, 3), dtype=np.float32)
    else:
        large = torch.from_numpy(np.ascontiguousarray(crop)).movedim(-1, 0)[None].float()
        small = shrink(large)[0].movedim(0, -1).numpy()
    if random.random() < wear.noise:
        channels = 1 if random.random() < 0.5 else 3
        noise = random.standard_normal((height, width, channels)).astype(np.float32)
        if random.random() < wear.grain:
            width_of_grain = random.uniform(0.4, 1.0)
            noise = ndimage.gaussian_filter(noise, (width_of_grain, width_of_grain, 0))
            noise /= noise.std()
        small = small + random.uniform(1, wear.loudest) * noise
    if wear.sharpened and random.random() < wear.sharpened:  # none asked for: nothing is drawn by chance
        sigma, amount = random.uniform(0.5, 1.5), random.uniform(0.3, wear.sharpest)
        small = small + amount * (small - ndimage.gaussian_filter(small, (sigma, sigma, 0)))
    small = np.rint(small.clip(0, 255)).astype(np.uint8)
    return compressed(small, int(random.integers(wear.worst, 96))) if random.random() < wear.jpeg else small


def worn_pair(crops: np.ndarray, random: Sequence[Random], wear: Wear) -> tuple[Tensor, Tensor]:
    """As `pair`, but the small picture is worn, each by its own random numbers, and the large one is not."""
    pairs = zip(crops, random, strict=True)
    small = np.stack([worn(np.ascontiguousarray(crop), its, wear) for crop, its in pairs])
    given, edge = torch.from_numpy(small).movedim(-1, 1).float() / 255, MARGIN // FACTOR
    large = torch.from_numpy(crops).movedim(-1, 1).float() / 255
    return given[..., edge:-edge, edge:-edge], large[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
