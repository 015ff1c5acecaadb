"""How do the photograph's lightness and the predicted chroma become a picture? In strips, so that memory
stays bounded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor

from colorizer.colour import lab
from colorizer.colour.guided import LocalLines

STRIP_PIXELS = 1 << 18  # small enough that a strip's intermediate results stay in the processor's cache


@lru_cache(maxsize=4)
def _table(curve: Callable[[Tensor], Tensor], levels: int) -> np.ndarray:
    """What a curve makes of every level."""
    return curve(torch.arange(levels, dtype=torch.float32) / (levels - 1)).numpy()


@lru_cache(maxsize=1)
def _level_table() -> np.ndarray:
    """The 8-bit sRGB level of linear light in steps of 1/65535."""
    linear = torch.arange(65536, dtype=torch.float64) / 65535
    return (lab.linear_to_srgb(linear) * 255).round().to(torch.uint8).numpy()


def is_grey(rgb: np.ndarray) -> bool:
    """Whether the three channels of rgb (h, w, 3) are equal."""
    red = rgb[..., 0]
    return bool(np.array_equal(red, rgb[..., 1]) and np.array_equal(red, rgb[..., 2]))


def _levels(rgb: np.ndarray) -> int:
    return int(np.iinfo(rgb.dtype).max) + 1


def _strip_lightness(rgb: np.ndarray) -> Tensor:
    """Rows (h, W, 3) uint8 or uint16 -> L (1, 1, h, W)."""
    if is_grey(rgb):
        return torch.from_numpy(_table(lab.grey_to_lightness, _levels(rgb))[rgb[..., 0]])[None, None]
    table = _table(lab.srgb_to_linear, _levels(rgb))
    y = sum(weight * table[rgb[..., channel]] for channel, weight in enumerate(lab.XYZ_FROM_RGB[1]))
    return lab.y_to_lightness(torch.from_numpy(y))[None, None]


def _strip_ab(rgb: np.ndarray) -> Tensor:
    """Rows (h, W, 3) uint8 or uint16 -> their own ab (1, 2, h, W)."""
    linear = _table(lab.srgb_to_linear, _levels(rgb))[np.moveaxis(rgb, -1, 0)]
    return lab.linear_to_lab(torch.from_numpy(linear)[None])[:, 1:]


def _to_linear(lightness: Tensor, ab: Tensor) -> Tensor:
    """What lab_to_linear computes, with fewer passes over the memory: (h, W) and (2, h, W) -> (3, h, W)."""
    fy = (lightness + 16.0) / 116.0
    f = torch.stack((torch.add(fy, ab[0], alpha=1 / 500), fy, torch.sub(fy, ab[1], alpha=1 / 200)))
    low = f <= lab.SLOPE * lab.EPSILON + lab.OFFSET
    xyz = f * f
    xyz *= f
    if bool(low.any()):
        xyz[low] = (f[low] - lab.OFFSET) / lab.SLOPE
    linear = torch.empty_like(xyz)
    for channel, (x, y, z) in enumerate(lab.RGB_FROM_XYZ):
        torch.mul(xyz[0], x, out=linear[channel])
        linear[channel].add_(xyz[1], alpha=y).add_(xyz[2], alpha=z)
    return linear


def to_levels(lightness: Tensor, ab: Tensor, levels: int) -> np.ndarray:
    """L (1, 1, h, W), ab (1, 2, h, W) -> (h, W, 3) of 0..levels-1; in gamut, with hue and L kept."""
    linear = _to_linear(lightness[0, 0], ab[0])
    red, green, blue = linear
    least, most = torch.minimum(red, green).minimum(blue), torch.maximum(red, green).maximum(blue)
    outside = (least < -1e-4).logical_or_(most > 1 + 1e-4)
    if bool(outside.any()):
        pixels = torch.stack((lightness[0, 0][outside], ab[0, 0][outside], ab[0, 1][outside]))[..., None]
        linear[:, outside] = lab.lab_to_linear(lab.clamp_to_gamut(pixels))[..., 0]
    linear.clamp_(0.0, 1.0)
    if levels == 256:  # a table instead of powers; its steps are finer than a twentieth of a level
        whole = linear.mul_(65535).round_().numpy().astype(np.uint16)
        return cv2.merge([np.take(_level_table(), channel) for channel in whole])
    srgb = lab.linear_to_srgb(linear).mul_(levels - 1).round_()
    return srgb.movedim(0, -1).to(torch.int32).numpy()


def with_colours_of(picture: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """The lightness of `picture` with the ab of `colours`, both (H, W, 3) and of one type."""
    return _recoloured(picture, lambda rows, _: _strip_ab(colours[rows]))


def compose(
    rgb: np.ndarray, lines: LocalLines, own: float, progress: Callable[[float, str], None] | None = None
) -> np.ndarray:
    """The picture rgb (H, W, 3) with the chroma of `lines`, to which the share `own` (0..1) of its own is
    added.

    uint8 or uint16 in, the same out; its lightness is that of the input up to rounding. `progress` is told
    now and then and may raise to stop.
    """

    def ab_of(rows: slice, lightness: Tensor) -> Tensor:
        ab = lines.rows(lightness, rows.start, len(rgb))
        return ab.add_(_strip_ab(rgb[rows]), alpha=own) if own else ab

    return _recoloured(rgb, ab_of, progress)


def _recoloured(
    rgb: np.ndarray,
    ab_of: Callable[[slice, Tensor], Tensor],
    progress: Callable[[float, str], None] | None = None,
) -> np.ndarray:
    """The picture with the ab (1, 2, h, W) that `ab_of` gives for rows of it and their lightness."""
    height, width = rgb.shape[:2]
    result = np.empty_like(rgb)
    count = max(1, STRIP_PIXELS // width)

    @torch.inference_mode()  # it counts for the thread that it is called on
    def recolour(top: int) -> int:
        rows = slice(top, top + count)
        lightness = _strip_lightness(rgb[rows])
        result[rows] = to_levels(lightness, ab_of(rows, lightness), _levels(rgb))
        return top

    # Two strips at a time: while one waits for a table, the other computes.
    pool = ThreadPoolExecutor(max_workers=2)
    try:
        for number, top in enumerate(pool.map(recolour, range(0, height, count))):
            if progress is not None and number % 8 == 7:
                done = min(1.0, (top + count) / height)
                progress(done, f"Colouring at full size, {done:.0%}")
    finally:
        pool.shutdown(cancel_futures=True)
    return result
