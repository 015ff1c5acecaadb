"""How does a picture file become sRGB pixels, an alpha channel and what it says of itself?

libvips opens it, and Pillow what libvips can't: HEIC and BMP. Its colours become sRGB, and its pixels are
computed while they are copied, upright, into arrays: there is no second copy of them. A file that ends early
raises: no half-grey picture comes out.
"""

from __future__ import annotations

import os
import re
import threading
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import Base

from colorizer.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo import tags
from colorizer.photo.colours import ICC, in_srgb, named_profile, with_blob
from colorizer.photo.formats import LIMITS, Limits, check_file, check_size, kind_of, pillow_heif, shown
from colorizer.photo.metadata import Metadata
from colorizer.photo.provenance import steps_in
from colorizer.photo.tags import Tags, number

pyvips.operation_block_set("VipsForeignLoad", True)  # only what is meant to be read can be
for loader in ("Jpeg", "Png", "Webp", "Tiff", "Nsgif", "Heif"):
    pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)
pyvips.cache_set_max(0)  # results would hold pixels that nobody asks for again, and files that were replaced
pyvips.concurrency_set(min(os.cpu_count() or 1, 4))  # a decoder is one thread; each more costs buffers
Image.MAX_IMAGE_PIXELS = None  # the limits are checked instead, from the header, with a sentence of our own

Pixels = tuple[np.ndarray, np.ndarray | None]  # rgb (H, W, 3) and alpha (H, W) of the same dtype
Decoded = tuple[np.ndarray, np.ndarray | None, Metadata]

# Some of a decoder's words mean a kind of file that it doesn't know, others pixels that it made up; what else
# it says is of flaws that every program passes over
NOT_KNOWN_HOW = re.compile("labq|sample|support", re.IGNORECASE)
MISSING_PIXELS = re.compile(
    "premature end|instead of|read error|seek error|tile byte count|directory count", re.IGNORECASE
)
NOTHING: Tags = {tags.MAIN: {}}
one_at_a_time = threading.Lock()  # there is one place for a decoder's words

COLOURS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3, "cmyk": 4}  # interpretation -> channels
YCBCR, JPEG = 6, 7  # a TIFF's numbers for these colours and for this compression
XMP_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)([1-8])")
IPTC_RESOURCE = b"8BIM\x04\x04\0\0"  # how IPTC begins among Photoshop's resources
BAND = 1 << 17  # pixels that are copied at a time: about what a processor's cache holds
TURN_BACK = {6: 8, 8: 6}  # every other orientation is its own opposite


def decode(path: Path, limits: Limits = LIMITS) -> Decoded:
    """Read a file: rgb (H, W, 3), alpha (H, W) or None, uint8 or uint16, and metadata.

    Raises UnreadablePhoto, UnsupportedPhoto or PhotoTooLarge.
    """
    name, head = shown(path), check_file(path, limits)
    kind = kind_of(path, head)
    try:
        with one_at_a_time:
            pyvips.Error("")  # takes what was said before
            decoded, said = _decode(path, kind, head, limits), pyvips.Error("").detail
            if MISSING_PIXELS.search(said):
                raise OSError(said)
            return decoded
    except PhotoError:
        raise
    except MemoryError:
        raise PhotoTooLarge(
            f"There is not enough memory for “{name}”. Close other programs, or make it smaller first."
        ) from None
    except Exception as error:  # decoders raise almost anything when a file is damaged
        text = (error.detail if isinstance(error, pyvips.Error) else str(error)).replace(str(path), "it")
        why = (" ".join(text.strip().rpartition("\n")[2].split()) or type(error).__name__)[:120]
        if NOT_KNOWN_HOW.search(why) or isinstance(error, UnidentifiedImageError):
            raise UnsupportedPhoto(
                f"“{name}” is a {kind} of a kind that is not read ({why}). "
                "Save it as RGB or grey with 8 or 16 bits."
            ) from None
        raise UnreadablePhoto(
            f"“{name}” is damaged or cut short and can't be read to its end ({why}). Try another copy."
        ) from None


def _decode(path: Path, kind: str, head: bytes, limits: Limits) -> Decoded:
    name, notes, known = shown(path), list[str](), NOTHING
    if kind == "TIFF":
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            known = _tags(data, notes)
    image = _by_pillow(path, kind, limits) if kind in ("BMP", "HEIF") else _by_vips(path, kind, known)
    check_size(name, image.width, image.height, limits)
    channels = COLOURS.get(image.interpretation, 99)
    if image.format not in ("uchar", "ushort") or image.bands < channels:
        raise UnsupportedPhoto(
            f"“{name}” holds numbers whose black and white are not known ({image.format}, "
            f"{image.interpretation}). Save it as RGB or grey with 8 or 16 bits a channel."
        )
    has_alpha = image.bands > channels and number(known, Base.ExtraSamples, 1) > 0  # 0: it says nothing
    chunks = _png_chunks(path) if kind == "PNG" else {}
    if block := chunks.get(b"eXIf") or _beside(image, "exif-data").removeprefix(b"Exif\0\0"):
        known = _tags(block, notes)
    xmp = _beside(image, "xmp-data")
    found = XMP_ORIENTATION.search(xmp)
    orientation = number(known, Base.Orientation, 0)
    if orientation not in range(1, 9):
        orientation = int(found[2]) if found else 1
    if kind in ("HEIF", "AVIF"):
        orientation = 1  # these containers turn their picture themselves, and libraries have done so

    at = head.find(b"colrnclx")  # where an AVIF or HEIC has the numbers of its colours
    numbers = chunks.get(b"cICP") or (head[at + 9 : at + 12 : 2] if at > 0 and b"tmap" not in head else b"")
    icc = named_profile(name, numbers) or _beside(image, ICC)
    colours, icc = in_srgb(image.extract_band(0, n=channels), icc, notes)
    rgb, alpha = _pixels(colours, image[channels] if has_alpha else None, orientation)
    if kind == "GIF" and alpha is not None and alpha.min() == 255:
        alpha = None  # libvips gives one to every GIF that moves

    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    frames = int.from_bytes(chunks.get(b"acTL", b"")[:4], "big") or pages
    if frames > 1:
        notes.append(f"First of {frames} frames.")
    dpi, iptc = _dpi(image, known, orientation), _iptc(_beside(image, "iptc-data"))
    xmp = XMP_ORIENTATION.sub(rb"\g<1>1", xmp)
    told = (frames, tags.kept(known), xmp, iptc, dpi, icc, tuple(notes), steps_in(known))
    return rgb, alpha, Metadata(path.name, kind, *told)


def _by_vips(path: Path, kind: str, known: Tags) -> pyvips.Image:
    of_jpeg = number(known, Base.Compression, 1) == JPEG
    if number(known, Base.PhotometricInterpretation, 0) == YCBCR and not of_jpeg:
        # libvips would take Y, Cb and Cr for red, green and blue
        raise UnsupportedPhoto(f"“{shown(path)}” holds colours of the kind YCbCr. Save it as RGB first.")
    fail_on = "warning" if of_jpeg else "error"  # one that ends early inside a TIFF is only a warning
    load = "heifload" if kind == "AVIF" else f"{kind.lower()}load"
    image = pyvips.Operation.call(load, os.fsencode(path), access="sequential", fail_on=fail_on)
    if kind == "JPEG" and image.interpretation == "cmyk":
        # libvips takes the inks of every JPEG for inverted, as those are that have Adobe's marker
        with Image.open(path, formats=("JPEG",)) as header:
            return image if "adobe" in header.info else image.invert()
    return _stretched(image, image.get("bits-per-sample")) if kind == "AVIF" else image


def _by_pillow(path: Path, kind: str, limits: Limits) -> pyvips.Image:
    heif = kind == "HEIF"
    how = {"convert_hdr_to_8bit": False} if heif else {"formats": (kind,)}
    opened: Any = (pillow_heif.open_heif if heif else Image.open)(path, **how)
    check_size(shown(path), opened.size[0], opened.size[1], limits)
    pixels = opened if heif else opened.convert("RGBA" if opened.mode == "RGBA" else "RGB")
    image = pyvips.Image.new_from_array(np.asarray(pixels))
    kinds = ("grey16", "rgb16") if image.format == "ushort" else ("b-w", "srgb")
    image = image.copy(interpretation=kinds[image.bands > 2])
    across, down = opened.info.get("dpi") or (25.4, 25.4)
    image = image.copy(xres=across / 25.4, yres=down / 25.4)
    for name, here in (("exif-data", "exif"), ("xmp-data", "xmp"), (ICC, "icc_profile")):
        image = with_blob(image, name, opened.info.get(here))
    if heif:
        image.set_type(pyvips.GValue.gint_type, "n-pages", len(opened))
    return _stretched(image, opened.info.get("bit_depth", 8))


def _stretched(image: pyvips.Image, bits: int) -> pyvips.Image:
    """An image whose pixels are the first bits of 16 -> one whose white is white."""
    if image.format == "uchar":
        return image
    return (image.cast("double") * (65535 / (65536 - 2 ** (16 - bits)))).rint().cast("ushort")


def _png_chunks(path: Path) -> dict[bytes, bytes]:
    """The chunks of a PNG that libvips leaves out, of EXIF those that stand behind the pixels too."""
    chunks, place = {}, 8
    with path.open("rb") as file:
        while file.seek(place) and len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4], "big")
            if head[4:] in (b"acTL", b"cICP", b"eXIf"):
                chunks[head[4:]] = file.read(length)
            place += 12 + length
    return chunks


def _beside(image: pyvips.Image, name: str) -> bytes:
    """What an image carries beside its pixels under a name of libvips's."""
    return bytes(image.get(name)) if image.get_typeof(name) else b""


def _tags(data: bytes | mmap, notes: list[str]) -> Tags:
    try:
        return tags.read_tags(data)
    except ValueError:  # a damaged block must not stop the picture from being read
        notes.append("The EXIF block is damaged and was left out.")
        return NOTHING


def _dpi(image: pyvips.Image, known: Tags, orientation: int) -> tuple[float, float] | None:
    """The resolution across and down, to a tenth; a pixel a millimetre is libvips's for none."""
    dpi = tags.resolution(known) or (image.xres * 25.4, image.yres * 25.4)
    across, down = (round(value, 1) for value in (dpi[::-1] if orientation > 4 else dpi))
    return (across, down) if all(1 <= value <= 65_535 and value != 25.4 for value in dpi) else None


def _iptc(data: bytes) -> bytes:
    """The records of IPTC, out of Photoshop's resources where they stand in such."""
    _, resource, rest = data.partition(IPTC_RESOURCE)
    data = rest[4:][: int.from_bytes(rest[:4], "big")] if resource else data
    return data if data.startswith(b"\x1c") else b""


def _pixels(rgb: pyvips.Image, alpha: pyvips.Image | None, orientation: int) -> Pixels:
    """Upright arrays (H, W, 3) and (H, W) of what is computed only now, each pixel once and in its order."""
    if alpha is None and orientation == 1:
        return rgb.numpy(), None
    joined = rgb if alpha is None else rgb.bandjoin(alpha)
    kind, height, width = np.uint8 if rgb.format == "uchar" else np.uint16, rgb.height, rgb.width
    size = (width, height) if orientation > 4 else (height, width)
    colours, opacity = np.empty((*size, 3), kind), None if alpha is None else np.empty(size, kind)
    back = TURN_BACK.get(orientation, orientation)
    region, rows = pyvips.Region.new(joined), max(1, BAND // width)
    for top in range(0, height, rows):
        band = slice(top, min(top + rows, height))
        part = np.frombuffer(region.fetch(0, top, width, band.stop - top), kind)
        part = part.reshape(-1, width, joined.bands)
        _turn(colours, back)[band] = part[..., :3]
        if opacity is not None:
            _turn(opacity, back)[band] = part[..., 3]
    return colours, opacity


def _turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """A view of pixels (H, W, ...) with an EXIF orientation (1..8) applied."""
    pixels = pixels.swapaxes(0, 1) if orientation > 4 else pixels
    pixels = pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels
