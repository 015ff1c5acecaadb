"""How is a PNG written row by row, in 8 or 16 bits, with its metadata?

Pillow has no 16-bit colour and OpenCV writes no metadata; both need copies of the whole picture. Section
numbers: PNG (ISO/IEC 15948).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

COLOUR_TYPES = {3: 2, 4: 6}  # channels -> RGB, RGBA (section 11.2.2)
COMPRESSION = 4
METRES_AN_INCH = 0.0254


def write_png(
    file: BinaryIO,
    rows: Iterable[np.ndarray],
    shape: tuple[int, int, int],
    bits: int,
    chunks: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Write a picture of shape (height, width, 3 or 4), given in order as bands (h, width, 3 or 4) of `bits`.

    `chunks` are (type, data) and stand between the header and the pixels.
    """
    height, width, channels = shape
    header = struct.pack(">IIBBBBB", width, height, bits, COLOUR_TYPES[channels], 0, 0, 0)
    file.write(b"\x89PNG\r\n\x1a\n")
    for kind, data in ((b"IHDR", header), *chunks):
        _write_chunk(file, kind, data)
    compressor = zlib.compressobj(COMPRESSION, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    step = channels * bits // 8
    above = np.zeros((1, width * step), np.uint8)
    for band in rows:
        lines = np.ascontiguousarray(band, band.dtype.newbyteorder(">")).view(np.uint8).reshape(len(band), -1)
        _write_chunk(file, b"IDAT", compressor.compress(_filtered(lines, above, step).tobytes()))
        above = lines[-1:]
    _write_chunk(file, b"IDAT", compressor.flush())
    _write_chunk(file, b"IEND", b"")


def about_chunks(
    profile: bytes | None, dpi: tuple[float, float] | None, exif: bytes, text: str
) -> list[tuple[bytes, bytes]]:
    """The chunks (section 11.3) of a colour profile, a resolution, an EXIF block and a text named
    "colorizer"."""
    chunks = []
    if profile:
        chunks.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)))
    if dpi:
        across, down = (round(value / METRES_AN_INCH) for value in dpi)
        chunks.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    if exif:
        chunks.append((b"eXIf", exif.removeprefix(b"Exif\0\0")))
    if text:
        chunks.append((b"tEXt", b"colorizer\0" + text.encode("latin-1")))
    return chunks


def _write_chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    if not data and kind == b"IDAT":  # the compressor often has nothing to hand over yet
        return
    file.write(struct.pack(">I", len(data)) + kind)
    file.write(data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def _filtered(lines: np.ndarray, above: np.ndarray, step: int) -> np.ndarray:
    """Lines (h, n) of bytes -> (h, n + 1): each after the filter (section 9) that leaves the smallest
    numbers."""
    up = np.concatenate((above, lines[:-1]))
    left, up_left = np.zeros_like(lines), np.zeros_like(lines)
    left[:, step:], up_left[:, step:] = lines[:, :-step], up[:, :-step]
    result = np.empty((len(lines), lines.shape[1] + 1), np.uint8)
    least = np.full(len(lines), np.inf)
    for number, guess in ((1, left), (2, up), (4, _paeth(left, up, up_left))):
        rest = lines - guess
        cost = np.abs(rest.view(np.int8).astype(np.int16)).sum(axis=1, dtype=np.int64)
        better = cost < least
        result[better, 0] = number
        result[better, 1:] = rest[better]
        least = np.where(better, cost, least)
    return result


def _paeth(left: np.ndarray, up: np.ndarray, up_left: np.ndarray) -> np.ndarray:
    """Section 9.4: whichever of the three neighbours is nearest to left + up - up_left."""
    a, b, c = left.astype(np.int16), up.astype(np.int16), up_left.astype(np.int16)
    from_left, from_up = np.abs(b - c), np.abs(a - c)
    from_corner = np.abs(a + b - 2 * c)
    corner_or_up = np.where(from_up <= from_corner, up, up_left)
    return np.where((from_left <= from_up) & (from_left <= from_corner), left, corner_or_up)
