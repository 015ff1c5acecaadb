"""How are a file's colour profile and sRGB turned into each other?

8-bit pictures go through LittleCMS (Pillow's ImageCms) directly. It takes no 16-bit colour, so those go
through a table of the same transform, interpolated: 52 steps an axis, a multiple of five 8-bit levels each.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms
from scipy.ndimage import map_coordinates

STEPS = 52
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
SPACE = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}


def describe(profile: bytes) -> tuple[str, str]:
    """A profile's human name and its colour space ("RGB ", "GRAY", "CMYK"); ValueError when it can't be
    used."""
    try:
        parsed = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = ImageCms.getProfileDescription(parsed).strip() or "an unnamed profile"
        return name, parsed.profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None


def image_to_srgb(image: Image.Image, profile: bytes | None) -> tuple[np.ndarray, str, str]:
    """An 8-bit Pillow image and its profile -> rgb (H, W, 3) uint8 in sRGB, the profile's name, and a note
    or ""."""
    if image.mode not in SPACE:
        image = image.convert("L" if image.mode == "1" else "RGB")
    name, note = "sRGB", ""
    if profile:
        try:
            name, space = describe(profile)
            if space != SPACE[image.mode]:
                note = f"The embedded profile “{name}” does not fit the picture and was set aside."
            elif "srgb" not in name.lower():
                source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                image = ImageCms.profileToProfile(image, source, SRGB, outputMode="RGB") or image
                return np.asarray(image), name, f"Converted from {name} to sRGB."
        except (ValueError, ImageCms.PyCMSError, OSError):
            name, note = "sRGB", "The embedded colour profile is damaged; the picture was taken as sRGB."
    elif image.mode == "CMYK":
        note = "The CMYK picture has no profile; its colours are approximate."
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB")), name, note


@lru_cache(maxsize=8)
def _table(profile: bytes, back: bool) -> np.ndarray:
    axis = np.round(np.linspace(0, 255, STEPS)).astype(np.uint8)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(STEPS, -1, 3)
    other = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    source, target = (SRGB, other) if back else (other, SRGB)
    result = ImageCms.profileToProfile(Image.fromarray(grid), source, target, outputMode="RGB")
    return np.asarray(result).reshape(STEPS, STEPS, STEPS, 3).astype(np.float32) / 255


def _through_table(rgb: np.ndarray, table: np.ndarray) -> np.ndarray:
    result = np.empty_like(rgb)
    rows = max(1, (1 << 19) // rgb.shape[1])
    for top in range(0, len(rgb), rows):
        place = np.moveaxis(rgb[top : top + rows].astype(np.float32) * ((STEPS - 1) / 65535), -1, 0)
        for channel in range(3):
            value = map_coordinates(table[..., channel], place, order=1, mode="nearest")
            result[top : top + rows, :, channel] = np.round(value * 65535)
    return result


def array_to_srgb(rgb: np.ndarray, profile: bytes | None) -> tuple[np.ndarray, str, str]:
    """16-bit rgb (H, W, 3) and its profile -> the same in sRGB, the profile's name, and a note or ""."""
    if not profile:
        return rgb, "sRGB", ""
    try:
        name, space = describe(profile)
        if space == "GRAY":
            grey = Image.fromarray(np.arange(256, dtype=np.uint8)[None], "L")
            curve = image_to_srgb(grey, profile)[0][0, :, 0].astype(np.float64)
            table = np.round(np.interp(np.arange(65536) / 257, np.arange(256), curve) * 257).astype(np.uint16)
            return table[rgb], name, f"Converted from {name} to sRGB."
        if space != "RGB" or "srgb" in name.lower():
            return rgb, name, ""
        return _through_table(rgb, _table(profile, False)), name, f"Converted from {name} to sRGB."
    except (ValueError, ImageCms.PyCMSError, OSError):
        return rgb, "sRGB", "The embedded colour profile is damaged; the picture was taken as sRGB."


def for_saving(rgb: np.ndarray, profile: bytes | None) -> tuple[np.ndarray, bytes | None]:
    """sRGB pixels as the file's own RGB profile has them, and the profile to embed (sRGB's where that one
    can't be used)."""
    if not profile:
        return rgb, None
    try:
        name, space = describe(profile)
        if space == "RGB" and "srgb" in name.lower():
            return rgb, profile
        if space == "RGB" and rgb.dtype == np.uint16:
            return _through_table(rgb, _table(profile, True)), profile
        if space == "RGB":
            target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return np.asarray(
                ImageCms.profileToProfile(Image.fromarray(rgb), SRGB, target, outputMode="RGB")
            ), profile
    except (ValueError, ImageCms.PyCMSError, OSError):
        pass
    return rgb, SRGB.tobytes()
