"""Are the pixels of every kind of file those that an independent decoder finds, and is what was saved what
others read?"""

from __future__ import annotations

import io
import json
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from kinds import CASES, by_pillow, converted
from making import PROFILES, after_soi, encoded, noise, png, png_chunk, read, smooth
from PIL import Image, ImageOps, IptcImagePlugin
from PIL.ExifTags import IFD, Base
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from colorizer.photo import FORMATS, Photo

IPTC = b"\x1c\x02\x78\0\x0bGrandmother\x1c\x02\x5a\0\x06Zurich"  # caption and city
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:ps="http://ns.adobe.com/photoshop/1.0/"'
    ' tiff:Orientation="{}" ps:City="Zürich"/></rdf:RDF></x:xmpmeta>'
)


def same(photo: Photo, expected: np.ndarray, tolerance: int = 0, *, seen_only: bool = False) -> None:
    """The photo's pixels are the expected ones; with `seen_only`, where they aren't transparent."""
    expected = expected[..., None] if expected.ndim == 2 else expected
    alpha = expected[..., -1:] if expected.shape[2] in (2, 4) else None
    assert photo.rgb.dtype == expected.dtype and photo.rgb.shape[:2] == expected.shape[:2]
    assert (photo.alpha is None) == (alpha is None)
    off = np.abs(photo.rgb.astype(int) - expected[..., : 1 if expected.shape[2] < 3 else 3])
    if alpha is not None:
        assert np.abs(photo.alpha[..., None].astype(int) - alpha).max() <= tolerance
        off = off * (alpha > 0) if seen_only else off
    assert off.max() <= tolerance


@pytest.mark.parametrize("name", CASES)
def test_pixels_are_those_of_an_independent_decoder(tmp_path, name):
    data, expected, tolerance = CASES[name]
    same(read(tmp_path, data), expected, tolerance, seen_only="GIF" in name)


def upright(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WebP", "AVIF", "HEIF"])
def test_every_orientation_of_every_format(tmp_path, format, orientation):
    about = Image.Exif()
    about[Base.Orientation] = orientation
    options = {"WebP": {"lossless": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}.get(format, {})
    data = encoded(smooth(), format, exif=about, **options)
    same(read(tmp_path, data), upright(data), 2 if format in ("AVIF", "HEIF") else 0)


def with_thumbnail(exif: bytes) -> bytes:
    """The block with a second directory (IFD1) behind it, which holds a small JPEG."""
    thumbnail = encoded(Image.new("RGB", (8, 8), "red"), "JPEG")
    block = bytearray(exif[6:] + bytes(len(exif) % 2))
    order = "<" if block[:2] == b"II" else ">"
    struct.pack_into(f"{order}I", block, 10 + 12 * struct.unpack_from(f"{order}H", block, 8)[0], len(block))
    entries = struct.pack(f"{order}HHIIHHII", 513, 4, 1, len(block) + 30, 514, 4, 1, len(thumbnail))
    return b"Exif\0\0" + bytes(block) + struct.pack(f"{order}H", 2) + entries + bytes(4) + thumbnail


def described(format: str, orientation: int, *, in_xmp_alone: bool = False) -> bytes:
    """A file with XMP, EXIF, resolution and a profile, and IPTC where it can hold it."""
    about, xmp = Image.Exif(), XMP.format(orientation).encode()
    about[Base.Make], about[Base.ImageDescription] = "Leica", "Grandfather, 1931"
    about[Base.XResolution], about[Base.YResolution], about[Base.ResolutionUnit] = 300, 150, 2
    about[IFD.Exif] = {
        int(Base.ExposureTime): IFDRational(1, 250),
        int(Base.ExifImageWidth): 64,
        int(Base.ExifImageHeight): 48,
        int(Base.MakerNote): bytes(range(200)),
    }
    about[IFD.GPSInfo] = {1: "N", 2: (52.0, 31.0, 12.0)}
    if not in_xmp_alone:
        about[Base.Orientation] = orientation
    options = {"exif": about, "icc_profile": PROFILES["Adobe RGB"], "dpi": (300, 150)}
    if format == "TIFF":
        about[700], about[33723] = xmp, IPTC
        return encoded(smooth(), "TIFF", **options | {"exif": about.tobytes()})
    if format == "PNG":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return encoded(smooth(), "PNG", pnginfo=text, **options)
    options |= {"exif": with_thumbnail(about.tobytes()), "xmp": xmp}
    if format == "WebP":
        return encoded(smooth(), "WebP", lossless=True, **options)
    block = b"Photoshop 3.0\08BIM\x04\x04\0\0" + len(IPTC).to_bytes(4, "big") + IPTC + bytes(len(IPTC) % 2)
    return after_soi(encoded(smooth(), "JPEG", quality=95, **options), (0xED, block))


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WebP"])
def test_an_orientation_that_stands_in_xmp_alone(tmp_path, format, orientation):
    data = described(format, orientation, in_xmp_alone=True)
    lying = converted(by_pillow(data) if format == "JPEG" else smooth(), "Adobe RGB")
    turned = np.rot90(lying, {3: 2, 6: -1, 8: 1}[orientation])
    photo = read(tmp_path, data)
    same(photo, turned, 1)
    for suffix in FORMATS.values():  # turned once, whoever reads it
        saved = photo.save(tmp_path / f"saved{suffix}")
        assert upright(saved.read_bytes()).shape == Photo.open(saved).rgb.shape == turned.shape


def test_exif_behind_the_pixels_of_a_png(tmp_path):
    """Where ExifTool puts it."""
    about = Image.Exif()
    about[Base.Orientation] = 6
    data = png(noise(3))
    end = len(data) - len(png_chunk(b"IEND", b""))
    data = data[:end] + png_chunk(b"eXIf", about.tobytes().removeprefix(b"Exif\0\0")) + data[end:]
    same(read(tmp_path, data), np.rot90(noise(3), -1))


WRITTEN = [*((name, 8) for name in FORMATS), ("PNG", 16), ("TIFF", 16)]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("format", "bits"), WRITTEN)
def test_what_is_saved_is_what_others_read(tmp_path, format, bits, channels):
    pixels = smooth(channels, bits)
    data = Photo.from_array(pixels).save(tmp_path / "photo", format=format).read_bytes()
    if format in ("TIFF", "PNG"):
        found = tifffile.imread(io.BytesIO(data)) if format == "TIFF" else imagecodecs.png_decode(data)
        assert np.array_equal(found, pixels)
        return
    found = by_pillow(data, "RGBA" if channels == 4 and format != "JPEG" else "RGB").astype(int)
    if format == "JPEG" and channels == 4:  # stands on white
        share = pixels[..., 3:] / 255
        pixels = pixels[..., :3] * share + 255 * (1 - share)
    assert np.abs(found - pixels).mean() < 3
    assert np.abs(found - pixels)[..., 3:].max(initial=0) <= 4, "alpha"


@pytest.mark.parametrize("source", ["JPEG", "PNG", "TIFF", "WebP"])
@pytest.mark.parametrize(("target", "bits"), WRITTEN)
def test_what_a_file_says_of_itself_survives(tmp_path, source, target, bits):
    photo, settings = read(tmp_path, described(source, 6)), {"saturation": 1.25, "note": "é"}
    saved = photo.save(tmp_path / f"saved{FORMATS[target]}", bits=bits, settings=settings)
    with Image.open(saved) as image:
        image.load()
        exif, info = image.getexif(), image.info
        details, place = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
        assert image.size == (48, 64) and exif.get(Base.Orientation, 1) == 1
        assert exif[Base.Make] == "Leica" and exif[Base.ImageDescription] == "Grandfather, 1931"
        assert not exif.get_ifd(IFD.IFD1), "the thumbnail shows the old picture"
        assert float(details[Base.ExposureTime]) == pytest.approx(1 / 250)
        assert (details[Base.ExifImageWidth], details[Base.ExifImageHeight]) == (48, 64)
        assert details[Base.MakerNote] == bytes(range(200))
        assert [float(value) for value in place[2]] == [52, 31, 12]
        said = [details[Base.UserComment].removeprefix(b"ASCII\0\0\0")]
        said += {"PNG": [info.get("colorizer")], "TIFF": [exif.get(Base.Software)]}.get(target, [])
        assert all(json.loads(text) == settings for text in said)
        assert info["icc_profile"] == PROFILES["Adobe RGB"]
        assert "Zürich" in info["xmp"].decode() and 'Orientation="6"' not in info["xmp"].decode()
        dpi = (exif[Base.XResolution], exif[Base.YResolution], info.get("dpi", (150,))[0])
        assert dpi == pytest.approx((150, 300, 150), abs=1)
        if source in ("JPEG", "TIFF") and target in ("JPEG", "TIFF"):
            assert IptcImagePlugin.getiptcinfo(image) == {(2, 120): b"Grandmother", (2, 90): b"Zurich"}
    again = Photo.open(saved)
    assert again.bits == bits and again.metadata.dpi == pytest.approx((150, 300), 0.01)
