"""How far is a coloured picture from the true one, and how colourful is it?"""

from __future__ import annotations

import numpy as np


def psnr(result: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of uint8 RGB pictures (H, W, 3), over all channels together."""
    error = np.mean((result.astype(np.float64) - truth.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255.0**2 / error))


def colourfulness(rgb: np.ndarray) -> float:
    """Hasler and Süsstrunk 2003, section 4, of uint8 RGB (H, W, 3): 0 is grey, above 45 quite colourful."""
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def area_under_curve(ab: np.ndarray, truth: np.ndarray, largest: int = 150) -> float:
    """AuC of Zhang et al. 2016, section 3.1: the share of pixels within a distance, averaged over 0..150.

    ab and truth are (2, H, W) Lab chroma; the result lies in 0..1.
    """
    distance = np.hypot(*(ab - truth)).ravel()
    counts = np.bincount(np.ceil(distance).clip(0, largest + 1).astype(int), minlength=largest + 2)
    return float(np.cumsum(counts)[: largest + 1].mean() / distance.size)
