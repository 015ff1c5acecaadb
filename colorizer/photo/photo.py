"""How does any picture file become pixels that can be worked on, and a file again?

A Photo is sRGB in 8 or 16 bits with its alpha apart; orientation is applied and a colour profile converted.
What the file said about itself (EXIF, resolution, profile) is kept for the way back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from colorizer.errors import UnreadablePhoto, UnsupportedPhoto
from colorizer.photo import tone
from colorizer.photo.decode import Pixels, decode
from colorizer.photo.encode import encode, to_bits
from colorizer.photo.formats import LIMITS, check_size
from colorizer.photo.metadata import Metadata
from colorizer.photo.tone import Tone


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture: rgb (H, W, 3) uint8 or uint16 in sRGB, alpha (H, W) of the same type or None, and its
    metadata. A grey picture has three equal channels."""

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    metadata: Metadata = field(default_factory=Metadata)

    @classmethod
    def open(cls, path: str | Path) -> Photo:
        """Read a file. PhotoError (UnreadablePhoto, UnsupportedPhoto, PhotoTooLarge) when it can't be."""
        if not isinstance(path, str | os.PathLike):
            raise UnreadablePhoto(f"{path!r} is not the name of a file. Give text or a path.")
        return cls(*decode(Path(path), LIMITS))

    @classmethod
    def from_array(cls, array: np.ndarray, alpha: np.ndarray | None = None, name: str = "photo") -> Photo:
        """A photo from pixels (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16, taken as sRGB."""
        rgb = np.repeat(array[..., None], 3, axis=2) if array.ndim == 2 else array
        if rgb.shape[2:] == (4,) and alpha is None:
            rgb, alpha = rgb[..., :3], rgb[..., 3]
        if rgb.dtype not in (np.uint8, np.uint16) or rgb.size == 0 or not _fit(rgb, alpha):
            raise UnsupportedPhoto(
                f"An array of {array.dtype} with shape {array.shape} and this alpha are no picture: give "
                "uint8 or uint16, (height, width) or (height, width, 3 or 4), and an alpha that fits."
            )
        check_size(name, rgb.shape[1], rgb.shape[0], LIMITS)
        return cls(*_contiguous(rgb, alpha), Metadata(name=name))

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def bits(self) -> int:
        """Bits a channel, 8 or 16."""
        return int(self.rgb.dtype.itemsize * 8)

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return Path(self.metadata.name).stem or "photo"

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    @cached_property
    def tone(self) -> Tone:
        """Whether the picture is grey, toned (sepia, cyanotype: one hue as a function of lightness) or
        coloured."""
        return tone.judge(self.preview(tone.SIDE))

    def with_rgb(self, rgb: np.ndarray, note: str = "") -> Photo:
        """The same photo with other pixels of the same size and depth; alpha and metadata stay, `note` is
        added to the notes. ValueError when the pixels don't fit."""
        if rgb.shape != self.rgb.shape or rgb.dtype != self.rgb.dtype:
            raise ValueError(
                f"{rgb.dtype} of {rgb.shape} do not fit a photo, {self.rgb.dtype} of {self.rgb.shape}"
            )
        return self.resized_to(rgb, self.alpha, note)

    def resized_to(self, rgb: np.ndarray, alpha: np.ndarray | None, note: str = "") -> Photo:
        """The same photo with pixels and alpha of another size and the same depth; metadata stays, `note` is
        added to the notes. ValueError when the two don't fit each other, or the depth doesn't."""
        if rgb.dtype != self.rgb.dtype or not _fit(rgb, alpha):
            raise ValueError(
                f"{rgb.dtype} of shape {rgb.shape} and this alpha are no photo of {self.rgb.dtype}"
            )
        notes = (*self.metadata.notes, note) if note else self.metadata.notes
        return Photo(*_contiguous(rgb, alpha), replace(self.metadata, notes=notes))

    def preview(self, side: int) -> np.ndarray:
        """A copy (h, w, 3) uint8, area-averaged, whose long side is at most `side`."""
        scale = side / max(self.width, self.height)
        if scale >= 1:
            return self.rgb.copy() if self.bits == 8 else to_bits(self.rgb, 8)
        size = (max(1, round(self.width * scale)), max(1, round(self.height * scale)))
        return to_bits(cv2.resize(self.rgb, size, interpolation=cv2.INTER_AREA), 8)

    def save(
        self,
        path: str | Path,
        *,
        format: str | None = None,
        bits: int | None = None,
        quality: int = 95,
        settings: Mapping[str, object] | None = None,
    ) -> Path:
        """Write the photo; PhotoNotSaved when that fails, and then nothing is left behind.

        PNG and TIFF in the photo's own depth or `bits` (8 or 16), JPEG 4:4:4, WebP and AVIF in 8 bits at
        `quality` 1..100; a JPEG stands on white where the photo is transparent. EXIF (orientation reset,
        without thumbnail), XMP, IPTC, resolution and an RGB profile are kept; `settings` are written beside
        them as JSON, in EXIF's UserComment and, in a PNG, in a text named "colorizer". Where they name their
        "task", as every `made_by` does, XMP tells in the words of standards what was done (provenance.py).
        """
        path = Path(path)
        encode(path, (self.rgb, self.alpha), self.metadata, format, bits, quality, settings)
        return path


def _fit(rgb: np.ndarray, alpha: np.ndarray | None) -> bool:
    """Whether these are three channels and an alpha of the same type and size, or none."""
    alone = alpha is None or (alpha.shape, alpha.dtype) == (rgb.shape[:2], rgb.dtype)
    return rgb.shape[2:] == (3,) and alone


def _contiguous(rgb: np.ndarray, alpha: np.ndarray | None) -> Pixels:
    return np.ascontiguousarray(rgb), None if alpha is None else np.ascontiguousarray(alpha)
