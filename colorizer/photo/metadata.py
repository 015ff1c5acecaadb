"""What is known of a photo beside its pixels?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from colorizer.photo.tags import Tags

Step = Mapping[str, object]  # what a result was made by; see provenance.py


@dataclass(frozen=True)
class Metadata:
    """What the file said about itself; `notes` are sentences on what was done to its pixels.

    `exif` are the tags that a new file may have too, `xmp` is a packet that says upright, `iptc` the bare
    records, `dpi` the resolution across and down, `icc` the RGB profile that a new file gets, `steps` what
    was done to the photo before, the first step first.
    """

    name: str = "photo"
    format: str = ""
    frames: int = 1
    exif: Tags = field(default_factory=dict, repr=False)
    xmp: bytes = field(default=b"", repr=False)
    iptc: bytes = field(default=b"", repr=False)
    dpi: tuple[float, float] | None = None
    icc: bytes = field(default=b"", repr=False)
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
