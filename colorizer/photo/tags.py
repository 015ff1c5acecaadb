"""How are the tags of a TIFF file and of an EXIF block read and written?

Both are directories (TIFF 6.0, section 2; EXIF 2.3, section 4.6). Values are kept as they are, so that
nothing is lost to a parser that knows too little. libvips reads and writes EXIF blocks, but not a TIFF's.
"""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

import numpy as np
from PIL.ExifTags import IFD, Base

Directory = dict[int, tuple[int, bytes]]  # tag -> type and little-endian value
Tags = dict[int, Directory]  # number of a directory -> its tags

MAIN, DETAILS, PLACE = 0, int(IFD.Exif), int(IFD.GPSInfo)
INNER = (DETAILS, PLACE)  # the directories that a tag of the first one points to
ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SIGNED_RATIONAL, POINTERS = 2, 3, 4, 5, 7, 10, (4, 13, 16)
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}

BITS, COMPRESSION, ORIENTATION, PLANES, SOFTWARE, TILE_WIDTH = 258, 259, 274, 284, 305, 322
EXTRA_SAMPLES, IPTC, JPEG, ZSTD = 338, 33723, 7, 50_000
PHOTOMETRIC, YCBCR = 262, 6
RESOLUTION, RESOLUTION_UNIT, CENTIMETRE = (282, 283), 296, 3
USER_COMMENT, MAKER_NOTE = int(Base.UserComment), int(Base.MakerNote)
SIDES = (int(Base.ExifImageWidth), int(Base.ExifImageHeight))
# What the first directory may say of the photo. The rest of it (offsets, sizes, compression) describes the
# bytes of the old file, which a TIFF keeps in the same place; the resolution is libvips's.
KEPT = frozenset(
    (
        *(Base.DocumentName, Base.ImageDescription, Base.Make, Base.Model, Base.Software, Base.DateTime),
        *(Base.Artist, Base.HostComputer, Base.Copyright, Base.Rating, Base.RatingPercent),
        *(Base.XPTitle, Base.XPComment, Base.XPAuthor, Base.XPKeywords, Base.XPSubject),
    )
)
LAYOUT = frozenset(
    (
        BITS,
        COMPRESSION,
        PHOTOMETRIC,
        ORIENTATION,
        PLANES,
        TILE_WIDTH,
        EXTRA_SAMPLES,
        *RESOLUTION,
        RESOLUTION_UNIT,
    )
)


def read_tags(file: BinaryIO, wanted: frozenset[int] | None = KEPT | LAYOUT) -> Tags:
    """The directories of a TIFF file or of an EXIF block, of the first one the `wanted` tags.

    ValueError when they are damaged, or say that they are longer than the file, as no camera's are.
    """
    head = file.read(16).ljust(16, b"\0")
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None:
        raise ValueError("no directory of tags")
    big = 43 in head[2:4]  # BigTIFF
    first = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)[0]
    tags = {MAIN: _directory(file, order, big, first, wanted and wanted | {*INNER})}
    for inner in INNER:
        kind, value = tags[MAIN].pop(inner, (0, b""))
        if kind in POINTERS:
            tags[inner] = _directory(file, order, big, int.from_bytes(value, "little"), None)
    tags.get(DETAILS, {}).pop(IFD.Interop, None)  # it points to a directory that tells of the old file alone
    return tags


def _directory(file: BinaryIO, order: str, big: bool, place: int, wanted: frozenset[int] | None) -> Directory:
    entry = struct.Struct(order + ("HHQ8s" if big else "HHI4s"))
    rest = file.seek(0, io.SEEK_END)
    file.seek(min(place, rest))
    count = int.from_bytes(file.read(8 if big else 2), "little" if order == "<" else "big")
    entries = file.read(entry.size * min(count, 0xFFFF))
    found: Directory = {}
    for tag, kind, numbers, value in entry.iter_unpack(entries[: len(entries) // entry.size * entry.size]):
        length, inline = numbers * SIZES.get(kind, 0), len(value)
        rest -= length if length > inline else 0
        if rest < 0:
            raise ValueError("the tags are longer than the file")
        if wanted is not None and tag not in wanted:
            continue
        if length > inline:
            file.seek(struct.unpack(order + ("Q" if big else "I"), value)[0])
            value = file.read(length)
        if 0 < length <= len(value):
            width = 4 if kind in (RATIONAL, SIGNED_RATIONAL) else SIZES[kind]
            turned = np.frombuffer(value[:length], f"{order}u{width}").astype(f"<u{width}")
            found[tag] = (kind, turned.tobytes())
    return found


def number(tags: Tags, tag: int, default: int) -> int:
    """The first number of a tag of whole numbers in the first directory."""
    kind, value = tags.get(MAIN, {}).get(tag, (0, b""))
    return int.from_bytes(value[: SIZES[kind]], "little") if kind in (SHORT, LONG) else default


def resolution(tags: Tags) -> tuple[float, float] | None:
    """Dots an inch across and down."""
    values = [tags.get(MAIN, {}).get(tag, (0, b""))[1] for tag in RESOLUTION]
    if any(len(value) != 8 or not any(value[4:]) for value in values):
        return None
    inch = 2.54 if number(tags, RESOLUTION_UNIT, 2) == CENTIMETRE else 1.0
    across, down = (inch * dots / units for dots, units in (struct.unpack("<II", value) for value in values))
    return across, down


def exif_block(tags: Tags) -> bytes | None:
    """The EXIF block of what is KEPT of the first directory, and of the others; None where nothing is."""
    kept = tags | {MAIN: {tag: value for tag, value in tags.get(MAIN, {}).items() if tag in KEPT}}
    if not any(kept.values()):
        return None
    inner, main = packed(kept, 8)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8 + len(inner)) + inner + main


def packed(tags: Tags, start: int) -> tuple[bytes, bytes]:
    """The inner directories as they stand at `start` of a file, and the first one as it stands behind
    them."""
    main, body = dict(tags.get(MAIN, {})), b""
    for inner in INNER:
        if tags.get(inner):
            main[inner] = (LONG, struct.pack("<I", start + len(body)))
            body += _packed(tags[inner], start + len(body))
    return body, _packed(main, start + len(body))


def _packed(directory: Directory, start: int) -> bytes:
    behind, entries, values = start + 6 + 12 * len(directory), b"", b""
    for tag, (kind, value) in sorted(directory.items()):
        place = value
        if len(value) > 4:
            place = struct.pack("<I", behind + len(values))
            values += value + bytes(len(value) % 2)
        entries += struct.pack("<HHI", tag, kind, len(value) // SIZES[kind]) + place.ljust(4, b"\0")
    return struct.pack("<H", len(directory)) + entries + bytes(4) + values
