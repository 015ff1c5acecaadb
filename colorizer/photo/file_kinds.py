"""Which files are pictures that can be read, and what is said of the others?"""

from __future__ import annotations

import stat
from pathlib import Path

from PIL import Image, TiffImagePlugin

from colorizer.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo.metadata import Limits, shown

try:  # HEIC, the format of many telephones, needs a plugin
    from pillow_heif import register_heif_opener

    register_heif_opener()
except ImportError:
    pass

Image.init()
FORMATS_READ = tuple(
    name
    for name in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "HEIF", "AVIF")
    if name in Image.OPEN
)
HEIC = "HEIF" in FORMATS_READ
SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif", ".avif")
)

# They begin as TIFF does, and a small preview would be read instead of the photo.
RAW = frozenset((".dng", ".nef", ".cr2", ".arw", ".orf", ".rw2", ".pef", ".srw", ".nrw", ".3fr", ".iiq"))
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
DAMAGED = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def check_file(path: Path, limits: Limits) -> bytes:
    """The first bytes of a file that may be a picture; PhotoError when it can't be one or is too large."""
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise UnreadablePhoto(f"“{shown(path)}” is a folder. Give a picture file.")
        if not stat.S_ISREG(about.st_mode):
            raise UnreadablePhoto(f"“{shown(path)}” is a device or a pipe. Give a picture file.")
        with path.open("rb") as file:
            head = file.read(1024)
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadablePhoto(f"There is no file “{shown(path)}”. Check the name and the folder.") from None
    except PermissionError:
        raise UnreadablePhoto(
            f"“{shown(path)}” can't be opened: reading it is not permitted. Change its permissions."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadablePhoto(
            f"“{shown(path)}” can't be opened ({reason}). Check its name and place."
        ) from None
    if not head:
        raise UnreadablePhoto(f"“{shown(path)}” is empty (0 bytes). Copy it again from where it came.")
    if about.st_size > limits.max_bytes:
        raise PhotoTooLarge(
            f"“{shown(path)}” has {about.st_size / 2**20:.0f} MB; "
            f"the limit is {limits.max_bytes / 2**20:.0f}. Save it smaller first."
        )
    if path.suffix.lower() in RAW:
        raise UnsupportedPhoto(
            f"“{shown(path)}” is a camera's raw file ({path.suffix}). Develop it to TIFF or JPEG first."
        )
    return head


def refusal(path: Path, head: bytes) -> PhotoError:
    """Why a file that Pillow did not recognise is not read."""
    name = shown(path)
    if b"<svg" in head.lower():
        return UnsupportedPhoto(f"“{name}” is a drawing (SVG), not a photograph. Export it as PNG first.")
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS and not HEIC:
        return UnsupportedPhoto(
            f"“{name}” is HEIC, which needs the package pillow-heif. Install it, or save it as JPEG or PNG."
        )
    for beginning, kind, advice in OTHER_KINDS:
        if head.startswith(beginning):
            return UnsupportedPhoto(f"“{name}” is {kind}, which is not read. {advice}")
    if head[:4] in (b"II*\0", b"MM\0*") and _is_odd_tiff(path):
        return UnsupportedPhoto(
            f"“{name}” is a TIFF whose pixels are of a kind that is not read, such as floating-point colour. "
            "Save it as RGB or grey with 8 or 16 bits."
        )
    if head.startswith(DAMAGED) or head[4:8] == b"ftyp":
        return UnreadablePhoto(
            f"“{name}” is damaged or cut short: its header can't be read. Try another copy."
        )
    return UnreadablePhoto(
        f"“{name}” is not a picture that can be read (JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC). "
        "Its content decides, not its name."
    )


def _is_odd_tiff(path: Path) -> bool:
    """Whether a TIFF's header is whole, but describes pixels that Pillow has no mode for."""
    try:
        TiffImagePlugin.TiffImageFile(path).close()
    except SyntaxError as error:
        return "pixel mode" in str(error)
    except Exception:  # any other complaint is about damage
        return False
    return False
