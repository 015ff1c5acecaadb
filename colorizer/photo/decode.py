"""How do the bytes of a picture file become sRGB pixels, an alpha channel and metadata?

The file is opened, its colours become sRGB, and its pixels are computed while they are copied, upright, into
arrays: there is no second copy of them. A file that ends early raises: no half-grey picture comes out.
"""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyvips
from PIL import UnidentifiedImageError

from colorizer.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo.colours import fitting_profile, in_srgb
from colorizer.photo.formats import LIMITS, Limits, check_file, kind_of, shown
from colorizer.photo.metadata import Metadata
from colorizer.photo.opening import open_image

Pixels = tuple[np.ndarray, np.ndarray | None]  # rgb (H, W, 3) and alpha (H, W) of the same dtype
Decoded = tuple[np.ndarray, np.ndarray | None, Metadata]

# Some of a decoder's words mean a kind of file that it doesn't know, others pixels that it made up; what else
# it says is of flaws that every program passes over
NOT_KNOWN_HOW = re.compile("labq|sample|support", re.IGNORECASE)
MISSING_PIXELS = re.compile(
    "premature end|instead of|read error|seek error|tile byte count|directory count", re.IGNORECASE
)
one_at_a_time = threading.Lock()  # there is one place for a decoder's words

COLOURS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3, "cmyk": 4}  # interpretation -> channels
MODES = {1: "L", 3: "RGB", 4: "CMYK"}
BAND = 1 << 17  # pixels that are copied at a time: about what a processor's cache holds
TURN_BACK = {6: 8, 8: 6}  # every other orientation is its own opposite


def decode(path: Path, limits: Limits = LIMITS) -> Decoded:
    """Read a file: rgb (H, W, 3), alpha (H, W) or None, uint8 or uint16, and metadata.

    Raises UnreadablePhoto, UnsupportedPhoto or PhotoTooLarge.
    """
    name, head = shown(path), check_file(path, limits)
    kind = kind_of(path, head)
    try:
        with one_at_a_time:
            pyvips.Error("")  # takes what was said before
            decoded, said = _decode(path, kind, head, limits), pyvips.Error("").detail
            if MISSING_PIXELS.search(said):
                raise OSError(said)
            return decoded
    except PhotoError:
        raise
    except MemoryError:
        raise PhotoTooLarge(
            f"There is not enough memory for “{name}”. Close other programs, or make it smaller first."
        ) from None
    except Exception as error:  # decoders raise almost anything when a file is damaged
        text = (error.detail if isinstance(error, pyvips.Error) else str(error)).replace(str(path), "it")
        why = (" ".join(text.strip().rpartition("\n")[2].split()) or type(error).__name__)[:120]
        if NOT_KNOWN_HOW.search(why) or isinstance(error, UnidentifiedImageError):
            raise UnsupportedPhoto(
                f"“{name}” is a {kind} of a kind that is not read ({why}). "
                "Save it as RGB or grey with 8 or 16 bits."
            ) from None
        raise UnreadablePhoto(
            f"“{name}” is damaged or cut short and can't be read to its end ({why}). Try another copy."
        ) from None


def _decode(path: Path, kind: str, head: bytes, limits: Limits) -> Decoded:
    opened = open_image(path, kind, head, limits)
    image, about, notes = opened.image, opened.about, list[str]()
    channels = COLOURS.get(image.interpretation, 99)
    if image.format not in ("uchar", "ushort") or image.bands < channels:
        raise UnsupportedPhoto(
            f"“{shown(path)}” holds numbers whose black and white are not known ({image.format}, "
            f"{image.interpretation}). Save it as RGB or grey with 8 or 16 bits a channel."
        )
    profile = fitting_profile(about.icc, channels, notes)
    colours = in_srgb(image.extract_band(0, n=channels), profile, notes)
    has_alpha = opened.has_alpha and image.bands > channels
    rgb, alpha = _pixels(colours, image[channels] if has_alpha else None, opened.orientation)
    if kind == "GIF" and alpha is not None and alpha.min() == 255:
        alpha = None  # libvips gives one to every GIF that moves
    if about.frames > 1:
        notes.append(f"First of {about.frames} frames.")
    return (
        rgb,
        alpha,
        replace(
            about,
            mode=MODES[channels] + ("" if alpha is None else "A"),
            bits=rgb.itemsize * 8,
            icc=profile.data if profile else None,
            profile=profile.name if profile else "sRGB",
            notes=(*notes, *about.notes),
        ),
    )


def _pixels(rgb: pyvips.Image, alpha: pyvips.Image | None, orientation: int) -> Pixels:
    """Upright arrays (H, W, 3) and (H, W) of what is computed only now, each pixel once and in its order."""
    kind, height, width = np.uint8 if rgb.format == "uchar" else np.uint16, rgb.height, rgb.width
    if alpha is None and orientation == 1:
        return np.frombuffer(rgb.write_to_memory(), kind).reshape(height, width, 3), None
    joined = rgb if alpha is None else rgb.bandjoin(alpha)
    size = (width, height) if orientation > 4 else (height, width)
    colours, opacity = np.empty((*size, 3), kind), None if alpha is None else np.empty(size, kind)
    back = TURN_BACK.get(orientation, orientation)
    region, rows = pyvips.Region.new(joined), max(1, BAND // width)
    for top in range(0, height, rows):
        band = slice(top, min(top + rows, height))
        part = np.frombuffer(region.fetch(0, top, width, band.stop - top), kind)
        part = part.reshape(-1, width, joined.bands)
        _turn(colours, back)[band] = part[..., :3]
        if opacity is not None:
            _turn(opacity, back)[band] = part[..., 3]
    return colours, opacity


def _turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """A view of pixels (H, W, ...) with an EXIF orientation (1..8) applied."""
    pixels = pixels.swapaxes(0, 1) if orientation > 4 else pixels
    pixels = pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels
