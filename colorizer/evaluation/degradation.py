"""What did a picture go through before it came to us? Networks learn from such, and are measured by them.

`degrade` makes a picture small, as it comes from a messenger or a scanner: blur, noise, sharpening, JPEG.
`age` makes the lightness of an old print. Plates and early film were blind to red (orthochromatic) or nearly
so to all but blue, prints fade, blur and grain; a network that has only seen clean conversions of modern
pictures takes these for something else.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from colorizer.networks.resampling import FACTOR, shrink

# The share of red, green and blue light that darkened three kinds of emulsion, roughly.
PANCHROMATIC = (0.30, 0.55, 0.15)
ORTHOCHROMATIC = (0.06, 0.54, 0.40)
BLUE_SENSITIVE = (0.02, 0.18, 0.80)


@dataclass(frozen=True)
class Degradation:
    """What real pictures went through before they became small: how often, and how much at the most."""

    blur: float = 0.7  # of the pictures; a Gaussian of up to `widest` pixels of the large picture
    widest: float = 3.6
    area: float = 0.3  # are reduced by averaging instead of bicubically
    noise: float = 0.6  # ... after reducing, of up to `loudest` levels of 255; half of it without colour
    loudest: float = 12.0
    grain: float = 0.4  # of the noisy ones have grains wider than a pixel, as scans of old prints do
    sharpened: float = 0.35  # ... after that, as scanners do: edges get halos
    sharpest: float = 2.0  # times what a Gaussian takes away is added
    jpeg: float = 0.75  # ... after reducing; a quarter of the pictures is also compressed before
    worst: int = 35  # JPEG quality


def compressed(rgb: np.ndarray, quality: int) -> np.ndarray:
    """uint8 (H, W, 3), or grey (H, W), as it comes back from a JPEG of that quality."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer))


def degrade(rgb: np.ndarray, random: np.random.Generator, settings: Degradation) -> np.ndarray:
    """uint8 (H, W, 3) -> uint8 (H/4, W/4, 3) as it might come from a messenger or an old scanner.

    The degradations of Real-ESRGAN (Wang et al. 2021, section 3), simplified.
    """
    if random.random() < settings.jpeg / 3:
        rgb = compressed(rgb, int(random.integers(settings.worst, 96)))
    if random.random() < settings.blur:
        sigma = random.uniform(0.2, settings.widest)
        rgb = ndimage.gaussian_filter(rgb, (sigma, sigma, 0))
    height, width = rgb.shape[0] // FACTOR, rgb.shape[1] // FACTOR
    if random.random() < settings.area:
        small = rgb.reshape(height, FACTOR, width, FACTOR, 3).mean((1, 3), dtype=np.float32)
    else:
        large = torch.from_numpy(np.ascontiguousarray(rgb)).movedim(-1, 0)[None].float()
        small = shrink(large)[0].movedim(0, -1).numpy()
    if random.random() < settings.noise:
        channels = 1 if random.random() < 0.5 else 3
        noise = random.standard_normal((height, width, channels)).astype(np.float32)
        if random.random() < settings.grain:
            size = random.uniform(0.4, 1.0)
            noise = ndimage.gaussian_filter(noise, (size, size, 0))
            noise /= noise.std()
        small = small + random.uniform(1, settings.loudest) * noise
    if settings.sharpened and random.random() < settings.sharpened:  # if never, no random number is drawn
        sigma, amount = random.uniform(0.5, 1.5), random.uniform(0.3, settings.sharpest)
        small = small + amount * (small - ndimage.gaussian_filter(small, (sigma, sigma, 0)))
    small = np.rint(small.clip(0, 255)).astype(np.uint8)
    if random.random() < settings.jpeg:
        small = compressed(small, int(random.integers(settings.worst, 96)))
    return small


def film_weights(random: np.random.Generator) -> np.ndarray:
    """Random weights for R, G, B that sum to 1, on the way from panchromatic to blue-sensitive."""
    mixture = random.dirichlet((1.0, 1.0, 0.5))
    weights = mixture @ np.array((PANCHROMATIC, ORTHOCHROMATIC, BLUE_SENSITIVE))
    return weights / weights.sum()


def age(rgb: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The grey (H, W) float32 in 0..1 of the aged print of rgb (H, W, 3) uint8.

    Effects are drawn anew each time: another spectral response, blur, another gamma, contrast and black
    point, grain, JPEG.
    """
    weights = film_weights(random) if random.random() < 0.6 else np.array((0.2127, 0.7152, 0.0722))
    linear = (rgb.astype(np.float32) / 255) ** 2.2
    grey = (linear @ weights.astype(np.float32)) ** (1 / 2.2)
    if random.random() < 0.35:
        grey = ndimage.gaussian_filter(grey, random.uniform(0.3, 1.2))
    if random.random() < 0.7:
        grey = grey ** np.exp(random.uniform(-0.4, 0.4))
        black, white = random.uniform(-0.08, 0.2), random.uniform(0.8, 1.1)
        grey = black + grey * (white - black)
    if random.random() < 0.4:
        noise = random.standard_normal(grey.shape).astype(np.float32)
        grey = grey + random.uniform(0.01, 0.06) * ndimage.gaussian_filter(noise, random.uniform(0.0, 0.7))
    grey = np.clip(grey, 0.0, 1.0).astype(np.float32)
    if random.random() < 0.35:
        eight_bit = (grey * 255 + 0.5).astype(np.uint8)
        grey = compressed(eight_bit, int(random.integers(30, 90))).astype(np.float32) / 255
    return grey
