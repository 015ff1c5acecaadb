"""How does a photo become a file that keeps its depth, colours, transparency and metadata?

The file is written under a passing name beside its place and renamed at the end, so that it appears whole or
not at all. Pixels are converted in bands of rows.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image

from colorizer.errors import PhotoNotSaved
from colorizer.photo import icc
from colorizer.photo.decode import bands
from colorizer.photo.metadata import (
    INCH,
    MAKER_NOTE,
    RESOLUTION,
    RESOLUTION_UNIT,
    Metadata,
    inner_directory,
    saved_exif,
    settings_text,
    shown,
)
from colorizer.photo.png import about_chunks, write_png
from colorizer.photo.tiff import write_tiff

FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp", "TIFF": ".tif"}
WRITERS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WebP", ".tif": "TIFF", ".tiff": "TIFF"}
DEEP = frozenset(("PNG", "TIFF"))  # the formats that can hold 16 bits
LONGEST = {"JPEG": 65_500, "WebP": 16_383}  # pixels a side
LONGEST_EXIF = 65_533 - 6  # bytes in a JPEG's segment
WHITE = 255

Pixels = tuple[np.ndarray, np.ndarray | None]  # rgb (H, W, 3) and alpha (H, W) of the same dtype


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
    _check_sides(writer, *pixels[0].shape[:2])
    if not 1 <= quality <= 100:
        raise PhotoNotSaved(
            f"A quality of {quality} is not between 1 and 100. Choose 95 for hardly any loss."
        )
    try:
        with _passing(path) as file:
            _write(file, writer, depth, pixels, about, quality, settings)
    except PhotoNotSaved:
        raise
    except OSError as error:
        raise _not_written(path, error) from None
    except OverflowError:
        raise PhotoNotSaved(f"“{shown(path)}” would be larger than the 4 GB of a TIFF. Choose PNG.") from None
    except MemoryError:
        raise PhotoNotSaved(
            f"There is not enough memory to write “{shown(path)}” as {writer}. Choose PNG, which needs less."
        ) from None
    except ValueError as error:  # Pillow's word for what a format can't hold, such as a null byte in the path
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


def writer_of(path: Path, format: str | None) -> str:
    """The format of a file of that name, unless another is asked for; PhotoNotSaved when there is none."""
    if format is None:
        writer = WRITERS.get(path.suffix.lower())
        if writer is None:
            raise PhotoNotSaved(
                f"“{shown(path)}” can't be written: choose a name that ends in {', '.join(sorted(WRITERS))}."
            )
        return writer
    return format_named(format)


def format_named(text: str) -> str:
    """The format of FORMATS that somebody means; PhotoNotSaved when there is none."""
    spelled = {name.casefold(): name for name in FORMATS} | {"jpg": "JPEG", "tif": "TIFF"}
    if text.casefold() not in spelled:
        raise PhotoNotSaved(f"There is no format “{text}” to write. Choose one of {', '.join(FORMATS)}.")
    return spelled[text.casefold()]


def _depth(path: Path, writer: str, bits: int | None, rgb: np.ndarray) -> int:
    if bits not in (None, 8, 16):
        raise PhotoNotSaved(f"A file has 8 or 16 bits a channel, not {bits}. Choose one of them.")
    if bits == 16 and writer not in DEEP:
        raise PhotoNotSaved(f"“{shown(path)}” can't have 16 bits: {writer} holds 8. Choose PNG or TIFF.")
    return bits or (rgb.dtype.itemsize * 8 if writer in DEEP else 8)


def _check_sides(writer: str, height: int, width: int) -> None:
    longest = max(height, width)
    if longest > LONGEST.get(writer, longest):
        raise PhotoNotSaved(
            f"{writer} holds at most {LONGEST[writer]} pixels a side, the picture has {longest}. "
            "Choose PNG or TIFF."
        )


class _passing:
    """A new file beside `path` that takes its place on a good end and vanishes on a bad one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.passing = path.parent / f".{secrets.token_hex(8)}.part"

    def __enter__(self) -> BinaryIO:
        if self.path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        self.file = self.passing.open("xb")
        return self.file

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            self.file.close()  # the last bytes are written here, and may not fit
            if kind is None:
                self.passing.replace(self.path)
        finally:
            with suppress(OSError):
                self.passing.unlink(missing_ok=True)


def _not_written(path: Path, error: OSError) -> PhotoNotSaved:
    folder = shown(path.parent) or str(path.parent)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return PhotoNotSaved(
            f"“{shown(path)}” can't be written: there is no folder “{folder}”. Make it, or choose another."
        )
    if isinstance(error, PermissionError):
        return PhotoNotSaved(
            f"“{shown(path)}” can't be written: “{folder}” may not be changed. Choose another folder."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PhotoNotSaved(
            f"“{shown(path)}” can't be written: the disk is full. Make room, or choose another."
        )
    reason = error.strerror or error
    return PhotoNotSaved(f"“{shown(path)}” can't be written ({reason}). Choose another name or folder.")


def _write(
    file: BinaryIO,
    writer: str,
    bits: int,
    pixels: Pixels,
    about: Metadata,
    quality: int,
    settings: Mapping[str, object] | None,
) -> None:
    height, width = pixels[0].shape[:2]
    profile, convert = _profile(about, bits)
    exif = _exif(about, (width, height), settings)
    channels = 3 if pixels[1] is None or writer == "JPEG" else 4
    rows = _rows(pixels, bits, convert, on_white=writer == "JPEG")
    text = settings_text(settings) if settings else ""
    if writer == "PNG":
        chunks = about_chunks(profile, about.dpi, exif.tobytes() if len(exif) else b"", text)
        write_png(file, rows, (height, width, channels), bits, chunks)
    elif writer == "TIFF":
        write_tiff(file, rows, (height, width, channels), bits, exif, profile, about.dpi, text)
    else:
        _write_with_pillow(file, writer, rows, (width, height), exif, profile, about.dpi, quality)


def _profile(about: Metadata, bits: int) -> tuple[bytes | None, icc.Converter | None]:
    """The profile to embed, and what brings sRGB pixels into it where that is needed.

    A photo that was sRGB keeps its own profile, or none; one in another RGB returns to it; grey and CMYK
    profiles hold no RGB, so their photos become sRGB and say so.
    """
    if about.icc is None:
        return (icc.SRGB if about.mode == "CMYK" else None), None
    try:
        profile = icc.read_profile(about.icc)
        if profile.is_srgb:
            return profile.data, None
        if profile.space == "RGB":
            return profile.data, icc.from_srgb(profile, bits)
    except icc.FAILURES:  # a profile that can be read from but not written to: scanners have such
        pass
    return icc.SRGB, None


def _rows(
    pixels: Pixels, bits: int, convert: icc.Converter | None, *, on_white: bool
) -> Iterator[np.ndarray]:
    """The picture in bands (h, W, 3 or 4) of `bits`, in the colours of the file."""
    rgb, alpha = pixels
    for part in bands(*rgb.shape[:2]):
        colours = to_bits(rgb[part], bits)
        opacity = None if alpha is None else to_bits(alpha[part], bits)[..., None]
        if opacity is not None and on_white:
            share = opacity.astype(np.uint16)
            colours = ((colours * share + WHITE * (255 - share) + 127) // 255).astype(np.uint8)
        if convert:
            colours = convert(colours)
        yield colours if opacity is None or on_white else np.concatenate((colours, opacity), axis=2)


def _exif(about: Metadata, size: tuple[int, int], settings: Mapping[str, object] | None) -> Image.Exif:
    try:
        exif = saved_exif(about, size, settings)
        exif.tobytes()
    except Exception:  # a damaged block must not stop the picture from being saved
        exif = saved_exif(Metadata(), size, settings)
    return exif


def _write_with_pillow(
    file: BinaryIO,
    writer: str,
    rows: Iterator[np.ndarray],
    size: tuple[int, int],
    exif: Image.Exif,
    profile: bytes | None,
    dpi: tuple[float, float] | None,
    quality: int,
) -> None:
    image: Image.Image | None = None
    top = 0
    for band in rows:
        part = Image.fromarray(band)
        image = image or Image.new(part.mode, size)
        image.paste(part, (0, top))
        top += part.height
    if image is None:
        raise ValueError("the picture has no pixels")
    if dpi and writer == "WebP":  # it has no other place for them
        exif.update(zip(RESOLUTION, dpi, strict=True))
        exif[RESOLUTION_UNIT] = INCH
    options: dict[str, object] = {"quality": quality, "icc_profile": profile, "exif": _short(exif)}
    if writer == "JPEG":
        options |= {"subsampling": 0} | ({"dpi": dpi} if dpi else {})
    else:
        options |= {"exact": True, "method": 4}
    image.save(file, writer, **{name: value for name, value in options.items() if value is not None})


def _short(exif: Image.Exif) -> bytes | None:
    """The EXIF block as a JPEG can hold it: without the maker's note if need be, which is what makes it
    long."""
    if not len(exif):
        return None
    if len(exif.tobytes()) > LONGEST_EXIF:
        inner_directory(exif, ExifTags.IFD.Exif).pop(MAKER_NOTE, None)
    data = exif.tobytes()
    return data if len(data) <= LONGEST_EXIF else None
