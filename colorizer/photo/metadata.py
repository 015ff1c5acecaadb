"""What is known of a photo beside its pixels, and how large may it be?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from colorizer.errors import PhotoTooLarge


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

    `mode` names the file's channels (L, LA, RGB, RGBA, CMYK); `exif` is a block that starts with
    b"Exif\\0\\0" and has neither orientation nor thumbnail; `xmp` a packet whose orientation is the upright
    one; `iptc` the records alone; `dpi` the resolution across and down; `icc` the profile where it could be
    used.
    """

    name: str = "photo"
    format: str = ""
    mode: str = "RGB"
    bits: int = 8
    frames: int = 1
    exif: bytes | None = field(default=None, repr=False)
    xmp: bytes | None = field(default=None, repr=False)
    iptc: bytes | None = field(default=None, repr=False)
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
