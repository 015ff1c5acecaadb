"""Which colours stand where a photo is wholly transparent? Those of what is visible beside, a little way out.

A file may hold any colour there, and a network would smear it into the visible edge.
"""

from __future__ import annotations

import cv2
import numpy as np

GREY = 0.5  # far from all that is visible
STEPS = 16  # pixels beyond what is visible


def fill_hidden(rgb: np.ndarray, alpha: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """rgb (H, W, 3) with new colours where alpha (H, W) is 0; what is visible stays, whatever is hidden
    doesn't count.

    Each of the steps goes one pixel further out, with the mean of the known neighbours; beyond, it is grey.
    """
    known = (alpha > 0).astype(np.float32)
    if known.all():
        return rgb
    levels = float(np.iinfo(rgb.dtype).max)
    colours = rgb.astype(np.float32) * known[..., None]
    for _ in range(steps):
        if known.all() or not known.any():
            break
        share = cv2.blur(known, (3, 3), borderType=cv2.BORDER_CONSTANT)
        mean = cv2.blur(colours, (3, 3), borderType=cv2.BORDER_CONSTANT)
        new = (known == 0) & (share > 0.1)
        colours[new] = mean[new] / share[new][:, None]
        known[new] = 1
    colours[known == 0] = GREY * levels
    return np.where(alpha[..., None] > 0, rgb, colours.round().astype(rgb.dtype))
