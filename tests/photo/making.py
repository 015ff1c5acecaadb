"""How are the small files of the tests made, byte by byte where no library makes them?"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import tifffile
from PIL import Image

from colorizer.photo import Photo

pillow_heif.register_heif_opener()

ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
PNG_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # channels -> its number for them
PNG_PALETTE = 3
P3 = ([0.3127, 0.329, 1.0], [0.68, 0.32, 1.0, 0.265, 0.69, 1.0, 0.15, 0.06, 1.0])  # white point, primaries


def noise(channels: int = 1, bits: int = 8, height: int = 21, width: int = 27) -> np.ndarray:
    """The same chance pixels each time, (H, W) or (H, W, channels)."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    rng = np.random.default_rng(channels * 100 + bits)
    return rng.integers(0, 2**bits, shape).astype(np.uint16 if bits > 8 else np.uint8)


def smooth(channels: int = 3, bits: int = 8, height: int = 48, width: int = 64) -> np.ndarray:
    """Soft pixels, as lossy formats like them."""
    planes = [Image.fromarray(noise(1, 8, 5 + n, 6)) for n in range(channels)]
    large = [np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC)) for plane in planes]
    pixels = np.dstack(large).squeeze()
    return pixels if bits == 8 else (pixels * (2**bits - 1.0) / 255).round().astype(np.uint16)


def encoded(pixels: np.ndarray | Image.Image, format: str, **options: object) -> bytes:
    """The file that Pillow makes."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    """The file that tifffile makes."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **({"metadata": None} | options))
    return buffer.getvalue()


def write(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def read(folder: Path, data: bytes) -> Photo:
    """The photo in a file of these bytes."""
    return Photo.open(write(folder, "photo", data))


def ifd(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """A little-endian TIFF directory of (tag, type, count, value or place)."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", following)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def zeros(length: int) -> bytes:
    """A zlib stream of so many zero bytes, made of the same piece again and again."""
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(length % (1 << 20))) + packer.flush()
    return b"\x78\xda" + piece * (length >> 20) + rest + struct.pack(">I", length % 65521 << 16 | 1)


def png(
    pixels: np.ndarray, bits: int = 8, chunks: bytes = b"", colour: int | None = None, adam7: bool = False
) -> bytes:
    """A PNG of (H, W) or (H, W, 2..4) in 1 to 16 bits; `chunks` stand before the pixels."""
    height, width = pixels.shape[:2]
    colour = PNG_COLOURS[1 if pixels.ndim == 2 else pixels.shape[2]] if colour is None else colour
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(adam7))
    passes = [pixels[y::down, x::across] for y, x, down, across in ADAM7] if adam7 else [pixels]
    rows = b"".join(b"\0" + _packed(row, bits) for part in passes if part.size for row in part)
    return png_of(header, chunks + png_chunk(b"IDAT", zlib.compress(rows)))


def png_of(header: bytes, chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + chunks + png_chunk(b"IEND", b"")


def black_png(width: int, height: int, bits: int = 8, channels: int = 1, rows: int = 0) -> bytes:
    """A PNG of which there are the first rows alone."""
    header = struct.pack(">IIBBBBB", width, height, bits, PNG_COLOURS[channels], 0, 0, 0)
    return png_of(header, png_chunk(b"IDAT", zeros(rows * (1 + width * channels * bits // 8))))


def _packed(row: np.ndarray, bits: int) -> bytes:
    if bits == 16:
        return row.astype(">u2").tobytes()
    return np.packbits(np.unpackbits(row.reshape(-1, 1), axis=1)[:, 8 - bits :]).tobytes()


def after_soi(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    """The JPEG with further segments (marker, content) at its beginning."""
    added = b"".join(struct.pack(">BBH", 255, marker, len(data) + 2) + data for marker, data in segments)
    return jpeg[:2] + added + jpeg[2:]


def without_adobe(jpeg: bytes) -> bytes:
    """The JPEG without the marker by which Adobe says that its inks are inverted."""
    at = jpeg.index(b"\xff\xee\0\x0eAdobe")
    return jpeg[:at] + jpeg[at + 16 :]


def cmyk_profile() -> bytes:
    """A CMYK profile (ICC, version 2) of one table: the Lab of the sixteen corners of a simple press."""
    cyan, magenta, yellow, black = np.indices((2, 2, 2, 2)).reshape(4, 16)
    light = (1 - black) * (1 - 0.35 * cyan - 0.45 * magenta - 0.08 * yellow - 0.12 * cyan * magenta * yellow)
    a, b = (1 - black) * (30 * magenta - 15 * cyan), (1 - black) * (35 * yellow - 20 * cyan)
    table = np.stack([light * 255, a + 128, b + 128], 1).round().astype(np.uint8).tobytes()
    unit, straight = struct.pack(">9i", *np.eye(3, dtype=int).ravel() * 65536), bytes(range(256))
    white = struct.pack(">3i", 63190, 65536, 54061)
    tags = {
        b"A2B0": b"mft1\0\0\0\0\x04\x03\x02\0" + unit + straight * 4 + table + straight * 3,
        b"desc": b"desc\0\0\0\0\0\0\0\x06Press\0" + bytes(78),
        b"wtpt": b"XYZ \0\0\0\0" + white,
    }
    start, index, body = 132 + 12 * len(tags), b"", b""
    for tag, data in tags.items():
        index += struct.pack(">4sII", tag, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4xI", start + len(body), 0x02400000) + b"prtrCMYKLab "
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + white
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + index + body


PROFILES = {
    "sRGB": imagecodecs.cms_profile("srgb"),
    "Adobe RGB": imagecodecs.cms_profile("adobergb"),
    "Display P3": imagecodecs.cms_profile("rgb", whitepoint=P3[0], primaries=P3[1], gamma=2.2),
    "grey": imagecodecs.cms_profile("gray", gamma=1.8),
    "CMYK": cmyk_profile(),
}
