"""How are a file's colour profile and sRGB turned into each other? LittleCMS does it, inside libvips."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyvips
from PIL import ImageCms

ICC = "icc-profile-data"  # libvips's name for the profile of an image
SRGB, DISPLAY_P3 = (bytes(pyvips.Operation.call("profile_load", name)) for name in ("srgb", "p3"))
HOW = {"intent": "relative", "black_point_compensation": True}
CHANNELS = {"GRAY": ("b-w", 1), "RGB": ("srgb", 3), "CMYK": ("cmyk", 4)}


@dataclass(frozen=True)
class Profile:
    """A usable ICC profile: its bytes, its human name, its colour space "RGB", "GRAY" or "CMYK", and whether
    its colours are sRGB's, to two 8-bit levels: many differently named profiles are just that."""

    data: bytes
    name: str
    space: str
    is_srgb: bool


@lru_cache(maxsize=32)
def read_profile(data: bytes) -> Profile:
    """Parse a profile and try it. ValueError when it is damaged or of a kind that no photo has."""
    try:
        parsed = ImageCms.ImageCmsProfile(io.BytesIO(data))
        name = " ".join(ImageCms.getProfileDescription(parsed).split()) or "an unnamed profile"
        space = parsed.profile.xcolor_space.strip()
        interpretation, channels = CHANNELS[space]
        axis = np.linspace(0, 255, 9).astype(np.uint8)
        colours = np.stack(np.meshgrid(*[axis] * channels), axis=-1).reshape(1, -1, channels)
        image = pyvips.Image.new_from_array(colours, interpretation=interpretation)
        srgb = to_srgb(with_blob(image, ICC, data)).numpy()
    except (ImageCms.PyCMSError, pyvips.Error, OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(str(error)) from None
    same = space == "RGB" and int(np.abs(srgb.astype(int) - colours).max()) <= 2
    return Profile(data, name, space, same)


def with_blob(image: pyvips.Image, name: str, data: bytes | None) -> pyvips.Image:
    """A copy of the image that has these bytes, if there are any, beside its pixels."""
    image = image.copy()
    if data:
        image.set_type(pyvips.GValue.blob_type, name, data)
    return image


def to_srgb(image: pyvips.Image) -> pyvips.Image:
    """An image with a profile and no alpha -> three channels of sRGB in its own depth."""
    if image.format == "uchar":
        return image.icc_transform("srgb", embedded=True, depth=8, **HOW)
    # LittleCMS takes 16 bits to 16 through a coarse grid; by way of Lab it is ten times as exact
    return image.icc_import(embedded=True, **HOW).icc_export(output_profile="srgb", depth=16, **HOW)


def from_srgb(image: pyvips.Image, profile: bytes) -> pyvips.Image:
    """An image in sRGB without alpha -> the colours of an RGB profile; what is beyond it is clipped."""
    if image.format == "ushort":
        lab = image.icc_import(input_profile="srgb", **HOW)
        return with_blob(lab, ICC, profile).icc_export(depth=16, **HOW)
    with tempfile.TemporaryDirectory() as folder:  # libvips takes the profile by its file's name alone
        file = Path(folder) / "profile.icc"
        file.write_bytes(profile)
        return image.icc_transform(str(file), input_profile="srgb", depth=8, **HOW)
