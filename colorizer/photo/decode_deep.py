"""How are 16 bits a channel read, when Pillow keeps only the high byte of a colour?

Pillow's unpacker for big-endian colour ("RGB;16B") takes the first byte of each number, the one for little-
endian ("RGB;16L") the second. So a file is decoded twice, with the byte order as it is and then swapped, and
the two pictures are the high and the low bytes. Damage is found as in any other file, and compressed TIFFs
are read alike.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from colorizer.errors import UnsupportedPhoto
from colorizer.photo.metadata import shown

BITS_PER_SAMPLE, PHOTOMETRIC, PLANAR_CONFIGURATION = 258, 262, 284  # TIFF 6.0, section 8
WHITE_IS_ZERO, SEPARATE = 0, 2
SWAPPED = {"16B": "16L", "16L": "16B"}
GREY_ALPHA = "LA;16B"
TWICE = ("RGB;16", "RGBA;16", "RGBX;16")


def depth_of(path: Path, image: Image.Image) -> tuple[int, list[str]]:
    """The bits a channel to read an unloaded image with, 8 or 16, and notes; UnsupportedPhoto for other
    numbers."""
    raw = _raw(image)
    if image.mode in ("F", "I"):
        numbers = "floating-point numbers" if image.mode == "F" else "whole numbers of 32 bits or with a sign"
        raise UnsupportedPhoto(
            f"“{shown(path)}” holds {numbers}, whose black and white are not known. "
            "Save it with 8 or 16 bits a channel."
        )
    if image.format not in ("PNG", "TIFF"):
        return 8, []
    if (
        image.format == "TIFF"
        and _tag(image, PLANAR_CONFIGURATION) == SEPARATE
        and _tag(image, BITS_PER_SAMPLE) > 8
    ):
        raise UnsupportedPhoto(
            f"“{shown(path)}” holds 16-bit colours plane by plane. Save it with interleaved (chunky) pixels."
        )
    if raw == GREY_ALPHA or raw.startswith(TWICE) or image.mode.startswith("I;16"):
        return 16, []
    if ";16" in raw:
        return 8, [f"Its 16-bit {image.mode} colours were read with 8 bits."]
    return 8, []


def passes(image: Image.Image) -> int:
    """How often an unloaded 16-bit image is to be decoded: twice for colours, once otherwise."""
    return 2 if _raw(image).startswith(TWICE) else 1


def aim(image: Image.Image, low: bool) -> str:
    """Prepare an unloaded 16-bit image so that loading it yields what `values` understands; how is
    returned."""
    raw = _raw(image)
    if raw == GREY_ALPHA:
        _set_raw(image, "RGBA")  # the four bytes of a pixel, whole
        return "grey and alpha"
    if not raw.startswith(TWICE):
        bits = _tag(image, BITS_PER_SAMPLE) if image.format == "TIFF" else 16
        inverted = image.format == "TIFF" and _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO
        return f"grey {bits}{' inverted' if inverted else ''}"
    order = raw[-3:]
    if order == "16N":  # the machine's own byte order, in which libtiff hands numbers over
        order = "16L" if sys.byteorder == "little" else "16B"
    _set_raw(image, raw[:-3] + (SWAPPED[order] if low else order))
    return "low" if low else "high"


def values(band: Image.Image, how: str) -> np.ndarray:
    """A band of a loaded image as (h, w, 1..4) uint16: grey, grey and alpha, rgb or rgba.

    Of "high" and "low" each is only its half of the bits; or-ed together they are the pixels.
    """
    pixels = np.asarray(band)
    if how == "high":
        return pixels.astype(np.uint16) << 8
    if how == "low":
        return pixels.astype(np.uint16)
    if how == "grey and alpha":
        return np.ascontiguousarray(pixels).view(">u2").astype(np.uint16)
    grey: np.ndarray = pixels.astype(np.uint16)[..., None]
    if how.startswith("grey 12"):
        grey = grey << 4 | grey >> 8
    return ~grey if how.endswith("inverted") else grey


def key_alpha(rgb: np.ndarray, key: object) -> np.ndarray:
    """Alpha (h, w) uint16 of rgb (h, w, 3): transparent where the pixel is the PNG's one transparent
    colour."""
    colour = np.asarray(key if isinstance(key, tuple) else (key,) * 3, np.uint16)
    return np.where((rgb == colour).all(axis=-1), np.uint16(0), np.uint16(65535))


def _tag(image: Image.Image, tag: int) -> int:
    value = image.tag_v2.get(tag, 1) if hasattr(image, "tag_v2") else 1
    return int(max(value)) if isinstance(value, tuple) else int(value)


def _raw(image: Image.Image) -> str:
    """Pillow's name for the layout of the file's pixels."""
    tiles = getattr(image, "tile", None)
    if not tiles:
        return ""
    arguments = tiles[0][3]
    raw = arguments[0] if isinstance(arguments, tuple) else arguments
    return raw if isinstance(raw, str) else ""


def _set_raw(image: Image.Image, raw: str) -> None:
    tiles = getattr(image, "tile", [])
    for index, tile in enumerate(tiles):
        arguments = (raw, *tile.args[1:]) if isinstance(tile.args, tuple) else raw
        tiles[index] = tile._replace(args=arguments)
