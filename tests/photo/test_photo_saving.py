"""Does a saved photo keep what belonged to it, and does a failed one leave nothing?"""

from __future__ import annotations

import errno
import io
import json
import os
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from colorizer.errors import PhotoNotSaved
from colorizer.photo import FORMATS, Photo, decode, icc
from colorizer.photo.metadata import Metadata

RNG = np.random.default_rng(4)
SETTINGS = {"model": "unet", "saturation": 1.25, "note": "é"}


def noise(height: int, width: int, bits: int = 8) -> np.ndarray:
    return RNG.integers(0, 2**bits, (height, width, 3)).astype(f"uint{bits}")


def camera_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.ImageDescription] = "Leica", "Grandfather, 1931"
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.IFD.Exif] = {
        int(ExifTags.Base.ExposureTime): IFDRational(1, 250),
        int(ExifTags.Base.ExifImageWidth): 40,
        int(ExifTags.Base.ExifImageHeight): 30,
        int(ExifTags.Base.MakerNote): bytes(range(200)),
    }
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (52.0, 31.0, 12.0)}
    return exif


@pytest.fixture
def photo(tmp_path) -> Photo:
    Image.fromarray(noise(30, 40)).save(tmp_path / "in.jpg", exif=camera_exif(), dpi=(300, 150))
    return Photo.open(tmp_path / "in.jpg")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("bits", [8, 16])
def test_exif_places_and_settings_are_kept(photo, tmp_path, format, bits):
    if bits == 16 and format in ("JPEG", "WebP"):
        with pytest.raises(PhotoNotSaved, match="16 bits"):
            photo.save(tmp_path / "out", format=format, bits=16)
        return
    path = photo.save(tmp_path / f"out{FORMATS[format]}", bits=bits, settings=SETTINGS)
    with Image.open(path) as image:
        image.load()
        exif = image.getexif()
        details, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
        assert exif[ExifTags.Base.Make] == "Leica"
        assert exif[ExifTags.Base.ImageDescription] == "Grandfather, 1931"
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        assert not exif.get_ifd(ExifTags.IFD.IFD1), "the thumbnail shows the old picture"
        assert float(details[ExifTags.Base.ExposureTime]) == pytest.approx(1 / 250)
        assert (details[ExifTags.Base.ExifImageWidth], details[ExifTags.Base.ExifImageHeight]) == (30, 40)
        assert [float(value) for value in place[2]] == [52, 31, 12]
        comment = details[ExifTags.Base.UserComment]
        assert json.loads(comment.removeprefix(b"ASCII\0\0\0")) == SETTINGS
        if format == "PNG":
            assert json.loads(image.text["colorizer"]) == SETTINGS
    again = Photo.open(path)
    assert again.bits == bits and (again.height, again.width) == (40, 30)
    assert (
        again.metadata.dpi is None
        if format == "WebP"
        else again.metadata.dpi == pytest.approx((150, 300), 0.01)
    )


def with_thumbnail(exif: bytes) -> bytes:
    """The block with a second directory (IFD1) behind it, which holds a small JPEG."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "JPEG")
    block = bytearray(exif[6:] + bytes(len(exif) % 2))
    order = "<" if block[:2] == b"II" else ">"
    link = 8 + 2 + 12 * struct.unpack_from(f"{order}H", block, 8)[0]
    start = len(block)
    struct.pack_into(f"{order}I", block, link, start)
    entries = struct.pack(f"{order}HHIIHHII", 513, 4, 1, start + 30, 514, 4, 1, len(buffer.getvalue()))
    return b"Exif\0\0" + bytes(block) + struct.pack(f"{order}H", 2) + entries + bytes(4) + buffer.getvalue()


def test_a_thumbnail_is_dropped(tmp_path):
    exif = with_thumbnail(camera_exif().tobytes())
    Image.fromarray(noise(30, 40)).save(tmp_path / "in.jpg", exif=exif)
    with Image.open(tmp_path / "in.jpg") as image:
        assert image.getexif().get_ifd(ExifTags.IFD.IFD1)
    with Image.open(Photo.open(tmp_path / "in.jpg").save(tmp_path / "out.jpg")) as image:
        assert not image.getexif().get_ifd(ExifTags.IFD.IFD1)
        assert image.getexif()[ExifTags.Base.Make] == "Leica"


def test_a_maker_note_too_long_for_a_jpeg_goes_and_the_rest_stays(tmp_path):
    exif = camera_exif()
    exif[ExifTags.IFD.Exif][int(ExifTags.Base.MakerNote)] = bytes(70_000)
    Image.fromarray(noise(30, 40)).save(tmp_path / "in.png", exif=exif)
    photo = Photo.open(tmp_path / "in.png")
    with Image.open(photo.save(tmp_path / "out.jpg")) as image:
        assert image.getexif()[ExifTags.Base.Make] == "Leica"
    with Image.open(photo.save(tmp_path / "out.tif")) as image:
        assert len(image.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote]) == 70_000


@pytest.mark.parametrize("format", FORMATS)
def test_a_damaged_exif_block_does_not_stop_a_photo(tmp_path, format):
    broken = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40
    photo = Photo(noise(9, 9), None, Metadata(exif=broken))
    assert Photo.open(photo.save(tmp_path / f"a{FORMATS[format]}", settings=SETTINGS)).width == 9


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    band=st.sampled_from([1, 7, 64, 1 << 20]),
    bits=st.sampled_from([8, 16]),
    alpha=st.booleans(),
    format=st.sampled_from(["PNG", "TIFF"]),
)
def test_bands_leave_no_seam(tmp_path, monkeypatch, height, width, band, bits, alpha, format):
    monkeypatch.setattr(decode, "BAND", band)
    ramp = np.arange(height * width * 3).reshape(height, width, 3) * 37
    photo = Photo.from_array(
        ramp.astype(f"uint{bits}"), noise(height, width, bits)[..., 0] if alpha else None
    )
    again = Photo.open(photo.save(tmp_path / "a", format=format))
    assert np.array_equal(again.rgb, photo.rgb)
    assert again.alpha is None if photo.alpha is None else np.array_equal(again.alpha, photo.alpha)


@pytest.mark.parametrize(("space", "expected"), [("grey", icc.SRGB), ("srgb", icc.SRGB), ("none", None)])
@pytest.mark.parametrize("format", FORMATS)
def test_colours_are_named_where_they_were(tmp_path, space, expected, format):
    mode = "L" if space == "grey" else "RGB"
    profile = {"grey": grey_profile(), "srgb": icc.SRGB, "none": None}[space]
    Image.fromarray(noise(8, 8)).convert(mode).save(tmp_path / "in.png", icc_profile=profile)
    with Image.open(Photo.open(tmp_path / "in.png").save(tmp_path / f"a{FORMATS[format]}")) as image:
        assert image.info.get("icc_profile") == expected


def grey_profile() -> bytes:
    """A grey profile of gamma 1.8, put together by hand."""
    curve = b"curv" + bytes(4) + (1).to_bytes(4, "big") + round(1.8 * 256).to_bytes(2, "big") + bytes(2)
    name = b"Grey 1.8"
    text = b"desc" + bytes(4) + (len(name) + 1).to_bytes(4, "big") + name + bytes(1 + 78 + 4)
    text += bytes(-len(text) % 4)
    white = b"XYZ " + bytes(4) + b"\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d"
    body, table, start = b"", b"", 132 + 3 * 12
    for tag, data in ((b"desc", text), (b"wtpt", white), (b"kTRC", curve)):
        table += tag + (start + len(body)).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        body += data
    header = bytearray(icc.SRGB[:128])
    header[16:20] = b"GRAY"
    size = 128 + 4 + len(table) + len(body)
    header[:4] = size.to_bytes(4, "big")
    return bytes(header) + (3).to_bytes(4, "big") + table + body


def test_a_jpeg_says_that_it_stands_on_white(tmp_path):
    photo = Photo.from_array(np.zeros((16, 16, 3), np.uint16), np.full((16, 16), 32768, np.uint16))
    assert Photo.open(photo.save(tmp_path / "a.jpg")).rgb.mean() == pytest.approx(127, abs=2)
    assert any("white" in sentence for sentence in photo.losses("JPEG"))
    assert any("8" in sentence for sentence in photo.losses("WebP"))
    assert photo.losses("PNG") == photo.losses("TIFF", 16) == ()


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "may not be changed"),
        (MemoryError(), "memory"),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_failures_leave_the_old_file_and_nothing_else(tmp_path, monkeypatch, failure, said, format):
    old = tmp_path / f"a{FORMATS[format]}"
    old.write_bytes(b"the old one")

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PhotoNotSaved, match=said):
        Photo.from_array(noise(5, 5)).save(old)
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_bytes() == b"the old one"


def test_stopping_while_saving_leaves_nothing(tmp_path, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("colorizer.photo.png._filtered", stop)
    with pytest.raises(KeyboardInterrupt):
        Photo.from_array(noise(5, 5)).save(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.gif", {}, r"\.png"),
        ("a", {}, "ends in"),
        ("a.png", {"format": "XYZ"}, "XYZ"),
        ("a.png", {"bits": 12}, "12"),
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
        Photo.from_array(noise(5, 5)).save(tmp_path / name, **options)
    assert str(caught.value).endswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_saved_files_are_as_readable_as_any_other(tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    path = Photo.from_array(noise(5, 5)).save(tmp_path / "a.png")
    assert path.stat().st_mode == plain.stat().st_mode


def test_equal_photos_make_equal_files(tmp_path):
    photo = Photo.from_array(noise(5, 5))
    for suffix in FORMATS.values():
        files = [photo.save(tmp_path / f"{name}{suffix}").read_bytes() for name in "ab"]
        assert files[0] == files[1]


def test_other_pixels_must_fit():
    photo = Photo.from_array(noise(5, 6))
    changed = photo.with_rgb(photo.rgb[::-1], "Turned over.")
    assert changed.metadata.notes == ("Turned over.",) and changed.rgb.flags.c_contiguous
    for wrong in (noise(6, 5), noise(5, 6, 16)):
        with pytest.raises(ValueError, match="do not fit"):
            photo.with_rgb(wrong)


def test_a_preview_is_the_average_of_its_area():
    photo = Photo.from_array(noise(64, 96, 16))
    blocks = photo.rgb.reshape(8, 8, 12, 8, 3).mean(axis=(1, 3)) / 257
    assert np.abs(photo.preview(12).astype(float) - blocks).max() <= 1
    assert photo.preview(500).shape == (64, 96, 3) and photo.preview(500).dtype == np.uint8
