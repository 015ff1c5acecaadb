"""Are files that were made to exhaust or to deceive refused in a sentence, or read, at once and in little
memory?

Each is opened in a process of its own, with limits that end it where the code doesn't.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from making import after_soi, bmp_with_alpha, encoded, ifd, noise, png, png_chunk, smooth, tiff, without_adobe
from PIL import Image

import colorizer
from colorizer.errors import PhotoError, UnreadablePhoto
from colorizer.photo import Photo

resource = pytest.importorskip("resource", reason="Windows has no limits of this kind")

SECONDS, MEGABYTES = 2, 500  # of processor time and of memory above the imports
LARGEST = 10_000  # pixels a side that are still read

OPENING = """
import json, resource, sys
from colorizer.errors import PhotoError
from colorizer.photo import Photo

def used():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime, use.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() if sys.platform == "linux" else 0
resource.setrlimit(resource.RLIMIT_AS, (mapped + 4 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
seconds, megabytes = used()
try:
    photo = Photo.open(sys.argv[1])
    said = f"{photo.width} x {photo.height}"
except PhotoError as error:
    said = str(error)
after = used()
print(json.dumps([said, after[0] - seconds, after[1] - megabytes]))
"""


def opened(path: Path) -> tuple[str, float, float]:
    """What opening a file in a process of its own says, and the seconds and megabytes that it takes."""
    run = subprocess.run(
        [sys.executable, "-c", OPENING, str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=Path(colorizer.__file__).parents[1],
    )
    assert run.returncode == 0, run.stderr[-500:] or f"ended by signal {-run.returncode}"
    said, seconds, megabytes = json.loads(run.stdout)
    return said, seconds, megabytes


# Files that exhaust


def gif(comments: bytes) -> bytes:
    """A GIF of one frame with further blocks before it."""
    whole = encoded(Image.fromarray(noise()).convert("P"), "GIF")
    frame = whole.index(b",\0\0\0\0")
    return whole[:frame] + comments + whole[frame:]


def comment(length: int) -> bytes:
    """One comment block of so many bytes, in pieces of 255."""
    return b"!\xfe" + (b"\xff" + b"a" * 255) * (length // 255) + b"\0"


def tags(prefix: bytes = b"", photo: bool = True, count: int = 1000, length: int = 4 << 20) -> bytes:
    """A TIFF (or an EXIF block) whose thousand tags share the same four megabytes."""
    about = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
    about += [(273, 4, 1, 8), (278, 3, 1, 8), (279, 4, 1, 64)]
    entries = (about if photo else []) + [(40_000 + n, 7, length, 8) for n in range(count)]
    return prefix + b"II*\0" + struct.pack("<I", 8 + length) + b"a" * length + ifd(entries)


def directories(count: int, loop: bool = False) -> bytes:
    """A TIFF of so many pages of one pixel, or whose last leads back to its first."""
    about = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 4)]
    about += [(277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 1)]
    size = len(ifd(about))
    pages = [ifd(about, 8 + size * page) for page in range(1, count)] + [ifd(about, 8 if loop else 0)]
    return b"II*\0\x08\0\0\0" + b"".join(pages)


def unpacked(megabytes: int) -> bytes:
    """A zlib stream that is a thousand times as large when it is unpacked."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def flat_png(side: int, bits: int, colour: int, share: float = 1.0) -> bytes:
    """A PNG of black, or its header and the first `share` of its rows."""
    header = struct.pack(">IIBBBBB", side, side, bits, colour, 0, 0, 0)
    row = bytes(1 + side * bits // 8 * {0: 1, 2: 3, 6: 4}[colour])
    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(row) for _ in range(int(side * share))) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    )


def entities() -> bytes:
    """XMP that grows to a billion letters when its entities are put in."""
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">{lines}]><x:xmpmeta>&e9;</x:xmpmeta>'
    return b"http://ns.adobe.com/xap/1.0/\0" + text.encode()


def hollow_tiff() -> bytes:
    """A TIFF that says it has a hundred megapixels, and has none."""
    about = [(256, 4, 1, LARGEST), (257, 4, 1, LARGEST), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)]
    return b"II*\0\x08\0\0\0" + ifd(
        [*about, (273, 4, 1, 4), (277, 3, 1, 1), (278, 4, 1, LARGEST), (279, 4, 1, 99)]
    )


EXHAUSTING: dict[str, Callable[[], bytes]] = {
    "GIF with 80,000 comments": lambda: gif(comment(255) * 80_000),
    "GIF with a comment of 20 MB": lambda: gif(comment(20 << 20)),
    "GIF with 200,000 empty comments": lambda: gif(comment(0) * 200_000),
    "TIFF with a thousand tags of 4 MB": tags,
    "TIFF with 40,000 pages": lambda: directories(40_000),
    "TIFF whose pages go round": lambda: directories(3, loop=True),
    "PNG whose EXIF has a thousand tags of 4 MB": lambda: png(
        noise(), 8, png_chunk(b"eXIf", tags(photo=False))
    ),
    "WebP whose EXIF has a thousand tags of 4 MB": lambda: encoded(
        noise(3), "WEBP", exif=tags(b"Exif\0\0", False)
    ),
    "HEIC whose EXIF has a thousand tags of 4 MB": lambda: encoded(
        smooth(), "HEIF", exif=tags(b"Exif\0\0", False)
    ),
    "AVIF whose EXIF has a thousand tags of 4 MB": lambda: encoded(
        smooth(), "AVIF", exif=tags(b"Exif\0\0", False)
    ),
    "JPEG whose EXIF has 5,000 tags of 4 KB": lambda: encoded(
        noise(3), "JPEG", exif=tags(b"Exif\0\0", False, 5000, 4096)
    ),
    "PNG with a text of 1 GB": lambda: png(noise(), 8, png_chunk(b"zTXt", b"a\0\0" + unpacked(1000))),
    "PNG with XMP of 1 GB": lambda: png(
        noise(), 8, png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + unpacked(1000))
    ),
    "PNG with a profile of 1 GB": lambda: png(noise(), 8, png_chunk(b"iCCP", b"a\0\0" + unpacked(1000))),
    "PNG with 100,000 texts": lambda: png(noise(), 8, png_chunk(b"tEXt", b"a\0b") * 100_000),
    "JPEG with XMP of a billion letters": lambda: after_soi(encoded(noise(3), "JPEG"), (0xE1, entities())),
    "TIFF of 100 megapixels without any": hollow_tiff,
    "PNG of 100 megapixels without most": lambda: flat_png(LARGEST, 8, 2, 0.01),
}


@pytest.mark.parametrize("name", EXHAUSTING)
def test_files_that_exhaust_are_done_with_at_once(tmp_path, name):
    (tmp_path / "photo").write_bytes(EXHAUSTING[name]())
    said, seconds, megabytes = opened(tmp_path / "photo")
    assert said[0].isdigit() or said.endswith("."), said
    assert "\n" not in said
    assert seconds < SECONDS, said
    assert megabytes < MEGABYTES, said


def test_the_largest_deep_photo_with_alpha(tmp_path):
    (tmp_path / "photo").write_bytes(flat_png(LARGEST, 16, 6))
    said, _, megabytes = opened(tmp_path / "photo")
    assert said == f"{LARGEST} x {LARGEST}"
    assert megabytes < 1200, "100 megapixels of 16-bit RGBA are 800 MB"


# Files that deceive


def read_or_refused(tmp_path: Path, data: bytes) -> Photo | None:
    (tmp_path / "photo").write_bytes(data)
    try:
        return Photo.open(tmp_path / "photo")
    except PhotoError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
        return None


@pytest.mark.parametrize("kind", ["int8", "int16", "float16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_numbers_of_other_kinds_are_read_by_their_range_or_refused(tmp_path, kind, channels):
    values = noise(channels, 8)
    lowest, highest = (-128, 127) if kind == "int8" else (-32768, 32767) if kind == "int16" else (0, 1)
    numbers = (values / 255 * (highest - lowest) + lowest).round(0 if highest > 1 else 6).astype(kind)
    data = tiff(numbers, photometric="rgb" if channels == 3 else "minisblack")
    photo = read_or_refused(tmp_path, data)
    if photo is not None:
        share = photo.rgb / np.iinfo(photo.rgb.dtype).max
        assert np.abs(share - values.reshape(*values.shape[:2], -1) / 255).max() < 1 / 255


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "HLG"])
@pytest.mark.parametrize("bits", [8, 16])
def test_pictures_of_high_dynamic_range_are_converted_or_refused(tmp_path, transfer, bits):
    """Half of the range is 92 candelas (PQ) or a twelfth of the light (HLG): sRGB's half is another."""
    grey = np.full((8, 8, 3), 2 ** (bits - 1), f"uint{bits}")
    photo = read_or_refused(tmp_path, png(grey, bits, png_chunk(b"cICP", bytes((9, transfer, 0, 1)))))
    assert photo is None or not np.array_equal(photo.rgb, grey)


def test_a_wide_gamut_named_by_cicp_is_converted_or_refused(tmp_path):
    red = np.full((8, 8, 3), (255, 0, 0), np.uint8) // 2
    photo = read_or_refused(tmp_path, png(red, 8, png_chunk(b"cICP", bytes((12, 13, 0, 1)))))
    assert photo is None or abs(int(photo.rgb[0, 0, 0]) - 139) <= 1  # P3's half red is redder in sRGB


def test_lab_is_converted_or_refused(tmp_path):
    lab = np.full((8, 8, 3), (255, 0, 0), np.uint8)  # white
    for bits in (8, 16):
        data = tiff(lab.astype(f"uint{bits}") * (257 if bits == 16 else 1), photometric="cielab")
        photo = read_or_refused(tmp_path, data)
        assert photo is None or photo.rgb.min() >= 0.99 * np.iinfo(photo.rgb.dtype).max


def test_inks_without_profile_or_marker_are_not_inverted(tmp_path):
    for ink, low, high in ((0, 240, 255), (255, 0, 60)):
        data = encoded(Image.new("CMYK", (16, 16), (0, 0, 0, 255 - ink)), "JPEG")  # Pillow inverts them
        photo = read_or_refused(tmp_path, without_adobe(data))
        assert photo is not None and low <= photo.rgb.min() and photo.rgb.max() <= high


# Damage

WHOLE: dict[str, bytes] = {
    "PNG interlaced": png(noise(3), adam7=True),
    "PNG 16 bit": png(noise(4, 16), 16),
    "PNG 4 bit": png(noise(1, 4), 4),
    "TIFF tiles": tiff(noise(3), photometric="rgb", tile=(16, 16)),
    "TIFF planes": tiff(noise(3).transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate"),
    "TIFF 16 bit deflate": tiff(noise(3, 16), photometric="rgb", compression="zlib", rowsperstrip=4),
    "TIFF of JPEG": tiff(smooth(), photometric="rgb", compression="jpeg"),
    "JPEG restart markers": encoded(smooth(), "JPEG", restart_marker_rows=1),
    "JPEG CMYK": encoded(Image.fromarray(smooth(4), "CMYK"), "JPEG"),
    "WebP lossy": encoded(smooth(), "WEBP"),
    "WebP alpha": encoded(smooth(4), "WEBP"),
    "AVIF": encoded(smooth(), "AVIF"),
    "BMP with alpha": bmp_with_alpha(noise(4)),
}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.98])
@pytest.mark.parametrize("name", WHOLE)
def test_what_is_cut_short_is_refused(tmp_path, name, share):
    (tmp_path / "photo").write_bytes(WHOLE[name][: int(len(WHOLE[name]) * share)])
    with pytest.raises(UnreadablePhoto, match=r"cut.*\.$"):
        Photo.open(tmp_path / "photo")


@pytest.mark.parametrize("name", WHOLE)
def test_flipped_bits_are_refused_or_hardly_seen(tmp_path, name):
    whole = read_or_refused(tmp_path, WHOLE[name])
    assert whole is not None
    for place in np.linspace(len(WHOLE[name]) // 3, len(WHOLE[name]) - 20, 24).astype(int):
        data = bytearray(WHOLE[name])
        data[place] ^= 0x10
        photo = read_or_refused(tmp_path, bytes(data))
        assert photo is None or not name.startswith("PNG"), "its checksum is wrong"
        if photo is not None and photo.rgb.shape == whole.rgb.shape:
            rest = photo.rgb[-photo.height // 4 :]
            assert (rest != rest[:1, :1]).any(), "the last quarter is flat"
