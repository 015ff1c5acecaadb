"""How do the bytes of a picture file become sRGB pixels, an alpha channel and metadata?

libvips decodes, and Pillow what libvips can't: HEIC, BMP, and TIFF of 12 bits. Either way it is one image of
libvips's then, whose pixels are computed while they are read, band after band, so that there is no second
copy of them. A file that ends early raises: no half-grey picture comes out.
"""

from __future__ import annotations

import io
import os
import re
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyvips
from PIL import Image, UnidentifiedImageError

from colorizer.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo import exif
from colorizer.photo.colours import DISPLAY_P3, EXIF, ICC, IPTC, IPTC_RESOURCE, XMP, Profile, read_profile, to_srgb, with_blob
from colorizer.photo.formats import check_file, kind_of, pillow_heif
from colorizer.photo.metadata import LIMITS, Limits, Metadata, check_size, shown

Decoded = tuple[np.ndarray, np.ndarray | None, Metadata]

LOADERS = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp", "TIFF": "tiff", "GIF": "gif", "AVIF": "heif"}
pyvips.operation_block_set("VipsForeignLoad", True)  # only what is meant to be read can be
for name in LOADERS.values():
    pyvips.operation_block_set(f"VipsForeignLoad{name.replace('gif', 'nsgif').capitalize()}", False)
pyvips.cache_set_max(0)  # results would hold pixels that nobody asks for again, and files that were replaced
pyvips.concurrency_set(min(os.cpu_count() or 1, 4))  # a decoder is one thread; each more costs buffers
Image.MAX_IMAGE_PIXELS = None  # LIMITS are checked instead, from the header, with a sentence of our own

BAND = 1 << 17  # pixels that are copied at a time: about what a processor's cache holds
COLOURS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3, "cmyk": 4}  # interpretation -> channels
MODES = {1: "L", 3: "RGB", 4: "CMYK"}
NOT_KNOWN_HOW = re.compile("labq|sample|support", re.IGNORECASE)  # in the words of libvips and its libraries
DISPLAY_P3_PRIMARIES, BT2020_PRIMARIES, HDR = 12, 9, {16: "PQ", 18: "HLG"}  # in the numbers of ITU-T H.273
UNKNOWN_DPI = (25.4, 72)  # what is written where nothing is known
XMP_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)([1-8])")
TURN_BACK = {6: 8, 8: 6}  # every other orientation is its own opposite


def decode(path: Path, limits: Limits = LIMITS) -> Decoded:
    """Read a file: rgb (H, W, 3), alpha (H, W) or None, uint8 or uint16, and metadata.

    Raises UnreadablePhoto, UnsupportedPhoto or PhotoTooLarge.
    """
    head = check_file(path, limits)
    kind = kind_of(path, head)
    try:
        return _decode(path, kind, head, limits)
    except PhotoError:
        raise
    except MemoryError:
        raise PhotoTooLarge(
            f"There is not enough memory for “{shown(path)}”. Close other programs, or make it smaller first."
        ) from None
    except Exception as error:  # decoders raise almost anything when a file is damaged
        raise UnreadablePhoto(
            f"“{shown(path)}” is damaged or cut short and can't be read to its end ({_reason(error)}). "
            "Try another copy of it."
        ) from None


def turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """A view of pixels (H, W, ...) with an EXIF orientation (1..8) applied; others change nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _reason(error: Exception) -> str:
    text = error.detail if isinstance(error, pyvips.Error) else str(error)
    lines = [line for line in text.splitlines() if line.strip()]
    text = " ".join(lines[-1].rpartition(os.sep)[2].split()) if lines else type(error).__name__
    return text if len(text) <= 120 else text[:117] + "…"


def _decode(path: Path, kind: str, head: bytes, limits: Limits) -> Decoded:
    notes: list[str] = []
    late: list[str] = []
    tags: exif.Tags = {}
    if kind == "TIFF":
        with path.open("rb") as file:
            tags = _tags(file, late)
    by_pillow = kind in ("HEIF", "BMP") or exif.number(tags, exif.BITS, 8) == 12 or _has_tiles_by_planes(tags)
    image = _by_pillow(path, kind, limits) if by_pillow else _by_vips(path, kind)
    check_size(shown(path), image.width, image.height, limits)
    if kind != "TIFF" and (block := _blob(image, EXIF)):
        tags = _tags(block, late)
    frames, numbers = _png_frames_and_colours(path) if kind == "PNG" else (_frames(image), None)
    numbers = _nclx(head) if kind in ("AVIF", "HEIF") else numbers
    xmp = _blob(image, XMP)

    channels, bits = _checked(path, image)
    if kind == "JPEG" and channels == 4 and not _is_adobes(path):
        image = image.invert()  # libvips takes every JPEG's inks for inverted, as Adobe's are
    significant = image.get("bits-per-sample") if image.get_typeof("bits-per-sample") else bits
    if 8 < significant < bits:  # they stand at the top of 16, where white isn't white
        image = (image.cast("double") * (65535 / (65536 - 2 ** (16 - significant)))).rint().cast("ushort")
    has_alpha = image.bands > channels and (kind != "TIFF" or exif.number(tags, exif.EXTRA_SAMPLES, 1) != 0)
    profile = _profile(_named_profile(path, numbers) or _blob(image, ICC), channels, notes)
    rgb = _in_srgb(image.extract_band(0, n=channels), profile, notes)
    # containers that turn their picture themselves have done so
    orientation = 1 if kind in ("HEIF", "AVIF") else _orientation(tags, xmp)
    colours, alpha = _pixels(rgb, image[channels] if has_alpha else None, orientation)
    if kind == "GIF" and alpha is not None and alpha.min() == 255:
        alpha = None  # libvips gives one to every GIF that moves
    if frames > 1:
        notes.append(f"First of {frames} frames.")
    about = Metadata(
        name=path.name,
        format=kind,
        mode=MODES[channels] + ("A" if alpha is not None else ""),
        bits=bits,
        frames=frames,
        exif=exif.block(tags),
        xmp=XMP_ORIENTATION.sub(rb"\g<1>1", xmp) if xmp else None,
        iptc=_iptc(image),
        dpi=_dpi(image, orientation),
        icc=profile.data if profile else None,
        profile=profile.name if profile else "sRGB",
        notes=(*notes, *late),
    )
    return colours, alpha, about


# Opening


def _by_vips(path: Path, kind: str) -> pyvips.Image:
    name = f"{LOADERS[kind]}load"
    try:
        return pyvips.Operation.call(name, os.fsencode(path), access="sequential", fail_on="error")
    except pyvips.Error as error:
        if NOT_KNOWN_HOW.search(error.detail):
            raise UnsupportedPhoto(
                f"“{shown(path)}” is a {kind} whose pixels are of a kind that is not read "
                f"({_reason(error)}). Save it as RGB or grey with 8 or 16 bits a channel."
            ) from None
        raise


def _has_tiles_by_planes(tags: exif.Tags) -> bool:
    return exif.number(tags, exif.PLANES, 1) == 2 and exif.TILE_WIDTH in tags[exif.MAIN]


def _by_pillow(path: Path, kind: str, limits: Limits) -> pyvips.Image:
    if kind == "HEIF":
        opened = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    else:
        try:
            opened = Image.open(path, formats=(kind,))
        except UnidentifiedImageError:
            raise UnsupportedPhoto(
                f"“{shown(path)}” is a {kind} of a kind that is not read. Save it with 8 or 16 bits a channel."
            ) from None
    check_size(shown(path), *opened.size, limits)
    bits, frames = opened.info.get("bit_depth", 8), len(opened) if kind == "HEIF" else 1
    if kind == "HEIF":
        pixels = np.asarray(opened)
    elif kind == "TIFF" and opened.mode == "I;16":
        bits, pixels = 12, np.asarray(opened) << 4
    elif kind == "TIFF" and max(opened.tag_v2[exif.BITS]) > 8:
        raise UnsupportedPhoto(
            f"“{shown(path)}” holds 16-bit colours in tiles, plane by plane. Save it with interleaved (chunky) "
            "pixels."
        )
    else:
        mode = opened.mode if opened.mode in ("L", "RGB", "RGBA") else "L" if opened.mode == "1" else "RGB"
        pixels = np.asarray(opened.convert(mode))
    deep, grey = pixels.dtype == np.uint16, pixels.ndim == 2 or pixels.shape[2] < 3
    interpretation = ("grey16" if grey else "rgb16") if deep else ("b-w" if grey else "srgb")
    dpi = opened.info.get("dpi") or (72, 72)
    image = pyvips.Image.new_from_array(pixels, interpretation=interpretation)
    image = image.copy(xres=dpi[0] / 25.4, yres=dpi[1] / 25.4)
    for name, here in ((EXIF, "exif"), (XMP, "xmp"), (ICC, "icc_profile")):
        if opened.info.get(here):
            image.set_type(pyvips.GValue.blob_type, name, opened.info[here])
    image.set_type(pyvips.GValue.gint_type, "n-pages", frames)
    image.set_type(pyvips.GValue.gint_type, "bits-per-sample", bits)
    return image


def _checked(path: Path, image: pyvips.Image) -> tuple[int, int]:
    """How many channels are colours, and the bits of each; UnsupportedPhoto where they aren't pixels."""
    if image.format not in ("uchar", "ushort"):
        floating = image.format in ("float", "double", "complex")
        numbers = "floating-point numbers" if floating else "whole numbers of 32 bits or with a sign"
        raise UnsupportedPhoto(
            f"“{shown(path)}” holds {numbers}, whose black and white are not known. "
            "Save it with 8 or 16 bits a channel."
        )
    channels = COLOURS.get(image.interpretation, 99)
    if image.bands < channels:
        raise UnsupportedPhoto(
            f"“{shown(path)}” holds colours of the kind {image.interpretation}. Save it as RGB or grey first."
        )
    return channels, 8 if image.format == "uchar" else 16


# Colours


def _profile(data: bytes | None, channels: int, notes: list[str]) -> Profile | None:
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
    if image.bands == 1 and (profile is None or profile.space == "RGB"):
        kind = "srgb" if image.format == "uchar" else "rgb16"
        image = image.bandjoin([image, image]).copy(interpretation=kind)
    if profile and not profile.is_srgb:
        notes.append(f"Converted from {profile.name} to sRGB.")
        return to_srgb(with_blob(image, ICC, profile.data))
    if image.bands == 4:
        notes.append("The CMYK picture has no profile; its colours are approximate.")
        highest = 255 if image.format == "uchar" else 65535
        light = highest - image
        image = (light[:3] * light[3] / highest).rint().cast(image.format)
    return image


def _named_profile(path: Path, numbers: tuple[int, int] | None) -> bytes | None:
    """The profile that a file names by two numbers (ITU-T H.273); None for sRGB and for what was left open.

    UnsupportedPhoto where sRGB can't hold the picture: its colours would come out wrong.
    """
    primaries, transfer = numbers or (1, 13)
    if transfer in HDR or primaries == BT2020_PRIMARIES:
        raise UnsupportedPhoto(
            f"“{shown(path)}” has the colours of a television ({HDR.get(transfer, 'BT.2020')}), which are not "
            "read. Save it in sRGB first."
        )
    return DISPLAY_P3 if primaries == DISPLAY_P3_PRIMARIES else None


def _png_frames_and_colours(path: Path) -> tuple[int, tuple[int, int] | None]:
    """The frames of a PNG, and the two numbers that name its colours (chunks acTL and cICP)."""
    frames, numbers = 1, None
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8 and not head.endswith((b"IDAT", b"IEND")):
            length, kind = struct.unpack(">I4s", head)
            if kind == b"acTL":
                frames = int.from_bytes(file.peek(4)[:4], "big")
            elif kind == b"cICP":
                numbers = tuple(file.peek(2)[:2])
            file.seek(length + 4, io.SEEK_CUR)
    return frames, numbers


def _is_adobes(path: Path) -> bool:
    """Whether a JPEG has the segment by which Adobe marks its files."""
    with path.open("rb") as file:
        file.seek(2)
        while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] != 0xDA:
            if head[1] == 0xEE and file.peek(5).startswith(b"Adobe"):
                return True
            file.seek(int.from_bytes(head[2:], "big") - 2, io.SEEK_CUR)
    return False


def _nclx(head: bytes) -> tuple[int, int] | None:
    """The same numbers of an AVIF or HEIC; None where there are two renderings of one picture."""
    at = head.find(b"colrnclx")
    return struct.unpack_from(">HH", head, at + 8) if 0 < at < len(head) - 12 and b"tmap" not in head else None


# Pixels


def _pixels(
    rgb: pyvips.Image, alpha: pyvips.Image | None, orientation: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Upright arrays (H, W, 3) and (H, W) of what is computed only now, each pixel once and in its order."""
    kind = np.uint8 if rgb.format == "uchar" else np.uint16
    if alpha is None and orientation == 1:
        return np.frombuffer(rgb.write_to_memory(), kind).reshape(rgb.height, rgb.width, 3), None
    joined = rgb if alpha is None else rgb.bandjoin(alpha)
    size = (rgb.width, rgb.height) if orientation in (5, 6, 7, 8) else (rgb.height, rgb.width)
    canvas = [np.empty((*size, 3), kind)] + ([] if alpha is None else [np.empty(size, kind)])
    lying = [turn(array, TURN_BACK.get(orientation, orientation)) for array in canvas]
    region, rows = pyvips.Region.new(joined), max(1, BAND // rgb.width)
    for top in range(0, rgb.height, rows):
        height = min(rows, rgb.height - top)
        band = np.frombuffer(region.fetch(0, top, rgb.width, height), kind)
        band = band.reshape(height, rgb.width, joined.bands)
        lying[0][top : top + height] = band[..., :3]
        if alpha is not None:
            lying[1][top : top + height] = band[..., 3]
    return canvas[0], None if alpha is None else canvas[1]


# Metadata


def _blob(image: pyvips.Image, name: str) -> bytes | None:
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _frames(image: pyvips.Image) -> int:
    return int(image.get("n-pages")) if image.get_typeof("n-pages") else 1


def _tags(file: BinaryIO | bytes, notes: list[str]) -> exif.Tags:
    try:
        return exif.read_tags(file)
    except (ValueError, struct.error):  # a damaged block must not stop the picture from being read
        notes.append("The EXIF block is damaged and was left out.")
        return {}


def _orientation(tags: exif.Tags, xmp: bytes | None) -> int:
    value = exif.number(tags, exif.ORIENTATION, 0)
    if not 1 <= value <= 8 and (found := XMP_ORIENTATION.search(xmp or b"")):
        value = int(found[2])
    return value if 1 <= value <= 8 else 1


def _dpi(image: pyvips.Image, orientation: int) -> tuple[float, float] | None:
    across, down = round(image.xres * 25.4, 2), round(image.yres * 25.4, 2)
    known = all(1 <= value <= 65_535 for value in (across, down))
    if not known or all(min(abs(value - guess) for guess in UNKNOWN_DPI) < 0.1 for value in (across, down)):
        return None
    return (down, across) if orientation in (5, 6, 7, 8) else (across, down)


def _iptc(image: pyvips.Image) -> bytes | None:
    """The records of IPTC, out of Photoshop's resources where they stand in such."""
    data = _blob(image, IPTC) or b""
    at = data.find(IPTC_RESOURCE)
    if at >= 0 and len(data) >= at + 12:
        data = data[at + 12 :][: int.from_bytes(data[at + 8 : at + 12], "big")]
    return data if data.startswith(b"\x1c") else None
