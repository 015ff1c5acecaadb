"""How do the bytes of a picture file become sRGB pixels, an alpha channel and metadata?

Pillow decodes; what it hands over is converted in bands of rows, because its own conversions would make
further copies of the whole picture. A file that ends early raises, so that no half-grey picture comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from colorizer.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo import icc
from colorizer.photo.decode_deep import aim, depth_of, key_alpha, passes, values
from colorizer.photo.decode_large import decode_large
from colorizer.photo.file_kinds import FORMATS_READ, check_file, refusal
from colorizer.photo.metadata import (
    LIMITS,
    ORIENTATION,
    Limits,
    Metadata,
    check_size,
    kept_exif,
    shown,
    usable_dpi,
)

Decoded = tuple[np.ndarray, np.ndarray | None, Metadata]
Convert = Callable[[Image.Image], np.ndarray]

BAND = 1 << 20  # pixels that are converted at a time
GREY_MODES = frozenset(("1", "L", "LA", "La"))
COLOUR_MODES = frozenset(("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"))
TURN_BACK = {6: 8, 8: 6}  # every other orientation is its own opposite

# Pillow's names of a few formats -> what a person calls them
SAME_FORMAT = {"MPO": "JPEG", "DIB": "BMP"}
FRAMED = frozenset(("GIF", "WEBP", "PNG", "TIFF", "AVIF", "HEIF"))

Image.MAX_IMAGE_PIXELS = None  # LIMITS are checked instead, from the header, with a sentence of our own


def decode(path: Path, limits: Limits = LIMITS) -> Decoded:
    """Read a file: rgb (H, W, 3), alpha (H, W) or None, uint8 or uint16, and metadata.

    Raises UnreadablePhoto, UnsupportedPhoto or PhotoTooLarge.
    """
    head = check_file(path, limits)
    try:
        with open_image(path) as image:
            check_size(shown(path), *image.size, limits)
            return _decode(path, image)
    except PhotoError:
        raise
    except MemoryError:
        raise PhotoTooLarge(
            f"There is not enough memory for “{shown(path)}”. Close other programs, or make it smaller first."
        ) from None
    except Image.UnidentifiedImageError:
        raise refusal(path, head) from None
    except Exception as error:  # decoders raise almost anything when a file is damaged
        raise UnreadablePhoto(
            f"“{shown(path)}” is damaged or cut short and can't be read to its end ({_reason(error)}). "
            "Try another copy of it."
        ) from None


def open_image(path: Path) -> Image.Image:
    """Pillow's image of a file, by its header alone; only of the formats that are meant to be read."""
    return Image.open(path, formats=FORMATS_READ)


def turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """A view of pixels (H, W, ...) with an EXIF orientation (1..8) applied; others change nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def bands(height: int, width: int) -> Iterator[slice]:
    """The rows of a picture in slices of about BAND pixels."""
    rows = max(1, BAND // width)
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 120 else text[:117] + "…"


def _decode(path: Path, image: Image.Image) -> Decoded:
    kind = SAME_FORMAT.get(image.format or "", image.format or "")
    bits, notes = depth_of(path, image)
    frames = _frames(path, image, kind)
    mode = image.mode
    profile_notes: list[str] = []
    profile = _profile(image, profile_notes)
    if frames > 1:
        notes.append(f"First of {frames} frames.")
    alpha: np.ndarray | None
    if bits == 16:
        rgb, alpha, orientation = _in_16(path, image, profile)
    else:
        rgb, alpha, orientation = _in_8(path, image, profile)
    if profile and not profile.is_srgb:
        profile_notes.append(f"Converted from {profile.name} to sRGB.")
    if mode == "CMYK" and not profile:
        profile_notes.append("The CMYK picture has no profile; its colours are approximate.")
    try:
        exif = kept_exif(image)
    except Exception:  # a damaged block must not stop the picture from being read
        exif = None
        notes.append("The EXIF block is damaged and was left out.")
    dpi = usable_dpi(image.info.get("dpi"))
    about = Metadata(
        name=path.name,
        format=kind,
        mode=mode,
        bits=bits,
        frames=frames,
        exif=exif,
        dpi=dpi[::-1] if dpi and orientation in (5, 6, 7, 8) else dpi,
        icc=profile.data if profile else None,
        profile=profile.name if profile else "sRGB",
        notes=(*profile_notes, *notes),
    )
    return rgb, alpha, about


def _frames(path: Path, image: Image.Image, kind: str) -> int:
    """How many frames or pages the file has. Counted on a second handle: counting moves some readers."""
    if kind not in FRAMED or not getattr(image, "is_animated", False):
        return 1
    with open_image(path) as counted:
        return int(getattr(counted, "n_frames", 1))


def _profile(image: Image.Image, notes: list[str]) -> icc.Profile | None:
    """The profile that the pixels are in, or None for sRGB; `notes` grows by what is wrong with it."""
    data = image.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = icc.read_profile(data)
    except ValueError:
        notes.append("The embedded colour profile is damaged; the picture was taken as sRGB.")
        return None
    grey = image.mode in GREY_MODES or image.mode.startswith("I;16")
    fitting = {"CMYK"} if image.mode == "CMYK" else {"RGB", "GRAY"} if grey else {"RGB"}
    if profile.space in fitting:
        return profile
    notes.append(f"The embedded profile “{profile.name}” does not fit the picture and was set aside.")
    return None


def _canvas(size: tuple[int, int], orientation: int, alpha: bool, bits: int) -> list[np.ndarray]:
    """Empty rgb (and alpha) of the upright picture."""
    width, height = size[::-1] if orientation in (5, 6, 7, 8) else size
    shapes = [(height, width, 3), (height, width)] if alpha else [(height, width, 3)]
    return [np.zeros(shape, f"uint{bits}") for shape in shapes]


def _lying(upright: np.ndarray, orientation: int) -> np.ndarray:
    """A view of the upright picture as the file has its rows, to be filled band after band."""
    return turn(upright, TURN_BACK.get(orientation, orientation))


def _in_8(
    path: Path, image: Image.Image, profile: icc.Profile | None
) -> tuple[np.ndarray, np.ndarray | None, int]:
    conversion = None if profile is None or profile.is_srgb else icc.to_srgb(profile, 8)
    large = decode_large(path, image)
    if large is not None:
        if conversion:
            for rows in bands(*large.shape[:2]):
                large[rows] = conversion(large[rows])
        orientation = _orientation(image)
        return np.ascontiguousarray(turn(large, orientation)), None, orientation
    image.load()
    orientation = _orientation(
        image
    )  # asked only now: Pillow turns TIFFs itself while loading, and then says 1
    colours = _colours(image.mode, profile, conversion)
    transparent = image.has_transparency_data
    canvas = _canvas(image.size, orientation, transparent, 8)
    views = [_lying(array, orientation) for array in canvas]
    for rows in bands(image.height, image.width):
        band = image.crop((0, rows.start, image.width, rows.stop))
        if transparent:
            band = _with_alpha(band)
            views[1][rows] = np.asarray(band.getchannel("A"))
        views[0][rows] = colours(band)
    return canvas[0], canvas[1] if transparent else None, orientation


def _with_alpha(band: Image.Image) -> Image.Image:
    if band.mode == "La":  # there is no direct way from premultiplied grey
        band = band.convert("LA")
    return band.convert("RGBA")


def _colours(mode: str, profile: icc.Profile | None, conversion: icc.Converter | None) -> Convert:
    """What turns a band of Pillow's into rgb rows in sRGB."""
    if mode not in GREY_MODES | COLOUR_MODES:
        raise UnsupportedPhoto(f"The file holds colours of the kind {mode}. Save it as RGB or grey first.")
    if conversion is None or profile is None:
        return lambda band: np.asarray(band.convert("RGB"))
    target = {"GRAY": "L", "CMYK": "CMYK"}.get(profile.space, "RGB")
    return lambda band: conversion(np.asarray(band.convert(target)))


def _in_16(
    path: Path, image: Image.Image, profile: icc.Profile | None
) -> tuple[np.ndarray, np.ndarray | None, int]:
    transparent, key = image.has_transparency_data, image.info.get("transparency")
    twice, how = passes(image) == 2, aim(image, low=False)
    image.load()
    orientation = _orientation(image)
    canvas = _canvas(image.size, orientation, transparent, 16)
    views = [_lying(array, orientation) for array in canvas]
    _add_values(image, how, views)
    if twice:
        with open_image(path) as again:
            how = aim(again, low=True)
            again.load()
            _add_values(again, how, views)
    conversion = None if profile is None or profile.is_srgb else icc.to_srgb(profile, 16)
    grey = profile is not None and profile.space == "GRAY"
    for rows in bands(*canvas[0].shape[:2]):
        if key is not None:
            canvas[1][rows] = key_alpha(canvas[0][rows], key)
        if conversion:
            canvas[0][rows] = conversion(canvas[0][rows][..., 0] if grey else canvas[0][rows])
    return canvas[0], canvas[1] if transparent else None, orientation


def _add_values(image: Image.Image, how: str, views: list[np.ndarray]) -> None:
    for rows in bands(image.height, image.width):
        part = values(image.crop((0, rows.start, image.width, rows.stop)), how)
        views[0][rows] |= part[..., :3] if part.shape[-1] > 2 else part[..., :1]
        if part.shape[-1] in (2, 4):
            views[1][rows] |= part[..., -1]


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
