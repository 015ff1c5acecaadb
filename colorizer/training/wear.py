"""What did a small picture go through before it came to us? Blur, noise, sharpening and JPEG, at random.

The upscaler learns from such pictures and is measured by them; old prints are another matter (degrade.py).
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from colorizer.networks.resampling import FACTOR, shrink
from colorizer.training.draws import Random


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
    """uint8 (H, W, 3), or grey (H, W), as it comes back from a JPEG of that quality."""
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
