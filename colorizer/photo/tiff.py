"""How is a TIFF written strip by strip, in 8 or 16 bits, with its metadata?

Pillow has no 16-bit colour, and tifffile writes no EXIF directories. Section numbers: TIFF 6.0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from colorizer.photo.metadata import INCH, INNER, RESOLUTION, RESOLUTION_UNIT, inner_directory

DEFLATE, RGB, CHUNKY, DIFFERENCES, UNASSOCIATED = 8, 2, 1, 2, 2  # sections 8, 14 and 18
STRIP_OFFSETS, SOFTWARE, PROFILE, LONG, UNDEFINED = 273, 305, 34675, 4, 7
LARGEST = 2**32 - 1  # offsets have 32 bits


def write_tiff(
    file: BinaryIO,
    rows: Iterable[np.ndarray],
    shape: tuple[int, int, int],
    bits: int,
    exif: Image.Exif,
    profile: bytes | None,
    dpi: tuple[float, float] | None,
    text: str = "",
) -> None:
    """Write a picture of shape (height, width, 3 or 4), given in order as bands (h, width, 3 or 4) of `bits`.

    All bands but the last have the same height; `text` becomes the Software tag. OverflowError when the file
    would pass 4 GB.
    """
    height, width, channels = shape
    file.write(b"II*\0" + struct.pack("<I", 0))
    offsets, sizes, strip_rows = [], [], 1
    for band in rows:
        strip_rows = max(strip_rows, len(band))
        data = zlib.compress(_differences(band).tobytes(), 4)
        offsets.append(file.tell())
        sizes.append(len(data))
        file.write(data)
        if file.tell() > LARGEST - 2**20:
            raise OverflowError("the file would pass 4 GB")
    if file.tell() % 2:  # a directory begins on a word boundary (section 2)
        file.write(b"\0")
    directory = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    for tag, value in exif.items():
        directory[tag] = inner_directory(exif, tag) if tag in INNER else value
    layout: dict[int, object] = {256: width, 257: height, 258: (bits,) * channels, 259: DEFLATE, 262: RGB}
    layout |= {
        STRIP_OFFSETS: (0,) * len(offsets),
        277: channels,
        278: strip_rows,
        279: tuple(sizes),
        284: CHUNKY,
        317: DIFFERENCES,
    }
    if channels == 4:
        layout[338] = UNASSOCIATED
    if dpi:
        layout |= dict(zip(RESOLUTION, dpi, strict=True)) | {RESOLUTION_UNIT: INCH}
    if text:
        layout[SOFTWARE] = text
    if profile:
        layout[PROFILE] = profile
    directory.tagtype |= {STRIP_OFFSETS: LONG, PROFILE: UNDEFINED}
    for tag, value in layout.items():
        directory[tag] = value
    start = file.tell()
    file.write(_with_offsets(directory.tobytes(start), start, offsets))
    file.seek(4)
    file.write(struct.pack("<I", start))


def _with_offsets(directory: bytes, start: int, offsets: list[int]) -> bytes:
    """Put the strips' places into a directory: Pillow takes them for places behind it, and would add its
    length."""
    changed = bytearray(directory)
    for entry in range(2, 2 + 12 * struct.unpack_from("<H", changed)[0], 12):
        if struct.unpack_from("<H", changed, entry)[0] == STRIP_OFFSETS:
            place = (
                entry + 8 if len(offsets) == 1 else struct.unpack_from("<I", changed, entry + 8)[0] - start
            )
            struct.pack_into(f"<{len(offsets)}I", changed, place, *offsets)
    return bytes(changed)


def _differences(band: np.ndarray) -> np.ndarray:
    """Each pixel less its left neighbour, modulo the range (section 14), little-endian."""
    result = np.array(band, band.dtype.newbyteorder("<"))
    result[:, 1:] -= band[:, :-1]
    return result
