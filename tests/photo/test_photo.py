"""Does any file become a photo or one sentence, and does a saved one keep what belonged to it, or leave
nothing?"""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from kinds import REFUSED
from making import PROFILES, encoded, noise, png, smooth, write
from PIL import Image
from PIL.ExifTags import IFD, Base

from colorizer.errors import PhotoNotSaved, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from colorizer.photo import FORMATS, LIMITS, Limits, Metadata, Photo, check_file, formats, to_bits
from colorizer.photo.decode import decode

SETTINGS = {"model": "unet", "saturation": 1.25, "note": "é"}


# Reading


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_called_what_it_is(tmp_path, name):
    content, error, said = REFUSED[name]
    with pytest.raises(error, match=said) as caught:
        Photo.open(write(tmp_path, name, content))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.jpg", "no file"),
        ("", "folder"),
        ("x" * 300, "opened"),
        ("a\0b", "opened"),
        ("loop.jpg", "opened"),
        ("a.png/b.jpg", "no file"),
    ],
)
def test_paths_that_lead_to_no_file(tmp_path, name, said):
    write(tmp_path, "a.png", png(noise()))
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    with pytest.raises(UnreadablePhoto, match=said):
        Photo.open(f"{tmp_path}/{name}")
    with pytest.raises(UnreadablePhoto, match=r"5 is not the name of a file\."):
        Photo.open(5)


def test_other_files_that_cannot_be_opened(tmp_path, monkeypatch):
    with pytest.raises(UnreadablePhoto, match="device"):
        Photo.open(os.devnull)  # and it isn't waited for
    path = write(tmp_path, "a.png", png(noise()))
    monkeypatch.setattr(formats, "pillow_heif", None)
    with pytest.raises(UnsupportedPhoto, match="pillow-heif"):
        Photo.open(write(tmp_path, "a.heic", b"\0\0\0\x18ftypheic" + bytes(99)))

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(UnreadablePhoto, match="Permission denied"):
        Photo.open(path)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "BMP", "HEIF", "GIF", "WEBP"])
@pytest.mark.parametrize("limits", [Limits(max_pixels=3071), Limits(max_side=63), Limits(max_bytes=50)])
def test_limits_hold_for_every_format(tmp_path, format, limits):
    path = write(tmp_path, "a", encoded(smooth(), format))
    assert check_file(path, LIMITS)[:2] == path.read_bytes()[:2]
    with pytest.raises(PhotoTooLarge, match="limit"):
        decode(path, limits)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_many(tmp_path, format):
    frames = [Image.new("RGB", (6, 5), colour) for colour in ("red", "blue", "lime")]
    lossless = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **lossless)
    photo = Photo.open(write(tmp_path, "a.bin", data))
    assert photo.rgb[2, 3].tolist() == [255, 0, 0] and photo.alpha is None
    assert photo.metadata.frames == 3 and "First of 3 frames." in photo.metadata.notes


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("dpi", [None, (72, 72), (300, 150)])
def test_the_resolution_stays_and_is_72_where_none_is_known(tmp_path, format, dpi):
    photo = Photo.open(write(tmp_path, "a", encoded(smooth(), format, **({"dpi": dpi} if dpi else {}))))
    with Image.open(photo.save(tmp_path / "b.tif")) as image:
        assert image.info["dpi"] == pytest.approx(dpi or (72, 72), abs=0.1)


def test_a_damaged_profile_is_said_and_ignored(tmp_path):
    data = encoded(noise(3), "PNG", icc_profile=b"nonsense" * 20)
    photo = Photo.open(write(tmp_path, "a.png", data))
    assert np.array_equal(photo.rgb, noise(3)) and photo.save(tmp_path / "b.png").exists()
    # libpng itself sets some aside before anybody can name them
    data = encoded(smooth(), "JPEG", icc_profile=b"nonsense" * 20)
    assert "damaged" in Photo.open(write(tmp_path, "a.jpg", data)).metadata.notes[0]


# Saving


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_a_damaged_exif_block_stops_no_photo(tmp_path, kind, format):
    broken = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40
    photo = Photo.open(write(tmp_path, "a", encoded(smooth(), kind, exif=broken)))
    assert Photo.open(photo.save(tmp_path / f"b{FORMATS[format]}", settings=SETTINGS)).width == 64


def test_a_maker_note_too_long_for_a_jpeg_goes_and_the_rest_stays(tmp_path):
    exif = Image.Exif()
    exif[Base.Make], exif[IFD.Exif] = "Leica", {int(Base.MakerNote): bytes(70_000)}
    photo = Photo.open(write(tmp_path, "in.png", encoded(smooth(), "PNG", exif=exif)))
    with Image.open(photo.save(tmp_path / "out.jpg")) as image:
        assert image.getexif()[Base.Make] == "Leica"
    with Image.open(photo.save(tmp_path / "out.tif")) as image:
        assert len(image.getexif().get_ifd(IFD.Exif)[Base.MakerNote]) == 70_000


@pytest.mark.parametrize("space", ["grey", "sRGB", None])
@pytest.mark.parametrize("format", FORMATS)
def test_colours_are_named_where_they_were(tmp_path, space, format):
    pixels = smooth(1 if space == "grey" else 3)
    data = encoded(pixels, "PNG", **({"icc_profile": PROFILES[space]} if space else {}))
    path = Photo.open(write(tmp_path, "in.png", data)).save(tmp_path / f"a{FORMATS[format]}")
    with Image.open(path) as image:
        profile = image.info.get("icc_profile")
    assert profile == PROFILES["sRGB"] if space == "sRGB" else (profile is None) == (space is None)
    assert Photo.open(path).metadata.notes == (), "it is sRGB"


@pytest.mark.parametrize("bits", [8, 16])
def test_a_colour_profile_is_applied_and_taken_back(tmp_path, bits):
    pixels = smooth(3, bits) // 2 + 2 ** (bits - 2)
    about = Metadata(icc=PROFILES["Adobe RGB"])
    again = Photo.open(Photo(pixels, None, about).save(tmp_path / "a.png"))
    assert again.metadata.notes[0].startswith("Converted from")
    assert np.abs(again.rgb.astype(int) - pixels).max() <= (3 if bits == 8 else 100)


def test_what_is_transparent_stands_on_white_in_a_jpeg(tmp_path):
    photo = Photo.from_array(np.zeros((16, 16, 3), np.uint16), np.full((16, 16), 32768, np.uint16))
    assert Photo.open(photo.save(tmp_path / "a.jpg")).rgb.mean() == pytest.approx(127, abs=2)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "may not be changed"),
        (MemoryError(), "memory"),
        (KeyboardInterrupt(), None),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_failures_leave_the_old_file_and_nothing_else(tmp_path, monkeypatch, failure, said, format):
    old = write(tmp_path, f"a{FORMATS[format]}", b"the old one")

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PhotoNotSaved if said else KeyboardInterrupt, match=said):
        Photo.from_array(smooth()).save(old)
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_bytes() == b"the old one"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.gif", {}, r"\.png"),
        ("a", {}, "ends in"),
        ("a.png", {"format": "XYZ"}, "XYZ"),
        ("a.png", {"bits": 12}, "12"),
        *((f"a{FORMATS[name]}", {"bits": 16}, "16 bits") for name in ("JPEG", "WebP", "AVIF")),
        ("a.jpg", {"quality": 0}, "between 1 and 100"),
        ("missing/a.png", {}, "missing"),
        ("folder.png", {}, "folder"),
        ("x" * 300 + ".png", {}, "Choose another name"),
        ("a\0.png", {}, "Choose another name"),
    ],
)
def test_what_cannot_be_saved_is_said(tmp_path, name, options, said):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(PhotoNotSaved, match=said) as caught:
        Photo.from_array(noise(3)).save(tmp_path / name, **options)
    assert str(caught.value).endswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


@pytest.mark.parametrize(("format", "longest"), [("WebP", 16_383), ("AVIF", 16_384), ("JPEG", 65_500)])
def test_the_longest_side_of_a_format(tmp_path, format, longest):
    photo = Photo(np.zeros((1, longest + 1, 3), np.uint8))
    with pytest.raises(PhotoNotSaved, match=f"at most {longest}"):
        photo.save(tmp_path / "a", format=format)
    Photo(photo.rgb[:, :longest]).save(tmp_path / "a", format=format)


@pytest.mark.parametrize("format", FORMATS)
def test_equal_photos_make_equal_files_as_readable_as_any_other(tmp_path, format):
    plain = write(tmp_path, "plain", b"")
    photo = Photo.from_array(smooth())
    one, other = (photo.save(tmp_path / name, format=format, settings=SETTINGS) for name in "ab")
    assert one.read_bytes() == other.read_bytes()
    assert one.stat().st_mode == plain.stat().st_mode


# The photo itself


def test_depths_are_converted_by_brightness(tmp_path):
    assert to_bits(np.array([0, 128, 255], np.uint8), 16).tolist() == [0, 128 * 257, 65535]
    assert to_bits(np.array([0, 128, 129, 65535], np.uint16), 8).tolist() == [0, 0, 1, 255]
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for values, bits in ((ramp, 8), (ramp.astype(np.uint8), 16)):
        saved = Photo.from_array(values).save(tmp_path / "a.png", bits=bits)
        assert np.array_equal(Photo.open(saved).rgb[..., 0], to_bits(values, bits))


def test_wrong_arrays_are_refused():
    for wrong in (np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(UnsupportedPhoto):
            Photo.from_array(wrong)


def test_other_pixels_must_fit():
    photo = Photo.from_array(noise(3))
    changed = photo.with_rgb(photo.rgb[::-1], "Turned over.")
    assert changed.metadata.notes == ("Turned over.",) and changed.rgb.flags.c_contiguous
    for wrong in (noise(3, 8, 6, 5), noise(3, 16)):
        with pytest.raises(ValueError, match="do not fit"):
            photo.with_rgb(wrong)


def test_a_preview_is_the_average_of_its_area():
    photo = Photo.from_array(noise(3, 16, 64, 96))
    blocks = photo.rgb.reshape(8, 8, 12, 8, 3).mean(axis=(1, 3)) / 257
    assert np.abs(photo.preview(12).astype(float) - blocks).max() <= 1
    assert photo.preview(500).shape == (64, 96, 3) and photo.preview(500).dtype == np.uint8
    for shape in ((1, 1), (1, 5000), (5000, 1)):
        extreme = Photo.from_array(noise(1, 8, *shape))
        assert max(extreme.preview(256).shape) <= 256 and extreme.tone in ("grey", "toned", "coloured")
