"""Which files are pictures that can be read or written, how large may they be, and what is said of the
others?"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from colorizer.errors import PhotoNotSaved, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto

try:  # HEIC, the format of many telephones
    import pillow_heif
except ImportError:
    pillow_heif = None  # type: ignore[assignment]

FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp", "TIFF": ".tif", "AVIF": ".avif"}
WRITERS = {suffix: name for name, suffix in FORMATS.items()} | {".jpeg": "JPEG", ".tiff": "TIFF"}
DEEP = frozenset(("PNG", "TIFF"))  # the formats that hold 16 bits
LONGEST = {"JPEG": 65_500, "WebP": 16_383, "AVIF": 16_384}  # pixels a side

SUFFIXES = frozenset((*WRITERS, ".jpe", ".bmp", ".gif", ".heic", ".heif"))
# They begin as TIFF does, and a small preview would be read instead of the photo
RAW = frozenset((".dng", ".nef", ".cr2", ".arw", ".orf", ".rw2", ".pef", ".srw", ".nrw", ".3fr", ".iiq"))

# How files begin; those in a container, RIFF or MPEG's, by what stands in its ninth byte
READ = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"WEBP": "WEBP",
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "TIFF"),  # + is BigTIFF
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"),
}
NOT_READ = {
    b"%PDF": "a PDF document",
    b"%!PS": "a PostScript drawing",
    b"8BPS": "a Photoshop file",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"\0\0\0\x0cJXL ": "a JPEG XL picture",
    b"\xff\x0a": "a JPEG XL picture",
    b"\x76\x2f\x31\x01": "an OpenEXR picture",
    b"\0\0\x01\0": "an icon",
}


@dataclass(frozen=True)
class Limits:
    """The largest photo that is read; checked before any pixel is decoded."""

    max_bytes: int = 256 * 2**20
    max_pixels: int = 100_000_000
    max_side: int = 30_000


LIMITS = Limits()


def shown(path: Path) -> str:
    """A file's name as a sentence can carry it: what is no text, and control characters, are escaped."""
    name = path.name.encode("utf-8", "backslashreplace").decode("utf-8")
    name = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)
    return name if len(name) <= 100 else f"{name[:60]}…{name[-30:]}"


def check_size(name: str, width: int, height: int, limits: Limits = LIMITS) -> None:
    """PhotoTooLarge when a picture of that size is beyond the limits."""
    size, most = width * height / 1e6, limits.max_pixels / 1e6
    if size > most:
        raise PhotoTooLarge(
            f"“{name}” has {width} x {height} = {size:.0f} megapixels; the limit is {most:.0f}. "
            "Make it smaller first."
        )
    if (side := max(width, height)) > limits.max_side:
        raise PhotoTooLarge(f"“{name}” is {side} pixels long; the limit is {limits.max_side}. Crop it first.")


def check_bytes(name: str, size: int, limits: Limits = LIMITS) -> None:
    """PhotoTooLarge when a file of that size is beyond the limits."""
    if size > limits.max_bytes:
        raise PhotoTooLarge(
            f"“{name}” has {size / 2**20:.0f} MB; the limit is {limits.max_bytes / 2**20:.0f}. "
            "Save it smaller first."
        )


def check_file(path: Path, limits: Limits) -> bytes:
    """The first bytes of a file that may be a picture; PhotoError when it can't be one or is too large."""
    name = shown(path)
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            other = "folder" if stat.S_ISDIR(about.st_mode) else "device or a pipe"
            raise UnreadablePhoto(f"“{name}” is a {other}. Give a picture file.")
        with path.open("rb") as file:
            head = file.read(4096)
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadablePhoto(f"There is no file “{name}”. Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UnreadablePhoto(f"“{name}” can't be opened ({why}). Check its name and permissions.") from None
    if not head:
        raise UnreadablePhoto(f"“{name}” is empty (0 bytes). Copy it again from where it came.")
    check_bytes(name, about.st_size, limits)
    if path.suffix.lower() in RAW:
        raise UnsupportedPhoto(f"“{name}” is a camera's raw file ({path.suffix}). Develop it to TIFF first.")
    return head


def kind_of(path: Path, head: bytes) -> str:
    """Which format a file is, by its first bytes; PhotoError with the reason where it is none that is
    read."""
    name, contained = shown(path), head.startswith(b"RIFF") or head[4:8] == b"ftyp"
    kind = _by_beginning(READ, head[8:] if contained else head)
    if kind == "HEIF" and pillow_heif is None:
        raise UnsupportedPhoto(f"“{name}” is HEIC, which needs the package pillow-heif. Install it.")
    if kind:
        return kind
    if other := _by_beginning(NOT_READ, head) or ("a drawing (SVG)" if b"<svg" in head.lower() else None):
        raise UnsupportedPhoto(f"“{name}” is {other}, which is not read. Save it as PNG or TIFF first.")
    raise UnreadablePhoto(
        f"“{name}” is not a picture that can be read (JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF). "
        "Its content decides, not its name."
    )


def _by_beginning(kinds: dict[bytes, str], head: bytes) -> str | None:
    return next((kind for beginning, kind in kinds.items() if head.startswith(beginning)), None)


def writer_of(path: Path, format: str | None) -> str:
    """The format of a file of that name, unless another is asked for; PhotoNotSaved when there is none."""
    writer = format_named(format) if format is not None else WRITERS.get(path.suffix.lower())
    if writer is None:
        raise PhotoNotSaved(
            f"“{shown(path)}” can't be written: choose a name that ends in {', '.join(sorted(WRITERS))}."
        )
    return writer


def format_named(text: str) -> str:
    """The format of FORMATS that somebody means; PhotoNotSaved when there is none."""
    spelled = {name.casefold(): name for name in FORMATS} | {"jpg": "JPEG", "tif": "TIFF"}
    if text.casefold() not in spelled:
        raise PhotoNotSaved(f"There is no format “{text}” to write. Choose one of {', '.join(FORMATS)}.")
    return spelled[text.casefold()]
