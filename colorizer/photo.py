"""How does any picture file become pixels that can be worked on, and a file again?

A Photo is sRGB in 8 or 16 bits with its alpha apart; orientation is applied and a colour profile converted.
What the file said about itself (EXIF, resolution, profile) is kept for the way back.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError
from skimage.color import rgb2lab

from colorizer import icc
from colorizer.errors import PhotoNotSaved, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto

try:  # HEIC, the format of many telephones, needs a plugin
    from pillow_heif import register_heif_opener

    register_heif_opener()
    HEIC = True
except ImportError:
    HEIC = False

Image.MAX_IMAGE_PIXELS = None  # LIMITS below are checked instead, from the header, with a sentence of our own

Tone = Literal["grey", "toned", "coloured"]
FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp", "TIFF": ".tif"}
SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif", ".avif")
)
WRITERS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WebP", ".tif": "TIFF", ".tiff": "TIFF"}
LONGEST = {"JPEG": 65_500, "WebP": 16_383}
ORIENTATION = int(ExifTags.Base.Orientation)
# How a TIFF lies in its file: not to be carried over to another one. 34675 is the profile, kept apart.
LAYOUT_TAGS: tuple[int, ...] = (254, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 282, 283, 284, 296)
LAYOUT_TAGS += (317, 320, 322, 323, 324, 325, 338, 339, 530, 531, 532, 34675)
TEXT_TAGS = (271, 272, 306, 315, 33432)  # maker, model, date, artist, copyright


@dataclass(frozen=True)
class Limits:
    """The largest photo that is read; checked before any pixel is decoded."""

    max_bytes: int = 256 * 2**20
    max_pixels: int = 100_000_000
    max_side: int = 30_000


LIMITS = Limits()


@dataclass(frozen=True)
class Metadata:
    """What the file said about itself; `notes` are sentences on what was done to its pixels."""

    name: str = "photo"
    format: str = ""
    mode: str = "RGB"
    bits: int = 8
    frames: int = 1
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    icc: bytes | None = None
    profile: str = "sRGB"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture: rgb (H, W, 3) uint8 or uint16 in sRGB, alpha (H, W) of the same type or None, and its
    metadata."""

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    metadata: Metadata = Metadata()

    @classmethod
    def open(cls, path: str | Path) -> Photo:
        """Read a file. PhotoError (UnreadablePhoto, UnsupportedPhoto, PhotoTooLarge) when it can't be."""
        path = Path(path)
        _check_file(path)
        try:
            with Image.open(path) as image:
                check_size(path.name, *image.size)
                return _decode(path, image)
        except UnidentifiedImageError:
            raise _not_a_picture(path) from None
        except (
            OSError,
            ValueError,
            SyntaxError,
            EOFError,
            IndexError,
            TypeError,
            KeyError,
            cv2.error,
        ) as error:
            raise UnreadablePhoto(
                f"“{path.name}” is damaged or cut short and can't be read to its end ({error}). Try another "
                f"copy of it."
            ) from None

    @classmethod
    def from_array(cls, array: np.ndarray, alpha: np.ndarray | None = None, name: str = "photo") -> Photo:
        """A photo from pixels (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16, taken as sRGB."""
        if array.dtype not in (np.uint8, np.uint16) or array.ndim not in (2, 3) or array.size == 0:
            raise UnsupportedPhoto(
                f"An array of {array.dtype} with shape {array.shape} is no picture: "
                "give uint8 or uint16, (height, width) or (height, width, 3 or 4)."
            )
        if array.ndim == 3 and array.shape[2] == 4:
            array, alpha = array[..., :3], array[..., 3]
        if array.ndim == 3 and array.shape[2] != 3:
            raise UnsupportedPhoto(f"A picture has 1, 3 or 4 channels, not {array.shape[2]}.")
        if array.ndim == 2:
            array = np.repeat(array[..., None], 3, axis=2)
        check_size(name, array.shape[1], array.shape[0])
        alpha = None if alpha is None else np.ascontiguousarray(alpha)
        return cls(np.ascontiguousarray(array), alpha, Metadata(name=name, bits=array.dtype.itemsize * 8))

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def bits(self) -> int:
        return int(self.rgb.dtype.itemsize * 8)

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return Path(self.metadata.name).stem or "photo"

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    @cached_property
    def tone(self) -> Tone:
        """Whether the picture is grey, toned (sepia, cyanotype: one hue as a function of lightness) or
        coloured."""
        lab = rgb2lab(self.preview(256)).reshape(-1, 3)
        lightness, ab = lab[:, 0] / 100, lab[:, 1:]
        if np.percentile(np.hypot(*ab.T), 95) < 6.0:
            return "grey"
        terms = np.stack((np.ones_like(lightness), lightness, lightness**2, lightness**3), axis=1)
        fit = terms @ np.linalg.lstsq(terms, ab, rcond=None)[0]
        return "toned" if np.sqrt(np.mean((ab - fit) ** 2)) < 2.5 else "coloured"

    def with_rgb(self, rgb: np.ndarray, note: str = "") -> Photo:
        """The same photo with other pixels of the same size; alpha and metadata stay, `note` is added to the
        notes."""
        if rgb.shape != self.rgb.shape:
            raise ValueError(f"pixels of shape {rgb.shape} do not fit a photo of shape {self.rgb.shape}")
        notes = (*self.metadata.notes, note) if note else self.metadata.notes
        return Photo(rgb, self.alpha, replace(self.metadata, notes=notes))

    def preview(self, side: int) -> np.ndarray:
        """A copy (h, w, 3) uint8, area-averaged, whose long side is at most `side`."""
        scale = side / max(self.width, self.height)
        small = self.rgb
        if scale < 1:
            size = (max(1, round(self.width * scale)), max(1, round(self.height * scale)))
            small = cv2.resize(self.rgb, size, interpolation=cv2.INTER_AREA)
        return to_bits(small, 8)

    def save(
        self,
        path: str | Path,
        *,
        format: str | None = None,
        bits: int | None = None,
        quality: int = 95,
        settings: Mapping[str, object] | None = None,
    ) -> Path:
        """Write the photo; PhotoNotSaved when that fails, and then nothing is left behind.

        PNG and TIFF in the photo's own depth or `bits` (8 or 16), JPEG 4:4:4 and WebP in 8 bits at
        `quality`. EXIF (orientation reset), resolution and an RGB profile are kept; `settings` are written
        beside them as JSON.
        """
        path = Path(path)
        writer = format or WRITERS.get(path.suffix.lower(), "")
        if writer not in FORMATS:
            raise PhotoNotSaved(
                f"“{path.name}” can't be written: choose a name that ends in {', '.join(sorted(WRITERS))}."
            )
        longest = max(self.width, self.height)
        if longest > LONGEST.get(writer, longest):
            raise PhotoNotSaved(
                f"{writer} holds at most {LONGEST[writer]} pixels a side, the picture has {longest}. Choose "
                f"PNG or TIFF."
            )
        depth = 8 if writer in LONGEST else (bits or self.bits)
        pixels, profile = icc.for_saving(to_bits(self.rgb, depth), self.metadata.icc)
        alpha = None if self.alpha is None else to_bits(self.alpha, depth)
        try:
            _write_whole(path, encode(writer, pixels, alpha, profile, quality, self.metadata, settings))
        except OSError as error:
            raise PhotoNotSaved(
                f"“{path}” can't be written ({error.strerror or error}). Choose another folder."
            ) from None
        return path


def to_bits(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Pixels as uint8 or uint16, rounded to the nearest value of the same brightness."""
    if pixels.dtype.itemsize * 8 == bits:
        return pixels
    if bits == 16:
        return pixels.astype(np.uint16) * np.uint16(257)
    table = np.round(np.arange(65536) / 257).astype(np.uint8)
    return table[pixels]


def check_size(name: str, width: int, height: int) -> None:
    """PhotoTooLarge when a picture of that size is beyond LIMITS."""
    if width * height > LIMITS.max_pixels:
        raise PhotoTooLarge(
            f"“{name}” has {width} x {height} = {width * height / 1e6:.0f} megapixels; the limit is "
            f"{LIMITS.max_pixels / 1e6:.0f}. Make it smaller first."
        )
    if max(width, height) > LIMITS.max_side:
        raise PhotoTooLarge(
            f"“{name}” is {max(width, height)} pixels long; the limit is {LIMITS.max_side}. Crop it or make "
            f"it smaller."
        )


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise UnreadablePhoto(f"“{path.name}” is a folder. Give a picture file.")
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise UnreadablePhoto(f"There is no file “{path}”. Check the name.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadablePhoto(f"“{path.name}” can't be opened ({reason}). Check its permissions.") from None
    if size == 0:
        raise UnreadablePhoto(f"“{path.name}” is empty (0 bytes). Copy it again from where it came.")
    if size > LIMITS.max_bytes:
        raise PhotoTooLarge(
            f"“{path.name}” has {size / 2**20:.0f} MB; the limit is {LIMITS.max_bytes / 2**20:.0f}. Save it "
            f"smaller first."
        )
    if b"<svg" in head.lower():
        raise UnsupportedPhoto(f"“{path.name}” is a drawing (SVG), not a photograph. Export it as PNG first.")
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheim") and not HEIC:
        raise UnsupportedPhoto(
            f"“{path.name}” is HEIC, which needs the package pillow-heif. Save it as JPEG or PNG."
        )


def _not_a_picture(path: Path) -> UnreadablePhoto:
    return UnreadablePhoto(
        f"“{path.name}” is not a picture that can be read (JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC). "
        "Its content decides, not its name."
    )


def _file_bits(path: Path, image: Image.Image) -> int:
    """Bits a channel as the header says: Pillow's modes don't tell for 16-bit colour."""
    if image.format == "PNG":
        with path.open("rb") as file:
            return 16 if file.read(25)[24] == 16 else 8
    if image.format == "TIFF":
        bits = image.tag_v2.get(258, (8,))  # type: ignore[attr-defined]
        return int(max(bits) if isinstance(bits, tuple) else bits)
    return 16 if image.mode.startswith("I;16") else 8


def _decode(path: Path, image: Image.Image) -> Photo:
    bits = _file_bits(path, image)
    if image.mode in ("F", "I") or bits > 16:
        raise UnsupportedPhoto(
            f"“{path.name}” holds {image.mode} numbers of {max(bits, 32)} bits. Save it with 8 or 16 bits a "
            f"channel."
        )
    frames = int(getattr(image, "n_frames", 1))
    notes = [f"First of {frames} frames."] if frames > 1 and image.format in ("GIF", "WEBP", "PNG") else []
    about = Metadata(path.name, image.format or "", image.mode, 16 if bits == 16 else 8, frames)
    profile = image.info.get("icc_profile") or None
    exif, dpi = _exif_bytes(image), image.info.get("dpi")
    if bits == 16:
        # OpenCV turns TIFFs itself, whatever it is told, and PNGs never
        orientation = 1 if image.format == "TIFF" else image.getexif().get(ORIENTATION, 1)
        rgb, alpha = _decode_16(path)
        rgb, name, note = icc.array_to_srgb(rgb, profile)
    else:
        image.load()
        orientation = image.getexif().get(ORIENTATION, 1)  # Pillow turns some kinds itself, and then says 1
        alpha = None
        if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
            image = image.convert("RGBA")
            alpha = np.asarray(image.getchannel("A"))
            image = image.convert("RGB")
        rgb, name, note = icc.image_to_srgb(image, profile)
    rgb = np.ascontiguousarray(turn(rgb, orientation))
    alpha = None if alpha is None else np.ascontiguousarray(turn(alpha, orientation))
    usable_dpi = (
        (float(dpi[0]), float(dpi[1])) if dpi and all(0 < float(value) < 1e5 for value in dpi[:2]) else None
    )
    notes += [note] if note else []
    return Photo(
        rgb, alpha, replace(about, exif=exif, dpi=usable_dpi, icc=profile, profile=name, notes=tuple(notes))
    )


def _exif_bytes(image: Image.Image) -> bytes | None:
    """The EXIF block, for a TIFF made of its own tags; None where there is none or it is damaged."""
    try:
        exif = image.getexif()
        for tag in LAYOUT_TAGS:
            exif.pop(tag, None)
        return exif.tobytes() if len(exif) or exif.get_ifd(ExifTags.IFD.Exif) else None
    except Exception:  # a damaged block must not stop the picture from being read
        return None


def _decode_16(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """A 16-bit PNG or TIFF: Pillow would cut colours to 8 bits, OpenCV keeps them."""
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), flags)
    if pixels is None or pixels.dtype != np.uint16:
        raise UnreadablePhoto(
            f"“{path.name}” is a 16-bit picture of a kind that can't be read. Save it again as PNG."
        )
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2), None
    if pixels.shape[2] == 2:
        return np.repeat(pixels[..., :1], 3, axis=2), pixels[..., 1]
    alpha = pixels[..., 3] if pixels.shape[2] == 4 else None
    return pixels[..., 2::-1], alpha


def turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation (1..8) to pixels (H, W, ...)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def encode(
    writer: str,
    rgb: np.ndarray,
    alpha: np.ndarray | None,
    profile: bytes | None,
    quality: int,
    about: Metadata,
    settings: Mapping[str, object] | None,
) -> bytes:
    """The bytes of a file. 16-bit colour is written by OpenCV or tifffile, since Pillow has no such mode."""
    exif = _exif(about, settings)
    options: dict[str, object] = {"exif": exif, "icc_profile": profile}
    if about.dpi:
        options["dpi"] = about.dpi
    text = json.dumps(dict(settings), ensure_ascii=True) if settings else ""
    if rgb.dtype == np.uint16:
        return _encode_16(writer, rgb, alpha, exif, profile, about, text)
    if writer == "JPEG" and alpha is not None:
        share = alpha[..., None].astype(np.uint16)
        rgb = ((rgb * share + 255 * (255 - share) + 127) // 255).astype(
            np.uint8
        )  # on white: JPEG has no alpha
        alpha = None
    image = Image.fromarray(rgb if alpha is None else np.dstack((rgb, alpha)))
    if writer == "PNG":
        info = PngImagePlugin.PngInfo()
        if text:
            info.add_text("colorizer", text)
        options |= {"pnginfo": info, "compress_level": 3}
    elif writer == "JPEG":
        options |= {"quality": quality, "subsampling": 0}
    elif writer == "WebP":
        options |= {"quality": quality, "exact": True, "method": 4}
        options.pop("dpi", None)
    else:
        if text:
            exif[int(ExifTags.Base.Software)] = f"colorizer {text}"
        options |= {"compression": "tiff_lzw"}
    buffer = io.BytesIO()
    image.save(buffer, writer.upper(), **{key: value for key, value in options.items() if value is not None})
    return buffer.getvalue()


def _exif(about: Metadata, settings: Mapping[str, object] | None) -> Image.Exif:
    exif = Image.Exif()
    if about.exif:
        try:
            exif.load(about.exif)
            exif.tobytes()
        except Exception:  # a damaged block must not stop the picture from being saved
            exif = Image.Exif()
    exif.pop(ORIENTATION, None)
    if settings:
        comment = json.dumps(dict(settings), ensure_ascii=True)
        exif.get_ifd(ExifTags.IFD.Exif)[int(ExifTags.Base.UserComment)] = b"ASCII\0\0\0" + comment.encode(
            "ascii"
        )
    return exif


def _encode_16(
    writer: str,
    rgb: np.ndarray,
    alpha: np.ndarray | None,
    exif: Image.Exif,
    profile: bytes | None,
    about: Metadata,
    text: str,
) -> bytes:
    if writer == "TIFF":
        import tifffile

        buffer = io.BytesIO()
        pixels = rgb if alpha is None else np.dstack((rgb, alpha))
        tifffile.imwrite(
            buffer,
            pixels,
            photometric="rgb",
            extrasamples=None if alpha is None else ("unassalpha",),
            compression="zlib",
            predictor=True,
            iccprofile=profile,
            resolution=about.dpi,
            resolutionunit="INCH" if about.dpi else None,
            description=exif.get(270),
            metadata=None,
            software=f"colorizer {text}".strip(),
            extratags=[(tag, 2, 0, str(exif[tag]), True) for tag in TEXT_TAGS if tag in exif],
        )
        return buffer.getvalue()
    bgr = rgb[..., ::-1] if alpha is None else np.dstack((rgb[..., ::-1], alpha))
    done, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise OSError("the PNG could not be made")
    return png_with_chunks(data.tobytes(), exif, profile, about.dpi, text)


def png_with_chunks(
    png: bytes, exif: Image.Exif, profile: bytes | None, dpi: tuple[float, float] | None, text: str
) -> bytes:
    """Put the metadata that OpenCV doesn't write right behind the header of a PNG (ISO 15948, 11.3)."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    added = b""
    if profile:
        added += chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile))
    if dpi:
        added += chunk(b"pHYs", struct.pack(">IIB", round(dpi[0] / 0.0254), round(dpi[1] / 0.0254), 1))
    if text:
        added += chunk(b"tEXt", b"colorizer\0" + text.encode("latin-1"))
    if len(exif):
        added += chunk(b"eXIf", exif.tobytes()[6:])
    header = 8 + 25  # signature and IHDR
    return png[:header] + added + png[header:]


def _write_whole(path: Path, data: bytes) -> None:
    """The file appears whole or not at all."""
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
