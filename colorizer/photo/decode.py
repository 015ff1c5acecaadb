"""How do the bytes of a picture file become sRGB pixels, an alpha channel and metadata?

libvips decodes, and Pillow what libvips can't: HEIC, BMP, and TIFF of 12 bits, tiles by planes, or zstd.
Either way it is one image of libvips's then, whose pixels are computed while they are read: there is no
second copy of them. A file that ends early raises: no half-grey picture comes out.
"""

from __future__ import annotations

import io
import os
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from PIL import Image, UnidentifiedImageError

from colorizer.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo import metadata
from colorizer.photo.colours import DISPLAY_P3, ICC, Profile, read_profile, to_srgb, with_blob
from colorizer.photo.formats import LIMITS, Limits, check_file, check_size, kind_of, pillow_heif, shown
from colorizer.photo.metadata import Metadata, Tags, number, read_tags

Decoded = tuple[np.ndarray, np.ndarray | None, Metadata]

LOADERS = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp", "TIFF": "tiff", "GIF": "gif", "AVIF": "heif"}
pyvips.operation_block_set("VipsForeignLoad", True)  # only what is meant to be read can be
for loader in ("Jpeg", "Png", "Webp", "Tiff", "Nsgif", "Heif"):
    pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)
pyvips.cache_set_max(0)  # results would hold pixels that nobody asks for again, and files that were replaced
pyvips.concurrency_set(min(os.cpu_count() or 1, 4))  # a decoder is one thread; each more costs buffers
Image.MAX_IMAGE_PIXELS = None  # LIMITS are checked instead, from the header, with a sentence of our own

BAND = 1 << 17  # pixels that are copied at a time: about what a processor's cache holds
COLOURS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3, "cmyk": 4}  # interpretation -> channels
MODES = {1: "L", 3: "RGB", 4: "CMYK"}
NOT_KNOWN_HOW = re.compile("labq|sample|support", re.IGNORECASE)  # in the words of libvips and its libraries
# Some of a decoder's words mean pixels that it made up, others flaws that every program passes over
MISSING_PIXELS = re.compile(
    "premature end|instead of|read error|seek error|tile byte count|directory count", re.IGNORECASE
)
one_at_a_time = threading.Lock()  # there is one place for a decoder's words
P3, BT2020, HDR = 12, 9, {16: "PQ", 18: "HLG"}  # primaries and transfers in the numbers of ITU-T H.273
BESIDE = ("exif-data", "xmp-data", "iptc-data", ICC, "n-pages")  # libvips's names for what is kept
XMP_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)([1-8])")
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
        why = " ".join(text.strip().rpartition("\n")[2].split()) or type(error).__name__
        if NOT_KNOWN_HOW.search(why) or isinstance(error, UnidentifiedImageError):
            raise UnsupportedPhoto(
                f"“{name}” is a {kind} of a kind that is not read ({why[:120]}). "
                "Save it as RGB or grey with 8 or 16 bits."
            ) from None
        raise UnreadablePhoto(
            f"“{name}” is damaged or cut short and can't be read to its end ({why[:120]}). Try another copy."
        ) from None


def _decode(path: Path, kind: str, head: bytes, limits: Limits) -> Decoded:
    notes: list[str] = []
    late: list[str] = []
    chunks = _png_chunks(path) if kind == "PNG" else {}
    tags = _tags(path, late) if kind == "TIFF" else {}
    by_planes = number(tags, metadata.PLANES, 1) == 2 and metadata.TILE_WIDTH in tags[metadata.MAIN]
    zstd = number(tags, metadata.COMPRESSION, 1) == metadata.ZSTD
    rare = by_planes or zstd or number(tags, metadata.BITS, 8) == 12
    by_pillow = rare or kind in ("BMP", "HEIF")
    image = (
        _by_pillow(path, kind, limits)
        if by_pillow
        else _by_vips(path, kind, number(tags, metadata.COMPRESSION, 1))
    )
    check_size(shown(path), image.width, image.height, limits)
    about = {name: image.get(name) for name in BESIDE if image.get_typeof(name)}
    block = bytes(about.get("exif-data") or chunks.get(b"eXIf", b""))
    tags = _tags(block, late) if block and kind != "TIFF" else tags
    xmp = bytes(about.get("xmp-data", b""))

    channels = _checked(path, image)
    rgb = image.extract_band(0, n=channels)
    alpha = image[channels] if image.bands > channels and number(tags, metadata.EXTRA_SAMPLES, 1) else None
    at = head.find(b"colrnclx")  # where an AVIF or HEIC has the numbers
    numbers = chunks.get(b"cICP") or (head[at + 9 : at + 12 : 2] if at > 0 and b"tmap" not in head else b"")
    profile = _profile(_named_profile(path, numbers) or bytes(about.get(ICC, b"")), channels, notes)
    # containers that turn their picture themselves have done so
    orientation = 1 if kind in ("HEIF", "AVIF") else _orientation(tags, xmp)
    pixels, opacity = _pixels(_in_srgb(rgb, profile, notes), alpha, orientation)
    if kind == "GIF" and opacity is not None and opacity.min() == 255:
        opacity = None  # libvips gives one to every GIF that moves
    frames = int.from_bytes(chunks.get(b"acTL", b"")[:4], "big") or about.get("n-pages", 1)
    if frames > 1:
        notes.append(f"First of {frames} frames.")
    dpi = _dpi(image, tags)
    return (
        pixels,
        opacity,
        Metadata(
            name=path.name,
            format=kind,
            mode=MODES[channels] + ("" if opacity is None else "A"),
            bits=pixels.dtype.itemsize * 8,
            frames=frames,
            exif=metadata.block(tags),
            xmp=XMP_ORIENTATION.sub(rb"\g<1>1", xmp) or None,
            iptc=_iptc(bytes(about.get("iptc-data", b""))),
            dpi=dpi[::-1] if dpi and orientation in (5, 6, 7, 8) else dpi,
            icc=profile.data if profile else None,
            profile=profile.name if profile else "sRGB",
            notes=(*notes, *late),
        ),
    )


# Opening


def _by_vips(path: Path, kind: str, compression: int) -> pyvips.Image:
    name, file = f"{LOADERS[kind]}load", os.fsencode(path)
    # a JPEG inside a TIFF that ends early is only a warning there
    fail_on = "warning" if compression == metadata.JPEG else "error"
    image = pyvips.Operation.call(name, file, access="sequential", fail_on=fail_on)
    if kind == "JPEG" and image.interpretation == "cmyk" and not _is_adobes(path):
        return image.invert()  # libvips takes the inks of every JPEG for inverted, as Adobe's are
    if kind == "AVIF" and image.format == "ushort":
        return _stretched(image, image.get("bits-per-sample"))
    return image


def _by_pillow(path: Path, kind: str, limits: Limits) -> pyvips.Image:
    opened: Any
    if kind == "HEIF":
        opened = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    else:
        opened = Image.open(path, formats=(kind,))
    check_size(shown(path), opened.size[0], opened.size[1], limits)
    bits = opened.info.get("bit_depth", 8)
    if kind == "HEIF":
        pixels = np.asarray(opened)
    elif opened.mode == "I;16":
        bits, pixels = 12, np.asarray(opened) << 4
    elif kind == "TIFF" and max(opened.tag_v2[metadata.BITS]) > 8:
        raise OSError("16 bits by planes of tiles, or in zstd, are not supported")
    else:
        mode = {"1": "L", "L": "L", "RGBA": "RGBA"}.get(opened.mode, "RGB")
        pixels = np.asarray(opened.convert(mode))
    grey, deep = pixels.ndim == 2 or pixels.shape[2] < 3, pixels.dtype == np.uint16
    interpretation = ("grey16" if grey else "rgb16") if deep else ("b-w" if grey else "srgb")
    across, down = opened.info.get("dpi") or (72, 72)
    image = pyvips.Image.new_from_array(pixels, interpretation=interpretation)
    image = _stretched(image, bits).copy(xres=across / 25.4, yres=down / 25.4)
    for name, here in (("exif-data", "exif"), ("xmp-data", "xmp"), (ICC, "icc_profile")):
        image = with_blob(image, name, opened.info.get(here))
    if kind == "HEIF":
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


def _is_adobes(path: Path) -> bool:
    """Whether a JPEG has the segment by which Adobe marks its files."""
    with path.open("rb") as file:
        file.seek(2)
        while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] != 0xDA:
            if head[1] == 0xEE and file.peek(5).startswith(b"Adobe"):
                return True
            file.seek(int.from_bytes(head[2:], "big") - 2, io.SEEK_CUR)
    return False


# Pixels


def _checked(path: Path, image: pyvips.Image) -> int:
    """How many channels are colours; UnsupportedPhoto where they aren't, or their range isn't known."""
    channels = COLOURS.get(image.interpretation, 99)
    if image.format not in ("uchar", "ushort"):
        what = (
            "floating-point numbers" if image.format == "float" else "whole numbers of 32 bits or with a sign"
        )
    elif image.bands < channels:
        what = f"colours of the kind {image.interpretation}"
    else:
        return channels
    raise UnsupportedPhoto(
        f"“{shown(path)}” holds {what}, whose black and white are not known. "
        "Save it as RGB or grey with 8 or 16 bits a channel."
    )


def _named_profile(path: Path, numbers: bytes) -> bytes | None:
    """The profile that a file names by two numbers, its primaries and its transfer; None for sRGB.

    UnsupportedPhoto where sRGB can't hold the picture: its colours would come out wrong.
    """
    primaries, transfer = numbers[:2] if len(numbers) >= 2 else (1, 13)
    if transfer in HDR or primaries == BT2020:
        raise UnsupportedPhoto(
            f"“{shown(path)}” has the colours of a television ({HDR.get(transfer, 'BT.2020')}), which are "
            "not read. Save it in sRGB first."
        )
    return DISPLAY_P3 if primaries == P3 else None


def _profile(data: bytes, channels: int, notes: list[str]) -> Profile | None:
    """The profile that the pixels are in, or None for sRGB; `notes` grows by what is wrong with it."""
    if not data:
        return None
    try:
        profile = read_profile(data)
    except ValueError:
        notes.append("The embedded colour profile is damaged; the picture was taken as sRGB.")
        return None
    if profile.space in {1: ("GRAY", "RGB"), 3: ("RGB",), 4: ("CMYK",)}[channels]:
        return profile
    notes.append(f"The embedded profile “{profile.name}” does not fit the picture and was set aside.")
    return None


def _in_srgb(image: pyvips.Image, profile: Profile | None, notes: list[str]) -> pyvips.Image:
    kind, highest = ("srgb", 255) if image.format == "uchar" else ("rgb16", 65535)
    if image.bands == 1 and (profile is None or profile.space == "RGB"):
        image = image.bandjoin([image, image]).copy(interpretation=kind)
    if profile and not profile.is_srgb:
        notes.append(f"Converted from {profile.name} to sRGB.")
        return to_srgb(with_blob(image, ICC, profile.data))
    if image.bands == 4:
        notes.append("The CMYK picture has no profile; its colours are approximate.")
        light = highest - image
        image = (light[:3] * light[3] / highest).rint().cast(image.format)
    return image


def _pixels(
    rgb: pyvips.Image, alpha: pyvips.Image | None, orientation: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Upright arrays (H, W, 3) and (H, W) of what is computed only now, each pixel once and in its order."""
    kind, height, width = np.uint8 if rgb.format == "uchar" else np.uint16, rgb.height, rgb.width
    if alpha is None and orientation == 1:
        return np.frombuffer(rgb.write_to_memory(), kind).reshape(height, width, 3), None
    joined = rgb if alpha is None else rgb.bandjoin(alpha)
    size = (width, height) if orientation in (5, 6, 7, 8) else (height, width)
    colours, opacity = np.empty((*size, 3), kind), None if alpha is None else np.empty(size, kind)
    back = TURN_BACK.get(orientation, orientation)
    region, rows = pyvips.Region.new(joined), max(1, BAND // width)
    for top in range(0, height, rows):
        band = slice(top, min(top + rows, height))
        part = np.frombuffer(region.fetch(0, top, width, band.stop - top), kind).reshape(
            -1, width, joined.bands
        )
        _turn(colours, back)[band] = part[..., :3]
        if opacity is not None:
            _turn(opacity, back)[band] = part[..., 3]
    return colours, opacity


def _turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """A view of pixels (H, W, ...) with an EXIF orientation (1..8) applied."""
    pixels = pixels.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else pixels
    pixels = pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels


# Metadata


def _tags(source: Path | bytes, notes: list[str]) -> Tags:
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            return read_tags(file)
    except ValueError:  # a damaged block must not stop the picture from being read
        notes.append("The EXIF block is damaged and was left out.")
        return {}


def _orientation(tags: Tags, xmp: bytes) -> int:
    value = number(tags, metadata.ORIENTATION, 0)
    if not 1 <= value <= 8:
        found = XMP_ORIENTATION.search(xmp)
        value = int(found[2]) if found else 1
    return value


def _dpi(image: pyvips.Image, tags: Tags) -> tuple[float, float] | None:
    """The resolution across and down, where it isn't what is written when nothing is known."""
    dpi = metadata.resolution(tags) or (image.xres * 25.4, image.yres * 25.4)
    known = all(1 <= value <= 65_535 for value in dpi)
    return dpi if known and not any(np.allclose(dpi, guess, atol=0.1) for guess in (25.4, 72)) else None


def _iptc(data: bytes) -> bytes | None:
    """The records of IPTC, out of Photoshop's resources where they stand in such."""
    _, resource, rest = data.partition(metadata.IPTC_RESOURCE)
    data = rest[4:][: int.from_bytes(rest[:4], "big")] if resource else data
    return data if data.startswith(b"\x1c") else None
