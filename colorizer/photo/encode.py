"""How does a photo become a file that keeps its depth, colours, transparency and metadata?

The file is written under a passing name beside its place and renamed at the end, so that it appears whole or
not at all. libvips computes and writes it band after band.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from PIL.ExifTags import Base

from colorizer.errors import PhotoNotSaved
from colorizer.photo.colours import ICC, SRGB, from_srgb, read_profile, with_blob
from colorizer.photo.decode import IPTC_RESOURCE, Pixels
from colorizer.photo.formats import DEEP, LONGEST, shown, writer_of
from colorizer.photo.metadata import Metadata
from colorizer.photo.provenance import marked
from colorizer.photo.tags import ASCII, DETAILS, LONG, MAIN, UNDEFINED, Tags, exif_block, packed, read_tags

LONGEST_NOTE = 60_000  # bytes of the camera maker's that fit into a JPEG's EXIF block beside the rest
LONGEST_EXIF = 65_400  # bytes of a block; a longer one libvips leaves out, all of it
LONGEST_XMP = 60_000  # bytes of a JPEG's packet; a longer one libvips leaves out
SAVERS: dict[str, tuple[str, dict[str, object]]] = {
    # more effort of the compressors takes seconds and gains percents
    "PNG": ("pngsave", {"compression": 3, "filter": "up"}),
    "TIFF": ("tiffsave", {"compression": "deflate", "predictor": "horizontal", "level": 3}),
    "JPEG": ("jpegsave", {"subsample_mode": "off"}),
    "WebP": ("webpsave", {"exact": True}),
    "AVIF": ("heifsave", {"compression": "av1", "subsample_mode": "off", "effort": 1}),
}


def encode(
    path: Path,
    pixels: Pixels,
    about: Metadata,
    format: str | None,
    bits: int | None,
    quality: int,
    settings: Mapping[str, object] | None,
) -> None:
    """Write pixels and metadata to a file. PhotoNotSaved when that fails, and then nothing is left behind."""
    writer = writer_of(path, format)
    longest, most = max(pixels[0].shape), LONGEST.get(writer, 1 << 31)
    refusals = (
        (bits not in (None, 8, 16), f"A file has 8 or 16 bits a channel, not {bits}. Choose one of them."),
        (bits == 16 and writer not in DEEP, f"{writer} holds 8 bits, not 16 bits. Choose PNG or TIFF."),
        (longest > most, f"{writer} holds at most {most} pixels a side, not {longest}. Choose PNG or TIFF."),
        (not 1 <= quality <= 100, f"A quality of {quality} is not between 1 and 100. Choose 95."),
    )
    for refused, why in refusals:
        if refused:
            raise PhotoNotSaved(why)
    depth = bits or (pixels[0].itemsize * 8 if writer in DEEP else 8)
    written = dict(settings or {})
    if isinstance(written.get("task"), str):
        written |= {"before": about.steps} if about.steps else {}
        xmp = marked(about.xmp, written)
        fits = writer != "JPEG" or len(xmp) <= LONGEST_XMP
        about = replace(about, xmp=xmp if fits else marked(b"", written))
    try:
        with _passing(path) as file:
            _write(file, writer, _image(pixels, depth, on_white=writer == "JPEG"), about, quality, written)
    except (pyvips.Error, OSError, MemoryError, ValueError) as error:
        raise PhotoNotSaved(f"“{shown(path)}” can't be written{_reason(path, error)}") from None


def to_bits(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Pixels as uint8 or uint16, rounded to the nearest value of the same brightness."""
    if pixels.dtype.itemsize * 8 == bits:
        return pixels
    if bits == 16:
        return pixels.astype(np.uint16) * np.uint16(257)
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


@contextmanager
def _passing(path: Path) -> Iterator[Path]:
    """A new file beside `path` that takes its place on a good end and vanishes on a bad one."""
    passing = path.parent / f".{secrets.token_hex(8)}.part"
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    passing.open("xb").close()
    try:
        yield passing
        os.replace(passing, path)
    finally:
        with suppress(OSError):
            passing.unlink(missing_ok=True)


def _reason(path: Path, error: Exception) -> str:
    text = getattr(error, "detail", None) or getattr(error, "strerror", None) or str(error)
    folder = shown(path.parent) or path.parent
    if isinstance(error, MemoryError):
        return " for want of memory. Choose PNG, which needs less."
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f": there is no folder “{folder}”. Make it, or choose another."
    if isinstance(error, PermissionError):
        return f": “{folder}” may not be changed. Choose another folder."
    if any(os.strerror(number) in text for number in (errno.ENOSPC, errno.EDQUOT)):
        return ": the disk is full. Make room, or choose another."
    return f" ({' '.join(text.split())[-120:]}). Choose another name or folder."


def _image(pixels: Pixels, bits: int, *, on_white: bool) -> pyvips.Image:
    image, alpha = pyvips.Image.new_from_array(pixels[0]), pixels[1]
    image = image if alpha is None else image.bandjoin(pyvips.Image.new_from_array(alpha))
    if bits == 8 and image.format == "ushort":
        image = (image / 257).rint().cast("uchar")
    elif bits == 16 and image.format == "uchar":
        image = (image * 257).cast("ushort")
    image = image.copy(interpretation="srgb" if bits == 8 else "rgb16")
    return image.flatten(background=255) if on_white and alpha is not None else image


def _write(
    file: Path, writer: str, image: pyvips.Image, about: Metadata, quality: int, settings: dict[str, Any]
) -> None:
    image = _in_its_colours(image, about.icc)
    across, down = about.dpi or (72, 72)  # what EXIF wants where it isn't known
    image = image.copy(xres=across / 25.4, yres=down / 25.4)
    known = _tags(about.exif, image)
    if writer == "JPEG" and len(known[DETAILS].get(Base.MakerNote, (0, b""))[1]) > LONGEST_NOTE:
        del known[DETAILS][Base.MakerNote]
    if settings:
        known[DETAILS].pop(Base.UserComment, None)
    text = _fitting(settings, sys.maxsize if writer == "TIFF" else LONGEST_EXIF - len(exif_block(known)))
    if text:
        known[DETAILS][Base.UserComment] = (UNDEFINED, b"ASCII\0\0\0" + text.encode("ascii"))
    if writer != "TIFF" and any(known.values()):
        image = with_blob(image, "exif-data", exif_block(known))
    if writer != "PNG":
        image = with_blob(image, "xmp-data", about.xmp)
    elif text:
        image.set_type(pyvips.GValue.gstr_type, "png-comment-0-colorizer", text)
    if writer == "JPEG" and about.iptc:
        head = b"Photoshop 3.0\0" + IPTC_RESOURCE + struct.pack(">I", len(about.iptc))
        image = with_blob(image, "iptc-data", head + about.iptc + bytes(len(about.iptc) % 2))
    saver, options = SAVERS[writer]
    lossy = {} if writer in DEEP else {"Q": quality}
    pyvips.Operation.call(saver, image, os.fsencode(file), **options, **lossy)
    if writer == "TIFF":
        _add_tags(file, known, about.iptc, text)
    elif writer == "PNG" and about.xmp:
        _add_xmp(file, about.xmp)


def _in_its_colours(image: pyvips.Image, icc: bytes) -> pyvips.Image:
    """The image in the colours of an RGB profile, which is embedded."""
    with suppress(ValueError, pyvips.Error):  # some can be read from but not written to: scanners have such
        if icc and not read_profile(icc).is_srgb:
            rgb = from_srgb(image.extract_band(0, n=3), icc)
            return rgb.bandjoin(image[3]) if image.bands == 4 else rgb
        return with_blob(image, ICC, icc)
    return with_blob(image, ICC, SRGB)


def _fitting(settings: dict[str, Any], room: int) -> str:
    """Settings as JSON in at most that many bytes, if need be without what takes most: it says so then."""
    for name in ("", "before", "hints", "marks"):
        if name in settings:
            left_out = " and ".join(filter(None, (settings.get("left_out"), name)))
            settings = {key: value for key, value in settings.items() if key != name} | {"left_out": left_out}
        text = json.dumps(settings) if settings else ""
        if len(text) <= room:
            return text
    return ""


def _tags(exif: Tags, image: pyvips.Image) -> Tags:
    """The tags to write with an image."""
    details = dict(exif.get(DETAILS, {}))
    for tag, side in ((Base.ExifImageWidth, image.width), (Base.ExifImageHeight, image.height)):
        if tag in details:
            details[tag] = (LONG, struct.pack("<I", side))
    return {MAIN: {}} | exif | {DETAILS: details}


def _add_tags(path: Path, known: Tags, iptc: bytes, text: str) -> None:
    """Put tags, IPTC, and a text as the Software, into the first directory of a TIFF, which is written
    anew at its end."""
    with path.open("r+b") as file:
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            main = known[MAIN] | read_tags(data, everything=True)[MAIN]
        if iptc:  # libvips's is a quarter of it
            main[Base.IPTCNAA] = (UNDEFINED, iptc)
        if text:
            main[Base.Software] = (ASCII, text.encode("ascii") + b"\0")
        start = (file.seek(0, os.SEEK_END) + 1) // 2 * 2  # on a word boundary (TIFF 6.0, section 2)
        inner, first = packed(known | {MAIN: main}, start)
        file.seek(start)
        file.write(inner + first)
        file.seek(4)
        file.write(struct.pack("<I", start + len(inner)))


def _add_xmp(path: Path, packet: bytes) -> None:
    """Put XMP behind a PNG's header: libvips writes it as Latin-1."""
    data = b"iTXtXML:com.adobe.xmp" + bytes(5) + packet
    whole = path.read_bytes()
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    path.write_bytes(whole[:33] + chunk + whole[33:])
