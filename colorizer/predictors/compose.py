"""How do the photograph's lightness and the predicted chroma become a picture? In strips, so that memory
stays bounded."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from colorizer.guided import LocalLines
from colorizer.lab import (
    EPSILON,
    OFFSET,
    RGB_FROM_XYZ,
    SLOPE,
    clamp_to_gamut,
    grey_to_lightness,
    lab_to_linear,
    linear_to_lab,
    linear_to_srgb,
    srgb_to_linear,
)

STRIP_PIXELS = 1 << 18  # small enough that a strip's intermediate results stay in the processor's cache


@lru_cache(maxsize=2)
def _linear_table(levels: int) -> np.ndarray:
    return srgb_to_linear(torch.arange(levels, dtype=torch.float32) / (levels - 1)).numpy()


@lru_cache(maxsize=2)
def _lightness_table(levels: int) -> np.ndarray:
    return grey_to_lightness(torch.arange(levels, dtype=torch.float32) / (levels - 1)).numpy()


def is_grey(rgb: np.ndarray) -> bool:
    """Whether the three channels of rgb (h, w, 3) are equal."""
    red = rgb[..., 0]
    return bool(np.array_equal(red, rgb[..., 1]) and np.array_equal(red, rgb[..., 2]))


def _strip_lab(rgb: np.ndarray) -> tuple[Tensor, Tensor | None]:
    """Rows (h, W, 3) uint8 or uint16 -> L (1, 1, h, W) and ab (1, 2, h, W), or None for ab where the rows
    are grey."""
    levels = int(np.iinfo(rgb.dtype).max) + 1
    if is_grey(rgb):
        return torch.from_numpy(_lightness_table(levels)[rgb[..., 0]])[None, None], None
    lab = linear_to_lab(torch.from_numpy(_linear_table(levels)[np.moveaxis(rgb, -1, 0)])[None])
    return lab[:, :1], lab[:, 1:]


def _to_linear(lightness: Tensor, ab: Tensor) -> Tensor:
    """What lab_to_linear computes, with fewer passes over the memory: (h, W) and (2, h, W) -> (3, h, W)."""
    fy = (lightness + 16.0) / 116.0
    f = torch.stack((torch.add(fy, ab[0], alpha=1 / 500), fy, torch.sub(fy, ab[1], alpha=1 / 200)))
    low = f <= SLOPE * EPSILON + OFFSET
    xyz = f * f
    xyz *= f
    if bool(low.any()):
        xyz[low] = (f[low] - OFFSET) / SLOPE
    linear = torch.empty_like(xyz)
    for channel, (x, y, z) in enumerate(RGB_FROM_XYZ):
        torch.mul(xyz[0], x, out=linear[channel])
        linear[channel].add_(xyz[1], alpha=y).add_(xyz[2], alpha=z)
    return linear


def to_levels(lightness: Tensor, ab: Tensor, levels: int) -> Tensor:
    """L (1, 1, h, W) and ab (1, 2, h, W), brought into gamut with hue and L kept -> (h, W, 3) of
    0..levels-1, rounded."""
    linear = _to_linear(lightness[0, 0], ab[0])
    outside = (linear.amin(0) < -1e-4) | (linear.amax(0) > 1 + 1e-4)
    if bool(outside.any()):
        pixels = torch.stack((lightness[0, 0][outside], ab[0, 0][outside], ab[0, 1][outside]))[..., None]
        linear[:, outside] = lab_to_linear(clamp_to_gamut(pixels))[..., 0]
    srgb = linear_to_srgb(linear.clamp_(0.0, 1.0))
    return srgb.mul_(levels - 1).round_().movedim(0, -1)


def compose(
    rgb: np.ndarray, lines: LocalLines, strength: float, progress: Callable[[float, str], None] | None = None
) -> np.ndarray:
    """The picture rgb (H, W, 3) with its chroma replaced by (strength 1) or blended with the chroma of
    `lines`.

    uint8 or uint16 in, the same out; its lightness is that of the input up to rounding. `progress` is told
    now and then and may raise to stop.
    """
    height, width = rgb.shape[:2]
    levels = int(np.iinfo(rgb.dtype).max) + 1
    result = np.empty_like(rgb)
    rows = max(1, STRIP_PIXELS // width)
    for number, top in enumerate(range(0, height, rows)):
        lightness, own = _strip_lab(rgb[top : top + rows])
        ab = lines.rows(lightness, top, height)
        if strength != 1:
            ab = ab * strength if own is None else torch.lerp(own, ab, strength)
        result[top : top + rows] = to_levels(lightness, ab, levels).to(torch.int32).numpy()
        if progress is not None and number % 8 == 7:
            done = min(1.0, (top + rows) / height)
            progress(done, f"Colouring at full size, {done:.0%}")
    return result
