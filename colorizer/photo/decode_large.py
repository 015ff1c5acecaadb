"""How is a large JPEG or PNG decoded straight into its array?

Pillow stores a colour pixel in four bytes and copies it to hand it over, so that a photo of 100 megapixels
needs 700 MB while it is opened. OpenCV decodes into the final 300 MB. It can take a file that ends early for
a whole one, though, so Pillow vets the file first: a JPEG by decoding it at an eighth of its size, which
reads it to its end; a PNG by its checksums.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

LARGE = 12_000_000  # pixels; below it Pillow's copies are small change
EIGHTH = 8


def decode_large(path: Path, image: Image.Image) -> np.ndarray | None:
    """The pixels (H, W, 3) uint8 of an unloaded 8-bit RGB image, or None where Pillow should decode it.

    Orientation and profile are not applied. Raises what Pillow raises when the file is damaged.
    """
    suited = (
        image.format in ("JPEG", "MPO", "PNG") and image.mode == "RGB" and not image.has_transparency_data
    )
    if not suited or image.width * image.height < LARGE:
        return None
    if image.format == "PNG":
        exif = _vetted_png(path)
        if exif:
            image.info.setdefault("exif", exif)
        else:
            image.info.setdefault("exif", b"")  # else Pillow decodes the picture to look for one behind it
    else:
        _vet_jpeg(path)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    try:
        read = cv2.imread(str(path), pixels, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    except (cv2.error, UnicodeError):  # a name that is no text
        return None
    return read if read is not None and read.shape == pixels.shape and read.dtype == pixels.dtype else None


def _vet_jpeg(path: Path) -> None:
    with Image.open(path, formats=("JPEG",)) as image:
        image.draft("RGB", (image.width // EIGHTH, image.height // EIGHTH))
        image.load()


def _vetted_png(path: Path) -> bytes | None:
    """Check every chunk to the last (ISO 15948, section 5.3); the EXIF block, wherever it stands."""
    exif, kind = None, b""
    with path.open("rb") as file:
        file.seek(8)
        while kind != b"IEND":
            head = file.read(8)
            if len(head) < 8:
                raise OSError("the file ends before its last chunk")
            length, kind = struct.unpack(">I4s", head)
            check, left, kept = zlib.crc32(kind), length, b""
            while left:
                data = file.read(min(left, 1 << 20))
                if not data:
                    raise OSError("the file ends inside a chunk")
                check, left = zlib.crc32(data, check), left - len(data)
                if kind == b"eXIf":
                    kept += data
            if file.read(4) != struct.pack(">I", check):
                raise OSError(f"the checksum of chunk {kind!r} is wrong")
            exif = b"Exif\0\0" + kept if kept else exif
    return exif
