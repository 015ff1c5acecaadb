"""How are the tags of a TIFF file and of an EXIF block read and written?

Both are directories (TIFF 6.0, section 2; EXIF 2.3, section 4.6). Values are kept as they are, so that
nothing is lost to a parser that knows too little. libvips reads and writes EXIF blocks, but not a TIFF's.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from mmap import mmap

import numpy as np
from PIL.ExifTags import IFD, Base

Directory = dict[int, tuple[int, bytes]]  # tag -> type and little-endian value
Tags = dict[int, Directory]  # number of a directory -> its tags; the first one is always there

MAIN, DETAILS, PLACE = 0, int(IFD.Exif), int(IFD.GPSInfo)
INNER = (DETAILS, PLACE)  # the directories that a tag of the first one points to
ASCII, SHORT, LONG, UNDEFINED, RATIONALS, POINTERS = 2, 3, 4, 7, (5, 10), (4, 13, 16)
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}

# What the first directory says of how the pixels stand in the file
LAYOUT = frozenset(
    (
        *(Base.Compression, Base.PhotometricInterpretation, Base.Orientation, Base.ExtraSamples),
        *(Base.XResolution, Base.YResolution, Base.ResolutionUnit),
    )
)
# What it may say of the photo. The rest of it (offsets, sizes) describes the bytes of the old file, which a
# TIFF keeps in the same place; the resolution is libvips's.
KEPT = frozenset(
    (
        *(Base.DocumentName, Base.ImageDescription, Base.Make, Base.Model, Base.Software, Base.DateTime),
        *(Base.Artist, Base.HostComputer, Base.Copyright, Base.Rating, Base.RatingPercent),
        *(Base.XPTitle, Base.XPComment, Base.XPAuthor, Base.XPKeywords, Base.XPSubject),
    )
)


def read_tags(data: bytes | mmap, *, everything: bool = False) -> Tags:
    """The directories of a TIFF file or of an EXIF block, of the first one KEPT and LAYOUT or everything.

    ValueError when they are damaged, or say that they are longer than the file, as no camera's are.
    """
    if data[:2] not in (b"II", b"MM"):
        raise ValueError("no directory of tags")
    order, big = ">" if data[:2] == b"MM" else "<", 43 in data[2:4]  # BigTIFF
    pointer, counter, entry = ("Q", "Q", f"{order}HHQ8s") if big else ("I", "H", f"{order}HHI4s")
    size = struct.calcsize(entry)

    def directory(place: int, wanted: frozenset[int] | None) -> Directory:
        (count,) = struct.unpack_from(order + counter, data, place)
        start, left, found = place + struct.calcsize(counter), len(data), {}
        count = min(count, 0xFFFF, (len(data) - start) // size)
        for at in range(start, start + size * count, size):
            tag, kind, numbers, value = struct.unpack_from(entry, data, at)
            length, inline = numbers * SIZES.get(kind, 0), len(value)
            left -= length if length > inline else 0
            if left < 0:
                raise ValueError("the tags are longer than the file")
            if length == 0 or (wanted is not None and tag not in wanted):
                continue
            if length > inline:
                (place,) = struct.unpack(order + pointer, value)
                value = data[place : place + length]
            if len(value) >= length:
                width = 4 if kind in RATIONALS else SIZES[kind]
                turned = np.frombuffer(value[:length], f"{order}u{width}").astype(f"<u{width}")
                found[tag] = (kind, turned.tobytes())
        return found

    try:
        (first,) = struct.unpack_from(order + pointer, data, 8 if big else 4)
        tags = {MAIN: directory(first, None if everything else KEPT | LAYOUT | {*INNER})}
    except struct.error:
        raise ValueError("the tags are cut short") from None
    for inner in INNER:
        kind, value = tags[MAIN].pop(inner, (0, b""))
        if kind in POINTERS:
            with suppress(struct.error):
                tags[inner] = directory(int.from_bytes(value, "little"), None)
    tags.get(DETAILS, {}).pop(IFD.Interop, None)  # it points to a directory that tells of the old file alone
    return tags


def number(tags: Tags, tag: int, default: int) -> int:
    """The first number of a tag of whole numbers in the first directory."""
    kind, value = tags[MAIN].get(tag, (0, b""))
    return int.from_bytes(value[: SIZES[kind]], "little") if kind in (SHORT, LONG) else default


def resolution(tags: Tags) -> tuple[float, float] | None:
    """Dots an inch across and down."""
    inch = 2.54 if number(tags, Base.ResolutionUnit, 2) == 3 else 1.0  # 3 is for centimetres
    try:
        across, units = struct.unpack("<II", tags[MAIN][Base.XResolution][1])
        down, others = struct.unpack("<II", tags[MAIN][Base.YResolution][1])
        return inch * across / units, inch * down / others
    except (KeyError, struct.error, ZeroDivisionError):
        return None


def kept(tags: Tags) -> Tags:
    """What another file may have of them."""
    return tags | {MAIN: {tag: value for tag, value in tags[MAIN].items() if tag in KEPT}}


def exif_block(tags: Tags) -> bytes:
    inner, main = packed(tags, 8)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8 + len(inner)) + inner + main


def packed(tags: Tags, start: int) -> tuple[bytes, bytes]:
    """The inner directories as they stand at `start` of a file, and the first one as it stands behind
    them."""
    main, body = dict(tags[MAIN]), b""
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
