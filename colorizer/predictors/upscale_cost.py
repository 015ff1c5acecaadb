"""What does enlarging a photo cost, in time and memory, and which photo is too large for it?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from colorizer.errors import PhotoTooLarge
from colorizer.networks.resampling import FACTOR
from colorizer.networks.srgan import Generator
from colorizer.photo import LIMITS as OPENED
from colorizer.photo import Limits
from colorizer.predictors.tiling import Tiling

# Of a result; its sides are limited so that it can be opened here again.
LIMITS = Limits(max_pixels=48_000_000, max_side=OPENED.max_side)
TILE_SIDE = 96  # of the tile that is timed; a pixel takes as long in larger ones
ALLOCATOR = 96 << 20  # bytes that were measured beyond those of the arrays


@dataclass(frozen=True)
class Forecast:
    """What enlarging will give and cost: size, time, and the memory beside the photo's own, at most."""

    width: int
    height: int
    seconds: float
    bytes: int


def check_size(name: str, width: int, height: int) -> None:
    """PhotoTooLarge when four times that width and height is beyond LIMITS."""
    pixels, side = LIMITS.max_pixels // FACTOR**2, LIMITS.max_side // FACTOR
    if width * height > pixels:
        scale = (pixels / (width * height)) ** 0.5
        raise PhotoTooLarge(
            f"“{name}” has {width} x {height} pixels; the limit is {pixels / 1e6:g} megapixels, which become "
            f"{LIMITS.max_pixels / 1e6:g}. Crop it, or make it smaller first, to {int(width * scale)} x "
            f"{int(height * scale)} at the most."
        )
    if max(width, height) > side:
        raise PhotoTooLarge(
            f"“{name}” is {max(width, height)} pixels long; the limit is {side}, which become "
            f"{LIMITS.max_side}. Crop it or make it smaller first."
        )


def workspace(network: Generator, tiling: Tiling, width: int, height: int) -> int:
    """Bytes that a tile takes where the network is widest: at the last pixel shuffle, in and out."""
    small = network.head.out_channels
    double, large = (up.conv.out_channels // 4 for up in (network.up2, network.up4))
    floats = 2 * small + 4 * double + 16 * (2 * large + 6)
    return 4 * floats * tiling.largest(width, height) + ALLOCATOR


@torch.inference_mode()
def pace(function: Callable[[Tensor], Tensor]) -> float:
    """Seconds that a function of tiles (1, 3, h, w) takes for one pixel of them."""
    tile = torch.full((1, 3, TILE_SIDE, TILE_SIDE), 0.5)
    took = []
    for _ in range(2):  # the first time, kernels are chosen
        began = time.perf_counter()
        function(tile)
        took.append(time.perf_counter() - began)
    return min(took) / TILE_SIDE**2
