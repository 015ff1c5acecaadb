"""Are the rarer kinds of picture files read to the last bit, and the unreadable ones refused in one
sentence?"""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from colorizer.errors import PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo import Photo, decode_large
from colorizer.photo.decode import decode
from colorizer.photo.metadata import Limits

RNG = np.random.default_rng(3)
ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"


def noise(height: int, width: int, channels: int = 3, bits: int = 8) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return RNG.integers(0, 2**bits, shape).astype(f"uint{bits}")


def smooth(height: int, width: int) -> np.ndarray:
    coarse = Image.fromarray(noise(6, 8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_png(pixels: np.ndarray, extra: bytes = b"") -> bytes:
    """A 16-bit PNG of (H, W, 1..4), of which Pillow and OpenCV write only some."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    parts = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def write(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def test_grey_with_alpha_in_16_bits(tmp_path):
    pixels = noise(7, 9, 2, 16)
    photo = Photo.open(write(tmp_path, "a.png", deep_png(pixels)))
    assert np.array_equal(photo.rgb, np.repeat(pixels[..., :1], 3, 2))
    assert np.array_equal(photo.alpha, pixels[..., 1])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_one_transparent_colour_of_a_16_bit_png(tmp_path, channels):
    pixels = noise(5, 6, 4, 16)[..., :channels]
    pixels[2, 3] = 1234
    near = pixels.copy()
    near[2, 4] = 1235  # differs in the low byte alone
    path = write(tmp_path, "a.png", deep_png(near, chunk(b"tRNS", struct.pack(">H", 1234) * channels)))
    alpha = Photo.open(path).alpha
    assert alpha is not None and alpha[2, 3] == 0 and alpha[2, 4] == 65535 and (alpha == 0).sum() == 1


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", [{}, {"compression": "zlib"}, {"compression": "zlib", "predictor": True}])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_16_bit_tiffs_of_every_layout(tmp_path, order, layout, tile):
    pixels = noise(40, 25, 3, 16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", byteorder=order, tile=tile, **layout)
    assert np.array_equal(Photo.open(tmp_path / "a.tif").rgb, pixels)


def test_a_16_bit_tiff_whose_zero_is_white(tmp_path):
    pixels = noise(5, 6, 1, 16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="miniswhite")
    assert np.array_equal(Photo.open(tmp_path / "a.tif").rgb[..., 0], 65535 - pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_16_bit_tiff_is_turned_as_an_8_bit_one(tmp_path, orientation):
    pixels = noise(6, 9)
    tags = [(274, 3, 1, orientation, True)]
    tifffile.imwrite(tmp_path / "8.tif", pixels, photometric="rgb", extratags=tags)
    tifffile.imwrite(tmp_path / "16.tif", pixels.astype(np.uint16) * 257, photometric="rgb", extratags=tags)
    shallow, deep = Photo.open(tmp_path / "8.tif").rgb, Photo.open(tmp_path / "16.tif").rgb
    assert np.array_equal(deep, shallow.astype(np.uint16) * 257)
    with Image.open(tmp_path / "8.tif") as image:
        assert np.array_equal(shallow, np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (np.zeros((4, 5), np.float32), {}),
        (np.zeros((4, 5, 3), np.float32), {"photometric": "rgb"}),
        (np.zeros((4, 5), np.int32), {}),
        (np.zeros((4, 5), np.int16), {}),
        (np.zeros((3, 4, 5), np.uint16), {"photometric": "rgb", "planarconfig": "separate"}),
    ],
)
def test_tiffs_of_other_numbers_are_refused_by_name(tmp_path, pixels, options):
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    with pytest.raises(UnsupportedPhoto, match=r"“a\.tif”.+\."):
        Photo.open(tmp_path / "a.tif")


def test_adobe_cmyk_is_not_inverted(tmp_path):
    ink = Image.new("CMYK", (16, 16), (0, 0, 0, 255))
    data = encoded(ink, "JPEG", quality=95)
    assert b"Adobe" in data
    assert Photo.open(write(tmp_path, "black.jpg", data)).rgb.max() < 30
    ycck = data.replace(data[data.index(ADOBE[:4]) :][:16], ADOBE[:15] + b"\x02")
    paper = Photo.open(write(tmp_path, "ycck.jpg", ycck))
    assert paper.metadata.mode == "CMYK" and "no profile" in paper.metadata.notes[0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "RGBa", "La"])
def test_every_mode_matches_pillow(tmp_path, mode):
    image = Image.fromarray(noise(9, 11, 4), "RGBA").convert("RGB").convert("L" if mode[0] == "L" else "RGB")
    if mode in ("RGBA", "RGBa", "LA", "La", "PA"):
        image.putalpha(Image.fromarray(noise(9, 11, 1)))
    if mode == "PA":
        image = image.convert("RGB").convert("P").convert("PA")
    suffix = ".tif" if mode in ("CMYK", "La", "RGBa") else ".png"
    if mode in ("La", "RGBa"):
        image = image.convert("LA" if mode == "La" else "RGBA")
    image = image if mode in (image.mode, "La", "RGBa", "PA") else image.convert(mode)
    path = tmp_path / f"a{suffix}"
    (image if suffix == ".tif" or mode != "PA" else image.convert("LA")).save(path)
    with Image.open(path) as expected:
        whole = np.asarray(expected.convert("RGBA"))
    photo = Photo.open(path)
    assert np.array_equal(photo.rgb, whole[..., :3])
    assert (whole[..., 3] == 255).all() if photo.alpha is None else np.array_equal(photo.alpha, whole[..., 3])


@pytest.mark.parametrize("kind", ["palette bytes", "palette number", "grey", "rgb"])
def test_transparent_colours_of_8_bit_pngs(tmp_path, kind):
    image = Image.fromarray(noise(8, 8))
    image = image.quantize(8) if "palette" in kind else image.convert("L") if kind == "grey" else image
    first = image.getpixel((0, 0))
    value = bytes([0, 128, 255]) if kind == "palette bytes" else first
    image.save(tmp_path / "a.png", transparency=value)
    with Image.open(tmp_path / "a.png") as expected:
        assert np.array_equal(
            Photo.open(tmp_path / "a.png").alpha, np.asarray(expected.convert("RGBA"))[..., 3]
        )


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_many(tmp_path, format):
    frames = [Image.new("RGB", (6, 5), colour) for colour in ("red", "blue", "lime")]
    lossless = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **lossless)
    photo = Photo.open(write(tmp_path, "a.bin", data))
    assert photo.rgb[2, 3].tolist() == [255, 0, 0]
    assert photo.metadata.frames == 3 and "First of 3 frames." in photo.metadata.notes


def test_heic_without_its_plugin_says_so(tmp_path, monkeypatch):
    from colorizer.photo import decode as room
    from colorizer.photo import file_kinds

    path = write(tmp_path, "phone.heic", encoded(Image.fromarray(smooth(64, 64)), "HEIF"))
    monkeypatch.setattr(file_kinds, "HEIC", False)
    monkeypatch.setattr(room, "FORMATS_READ", ("JPEG", "PNG"))
    with pytest.raises(UnsupportedPhoto, match="pillow-heif"):
        Photo.open(path)


@pytest.mark.parametrize(
    ("name", "content", "error", "said"),
    [
        ("a.pdf", b"%PDF-1.7\n" + bytes(99), UnsupportedPhoto, "PDF"),
        ("a.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n" + bytes(99), UnsupportedPhoto, "PostScript"),
        ("a.psd", b"8BPS\0\1" + bytes(99), UnsupportedPhoto, "Photoshop"),
        ("a.nef", b"II*\0" + bytes(99), UnsupportedPhoto, "raw"),
        ("a.jxl", b"\xff\x0a" + bytes(99), UnsupportedPhoto, "JPEG XL"),
        ("a.jpg", b"\xff\xd8\xff\xe0", UnreadablePhoto, "cut short"),
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(99), UnreadablePhoto, "damaged"),
        ("bell\a\n.jpg", b"no picture", UnreadablePhoto, r"bell\\x07\\n"),
    ],
)
def test_what_is_refused_is_called_what_it_is(tmp_path, name, content, error, said):
    with pytest.raises(error, match=said) as caught:
        Photo.open(write(tmp_path, name, content))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_name_that_is_no_text(tmp_path):
    name = os.fsdecode(b"caf\xe9.jpg")
    try:
        path = write(tmp_path, name, b"no picture")
    except OSError:  # some file systems refuse such names themselves
        return
    with pytest.raises(UnreadablePhoto) as caught:
        Photo.open(path)
    str(caught.value).encode("utf-8")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = write(tmp_path, "a.png", deep_png(noise(2, 2, 3, 16)))

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(UnreadablePhoto, match="not permitted"):
        Photo.open(path)


def test_a_device_is_not_waited_for():
    with pytest.raises(UnreadablePhoto, match="device"):
        Photo.open(os.devnull)


def test_limits_hold_before_any_pixel_is_decoded(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.fromarray(smooth(30, 40)).save(path)

    def never(*_: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", never)
    for limits in (Limits(max_pixels=1199), Limits(max_side=39), Limits(max_bytes=50)):
        with pytest.raises(PhotoTooLarge, match="limit"):
            decode(path, limits)


ENCODED = {
    format: encoded(Image.fromarray(smooth(48, 64)), format, **options)
    for format, options in {
        "JPEG": {"quality": 80},
        "PNG": {},
        "WEBP": {"lossless": True},
        "TIFF": {"compression": "tiff_lzw"},
        "BMP": {},
        "GIF": {},
        "HEIF": {},
    }.items()
} | {"progressive": encoded(Image.fromarray(smooth(48, 64)), "JPEG", progressive=True)}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(format=st.sampled_from(sorted(ENCODED)), share=st.floats(0, 1, exclude_max=True), large=st.booleans())
def test_a_cut_file_is_refused_or_whole(tmp_path, monkeypatch, format, share, large):
    monkeypatch.setattr(decode_large, "LARGE", 0 if large else 1 << 40)
    whole = Photo.open(write(tmp_path, "whole", ENCODED[format])).rgb
    cut = write(tmp_path, "cut", ENCODED[format][: int(len(ENCODED[format]) * share)])
    try:
        assert np.array_equal(Photo.open(cut).rgb, whole)
    except UnreadablePhoto as error:
        assert "cut" in str(error)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    format=st.sampled_from(sorted(ENCODED)),
    flips=st.lists(st.tuples(st.integers(0), st.integers(1, 255)), min_size=1, max_size=8),
)
def test_damaged_files_end_in_a_photo_or_a_sentence(tmp_path, format, flips):
    data = bytearray(ENCODED[format])
    for place, change in flips:
        data[place % len(data)] ^= change
    try:
        photo = Photo.open(write(tmp_path, "damaged", bytes(data)))
    except (UnreadablePhoto, UnsupportedPhoto, PhotoTooLarge) as error:
        assert str(error).endswith(".")
    else:
        assert photo.rgb.shape == (photo.height, photo.width, 3)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_large_files_give_the_same_pixels(tmp_path, monkeypatch, format, orientation):
    exif = Image.Exif()
    exif[274], exif[271] = orientation, "Kodak"
    path = write(
        tmp_path, "ä.bin", encoded(Image.fromarray(smooth(48, 64)), format, exif=exif, dpi=(200, 100))
    )
    usual = Photo.open(path)
    monkeypatch.setattr(decode_large, "LARGE", 0)
    large = Photo.open(path)
    assert np.array_equal(usual.rgb, large.rgb)
    assert usual.metadata == large.metadata
    assert usual.metadata.dpi == pytest.approx((100, 200) if orientation == 6 else (200, 100), rel=0.01)


def test_large_files_with_a_wrong_checksum_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(decode_large, "LARGE", 0)
    data = bytearray(ENCODED["PNG"])
    data[-20] ^= 1
    with pytest.raises(UnreadablePhoto, match="checksum"):
        Photo.open(write(tmp_path, "a.png", bytes(data)))
