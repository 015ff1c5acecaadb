"""Which files are pictures that can be read, which can be written, and what is said of the others?"""

from __future__ import annotations

import stat
from pathlib import Path

from colorizer.errors import PhotoError, PhotoNotSaved, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo.metadata import Limits, shown

try:  # HEIC, the format of many telephones
    import pillow_heif
except ImportError:
    pillow_heif = None

FORMATS = {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp", "TIFF": ".tif", "AVIF": ".avif"}
WRITERS = {suffix: name for name, suffix in FORMATS.items()} | {".jpeg": "JPEG", ".tiff": "TIFF"}
DEEP = frozenset(("PNG", "TIFF"))  # the formats that hold 16 bits
LONGEST = {"JPEG": 65_500, "WebP": 16_383, "AVIF": 16_384}  # pixels a side

SUFFIXES = frozenset((*WRITERS, ".jpe", ".bmp", ".gif", ".heic", ".heif"))

# They begin as TIFF does, and a small preview would be read instead of the photo.
RAW = frozenset((".dng", ".nef", ".cr2", ".arw", ".orf", ".rw2", ".pef", ".srw", ".nrw", ".3fr", ".iiq"))
BEGINNINGS = {
    **{b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"GIF8": "GIF", b"BM": "BMP"},
    **{b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF"},  # + is BigTIFF's
}
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")

# How a file begins -> what it is and what to do with it
OTHER_KINDS = (
    (b"%PDF", "a PDF document", "Export its page as PNG first."),
    (b"%!PS", "a PostScript drawing", "Export it as PNG first."),
    (b"8BPS", "a Photoshop file", "Save it as TIFF or PNG first."),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", "Save it as JPEG, PNG or TIFF first."),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture", "Save it as JPEG, PNG or TIFF first."),
    (b"\xff\x0a", "a JPEG XL picture", "Save it as JPEG, PNG or TIFF first."),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture", "Save it as 16-bit TIFF or PNG first."),
    (b"\0\0\x01\0", "an icon", "Save it as PNG first."),
)


def check_file(path: Path, limits: Limits) -> bytes:
    """The first bytes of a file that may be a picture; PhotoError when it can't be one or is too large."""
    name = shown(path)
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise UnreadablePhoto(f"“{name}” is a folder. Give a picture file.")
        if not stat.S_ISREG(about.st_mode):
            raise UnreadablePhoto(f"“{name}” is a device or a pipe. Give a picture file.")
        with path.open("rb") as file:
            head = file.read(4096)
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadablePhoto(f"There is no file “{name}”. Check the name and the folder.") from None
    except PermissionError:
        raise UnreadablePhoto(
            f"“{name}” can't be opened: reading it is not permitted. Change its permissions."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadablePhoto(f"“{name}” can't be opened ({reason}). Check its name and place.") from None
    if not head:
        raise UnreadablePhoto(f"“{name}” is empty (0 bytes). Copy it again from where it came.")
    if about.st_size > limits.max_bytes:
        raise PhotoTooLarge(
            f"“{name}” has {about.st_size / 2**20:.0f} MB; the limit is {limits.max_bytes / 2**20:.0f}. "
            "Save it smaller first."
        )
    if path.suffix.lower() in RAW:
        raise UnsupportedPhoto(
            f"“{name}” is a camera's raw file ({path.suffix}). Develop it to TIFF or JPEG first."
        )
    return head


def kind_of(path: Path, head: bytes) -> str:
    """Which format a file is, by its first bytes; PhotoError with the reason where it is none that is
    read."""
    for beginning, kind in BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "AVIF"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        if pillow_heif:
            return "HEIF"
        raise UnsupportedPhoto(
            f"“{shown(path)}” is HEIC, which needs the package pillow-heif. Install it, or save it as JPEG "
            "or PNG."
        )
    raise _refusal(shown(path), head)


def _refusal(name: str, head: bytes) -> PhotoError:
    if b"<svg" in head.lower():
        return UnsupportedPhoto(f"“{name}” is a drawing (SVG), not a photograph. Export it as PNG first.")
    for beginning, kind, advice in OTHER_KINDS:
        if head.startswith(beginning):
            return UnsupportedPhoto(f"“{name}” is {kind}, which is not read. {advice}")
    if head.startswith((b"\x89PNG", b"RIFF")) or len(head) < 12 or head[4:8] == b"ftyp":
        return UnreadablePhoto(
            f"“{name}” is damaged or cut short: its header can't be read. Try another copy."
        )
    return UnreadablePhoto(
        f"“{name}” is not a picture that can be read (JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF). "
        "Its content decides, not its name."
    )


def writer_of(path: Path, format: str | None) -> str:
    """The format of a file of that name, unless another is asked for; PhotoNotSaved when there is none."""
    if format is not None:
        return format_named(format)
    writer = WRITERS.get(path.suffix.lower())
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
