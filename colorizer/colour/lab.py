"""How are colours turned from sRGB into Lab and back, and which of them can sRGB show?

Every function works on tensors whose third-last dimension holds the channels: (..., C, H, W).
Lab is CIE 1976 with the D65 white of the 2 degree observer, as scikit-image has it:
L in 0..100, a and b roughly in -110..110.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

XYZ_FROM_RGB = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
WHITE_D65 = (0.95047, 1.0, 1.08883)
# From XYZ as shares of the white to linear sRGB.
RGB_FROM_XYZ: list[list[float]] = np.linalg.inv(
    np.array(XYZ_FROM_RGB) / np.array(WHITE_D65)[:, None]
).tolist()
NTSC_LUMA = (0.299, 0.587, 0.114)

# The toe of the Lab curve: below EPSILON (a share of the white) the cube root becomes a straight line.
EPSILON = 0.008856
SLOPE = 7.787
OFFSET = 16.0 / 116.0


def srgb_to_linear(rgb: Tensor) -> Tensor:
    """Undo the sRGB curve (IEC 61966-2-1): values 0..1 in, linear light 0..1 out, same shape."""
    return torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0.0) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Apply the sRGB curve (IEC 61966-2-1): linear light in, values out, outside of 0..1 too."""
    return torch.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    )


def _matrix(like: Tensor, rows: object) -> Tensor:
    return torch.tensor(rows, dtype=like.dtype, device=like.device)


def linear_to_lab(linear: Tensor) -> Tensor:
    """Linear-light sRGB (..., 3, H, W) in 0..1 -> Lab (..., 3, H, W)."""
    matrix = _matrix(linear, XYZ_FROM_RGB) / _matrix(linear, WHITE_D65)[:, None]
    xyz = torch.einsum("ij,...jhw->...ihw", matrix, linear)
    f = torch.where(xyz > EPSILON, xyz.clamp(min=EPSILON) ** (1 / 3), SLOPE * xyz + OFFSET)
    fx, fy, fz = f.unbind(-3)
    return torch.stack((116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)), dim=-3)


def lab_to_linear(lab: Tensor) -> Tensor:
    """Lab (..., 3, H, W) -> linear-light sRGB (..., 3, H, W); colours out of gamut leave 0..1."""
    lightness, a, b = lab.unbind(-3)
    fy = (lightness + 16.0) / 116.0
    f = torch.stack((fy + a / 500.0, fy, fy - b / 200.0), dim=-3)
    xyz = torch.where(f > SLOPE * EPSILON + OFFSET, f**3, (f - OFFSET) / SLOPE)
    return torch.einsum("ij,...jhw->...ihw", _matrix(lab, RGB_FROM_XYZ), xyz)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB (..., 3, H, W) in 0..1 -> Lab (..., 3, H, W)."""
    return linear_to_lab(srgb_to_linear(rgb))


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Lab (..., 3, H, W) -> sRGB (..., 3, H, W), clipped to 0..1 channel by channel (see clamp_to_gamut)."""
    return linear_to_srgb(lab_to_linear(lab).clamp(0.0, 1.0))


def ntsc_luma(rgb: Tensor) -> Tensor:
    """NTSC luma (ITU-R BT.601) of sRGB (..., 3, H, W) -> (..., 1, H, W), in the range of the input."""
    weights = _matrix(rgb, NTSC_LUMA)
    return torch.einsum("j,...jhw->...hw", weights, rgb).unsqueeze(-3)


def y_to_lightness(y: Tensor) -> Tensor:
    """Lightness L (0..100) of luminance Y as a share of the white's, any shape."""
    return 116.0 * torch.where(y > EPSILON, y.clamp(min=EPSILON) ** (1 / 3), SLOPE * y + OFFSET) - 16.0


def grey_to_lightness(grey: Tensor) -> Tensor:
    """Lightness L (0..100) of neutral sRGB values 0..1, any shape."""
    return y_to_lightness(srgb_to_linear(grey))


def in_gamut(lab: Tensor, tolerance: float = 1e-3) -> Tensor:
    """Which Lab colours (..., 3, H, W) sRGB can show: bool (..., H, W); tolerance is in linear light."""
    linear = lab_to_linear(lab)
    return ((linear >= -tolerance) & (linear <= 1.0 + tolerance)).all(dim=-3)


def clamp_to_gamut(lab: Tensor, steps: int = 7, tolerance: float = 1e-4) -> Tensor:
    """Reduce the chroma of colours that sRGB can't show, hue and lightness kept.

    Takes and returns Lab (..., 3, H, W). The largest share of the chroma that fits is found by bisection,
    for the colours out of gamut only, to 1/2**steps of it; tolerance is in linear light.
    """
    outside = ~in_gamut(lab, tolerance)
    if not bool(outside.any()):
        return lab
    flat = lab.movedim(-3, -1)
    pixels = flat[outside].clone()
    pixels[:, 0].clamp_(0.0, 100.0)
    low = torch.zeros_like(pixels[:, 0])
    high = torch.ones_like(low)
    for _ in range(steps):
        share = (low + high) / 2
        trial = torch.cat((pixels[:, :1], pixels[:, 1:] * share[:, None]), dim=1)
        fits = in_gamut(trial.T[:, :, None], tolerance)[:, 0]
        low = torch.where(fits, share, low)
        high = torch.where(fits, high, share)
    pixels[:, 1:] *= low[:, None]
    result = flat.clone()
    result[outside] = pixels
    return result.movedim(-1, -3)
