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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pyvips

from colorizer.errors import PhotoNotSaved
from colorizer.photo import exif
from colorizer.photo.colours import EXIF, ICC, IPTC, IPTC_RESOURCE, SRGB, XMP, from_srgb, read_profile, with_blob
from colorizer.photo.formats import DEEP, LONGEST, writer_of
from colorizer.photo.metadata import Metadata, shown

Pixels = tuple[np.ndarray, np.ndarray | None]  # rgb (H, W, 3) and alpha (H, W) of the same dtype

LONGEST_SEGMENT = 65_533 - 6  # bytes of a JPEG's EXIF block
SAVERS: dict[str, tuple[str, dict[str, object]]] = {
    # A photograph's rows are much alike; more effort of the compressors takes seconds and gains percents
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
    *,
    format: str | None,
    bits: int | None,
    quality: int,
    settings: Mapping[str, object] | None,
) -> None:
    """Write pixels and metadata to a file. PhotoNotSaved when that fails, and then nothing is left behind."""
    writer = writer_of(path, format)
    depth = _depth(path, writer, bits, pixels[0])
    longest = max(pixels[0].shape)
    if longest > LONGEST.get(writer, longest):
        raise PhotoNotSaved(
            f"{writer} holds at most {LONGEST[writer]} pixels a side, the picture has {longest}. "
            "Choose PNG or TIFF."
        )
    if not 1 <= quality <= 100:
        raise PhotoNotSaved(
            f"A quality of {quality} is not between 1 and 100. Choose 95 for hardly any loss."
        )
    try:
        with _passing(path) as file:
            _write(file, writer, depth, pixels, about, quality, settings)
    except pyvips.Error as error:
        text = " ".join(error.detail.split())
        if os.strerror(errno.ENOSPC) in text or os.strerror(errno.EDQUOT) in text:
            raise _not_written(path, OSError(errno.ENOSPC, text)) from None
        raise PhotoNotSaved(f"“{shown(path)}” can't be written ({text[-120:]}). Choose PNG.") from None
    except OSError as error:
        raise _not_written(path, error) from None
    except MemoryError:
        raise PhotoNotSaved(
            f"There is not enough memory to write “{shown(path)}” as {writer}. Choose PNG, which needs less."
        ) from None
    except ValueError as error:  # such as a null byte in the path
        raise PhotoNotSaved(f"“{shown(path)}” can't be written ({error}). Choose another name.") from None


def to_bits(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Pixels as uint8 or uint16, rounded to the nearest value of the same brightness."""
    if pixels.dtype.itemsize * 8 == bits:
        return pixels
    if bits == 16:
        return pixels.astype(np.uint16) * np.uint16(257)
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def losses(writer: str, photo_bits: int, bits: int | None, alpha: bool) -> tuple[str, ...]:
    """Sentences on what a format of FORMATS doesn't keep of a photo."""
    lost = []
    if photo_bits == 16 and (writer not in DEEP or bits == 8):
        lost.append("Its 16 bits a channel become 8.")
    if writer == "JPEG" and alpha:
        lost.append("JPEG has no transparency: the picture stands on white.")
    return tuple(lost)


def _depth(path: Path, writer: str, bits: int | None, rgb: np.ndarray) -> int:
    if bits not in (None, 8, 16):
        raise PhotoNotSaved(f"A file has 8 or 16 bits a channel, not {bits}. Choose one of them.")
    if bits == 16 and writer not in DEEP:
        raise PhotoNotSaved(f"“{shown(path)}” can't have 16 bits: {writer} holds 8. Choose PNG or TIFF.")
    return bits or (rgb.dtype.itemsize * 8 if writer in DEEP else 8)


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


def _not_written(path: Path, error: OSError) -> PhotoNotSaved:
    name, folder = shown(path), shown(path.parent) or str(path.parent)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        reason = f": there is no folder “{folder}”. Make it, or choose another."
    elif isinstance(error, PermissionError):
        reason = f": “{folder}” may not be changed. Choose another folder."
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = ": the disk is full. Make room, or choose another."
    else:
        reason = f" ({error.strerror or error}). Choose another name or folder."
    return PhotoNotSaved(f"“{name}” can't be written{reason}")


def _write(
    file: Path,
    writer: str,
    bits: int,
    pixels: Pixels,
    about: Metadata,
    quality: int,
    settings: Mapping[str, object] | None,
) -> None:
    image = _in_its_colours(_image(pixels, bits, on_white=writer == "JPEG"), about)
    across, down = about.dpi or (72, 72)  # what EXIF wants where it isn't known
    image = image.copy(xres=across / 25.4, yres=down / 25.4)
    if about.xmp:
        # libvips writes it as text of a PNG, which is Latin-1
        letters = about.xmp.decode("utf-8", "replace").replace("\ufeff", "")
        packet = letters.encode("ascii", "xmlcharrefreplace") if writer == "PNG" else about.xmp
        image.set_type(pyvips.GValue.blob_type, XMP, packet)
    if about.iptc and writer == "JPEG":
        resource = b"Photoshop 3.0\0" + IPTC_RESOURCE + struct.pack(">I", len(about.iptc)) + about.iptc
        image.set_type(pyvips.GValue.blob_type, IPTC, resource + bytes(len(about.iptc) % 2))
    text = json.dumps(dict(settings), ensure_ascii=True) if settings else ""
    tags = _tags(about, (image.width, image.height), text)
    if writer != "TIFF" and (block := _short(tags) if writer == "JPEG" else exif.block(tags)):
        image.set_type(pyvips.GValue.blob_type, EXIF, block)
    if writer == "PNG" and text:
        image.set_type(pyvips.GValue.gstr_type, "png-comment-0-colorizer", text)
    saver, options = SAVERS[writer]
    lossy = {} if writer in DEEP else {"Q": quality}
    pyvips.Operation.call(saver, image, os.fsencode(file), **options, **lossy)
    if writer == "TIFF":
        _add_tags(file, tags, about.iptc, text)


def _image(pixels: Pixels, bits: int, *, on_white: bool) -> pyvips.Image:
    rgb, alpha = (None if part is None else pyvips.Image.new_from_array(part) for part in pixels)
    image = rgb if alpha is None else rgb.bandjoin(alpha)
    if bits == 8 and image.format == "ushort":
        image = (image / 257).rint().cast("uchar")
    elif bits == 16 and image.format == "uchar":
        image = (image * 257).cast("ushort")
    image = image.copy(interpretation="srgb" if bits == 8 else "rgb16")
    return image.flatten(background=255) if on_white and alpha is not None else image


def _in_its_colours(image: pyvips.Image, about: Metadata) -> pyvips.Image:
    """The image with the profile to embed, in whose colours it is.

    A photo that was sRGB keeps its own profile, or none; one in another RGB returns to it; grey and CMYK
    profiles hold no RGB, so their photos become sRGB and say so.
    """
    data = about.icc or (SRGB if about.mode.startswith("CMYK") else None)
    if data is None:
        return image
    try:
        profile = read_profile(data)
        if profile.is_srgb:
            return with_blob(image, ICC, data)
        if profile.space == "RGB":
            rgb = from_srgb(image.extract_band(0, n=3), data)
            return with_blob(rgb.bandjoin(image[3]) if image.bands == 4 else rgb, ICC, data)
    except (ValueError, pyvips.Error):  # some can be read from but not written to: scanners have such
        pass
    return with_blob(image, ICC, SRGB)


def _tags(about: Metadata, size: tuple[int, int], text: str) -> exif.Tags:
    """The tags to write with a photo of that width and height; `text` goes into its UserComment."""
    tags: exif.Tags = {}
    if about.exif:
        with suppress(ValueError, struct.error):  # a damaged block must not stop the picture
            tags = exif.read_tags(about.exif)
    details = tags.setdefault(exif.DETAILS, {})
    for tag, side in zip(exif.SIDES, size, strict=True):
        if tag in details:
            details[tag] = (exif.LONG, struct.pack("<I", side))
    if text:
        details[exif.USER_COMMENT] = (exif.UNDEFINED, b"ASCII\0\0\0" + text.encode("ascii"))
    return tags


def _short(tags: exif.Tags) -> bytes | None:
    """The EXIF block as a JPEG can hold it: without the maker's note if need be, which is what makes it
    long."""
    block = exif.block(tags)
    if block and len(block) > LONGEST_SEGMENT:
        tags[exif.DETAILS].pop(exif.MAKER_NOTE, None)
        block = exif.block(tags)
    return block if block and len(block) <= LONGEST_SEGMENT else None


def _add_tags(file: Path, tags: exif.Tags, iptc: bytes | None, text: str) -> None:
    """Put tags, and a text as the Software, into the first directory of a TIFF, which is written anew."""
    with file.open("r+b") as opened:
        written = exif.read_tags(opened, wanted=None)
        for tag, value in tags.get(exif.MAIN, {}).items():
            written[exif.MAIN].setdefault(tag, value)
        if iptc:
            written[exif.MAIN][exif.IPTC] = (exif.UNDEFINED, iptc)
        if text:
            written[exif.MAIN][exif.SOFTWARE] = (exif.ASCII, text.encode("ascii") + b"\0")
        end = opened.seek(0, os.SEEK_END)
        start = end + end % 2  # a directory begins on a word boundary (TIFF 6.0, section 2)
        inner, main = exif.packed(tags | {exif.MAIN: written[exif.MAIN]}, start)
        opened.seek(start)
        opened.write(inner + main)
        opened.seek(4)
        opened.write(struct.pack("<I", start + len(inner)))
