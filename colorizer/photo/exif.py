"""Which tags of an EXIF block, or of a TIFF, still hold for a photo, and how are they written?

Both are directories of tags, one inside the other (TIFF 6.0, section 2; EXIF 2.3, section 4.6). Values are
kept as they are, so that nothing is lost to a parser that knows too little. libvips reads and writes the
blocks, but none of a TIFF's.
"""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

import numpy as np
from PIL.ExifTags import IFD, Base

Directory = dict[int, tuple[int, bytes]]  # tag -> type and little-endian value
Tags = dict[int, Directory]  # number of a directory -> its tags

MAIN, DETAILS, PLACE, INTEROP = 0, int(IFD.Exif), int(IFD.GPSInfo), int(IFD.Interop)
INNER = ((INTEROP, DETAILS), (DETAILS, MAIN), (PLACE, MAIN))  # a directory, and which one points to it
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
RATIONALS = (5, 10)  # two numbers of four bytes
ASCII, SHORT, LONG, UNDEFINED = 2, 3, 4, 7

BITS, PLANES, TILE_WIDTH = 258, 284, 322
ORIENTATION, SOFTWARE, EXTRA_SAMPLES, IPTC = int(Base.Orientation), int(Base.Software), 338, 33723
USER_COMMENT, MAKER_NOTE = int(Base.UserComment), int(Base.MakerNote)
SIDES = (int(Base.ExifImageWidth), int(Base.ExifImageHeight))

# What the first directory may say of the photo. The rest of it (offsets, sizes, compression) describes the
# bytes of the old file, which a TIFF keeps in the same place; the resolution is libvips's.
KEPT = frozenset(
    int(tag)
    for tag in (
        *(Base.DocumentName, Base.ImageDescription, Base.Make, Base.Model, Base.Software, Base.DateTime),
        *(Base.Artist, Base.HostComputer, Base.Copyright, Base.Rating, Base.RatingPercent),
        *(Base.XPTitle, Base.XPComment, Base.XPAuthor, Base.XPKeywords, Base.XPSubject),
    )
)
LAYOUT = frozenset((BITS, PLANES, TILE_WIDTH, ORIENTATION, EXTRA_SAMPLES))


def read_tags(file: BinaryIO | bytes, wanted: frozenset[int] | None = KEPT | LAYOUT) -> Tags:
    """The directories of a TIFF file or of an EXIF block, of the first one the `wanted` tags.

    ValueError when they are damaged, or say that they are longer than the file, as no camera's are.
    """
    if isinstance(file, bytes):
        file = io.BytesIO(file.removeprefix(b"Exif\0\0"))
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(16).ljust(16, b"\0")
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None:
        raise ValueError("no directory of tags")
    big = struct.unpack_from(f"{order}H", head, 2)[0] == 43
    first = struct.unpack_from(f"{order}Q", head, 8) if big else struct.unpack_from(f"{order}I", head, 4)
    tags = {MAIN: _directory(file, size, order, big, *first, wanted and wanted | {DETAILS, PLACE})}
    for inner, outer in reversed(INNER):
        kind, value = tags.get(outer, {}).pop(inner, (LONG, b""))
        if SIZES[kind] == len(value) >= 4:
            tags[inner] = _directory(file, size, order, big, int.from_bytes(value, "little"))
    return tags


def _directory(
    file: BinaryIO, size: int, order: str, big: bool, place: int, wanted: frozenset[int] | None = None
) -> Directory:
    length, inline, entry = (8, 8, "HHQ") if big else (2, 4, "HHI")
    file.seek(min(place, size))
    count = int.from_bytes(file.read(length), "little" if order == "<" else "big")
    step = struct.calcsize(f"={entry}") + inline
    entries = file.read(step * min(count, 0xFFFF))
    found: Directory = {}
    for at in range(0, len(entries) - step + 1, step):
        tag, kind, numbers = struct.unpack_from(order + entry, entries, at)
        length, value = numbers * SIZES.get(kind, 0), entries[at + step - inline : at + step]
        size -= length if length > inline else 0
        if size < 0:
            raise ValueError("the tags are longer than the file")
        if wanted is not None and tag not in wanted:
            continue
        if length > inline:
            file.seek(struct.unpack(f"{order}{entry[-1]}", value)[0])
            value = file.read(length)
        if 0 < length <= len(value):
            found[tag] = (kind, _little(value[:length], kind, order))
    return found


def _little(value: bytes, kind: int, order: str) -> bytes:
    width = 4 if kind in RATIONALS else SIZES[kind]
    return value if order == "<" or width == 1 else np.frombuffer(value, f">u{width}").byteswap().tobytes()


def number(tags: Tags, tag: int, default: int) -> int:
    """The first number of a tag of whole numbers in the first directory."""
    kind, value = tags.get(MAIN, {}).get(tag, (0, b""))
    return int.from_bytes(value[: SIZES[kind]], "little") if kind in (SHORT, LONG) else default


def block(tags: Tags) -> bytes | None:
    """The EXIF block of what is KEPT of the first directory, and of the others; None where nothing is."""
    kept = tags | {MAIN: {tag: value for tag, value in tags.get(MAIN, {}).items() if tag in KEPT}}
    if not any(kept.values()):
        return None
    inner, main = packed(kept, 8)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8 + len(inner)) + inner + main


def packed(tags: Tags, start: int) -> tuple[bytes, bytes]:
    """The inner directories as they stand at `start` of a file, and the first one as it stands behind
    them."""
    tags, body = {name: dict(directory) for name, directory in tags.items()}, b""
    for inner, outer in INNER:
        if tags.get(inner):
            tags.setdefault(outer, {})[inner] = (LONG, struct.pack("<I", start + len(body)))
            body += _packed(tags[inner], start + len(body))
    return body, _packed(tags.get(MAIN, {}), start + len(body))


def _packed(directory: Directory, start: int) -> bytes:
    behind, entries, values = start + 6 + 12 * len(directory), b"", b""
    for tag, (kind, value) in sorted(directory.items()):
        field = value
        if len(value) > 4:
            field = struct.pack("<I", behind + len(values))
            values += value + bytes(len(value) % 2)
        entries += struct.pack("<HHI", tag, kind, len(value) // SIZES[kind]) + field.ljust(4, b"\0")
    return struct.pack("<H", len(directory)) + entries + bytes(4) + values
