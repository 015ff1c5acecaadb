"""How close does enlarging come to the truth? A photo is reduced, enlarged again, and compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from colorizer.colour.luma import psnr_y
from colorizer.errors import PhotoError
from colorizer.networks.resampling import FACTOR, enlarge, shrink
from colorizer.photo import Photo, to_bits
from colorizer.predictors.settings import UpscaleSettings
from colorizer.predictors.tiling import to_pixels, to_tensor
from colorizer.predictors.upscale import Upscaler

MIN_SIDE, MAX_SIDE = 256, 512  # of the part of a photo that is tested


@dataclass(frozen=True, eq=False)
class TruthTest:
    """uint8 (H, W, 3): the truth, what bicubic interpolation and what the network made of its reduced copy;
    and the PSNR of both on luma, in dB."""

    truth: np.ndarray
    plain: np.ndarray
    result: np.ndarray
    plain_psnr: float
    psnr: float


def testable(photo: Photo) -> bool:
    """Whether the photo is large enough."""
    return min(photo.width, photo.height) >= MIN_SIDE


def tested_on_itself(upscaler: Upscaler, photo: Photo, settings: UpscaleSettings | None = None) -> TruthTest:
    """Test on the middle of a photo, at most MAX_SIDE wide and high, in 8 bits, transparency set aside.

    PhotoError when it is smaller than MIN_SIDE; else errors as Upscaler.run.
    """
    if not testable(photo):
        raise PhotoError(
            f"“{photo.metadata.name}” has {photo.width} x {photo.height} pixels; this test needs {MIN_SIDE} "
            "each way. Choose a larger photo."
        )
    height, width = (min(length, MAX_SIDE) // FACTOR * FACTOR for length in (photo.height, photo.width))
    top, left = (photo.height - height) // 2, (photo.width - width) // 2
    truth = to_bits(np.ascontiguousarray(photo.rgb[top : top + height, left : left + width]), 8)
    small = to_pixels(shrink(to_tensor(truth))[0], truth.dtype)
    plain = to_pixels(enlarge(to_tensor(small))[0], truth.dtype)
    result = upscaler.upscale(Photo.from_array(small, name=photo.metadata.name), settings).rgb
    return TruthTest(truth, plain, result, psnr_y(plain, truth), psnr_y(result, truth))
