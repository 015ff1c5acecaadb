"""What did an old camera make of a scene? Turns colour crops into the lightness of an aged print.

Plates and early film were blind to red (orthochromatic) or nearly so to all but blue, prints fade, blur
and grain; a network that has only seen clean conversions of modern pictures takes these for something else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from colorizer.training.wear import compressed

# The share of red, green and blue light that darkened three kinds of emulsion, roughly.
PANCHROMATIC = (0.30, 0.55, 0.15)
ORTHOCHROMATIC = (0.06, 0.54, 0.40)
BLUE_SENSITIVE = (0.02, 0.18, 0.80)


@dataclass(frozen=True)
class OldPrint:
    """How often the effects of age are met; every effect is drawn anew for every crop."""

    spectrum: float = 0.6  # of the aged crops have another spectral response
    curve: float = 0.7  # ... another gamma, contrast and black point
    grain: float = 0.4
    blur: float = 0.35
    jpeg: float = 0.35


def film_weights(random: np.random.Generator) -> np.ndarray:
    """Random weights for R, G, B that sum to 1, on the way from panchromatic to blue-sensitive."""
    mixture = random.dirichlet((1.0, 1.0, 0.5))
    weights = mixture @ np.array((PANCHROMATIC, ORTHOCHROMATIC, BLUE_SENSITIVE))
    return weights / weights.sum()


def age(rgb: np.ndarray, random: np.random.Generator, settings: OldPrint) -> np.ndarray:
    """The grey (H, W) float32 in 0..1 of the aged print of rgb (H, W, 3) uint8."""
    new_spectrum = random.random() < settings.spectrum
    weights = film_weights(random) if new_spectrum else np.array((0.2127, 0.7152, 0.0722))
    linear = (rgb.astype(np.float32) / 255) ** 2.2
    grey = (linear @ weights.astype(np.float32)) ** (1 / 2.2)
    if random.random() < settings.blur:
        grey = ndimage.gaussian_filter(grey, random.uniform(0.3, 1.2))
    if random.random() < settings.curve:
        grey = grey ** np.exp(random.uniform(-0.4, 0.4))
        black, white = random.uniform(-0.08, 0.2), random.uniform(0.8, 1.1)
        grey = black + grey * (white - black)
    if random.random() < settings.grain:
        noise = random.standard_normal(grey.shape).astype(np.float32)
        grey = grey + random.uniform(0.01, 0.06) * ndimage.gaussian_filter(noise, random.uniform(0.0, 0.7))
    grey = np.clip(grey, 0.0, 1.0).astype(np.float32)
    if random.random() < settings.jpeg:
        whole = (grey * 255 + 0.5).astype(np.uint8)
        grey = compressed(whole, int(random.integers(30, 90))).astype(np.float32) / 255
    return grey
