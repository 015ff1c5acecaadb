"""What is known of a photo beside its pixels, and how large may it be?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from colorizer.errors import PhotoTooLarge

ORIENTATION = int(ExifTags.Base.Orientation)
USER_COMMENT = int(ExifTags.Base.UserComment)
MAKER_NOTE = int(ExifTags.Base.MakerNote)
SIDES = (int(ExifTags.Base.ExifImageWidth), int(ExifTags.Base.ExifImageHeight))
RESOLUTION = (int(ExifTags.Base.XResolution), int(ExifTags.Base.YResolution))
RESOLUTION_UNIT = int(ExifTags.Base.ResolutionUnit)
INCH = 2
INNER = (int(ExifTags.IFD.Exif), int(ExifTags.IFD.GPSInfo))

# What the first directory may say of the photo. The rest of it (offsets, sizes, compression) describes the
# bytes of the old file, which a TIFF keeps in the same place.
KEPT = frozenset(
    int(tag)
    for tag in (
        *(
            ExifTags.Base.DocumentName,
            ExifTags.Base.ImageDescription,
            ExifTags.Base.Make,
            ExifTags.Base.Model,
        ),
        *(ExifTags.Base.Software, ExifTags.Base.DateTime, ExifTags.Base.Artist, ExifTags.Base.HostComputer),
        *(ExifTags.Base.Copyright, ExifTags.Base.Rating, ExifTags.Base.RatingPercent),
        *(ExifTags.Base.XPTitle, ExifTags.Base.XPComment, ExifTags.Base.XPAuthor),
        *(ExifTags.Base.XPKeywords, ExifTags.Base.XPSubject, *RESOLUTION, RESOLUTION_UNIT),
    )
)


@dataclass(frozen=True)
class Limits:
    """The largest photo that is read; checked before any pixel is decoded."""

    max_bytes: int = 256 * 2**20
    max_pixels: int = 100_000_000
    max_side: int = 30_000


LIMITS = Limits()


@dataclass(frozen=True)
class Metadata:
    """What the file said about itself; `notes` are sentences on what was done to its pixels.

    `mode` is Pillow's name for the file's pixels, `exif` a block that starts with b"Exif\\0\\0" and has
    neither orientation nor thumbnail, `dpi` the resolution across and down, `icc` the profile where it could
    be used.
    """

    name: str = "photo"
    format: str = ""
    mode: str = "RGB"
    bits: int = 8
    frames: int = 1
    exif: bytes | None = field(default=None, repr=False)
    dpi: tuple[float, float] | None = None
    icc: bytes | None = field(default=None, repr=False)
    profile: str = "sRGB"
    notes: tuple[str, ...] = ()


def shown(path: Path) -> str:
    """A file's name as a sentence can carry it: bytes that are no text, and control characters, are
    escaped."""
    name = path.name.encode("utf-8", "backslashreplace").decode("utf-8")
    name = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)
    return name if len(name) <= 100 else f"{name[:60]}…{name[-30:]}"


def check_size(name: str, width: int, height: int, limits: Limits = LIMITS) -> None:
    """PhotoTooLarge when a picture of that size is beyond the limits."""
    if width * height > limits.max_pixels:
        raise PhotoTooLarge(
            f"“{name}” has {width} x {height} = {width * height / 1e6:.0f} megapixels; the limit is "
            f"{limits.max_pixels / 1e6:.0f}. Make it smaller first."
        )
    if max(width, height) > limits.max_side:
        raise PhotoTooLarge(
            f"“{name}” is {max(width, height)} pixels long; the limit is {limits.max_side}. Crop it or make "
            f"it smaller."
        )


def kept_exif(image: Image.Image) -> bytes | None:
    """The EXIF of a loaded image that still holds for its pixels, or None. Any exception when it is
    damaged."""
    source, kept = image.getexif(), Image.Exif()
    for tag, value in source.items():
        if tag in KEPT:
            kept[tag] = value
    details = dict(source.get_ifd(ExifTags.IFD.Exif))
    if ExifTags.IFD.Interop in details:
        details[ExifTags.IFD.Interop] = dict(source.get_ifd(ExifTags.IFD.Interop))
    place = dict(source.get_ifd(ExifTags.IFD.GPSInfo))
    if details:
        kept[ExifTags.IFD.Exif] = details
    if place:
        kept[ExifTags.IFD.GPSInfo] = place
    return kept.tobytes() if details or place or set(kept) - {*RESOLUTION, RESOLUTION_UNIT} else None


def usable_dpi(value: object) -> tuple[float, float] | None:
    """A file's resolution across and down as two sensible numbers, or None."""
    if not isinstance(value, tuple) or len(value) != 2:
        return None
    try:
        across, down = float(value[0]), float(value[1])
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 <= across <= 65_535 and 1 <= down <= 65_535 else None


def saved_exif(about: Metadata, size: tuple[int, int], settings: Mapping[str, object] | None) -> Image.Exif:
    """The EXIF to write with a photo of that width and height; `settings` go into its UserComment as JSON."""
    exif = Image.Exif()
    if about.exif:
        exif.load(about.exif)
    details = dict(inner_directory(exif, ExifTags.IFD.Exif))
    if ExifTags.IFD.Interop in details:
        details[ExifTags.IFD.Interop] = dict(exif.get_ifd(ExifTags.IFD.Interop))
    for tag, side in zip(SIDES, size, strict=True):
        if tag in details:
            details[tag] = side
    if settings:
        details[USER_COMMENT] = b"ASCII\0\0\0" + settings_text(settings).encode("ascii")
    if details:
        exif[ExifTags.IFD.Exif] = details
    if len(exif):
        exif[ORIENTATION] = 1
    return exif


def inner_directory(exif: Image.Exif, tag: int) -> dict[int, Any]:
    """The EXIF or GPS directory in a block, whether it was put there or read from a file."""
    value = exif.get(tag)
    return value if isinstance(value, dict) else exif.get_ifd(tag)


def settings_text(settings: Mapping[str, object]) -> str:
    """Settings as one line of JSON in ASCII, which every kind of text field can hold."""
    return json.dumps(dict(settings), ensure_ascii=True)
