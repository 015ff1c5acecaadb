"""How does 16-bit colour pass through a conversion that only takes 8 bits?

Profiles with tables (scanners, some printers) can't be computed from curves. Their conversion is sampled on a
grid, and 16-bit colours are interpolated between its points, so that smooth shades stay smooth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STEPS = 52  # points an axis: every fifth 8-bit level, so that no point falls between two levels


def through_grid(convert: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """A conversion of (h, w, 3) uint8 -> the same for uint16, by trilinear interpolation."""
    axis = np.linspace(0, 255, STEPS).round().astype(np.uint8)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    table = convert(points.reshape(STEPS, -1, 3)).reshape(-1, 3).astype(np.float32) * 257

    def apply(rows: np.ndarray) -> np.ndarray:
        place = rows.reshape(-1, 3).astype(np.float32) * ((STEPS - 1) / 65535)
        low = np.minimum(place.astype(np.int32), STEPS - 2)
        share = place - low
        corner = (low[:, 0] * STEPS + low[:, 1]) * STEPS + low[:, 2]
        result = np.zeros_like(place)
        for offset in range(8):
            bits = (offset >> 2 & 1, offset >> 1 & 1, offset & 1)
            weight = np.prod([share[:, i] if bit else 1 - share[:, i] for i, bit in enumerate(bits)], axis=0)
            step = (bits[0] * STEPS + bits[1]) * STEPS + bits[2]
            result += table[corner + step] * weight[:, None]
        return result.round().astype(np.uint16).reshape(rows.shape)

    return apply
