"""What is known of a photo beside its pixels?"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Metadata:
    """What the file said about itself; `notes` are sentences on what was done to its pixels.

    `mode` names the file's channels (L, LA, RGB, RGBA, CMYK); `exif` is a block that starts with
    b"Exif\\0\\0" and has neither orientation nor thumbnail, `xmp` a packet that says upright, `iptc` the bare
    records, `dpi` the resolution across and down, `icc` the profile where it could be used.
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
