"""How is a picture file opened, and what does it say of itself?

libvips opens it, and Pillow what libvips can't: HEIC, BMP, and TIFF of 12 bits, tiles by planes, or zstd.
Either way it is one image of libvips's then, whose pixels are computed while they are read.
"""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyvips
from PIL import Image

from colorizer.errors import UnsupportedPhoto
from colorizer.photo import tags
from colorizer.photo.colours import ICC, named_profile, with_blob
from colorizer.photo.formats import Limits, check_size, pillow_heif, shown
from colorizer.photo.metadata import Metadata
from colorizer.photo.tags import Tags, exif_block, number

LOADERS = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp", "TIFF": "tiff", "GIF": "gif", "AVIF": "heif"}
pyvips.operation_block_set("VipsForeignLoad", True)  # only what is meant to be read can be
for loader in ("Jpeg", "Png", "Webp", "Tiff", "Nsgif", "Heif"):
    pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)
pyvips.cache_set_max(0)  # results would hold pixels that nobody asks for again, and files that were replaced
pyvips.concurrency_set(min(os.cpu_count() or 1, 4))  # a decoder is one thread; each more costs buffers
Image.MAX_IMAGE_PIXELS = None  # the limits are checked instead, from the header, with a sentence of our own

XMP_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)([1-8])")
IPTC_RESOURCE = b"8BIM\x04\x04\0\0"  # how IPTC begins among Photoshop's resources


@dataclass(frozen=True)
class Opened:
    """An image whose pixels are still to be read, and upright only by `orientation` (EXIF's 1..8); what it
    says of itself, with `icc` as it stands in the file, and whether the channels beyond its colours count."""

    image: pyvips.Image
    orientation: int
    has_alpha: bool
    about: Metadata


def open_image(path: Path, kind: str, head: bytes, limits: Limits) -> Opened:
    """Open a file of that kind, of which `head` are the first bytes; PhotoError, or what a decoder raises."""
    notes: list[str] = []
    chunks = _png_chunks(path) if kind == "PNG" else {}
    known: Tags = {}
    if kind == "TIFF":
        with path.open("rb") as file:
            known = _tags(file, notes)
        if (
            number(known, tags.PHOTOMETRIC, 0) == tags.YCBCR
            and number(known, tags.COMPRESSION, 1) != tags.JPEG
        ):
            # libvips would take Y, Cb and Cr for red, green and blue
            raise UnsupportedPhoto(f"“{shown(path)}” holds colours of the kind YCbCr. Save it as RGB first.")
    if kind in ("BMP", "HEIF") or _is_rare(known):
        image = _by_pillow(path, kind, limits)
    else:
        image = _by_vips(path, kind, number(known, tags.COMPRESSION, 1))
    check_size(shown(path), image.width, image.height, limits)

    def beside(name: str) -> bytes:
        return bytes(image.get(name)) if image.get_typeof(name) else b""

    has_alpha = number(known, tags.EXTRA_SAMPLES, 1) > 0  # TIFF alone has channels that mean nothing
    if kind != "TIFF" and (block := beside("exif-data") or chunks.get(b"eXIf", b"")):
        known = _tags(io.BytesIO(block.removeprefix(b"Exif\0\0")), notes)
    xmp = beside("xmp-data")
    at = head.find(b"colrnclx")  # where an AVIF or HEIC has the numbers of its colours
    numbers = chunks.get(b"cICP") or (head[at + 9 : at + 12 : 2] if at > 0 and b"tmap" not in head else b"")
    # containers that turn their picture themselves have done so
    orientation = 1 if kind in ("HEIF", "AVIF") else _orientation(known, xmp)
    dpi = _dpi(image, known)
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    about = Metadata(
        name=path.name,
        format=kind,
        frames=int.from_bytes(chunks.get(b"acTL", b"")[:4], "big") or pages,
        exif=exif_block(known),
        xmp=XMP_ORIENTATION.sub(rb"\g<1>1", xmp) or None,
        iptc=_iptc(beside("iptc-data")),
        dpi=dpi[::-1] if dpi and orientation > 4 else dpi,
        icc=named_profile(shown(path), numbers) or beside(ICC) or None,
        notes=tuple(notes),
    )
    return Opened(image, orientation, has_alpha, about)


def _by_vips(path: Path, kind: str, compression: int) -> pyvips.Image:
    # a JPEG inside a TIFF that ends early is only a warning there
    fail_on = "warning" if compression == tags.JPEG else "error"
    load = f"{LOADERS[kind]}load"
    image = pyvips.Operation.call(load, os.fsencode(path), access="sequential", fail_on=fail_on)
    if kind == "JPEG" and image.interpretation == "cmyk":
        # libvips takes the inks of every JPEG for inverted, as those are that have Adobe's marker
        with Image.open(path, formats=("JPEG",)) as header:
            return image if "adobe" in header.info else image.invert()
    return _stretched(image, image.get("bits-per-sample")) if kind == "AVIF" else image


def _is_rare(known: Tags) -> bool:
    by_planes = number(known, tags.PLANES, 1) == 2 and tags.TILE_WIDTH in known[tags.MAIN]
    zstd = number(known, tags.COMPRESSION, 1) == tags.ZSTD
    return by_planes or zstd or number(known, tags.BITS, 8) == 12


def _by_pillow(path: Path, kind: str, limits: Limits) -> pyvips.Image:
    heif = kind == "HEIF"
    how = {"convert_hdr_to_8bit": False} if heif else {"formats": (kind,)}
    opened: Any = (pillow_heif.open_heif if heif else Image.open)(path, **how)
    check_size(shown(path), opened.size[0], opened.size[1], limits)
    bits = opened.info.get("bit_depth", 8)
    if heif:
        pixels = np.asarray(opened)
    elif opened.mode == "I;16":
        bits, pixels = 12, np.asarray(opened) << 4
    elif kind == "TIFF" and max(opened.tag_v2[tags.BITS]) > 8:
        raise OSError("16 bits by planes of tiles, or in zstd, are not supported")
    else:
        mode = {"1": "L", "L": "L", "RGBA": "RGBA"}.get(opened.mode, "RGB")
        pixels = np.asarray(opened.convert(mode))
    kinds = ("grey16", "rgb16") if pixels.dtype == np.uint16 else ("b-w", "srgb")
    colours = pixels.ndim == 3 and pixels.shape[2] > 2
    image = _stretched(pyvips.Image.new_from_array(pixels, interpretation=kinds[colours]), bits)
    across, down = opened.info.get("dpi") or (72, 72)
    image = image.copy(xres=across / 25.4, yres=down / 25.4)
    for name, here in (("exif-data", "exif"), ("xmp-data", "xmp"), (ICC, "icc_profile")):
        image = with_blob(image, name, opened.info.get(here))
    if heif:
        image.set_type(pyvips.GValue.gint_type, "n-pages", len(opened))
    return image


def _stretched(image: pyvips.Image, bits: int) -> pyvips.Image:
    """An image whose pixels are the first bits of 16 -> one whose white is white."""
    if image.format == "uchar":
        return image
    return (image.cast("double") * (65535 / (65536 - 2 ** (16 - bits)))).rint().cast("ushort")


def _png_chunks(path: Path) -> dict[bytes, bytes]:
    """The chunks of a PNG that libvips leaves out, of EXIF those that stand behind the pixels too."""
    chunks = {}
    with path.open("rb") as file:
        place = 8
        while file.seek(place) and len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4], "big")
            if head[4:] in (b"acTL", b"cICP", b"eXIf"):
                chunks[head[4:]] = file.read(length)
            place += 12 + length
    return chunks


def _tags(file: BinaryIO, notes: list[str]) -> Tags:
    try:
        return tags.read_tags(file)
    except ValueError:  # a damaged block must not stop the picture from being read
        notes.append("The EXIF block is damaged and was left out.")
        return {}


def _orientation(known: Tags, xmp: bytes) -> int:
    value, found = number(known, tags.ORIENTATION, 0), XMP_ORIENTATION.search(xmp)
    return value if 1 <= value <= 8 else int(found[2]) if found else 1


def _dpi(image: pyvips.Image, known: Tags) -> tuple[float, float] | None:
    """The resolution across and down, where it isn't what is written when nothing is known."""
    dpi = tags.resolution(known) or (image.xres * 25.4, image.yres * 25.4)
    usual = any(np.allclose(dpi, guess, atol=0.1) for guess in (25.4, 72))
    return dpi if all(1 <= value <= 65_535 for value in dpi) and not usual else None


def _iptc(data: bytes) -> bytes | None:
    """The records of IPTC, out of Photoshop's resources where they stand in such."""
    _, resource, rest = data.partition(IPTC_RESOURCE)
    data = rest[4:][: int.from_bytes(rest[:4], "big")] if resource else data
    return data if data.startswith(b"\x1c") else None
