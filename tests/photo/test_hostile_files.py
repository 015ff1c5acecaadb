"""Are files that were made to exhaust or to deceive refused in a sentence, or read, at once and in little
memory?

Each of the exhausting ones is opened in a process of its own, with limits that end it where the code doesn't;
they are forked from one that has imported everything.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinds import CASES
from making import after_soi, black_png, encoded, ifd, noise, png, png_chunk, read, smooth, tiff, zeros
from PIL import Image

import colorizer
from colorizer.errors import PhotoError, UnreadablePhoto
from colorizer.photo import Photo

SECONDS, MEGABYTES = 3, 500  # of the processor (2 where nothing else is going on), and above the imports
SIDE = 10_000  # of the largest square that is read

OPENING = """
import json, os, resource, sys
from colorizer.errors import PhotoError
from colorizer.photo import Photo

def used(what):
    return int(next(line for line in open("/proc/self/status") if what in line).split()[1]) / 1024

def opened(path):
    seconds, megabytes = os.times().user, used("VmHWM")
    resource.setrlimit(resource.RLIMIT_AS, (int(used("VmSize") + 4096) << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    try:
        photo = Photo.open(path)
        said = f"{photo.width} x {photo.height}"
    except PhotoError as error:
        said = str(error)
    return said, os.times().user - seconds, used("VmHWM") - megabytes

for path in sys.stdin.read().splitlines():
    if not os.fork():
        print(json.dumps(opened(path)), flush=True)
        os._exit(0)
    _, status = os.wait()
    if status:
        print(json.dumps([f"ended with status {status}", 0, 0]), flush=True)
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> dict[str, tuple[str, float, float]]:
    """What opening each file says, and what it takes: seconds of the processor, without those of the system,
    whose pages of memory may be slow to come by, and megabytes."""
    folder = tmp_path_factory.mktemp("exhausting")
    for number, made in enumerate(EXHAUSTING.values()):
        (folder / str(number)).write_bytes(made())
    command, root = [sys.executable, "-c", OPENING], Path(colorizer.__file__).parents[1]
    paths = "\n".join(str(folder / str(number)) for number in range(len(EXHAUSTING)))
    run = subprocess.run(command, input=paths, capture_output=True, text=True, timeout=900, cwd=root)
    assert run.returncode == 0, run.stderr[-500:]
    return dict(zip(EXHAUSTING, map(json.loads, run.stdout.splitlines()), strict=True))


def gif(comments: bytes) -> bytes:
    """A GIF of one frame with further blocks before it."""
    whole = encoded(Image.fromarray(noise()).convert("P"), "GIF")
    frame = whole.index(b",\0\0\0\0")
    return whole[:frame] + comments + whole[frame:]


def comment(length: int) -> bytes:
    """One comment of about so many bytes, in pieces of 255."""
    return b"!\xfe" + (b"\xff" + b"a" * 255) * (length // 255) + b"\0"


def grey_directory(side: int, place: int, bytes_: int, following: int = 0, more: tuple = ()) -> bytes:
    """A TIFF's directory of a grey square in one strip."""
    entries = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, place), (277, 3, 1, 1), (278, 4, 1, side), (279, 4, 1, bytes_)]
    return ifd([*entries, *more], following)


def tags(count: int = 1000, length: int = 4 << 20, *, exif: bool = True) -> bytes:
    """An EXIF block, or a TIFF, whose tags share the same megabytes."""
    entries = [(40_000 + n, 7, length, 8) for n in range(count)]
    directory = ifd(entries) if exif else grey_directory(8, 8, 64, more=entries)
    return b"Exif\0\0" * exif + b"II*\0" + struct.pack("<I", 8 + length) + b"a" * length + directory


def with_tags(format: str) -> bytes:
    """A picture with such an EXIF block, in the place of an empty one: Pillow would read it while saving."""
    block = tags()
    empty = b"Exif\0\0II*\0\x08\0\0\0".ljust(len(block), b"\0")
    return encoded(smooth(), format, exif=empty).replace(empty[6:], block[6:])


def pages(count: int, *, loop: bool = False) -> bytes:
    """A TIFF of so many pages of one pixel; with `loop` the last leads back to the first."""
    size = len(grey_directory(1, 4, 1))
    following = [*(8 + size * page for page in range(1, count)), 8 if loop else 0]
    return b"II*\0\x08\0\0\0" + b"".join(grey_directory(1, 4, 1, place) for place in following)


def growing_xmp() -> bytes:
    """XMP that is a hundred gigabytes long when its entities are put in."""
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 11))
    text = f'<!DOCTYPE x [<!ENTITY e0 "tiff:Orientation">{lines}]><x:xmpmeta>&e10;</x:xmpmeta>'
    return b"http://ns.adobe.com/xap/1.0/\0" + text.encode()


XMP_IN_PNG = b"XML:com.adobe.xmp\0\1\0\0\0"  # compressed
EXHAUSTING: dict[str, Callable[[], bytes]] = {
    "GIF with 80,000 comments": lambda: gif(comment(255) * 80_000),
    "GIF with a comment of 20 MB": lambda: gif(comment(20 << 20)),
    "TIFF with a thousand tags of 4 MB": lambda: tags(exif=False),
    "TIFF with 40,000 pages": lambda: pages(40_000),
    "TIFF whose pages go round": lambda: pages(3, loop=True),
    "TIFF of 100 megapixels without any": lambda: b"II*\0\x08\0\0\0" + grey_directory(SIDE, 4, 99),
    "PNG of 100 megapixels without most": lambda: black_png(SIDE, SIDE, 8, 3, rows=100),
    "PNG, EXIF of a thousand tags of 4 MB": lambda: png(noise(), 8, png_chunk(b"eXIf", tags()[6:])),
    "WebP, EXIF of a thousand tags of 4 MB": lambda: with_tags("WEBP"),
    "HEIC, EXIF of a thousand tags of 4 MB": lambda: with_tags("HEIF"),
    "AVIF, EXIF of a thousand tags of 4 MB": lambda: with_tags("AVIF"),
    "JPEG, EXIF of 5,000 tags of 4 KB": lambda: encoded(noise(3), "JPEG", exif=tags(5000, 4096)),
    "PNG, text of 1 GB": lambda: png(noise(), 8, png_chunk(b"zTXt", b"a\0\0" + zeros(1 << 30))),
    "PNG, XMP of 1 GB": lambda: png(noise(), 8, png_chunk(b"iTXt", XMP_IN_PNG + zeros(1 << 30))),
    "PNG, profile of 1 GB": lambda: png(noise(), 8, png_chunk(b"iCCP", b"a\0\0" + zeros(1 << 30))),
    "PNG, 100,000 texts": lambda: png(noise(), 8, png_chunk(b"tEXt", b"a\0b") * 100_000),
    "JPEG, XMP that grows": lambda: after_soi(encoded(noise(3), "JPEG"), (0xE1, growing_xmp())),
    "the largest deep PNG with alpha": lambda: black_png(SIDE, SIDE, 16, 4, rows=SIDE),
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux tells it")
@pytest.mark.parametrize("name", EXHAUSTING)
def test_files_that_exhaust_are_done_with_at_once(opened, name):
    said, seconds, megabytes = opened[name]
    assert said[0].isdigit() or said.endswith("."), said
    assert "\n" not in said
    if name.startswith("the largest"):
        assert said == f"{SIDE} x {SIDE}" and megabytes < 1200, "its pixels alone are 800 MB"
    else:
        assert seconds < SECONDS and megabytes < MEGABYTES, said


def read_or_refused(tmp_path: Path, data: bytes) -> Photo | None:
    """The photo, or None if a sentence said why there is none."""
    try:
        return read(tmp_path, data)
    except PhotoError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
        return None


WHOLE = {
    name: CASES[name][0]
    for name in (
        *("PNG 3 x 8 bit, interlaced", "PNG 4 x 16 bit", "PNG 1 x 4 bit", "TIFF RGB 8 bit, tiles"),
        *("TIFF 3 planes of 8 bit", "TIFF RGB 16 bit, deflate, predictor, tiles", "TIFF RGB 8 bit, LZW"),
        *("TIFF of JPEG in RGB, tiles", "JPEG grey", "JPEG restart markers", "JPEG progressive"),
        *("WebP RGB", "WebP RGBA", "AVIF RGB 8 bit", "HEIC RGB 8 bit", "GIF", "BMP 32 bit with alpha"),
    )
}
WHOLE["JPEG CMYK"] = encoded(Image.fromarray(smooth(4), "CMYK"), "JPEG")


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_cut_short_is_refused_unless_its_pixels_are_whole(tmp_path, name):
    data, whole = WHOLE[name], read(tmp_path, WHOLE[name])
    for length in (0, 1, *np.linspace(150, len(data) - 1, 20).astype(int)):
        try:
            cut = read(tmp_path, data[:length])
            assert np.array_equal(cut.rgb, whole.rgb) and length > 0.6 * len(data)
        except UnreadablePhoto as error:
            assert any(word in str(error) for word in ("cut", "empty", "content"))


@pytest.mark.parametrize("name", WHOLE)
def test_damage_is_refused_or_leaves_no_half_grey_picture(tmp_path, name):
    data = WHOLE[name]
    for place in np.linspace(len(data) // 3, len(data) - 20, 24).astype(int):
        damaged = data[:place] + bytes((data[place] ^ 0x10,)) + data[place + 1 :]
        photo = read_or_refused(tmp_path, damaged)
        assert photo is None or not name.startswith("PNG"), "its checksum is wrong"
        if photo is not None:
            rest = photo.rgb[-(photo.height // 4) :]
            assert (rest != rest[:1, :1]).any(), f"the last quarter is flat by a change at {place}"


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(sorted(WHOLE)),
    flips=st.lists(st.tuples(st.integers(0), st.integers(1, 255)), min_size=1, max_size=8),
)
def test_any_damage_ends_in_a_photo_or_a_sentence(tmp_path, name, flips):
    data = bytearray(WHOLE[name])
    for place, change in flips:
        data[place % len(data)] ^= change
    photo = read_or_refused(tmp_path, bytes(data))
    assert photo is None or photo.rgb.shape == (photo.height, photo.width, 3)


@pytest.mark.parametrize("name", [name for name in WHOLE if name.startswith("JPEG")])
def test_a_jpeg_whose_pixels_end_early_is_refused(tmp_path, name):
    """Its end marker stands in their midst: decoders warn, and fill what is missing with grey."""
    middle = len(WHOLE[name]) * 2 // 3
    with pytest.raises(UnreadablePhoto):
        read(tmp_path, WHOLE[name][:middle] + b"\xff\xd9" + WHOLE[name][middle + 2 :])


JPEG, TIFF = WHOLE["JPEG grey"], tiff(noise(3), photometric="rgb", description="Grandmother")
TAGS = struct.unpack_from("<I", TIFF, 4)[0] + 2  # where they begin, of twelve bytes each
HARMLESS = {  # cameras, scanners and programs write such files, and decoders warn of some
    "zeros before the end marker": (JPEG, JPEG[:-2] + bytes(7) + JPEG[-2:]),
    "anything behind it": (JPEG, JPEG + b"anything" * 99),
    "bytes between two segments": (JPEG, JPEG[:20] + b"between" + JPEG[20:]),
    "a scan's last coefficient": (JPEG, JPEG.replace(b"\0\x3f\0", b"\0\0\0")),  # baseline ignores it
    "a text without its end": (TIFF, TIFF.replace(b"Grandmother\0", b"Grandmother!")),
    "tags out of order": (TIFF, TIFF[:TAGS] + TIFF[TAGS + 12 :][:12] + TIFF[TAGS:][:12] + TIFF[TAGS + 24 :]),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_flaws_that_harm_no_pixel_are_passed_over(tmp_path, name):
    whole, flawed = HARMLESS[name]
    assert flawed != whole
    assert np.array_equal(read(tmp_path, flawed).rgb, read(tmp_path, whole).rgb)
