"""How alike are two pictures in luma? PSNR and SSIM as the literature on enlarging measures them."""

from __future__ import annotations

import numpy as np

BORDER = 4  # pixels at the edge that the literature leaves out of its figures


def luma(rgb: np.ndarray) -> np.ndarray:
    """Y of BT.601 with its 16..235 range, float64 (H, W), of uint8 RGB (H, W, 3)."""
    return 16 + rgb.astype(np.float64) @ np.array((65.481, 128.553, 24.966)) / 255


def _inner_luma(picture: np.ndarray, border: int) -> np.ndarray:
    return luma(picture[border : picture.shape[0] - border, border : picture.shape[1] - border])


def psnr_y(result: np.ndarray, truth: np.ndarray, border: int = BORDER) -> float:
    """PSNR in dB on luma of uint8 RGB pictures (H, W, 3), `border` pixels at the edges left out."""
    error = np.mean((_inner_luma(result, border) - _inner_luma(truth, border)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255.0**2 / error))


def ssim_y(result: np.ndarray, truth: np.ndarray, border: int = BORDER) -> float:
    """Structural similarity on luma (Wang et al. 2004): a Gaussian window of 11 pixels, sigma 1.5."""
    from skimage.metrics import structural_similarity  # here: the page wants PSNR alone, and starts sooner

    pictures = (_inner_luma(result, border), _inner_luma(truth, border))
    return float(
        structural_similarity(
            *pictures, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )
