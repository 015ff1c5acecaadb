"""In which colours is a picture, and how do they become sRGB, and sRGB them? By LittleCMS, inside libvips."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyvips
from PIL import ImageCms

from colorizer.errors import UnsupportedPhoto

ICC = "icc-profile-data"  # libvips's name for the profile of an image
SRGB, DISPLAY_P3 = (bytes(pyvips.Operation.call("profile_load", name)) for name in ("srgb", "p3"))
HOW = {"intent": "relative", "black_point_compensation": True}
CHANNELS = {"GRAY": ("b-w", 1), "RGB": ("srgb", 3), "CMYK": ("cmyk", 4)}
P3, BT2020, HDR = 12, 9, {16: "PQ", 18: "HLG"}  # primaries and transfers in the numbers of ITU-T H.273


@dataclass(frozen=True)
class Profile:
    """An ICC profile's human name, its colour space "RGB", "GRAY" or "CMYK", and whether its colours are
    sRGB's, to two 8-bit levels: many differently named profiles are just that."""

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
        srgb = to_srgb(image, data).numpy()
    except (ImageCms.PyCMSError, pyvips.Error, OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(str(error)) from None
    same = space == "RGB" and int(np.abs(srgb.astype(int) - colours).max()) <= 2
    return Profile(name, space, same)


def named_profile(name: str, numbers: bytes) -> bytes:
    """The profile that a file of that name means by two numbers, primaries and transfer; b"" for sRGB.

    UnsupportedPhoto where sRGB can't hold the picture: its colours would come out wrong.
    """
    primaries, transfer = numbers[:2] if len(numbers) >= 2 else (1, 13)
    if transfer in HDR or primaries == BT2020:
        raise UnsupportedPhoto(
            f"“{name}” has the colours of a television ({HDR.get(transfer, 'BT.2020')}), which are not read. "
            "Save it in sRGB first."
        )
    return DISPLAY_P3 if primaries == P3 else b""


def in_srgb(image: pyvips.Image, icc: bytes, notes: list[str]) -> tuple[pyvips.Image, bytes]:
    """An image of 1, 3 or 4 channels without alpha, and its profile or b"" -> three channels of sRGB in its
    own depth, and the RGB profile, or b"", for a new file. `notes` grows by what was done."""
    channels, deep = image.bands, image.format == "ushort"
    profile, highest = None, 65535 if deep else 255
    try:
        profile = read_profile(icc) if icc else None
    except ValueError:
        notes.append("The embedded colour profile is damaged; the picture was taken as sRGB.")
    if profile and profile.space not in {1: ("GRAY", "RGB"), 3: ("RGB",), 4: ("CMYK",)}[channels]:
        notes.append(f"The embedded profile “{profile.name}” does not fit the picture and was set aside.")
        profile = None
    if channels == 1 and (profile is None or profile.space == "RGB"):
        image = image.bandjoin([image, image]).copy(interpretation="rgb16" if deep else "srgb")
    if profile and not profile.is_srgb:
        notes.append(f"Converted from {profile.name} to sRGB.")
        image = to_srgb(image, icc)
    elif channels == 4:
        notes.append("The CMYK picture has no profile; its colours are approximate.")
        light = highest - image
        image = (light[:3] * light[3] / highest).rint().cast(image.format)
    if profile and profile.space == "RGB":
        return image, icc
    return image, SRGB if profile or channels == 4 else b""  # no RGB goes back to ink or to grey


def with_blob(image: pyvips.Image, name: str, data: bytes | None) -> pyvips.Image:
    """A copy of the image that has these bytes, if there are any, beside its pixels."""
    image = image.copy()
    if data:
        image.set_type(pyvips.GValue.blob_type, name, data)
    return image


def to_srgb(image: pyvips.Image, profile: bytes) -> pyvips.Image:
    """An image without alpha in the colours of a profile -> three channels of sRGB in its own depth."""
    image = with_blob(image, ICC, profile)
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
