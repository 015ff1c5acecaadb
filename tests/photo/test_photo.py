"""Any picture file becomes the right pixels, goes back with all that belonged to it, or fails with one
sentence."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from colorizer.errors import PhotoError, PhotoNotSaved, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo import Photo, icc, to_bits
from colorizer.photo import photo as photo_room
from colorizer.photo.png import about_chunks, write_png

RNG = np.random.default_rng(0)


def noise(height: int, width: int, channels: int = 3, bits: int = 8) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return RNG.integers(0, 2**bits, shape).astype(f"uint{bits}")


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".gif", ".webp", ".jpg", ".heic"])
def test_every_kind_of_file_is_read(tmp_path: Path, suffix: str):
    smooth = cv2.resize(noise(4, 5), (50, 40), interpolation=cv2.INTER_CUBIC)
    options = {".webp": {"lossless": True}, ".jpg": {"quality": 98, "subsampling": 0}}.get(suffix, {})
    photo = Photo.open(saved(tmp_path / f"a{suffix}", Image.fromarray(smooth), **options))
    assert photo.rgb.shape == (40, 50, 3) and photo.rgb.dtype == np.uint8 and photo.alpha is None
    lossy = suffix in (".jpg", ".gif", ".heic")
    assert np.abs(photo.rgb.astype(int) - smooth).mean() <= (8 if lossy else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_orientation_is_applied_once_and_reset(tmp_path: Path, orientation: int, suffix: str):
    image = Image.fromarray(cv2.resize(noise(3, 4), (40, 30)))
    exif = Image.Exif()
    exif[274] = orientation
    exif[271] = "Kodak"
    path = saved(tmp_path / f"a{suffix}", image, exif=exif)
    with Image.open(path) as again:
        expected = np.asarray(ImageOps.exif_transpose(again).convert("RGB"))
    photo = Photo.open(path)
    assert np.array_equal(photo.rgb, expected)
    out = photo.save(tmp_path / f"b{suffix}")
    with Image.open(out) as result:
        assert result.getexif().get(274, 1) == 1
        assert result.getexif().get(271) == "Kodak"
    assert Photo.open(out).rgb.shape == photo.rgb.shape


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_are_kept_to_the_last(tmp_path: Path, suffix: str, channels: int):
    pixels = noise(7, 5, channels, bits=16)
    if suffix == ".tif":
        kind = {"photometric": "rgb"} if channels > 1 else {}
        tifffile.imwrite(
            tmp_path / "a.tif", pixels, extrasamples=["unassalpha"] if channels == 4 else None, **kind
        )
    else:
        order = {
            1: pixels,
            3: pixels[..., ::-1] if channels > 1 else pixels,
            4: pixels[..., [2, 1, 0, 3]] if channels == 4 else 0,
        }
        cv2.imwrite(str(tmp_path / "a.png"), order[channels])
    photo = Photo.open(tmp_path / f"a{suffix}")
    expected = np.repeat(pixels[..., None], 3, 2) if channels == 1 else pixels[..., :3]
    assert photo.bits == 16 and np.array_equal(photo.rgb, expected)
    for again in (".png", ".tif"):
        back = Photo.open(photo.save(tmp_path / f"b{again}"))
        assert np.array_equal(back.rgb, expected)
        if channels == 4:
            assert np.array_equal(back.alpha, pixels[..., 3])


def test_cmyk_is_read_and_saved_as_rgb(tmp_path: Path):
    cmyk = Image.new("CMYK", (10, 8), (0, 255, 255, 0))
    photo = Photo.open(saved(tmp_path / "a.jpg", cmyk, quality=95))
    red, green, blue = photo.rgb.reshape(-1, 3).mean(0)
    assert red > 200 and green < 60 and blue < 60 and photo.metadata.mode == "CMYK"
    with Image.open(photo.save(tmp_path / "b.jpg")) as result:
        assert result.mode == "RGB"


def test_resolution_and_description_survive(tmp_path: Path):
    exif = Image.Exif()
    exif[270] = "Grandmother, 1931"
    path = saved(tmp_path / "a.jpg", Image.fromarray(noise(9, 9)), exif=exif, dpi=(300, 300))
    for suffix in (".jpg", ".png", ".tif", ".webp"):
        out = Photo.open(path).save(tmp_path / f"b{suffix}", settings={"saturation": 1.2})
        with Image.open(out) as result:
            assert result.getexif()[270] == "Grandmother, 1931"
            if suffix == ".tif":
                assert "saturation" in result.getexif()[305]
            else:
                assert b"saturation" in result.getexif().get_ifd(0x8769)[0x9286]
            if suffix != ".webp":
                assert [round(float(value)) for value in result.info["dpi"]] == [300, 300]


def test_settings_travel_in_16_bit_files_too(tmp_path: Path):
    photo = Photo.from_array(noise(5, 5, bits=16))
    with Image.open(photo.save(tmp_path / "a.png", settings={"saturation": 1.2})) as result:
        assert "saturation" in result.text["colorizer"]
    with tifffile.TiffFile(photo.save(tmp_path / "a.tif", settings={"saturation": 1.2})) as result:
        assert "saturation" in result.pages[0].software


def wide_profile() -> bytes:
    """An RGB profile with other primaries: sRGB's with red and green colorants exchanged in the table."""
    profile = bytearray(icc.SRGB)
    count = struct.unpack(">I", profile[128:132])[0]
    places = {}
    for number in range(count):
        at = 132 + 12 * number
        places[bytes(profile[at : at + 4])] = at
    red, green = places[b"rXYZ"] + 4, places[b"gXYZ"] + 4
    profile[red : red + 8], profile[green : green + 8] = profile[green : green + 8], profile[red : red + 8]
    return bytes(profile).replace(b"s\0R\0G\0B", b"O\0d\0d\0!").replace(b"sRGB", b"Odd!")


@pytest.mark.parametrize("bits", [8, 16])
def test_a_colour_profile_is_applied_and_taken_back(tmp_path: Path, bits: int):
    pixels = np.zeros((6, 6, 3), f"uint{bits}")
    pixels[..., 0] = 2**bits - 1
    if bits == 8:
        Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=wide_profile())
    else:
        with (tmp_path / "a.png").open("wb") as file:
            write_png(file, [pixels], pixels.shape, 16, about_chunks(wide_profile(), None, b"", ""))
    photo = Photo.open(tmp_path / "a.png")
    red, green, _ = photo.rgb[0, 0] / (2**bits - 1)
    assert green > 0.95 and red < 0.2, "red of the odd profile is green"
    assert photo.metadata.notes and "sRGB" in photo.metadata.notes[0]
    out = photo.save(tmp_path / "b.png")
    with Image.open(out) as result:
        assert result.info["icc_profile"] == wide_profile()
    again = Photo.open(out)
    assert np.abs(again.rgb.astype(int) - photo.rgb).max() <= (3 if bits == 8 else 3 * 257)


def test_a_damaged_profile_is_said_and_ignored(tmp_path: Path):
    pixels = noise(5, 5)
    path = saved(tmp_path / "a.png", Image.fromarray(pixels), icc_profile=b"nonsense" * 20)
    photo = Photo.open(path)
    assert np.array_equal(photo.rgb, pixels) and "damaged" in photo.metadata.notes[0]
    assert photo.save(tmp_path / "b.png").exists()


def forged_png(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(bytes(100))
    parts = (body, pixels, b"IEND")
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("width", "height", "said"), [(60000, 60000, "3600 megapixels"), (40000, 10, "40000")]
)
def test_what_is_too_large_is_refused_from_the_header(tmp_path: Path, width: int, height: int, said: str):
    path = tmp_path / "bomb.png"
    path.write_bytes(forged_png(width, height))
    with pytest.raises(PhotoTooLarge, match=said):
        Photo.open(path)


def test_too_many_bytes_are_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(photo_room, "LIMITS", photo_room.Limits(max_bytes=100))
    path = saved(tmp_path / "a.bmp", Image.fromarray(noise(20, 20)))
    with pytest.raises(PhotoTooLarge, match="limit"):
        Photo.open(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".gif", ".bmp"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_file_cut_short_never_becomes_half_a_picture(tmp_path: Path, suffix: str, share: float):
    whole = saved(tmp_path / f"a{suffix}", Image.fromarray(noise(60, 60))).read_bytes()
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnreadablePhoto, match="cut"):
        Photo.open(cut)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_16_bit_png_cut_short_is_refused(tmp_path: Path, channels: int):
    path = Photo.from_array(noise(60, 60, channels, 16)).save(tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadablePhoto):
        Photo.open(path)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("empty.jpg", b"", UnreadablePhoto),
        ("text.jpg", b"Dear grandmother, " * 40, UnreadablePhoto),
        ("drawing.svg", b"<?xml version='1.0'?><svg xmlns='x'></svg>", UnsupportedPhoto),
        ("zeros.png", bytes(5000), UnreadablePhoto),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, name: str, content: bytes, error: type[PhotoError]):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=name):
        Photo.open(tmp_path / name)


def test_missing_files_and_folders(tmp_path: Path):
    with pytest.raises(UnreadablePhoto, match=r"nowhere\.jpg"):
        Photo.open(tmp_path / "nowhere.jpg")
    with pytest.raises(UnreadablePhoto, match="folder"):
        Photo.open(tmp_path)
    with pytest.raises(UnreadablePhoto):
        Photo.open(tmp_path / ("x" * 300 + ".jpg"))
    with pytest.raises(UnreadablePhoto):
        Photo.open("a\0b.jpg")


def test_floating_point_pictures_are_refused(tmp_path: Path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 5), np.float32))
    with pytest.raises(UnsupportedPhoto, match="8 or 16 bits"):
        Photo.open(tmp_path / "a.tif")


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1)])
def test_extreme_shapes(tmp_path: Path, shape: tuple[int, int]):
    path = saved(tmp_path / "a.png", Image.fromarray(noise(*shape)))
    photo = Photo.open(path)
    assert photo.rgb.shape == (*shape, 3)
    assert max(photo.preview(256).shape) <= 256 and photo.tone in ("grey", "toned", "coloured")


def test_a_failed_save_leaves_nothing(tmp_path: Path, monkeypatch):
    photo = Photo.from_array(noise(5, 5))
    for name in ("a.xyz", "nofolder/a.png"):
        with pytest.raises(PhotoNotSaved):
            photo.save(tmp_path / name)
    with pytest.raises(PhotoNotSaved, match="16383"):
        Photo.from_array(np.zeros((1, 20000), np.uint8)).save(tmp_path / "a.webp")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PhotoNotSaved, match="disk is full"):
        photo.save(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_depths_are_converted_by_brightness():
    assert to_bits(np.array([0, 128, 255], np.uint8), 16).tolist() == [0, 128 * 257, 65535]
    assert to_bits(np.array([0, 128, 129, 65535], np.uint16), 8).tolist() == [0, 0, 1, 255]


def test_wrong_arrays_are_refused():
    for wrong in (np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(UnsupportedPhoto):
            Photo.from_array(wrong)
