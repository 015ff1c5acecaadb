"""How are a file's colour profile and sRGB turned into each other?

A converter is a function on rows of pixels, so that a caller can work through a large picture in bands. 8-bit
colour goes through LittleCMS (Pillow's ImageCms), which takes no 16-bit colour there; 16-bit colour goes
through the profile's own matrix and curves in floating point, or, when the profile has tables instead,
through a grid.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from colorizer.photo.icc_curves import Curves, Unreadable, grey_curve, rgb_curves, srgb_from_linear
from colorizer.photo.icc_grid import through_grid

Converter = Callable[[np.ndarray], np.ndarray]

FAILURES = (ImageCms.PyCMSError, Unreadable, OSError, ValueError, TypeError, AttributeError, IndexError)
INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


def _srgb_bytes() -> bytes:
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes.fromhex("07e800010001000000000000")  # its date, so that equal photos make equal files
    return bytes(made)


SRGB = _srgb_bytes()


@dataclass(frozen=True)
class Profile:
    """A usable ICC profile: its bytes, its human name, and its colour space "RGB", "GRAY" or "CMYK"."""

    data: bytes
    name: str
    space: str

    @property
    def is_srgb(self) -> bool:
        """Whether its colours are sRGB's, to two 8-bit levels: many differently named profiles are just
        that."""
        return self.space == "RGB" and _is_srgb(self.data)


def read_profile(data: bytes) -> Profile:
    """Parse a profile. ValueError when it is damaged or of a kind that no photo has."""
    try:
        parsed = _opened(data)
        name = " ".join(ImageCms.getProfileDescription(parsed).split()) or "an unnamed profile"
        space = parsed.profile.xcolor_space.strip()
        profile = Profile(data, name, space)
        if space not in ("RGB", "GRAY", "CMYK"):
            raise ValueError(f"its colour space is {space}")
        if space == "GRAY":
            grey_curve(data)
        else:
            _transform(data, SRGB, space)  # a profile can be well-formed and still have no way to sRGB
    except FAILURES as error:
        raise ValueError(str(error)) from None
    return profile


def to_srgb(profile: Profile, bits: int) -> Converter:
    """Rows of pixels of the profile -> rgb rows (h, w, 3) in sRGB, of the same dtype.

    The rows are (h, w, 3) for RGB, (h, w) for GRAY, uint8 or uint16 as `bits` says; (h, w, 4) uint8 for CMYK.
    """
    if profile.space == "GRAY":
        levels = np.linspace(0, 1, 1 << bits)
        encoded = srgb_from_linear(grey_curve(profile.data)(levels))
        table = np.round(encoded * ((1 << bits) - 1)).astype(f"uint{bits}")
        return lambda rows: np.repeat(table[rows][..., None], 3, axis=-1)
    if bits == 16:
        return _deep(profile.data, SRGB)
    return _eight(profile.data, SRGB, profile.space)


def from_srgb(profile: Profile, bits: int) -> Converter:
    """Rgb rows (h, w, 3) in sRGB -> the same in an RGB profile; colours beyond it are clipped."""
    return _deep(SRGB, profile.data) if bits == 16 else _eight(SRGB, profile.data, "RGB")


def _opened(data: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(data))


def _transform(source: bytes, target: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(_opened(source), _opened(target), mode, "RGB", INTENT, FLAGS)


def _eight(source: bytes, target: bytes, mode: str) -> Converter:
    transform = _transform(source, target, mode)

    def convert(rows: np.ndarray) -> np.ndarray:
        image = Image.frombytes(mode, (rows.shape[1], rows.shape[0]), np.ascontiguousarray(rows).tobytes())
        return np.asarray(ImageCms.applyTransform(image, transform))

    return convert


def _deep(source: bytes, target: bytes) -> Converter:
    try:
        return _through_curves(rgb_curves(source), rgb_curves(target))
    except Unreadable:
        return through_grid(_eight(source, target, "RGB"))


def _through_curves(source: Curves, target: Curves) -> Converter:
    decode = source.decoding_tables()
    encode = target.encoding_tables()
    matrix = (np.linalg.inv(target.matrix) @ source.matrix).astype(np.float32)

    def convert(rows: np.ndarray) -> np.ndarray:
        linear = np.stack([decode[channel][rows[..., channel]] for channel in range(3)], axis=-1)
        linear = np.sqrt(
            np.clip(linear @ matrix.T, 0, 1)
        )  # the tables are finer in the shadows, as the eye is
        index = np.round(linear * (encode.shape[1] - 1)).astype(np.int32)
        return np.stack([encode[channel][index[..., channel]] for channel in range(3)], axis=-1)

    return convert


@lru_cache(maxsize=32)
def _is_srgb(data: bytes) -> bool:
    axis = np.linspace(0, 255, 9).astype(np.uint8)
    colours = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(27, 27, 3)
    return int(np.abs(_eight(data, SRGB, "RGB")(colours).astype(int) - colours).max()) <= 2
