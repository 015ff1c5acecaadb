"""How is a picture made four times smaller or larger, as the literature on super-resolution does it?

Bicubic interpolation with Keys' a = -0.5 that averages over all pixels when it reduces (MATLAB's imresize).
OpenCV's INTER_CUBIC skips pixels instead, and torch's own default has a = -0.75.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

FACTOR = 4


def resize(x: Tensor, height: int, width: int) -> Tensor:
    """(N, C, H, W) -> (N, C, height, width); values may leave the range of the input a little."""
    return F.interpolate(x, size=(height, width), mode="bicubic", align_corners=False, antialias=True)


def shrink(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, H/4, W/4); H and W are multiples of 4."""
    return resize(x, x.shape[-2] // FACTOR, x.shape[-1] // FACTOR)


def enlarge(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, 4H, 4W)."""
    return resize(x, x.shape[-2] * FACTOR, x.shape[-1] * FACTOR)
