"""How is an enlarged picture made to agree with the small one that it came from?

What reducing it lacks is enlarged and added, several times over (Irani and Peleg 1991).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from colorizer.networks.resampling import FACTOR, enlarge, shrink
from colorizer.predictors.tiling import to_tensor

REACH = 2  # pixels of the small picture that reducing looks at beyond the one it makes
STRIP_PIXELS = 1 << 16  # of the small picture


def back_project(large: Tensor, small: Tensor, times: int) -> Tensor:
    """(N, C, 4H, 4W) and (N, C, H, W), both in 0..1 -> the large one corrected that often, in 0..1."""
    large = large.clamp(0, 1)
    for _ in range(times):
        large = (large + enlarge(small - shrink(large))).clamp_(0, 1)
    return large


@torch.inference_mode()
def remaining_error(large: np.ndarray, small: np.ndarray) -> float:
    """How far (4H, 4W, 3), reduced, is from (H, W, 3) on average, in 255ths of white."""
    height, width = small.shape[:2]
    rows = max(1, STRIP_PIXELS // width)
    total = 0.0
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        begin, end = max(0, top - REACH), min(height, bottom + REACH)
        reduced = shrink(to_tensor(large[begin * FACTOR : end * FACTOR]))
        reduced = reduced[..., top - begin : bottom - begin, :]
        total += float((reduced - to_tensor(small[top:bottom])).abs().sum(dtype=torch.float64))
    return 255 * total / small.size
