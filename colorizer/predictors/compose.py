"""How do the photograph's lightness and the predicted chroma become a picture? In strips, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from colorizer.guided import LocalLines
from colorizer.lab import clamp_to_gamut, lab_to_linear, linear_to_lab, linear_to_srgb, srgb_to_linear

STRIP_PIXELS = 1 << 19


@lru_cache(maxsize=2)
def _linear_table(levels: int) -> Tensor:
    return srgb_to_linear(torch.arange(levels, dtype=torch.float32) / (levels - 1))


def _strip_lab(rgb: np.ndarray) -> Tensor:
    """Rows (h, W, 3) uint8 or uint16 -> Lab (1, 3, h, W)."""
    table = _linear_table(int(np.iinfo(rgb.dtype).max) + 1)
    linear = table[torch.from_numpy(rgb.astype(np.int64))]
    return linear_to_lab(linear.movedim(-1, 0)[None])


def lab_to_levels(lab: Tensor, levels: int) -> Tensor:
    """Lab (1, 3, h, W), brought into gamut along constant hue and lightness -> whole numbers 0..levels-1, (h, W, 3) float."""
    linear = lab_to_linear(lab)
    if float(linear.amin()) < -1e-3 or float(linear.amax()) > 1 + 1e-3:
        linear = lab_to_linear(clamp_to_gamut(lab))
    srgb = linear_to_srgb(linear.clamp_(0.0, 1.0))
    return srgb.mul_(levels - 1).round_()[0].movedim(0, -1)


def compose(
    rgb: np.ndarray, lines: LocalLines, strength: float, progress: Callable[[float, str], None] | None = None
) -> np.ndarray:
    """The picture rgb (H, W, 3) with its chroma replaced by (strength 1) or blended with the chroma of `lines`.

    uint8 or uint16 in, the same out; its lightness is that of the input up to rounding. `progress` is told after
    every strip and may raise to stop.
    """
    height, width = rgb.shape[:2]
    levels = int(np.iinfo(rgb.dtype).max) + 1
    result = np.empty_like(rgb)
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        lab = _strip_lab(rgb[top : top + rows])
        ab = lines.rows(lab[:, :1], top, height)
        lab[:, 1:] = ab if strength == 1 else torch.lerp(lab[:, 1:], ab, strength)
        result[top : top + rows] = lab_to_levels(lab, levels).numpy().astype(rgb.dtype)
        if progress is not None:
            done = min(1.0, (top + rows) / height)
            progress(done, f"Colouring at full size, {done:.0%}")
    return result
