"""Are the pixels of every kind of file those that an independent decoder finds, and of every saved file
those that were meant?

The files are made by tifffile, Pillow, imagecodecs and by hand, and are small. Without a colour conversion
pixels are equal; with one they are LittleCMS's in floating point to a level of 8 bits.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from making import (
    PNG_PALETTE,
    PROFILES,
    after_soi,
    bmp_with_alpha,
    encoded,
    noise,
    png,
    png_chunk,
    smooth,
    tiff,
    without_adobe,
)
from PIL import ExifTags, Image, ImageOps, IptcImagePlugin
from PIL.PngImagePlugin import PngInfo

from colorizer.photo import FORMATS, Photo

pillow_heif.register_heif_opener()
LEVEL = {8: 1, 16: 257}  # one level of 8 bits
UNOPTIMISED = 0x100  # LittleCMS's flag: through the profile itself, not through a grid of it
RELATIVE = 1
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:ps="http://ns.adobe.com/photoshop/1.0/"'
    ' tiff:Orientation="{}" ps:City="Zürich"/></rdf:RDF></x:xmpmeta>'
)
IPTC = b"\x1c\x02\x78\x00\x0cGrandmother " + b"\x1c\x02\x5a\x00\x06Zurich"  # caption and city


class Case(NamedTuple):
    """A file's bytes, the pixels (H, W) or (H, W, 2..4) that are right, and by how much they may differ."""

    data: bytes
    expected: np.ndarray
    tolerance: int = 0


def full(grey: np.ndarray, bits: int) -> np.ndarray:
    """Values of 1 to 16 bits in the range of 8 or 16."""
    target = 16 if bits > 8 else 8
    return (grey * ((2**target - 1) / (2**bits - 1))).round().astype(f"uint{target}")


def by_pillow(data: bytes, mode: str = "RGB") -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert(mode))


def keyed(pixels: np.ndarray, bits: int) -> tuple[bytes, np.ndarray]:
    """A tRNS chunk that names one of the pixels, and the alpha that it means."""
    key = np.atleast_1d(pixels[3, 5])
    same = (pixels.reshape(*pixels.shape[:2], -1) == key).all(-1)
    highest = 65535 if bits > 8 else 255
    return png_chunk(b"tRNS", key.astype(">u2").tobytes()), np.where(same, 0, highest).astype(
        f"uint{max(bits, 8)}"
    )


def png_cases() -> Iterator[tuple[str, Case]]:
    for bits in (1, 2, 4, 8, 16):
        grey = noise(1, bits)
        chunk, alpha = keyed(grey, bits)
        yield f"PNG grey {bits} bit", Case(png(grey, bits), full(grey, bits))
        yield f"PNG grey {bits} bit interlaced", Case(png(grey, bits, adam7=True), full(grey, bits))
        yield (
            f"PNG grey {bits} bit, one transparent",
            Case(png(grey, bits, chunk), np.dstack([full(grey, bits), alpha])),
        )
    for bits in (8, 16):
        for channels in (2, 3, 4):
            pixels = noise(channels, bits)
            yield f"PNG {channels} channels {bits} bit", Case(png(pixels, bits), pixels)
            yield (
                f"PNG {channels} channels {bits} bit interlaced",
                Case(png(pixels, bits, adam7=True), pixels),
            )
        colours = noise(3, bits)
        chunk, alpha = keyed(colours, bits)
        yield (
            f"PNG RGB {bits} bit, one transparent",
            Case(png(colours, bits, chunk), np.dstack([colours, alpha])),
        )
    for bits in (1, 2, 4, 8):
        index, palette = noise(1, bits), noise(4, 8, 16, 16).reshape(-1, 4)[: 2**bits]
        colours, opacity = (
            png_chunk(b"PLTE", palette[:, :3].tobytes()),
            png_chunk(b"tRNS", palette[:, 3].tobytes()),
        )
        yield f"PNG palette {bits} bit", Case(png(index, bits, colours, PNG_PALETTE), palette[index][..., :3])
        yield (
            f"PNG palette {bits} bit with alpha",
            Case(png(index, bits, colours + opacity, PNG_PALETTE), palette[index]),
        )
    colours = noise(3)
    yield (
        "PNG that is sRGB by its cICP",
        Case(png(colours, 8, png_chunk(b"cICP", bytes((1, 13, 0, 1)))), colours),
    )


def tiff_cases() -> Iterator[tuple[str, Case]]:
    for bits in (1, 2, 4, 8, 12, 16):
        grey = noise(1, bits)
        for kind, expected in (
            ("minisblack", full(grey, bits)),
            ("miniswhite", full(2**bits - 1 - grey, bits)),
        ):
            data = tiff(grey.astype(bool) if bits == 1 else grey, photometric=kind, bitspersample=bits)
            yield f"TIFF {kind} {bits} bit", Case(data, expected, int(bits == 12))
    index, palette = noise(), noise(3, 8, 16, 16).reshape(256, 3)
    data = tiff(index, photometric="palette", colormap=palette.T.astype(np.uint16) * 257)
    yield "TIFF palette", Case(data, palette[index])
    for bits in (8, 16):
        rgb, rgba, both = noise(3, bits), noise(4, bits), noise(2, bits)
        layouts: dict[str, dict[str, object]] = {
            "strips": {"rowsperstrip": 4},
            "tiles": {"tile": (16, 16)},
            "big-endian": {"byteorder": ">", "rowsperstrip": 5},
            "BigTIFF": {"bigtiff": True},
            "LZW": {"compression": "lzw", "rowsperstrip": 7},
            "deflate, predictor, tiles": {"compression": "zlib", "predictor": True, "tile": (16, 32)},
            "packbits": {"compression": "packbits"},
            "big-endian LZW, predictor": {"byteorder": ">", "compression": "lzw", "predictor": True},
        }
        for name, options in layouts.items():
            yield f"TIFF RGB {bits} bit, {name}", Case(tiff(rgb, photometric="rgb", **options), rgb)
        for pixels, name in ((rgb, "RGB"), (rgba, "RGBA")):
            planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
            extra = {"extrasamples": ["unassalpha"]} if pixels is rgba else {}
            for layout in ({}, {"tile": (16, 16), "compression": "lzw"}):
                data = tiff(planes, photometric="rgb", planarconfig="separate", **extra, **layout)
                yield f"TIFF {name} {bits} bit by planes{', tiles' if layout else ''}", Case(data, pixels)
        pages = tiff(np.stack([rgb, rgb[::-1]]), photometric="rgb")
        yield f"TIFF {bits} bit of two pages", Case(pages, rgb)
        for pixels, kind in ((both, "minisblack"), (rgba, "rgb")):
            colours, alpha = pixels[..., :-1].astype(float), pixels[..., -1:].astype(float)
            yield (
                f"TIFF {kind} {bits} bit with alpha",
                Case(tiff(pixels, photometric=kind, extrasamples=["unassalpha"]), pixels),
            )
            times = np.dstack([(colours * alpha / (2**bits - 1)).round(), alpha])
            over = np.where(alpha > 0, times[..., :-1] * (2**bits - 1) / np.maximum(alpha, 1), 0).round()
            data = tiff(times.astype(rgba.dtype), photometric=kind, extrasamples=["assocalpha"])
            yield (
                f"TIFF {kind} {bits} bit with associated alpha",
                Case(data, np.dstack([over, alpha]).astype(rgba.dtype), 1),
            )
    ycc = np.asarray(Image.fromarray(smooth()).convert("YCbCr"))
    for sub in ((1, 1), (2, 1), (2, 2)):
        data = tiff(ycc, photometric="ycbcr", compression="jpeg", subsampling=sub, rowsperstrip=16)
        yield f"TIFF of JPEG in YCbCr, {sub[0]}x{sub[1]}", Case(data, tifffile.imread(io.BytesIO(data)))
    data = tiff(smooth(), photometric="rgb", compression="jpeg", tile=(32, 32))
    yield "TIFF of JPEG in RGB, tiles", Case(data, tifffile.imread(io.BytesIO(data)))


def other_cases() -> Iterator[tuple[str, Case]]:
    ways: dict[str, dict[str, object]] = {
        "4:4:4": {"subsampling": 0},
        "4:2:0": {"subsampling": 2},
        "progressive": {"progressive": True},
        "restart markers": {"restart_marker_rows": 1},
        "RGB": {"keep_rgb": True},
    }
    for name, options in ways.items():
        data = encoded(smooth(), "JPEG", **options)
        yield f"JPEG {name}", Case(data, by_pillow(data))
    data = encoded(smooth(1), "JPEG")
    yield "JPEG grey", Case(data, by_pillow(data, "L"))
    for channels in (3, 4):
        image = Image.fromarray(noise(channels)).quantize(30)
        data = encoded(image, "GIF", **({"transparency": 3} if channels == 4 else {}))
        pixels = by_pillow(data, "RGBA")
        yield (
            f"GIF{' with a transparent colour' * (channels == 4)}",
            Case(data, pixels if channels == 4 else pixels[..., :3]),
        )
    yield "BMP 24 bit", Case(encoded(noise(3), "BMP"), noise(3))
    yield "BMP 32 bit with alpha", Case(bmp_with_alpha(noise(4)), noise(4))
    data = encoded(Image.fromarray(noise(3)).quantize(30), "BMP")
    yield "BMP palette", Case(data, by_pillow(data))
    yield (
        "BMP 1 bit",
        Case(encoded(Image.fromarray(full(noise(1, 1), 1)).convert("1"), "BMP"), full(noise(1, 1), 1)),
    )
    for channels in (3, 4):
        pixels = noise(channels)
        yield (
            f"WebP lossless, {channels} channels",
            Case(encoded(pixels, "WEBP", lossless=True, exact=True), pixels),
        )
        data = encoded(smooth(channels), "WEBP", quality=90)
        yield (
            f"WebP lossy, {channels} channels",
            Case(data, by_pillow(data, "RGB" if channels == 3 else "RGBA")),
        )
        for bits in (8, 10, 12):
            deep = smooth(channels, bits)
            data = imagecodecs.avif_encode(deep, level=100, bitspersample=bits, pixelformat="444", speed=9)
            step = 2 ** (16 - bits) if bits > 8 else 1  # one level of the file's
            yield (
                f"AVIF {bits} bit, {channels} channels",
                Case(data, full(imagecodecs.avif_decode(data), bits), step),
            )
        yield f"HEIC 8 bit, {channels} channels", heic(smooth(channels), 8)
    for bits in (10, 12):
        yield f"HEIC {bits} bit", heic(smooth(3, 16), bits)


def heic(pixels: np.ndarray, bits: int) -> Case:
    """A HEIC and what libheif makes of it itself."""
    height, width, channels = pixels.shape
    mode = ("RGB" if channels == 3 else "RGBA") + (";16" if bits > 8 else "")
    buffer = io.BytesIO()
    deep, pillow_heif.options.SAVE_HDR_TO_12_BIT = pillow_heif.options.SAVE_HDR_TO_12_BIT, bits == 12
    try:
        pillow_heif.from_bytes(mode, (width, height), pixels.tobytes()).save(buffer, quality=-1, chroma=444)
    finally:
        pillow_heif.options.SAVE_HDR_TO_12_BIT = deep
    read = np.asarray(pillow_heif.open_heif(buffer, convert_hdr_to_8bit=False))
    return Case(buffer.getvalue(), read, 2 ** (16 - bits) if bits > 8 else 1)


def converted(pixels: np.ndarray, profile: str) -> np.ndarray:
    """Pixels of a profile in sRGB, by LittleCMS in floating point."""
    space = {"g": "gray", "C": "cmyk"}.get(profile[0], "rgb")
    highest = np.iinfo(pixels.dtype).max
    shares = pixels.astype(np.float32) / np.float32(highest / (100 if space == "cmyk" else 1))
    found = imagecodecs.cms_transform(
        shares,
        PROFILES[profile],
        PROFILES["sRGB"],
        colorspace=space,
        outcolorspace="rgb",
        outdtype="float32",
        intent=RELATIVE,
        flags=UNOPTIMISED,
    )
    return (found.clip(0, 1) * highest).round().astype(pixels.dtype)


def profile_cases() -> Iterator[tuple[str, Case]]:
    yield "sRGB profile", Case(encoded(noise(3), "PNG", icc_profile=PROFILES["sRGB"]), noise(3))
    for name in ("Adobe RGB", "Display P3", "grey of gamma 1.8"):
        chunk = png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(PROFILES[name]))
        for bits in (8, 16):
            pixels = noise(1 if name[0] == "g" else 3, bits)
            right = converted(pixels, name)
            yield f"{name}, PNG {bits} bit", Case(png(pixels, bits, chunk), right, LEVEL[bits])
            kind = "minisblack" if name[0] == "g" else "rgb"
            yield (
                f"{name}, TIFF {bits} bit",
                Case(tiff(pixels, photometric=kind, iccprofile=PROFILES[name]), right, LEVEL[bits]),
            )
    pixels = noise(4)
    data = encoded(pixels, "WEBP", lossless=True, exact=True, icc_profile=PROFILES["Adobe RGB"])
    yield (
        "Adobe RGB, WebP with alpha",
        Case(data, np.dstack([converted(pixels[..., :3], "Adobe RGB"), pixels[..., 3]]), 1),
    )
    data = encoded(Image.fromarray(noise(3)).quantize(30), "PNG", icc_profile=PROFILES["Adobe RGB"])
    yield "Adobe RGB, PNG palette", Case(data, converted(by_pillow(data), "Adobe RGB"), 1)
    data = encoded(smooth(), "JPEG", icc_profile=PROFILES["Display P3"])
    yield "Display P3, JPEG", Case(data, converted(by_pillow(data), "Display P3"), 1)
    for bits in (8, 16):
        inks = noise(4, bits) // 2
        data = tiff(inks, photometric="separated", iccprofile=PROFILES["CMYK"])
        yield f"CMYK, TIFF {bits} bit", Case(data, converted(inks, "CMYK"), LEVEL[bits])
    inks = smooth(4) // 2
    for name, sign, options in (
        ("CMYK, JPEG", True, {}),
        ("CMYK, JPEG without Adobe's marker", False, {}),
        ("YCCK, JPEG", True, {"outcolorspace": "ycck"}),
    ):
        # Adobe's files hold the inks inverted, and say so by their marker
        held = 255 - inks if sign else inks
        data = imagecodecs.jpeg8_encode(
            held, level=95, colorspace="cmyk", **({"outcolorspace": "cmyk"} | options)
        )
        data = data if sign else without_adobe(data)
        found = imagecodecs.jpeg8_decode(data, outcolorspace="cmyk")
        place = (0xE2, b"ICC_PROFILE\0\x01\x01" + PROFILES["CMYK"])
        yield name, Case(after_soi(data, place), converted(255 - found if sign else found, "CMYK"), 1)


CASES = dict((*png_cases(), *tiff_cases(), *other_cases(), *profile_cases()))


def same(photo: Photo, expected: np.ndarray, tolerance: int, seen_only: bool = False) -> None:
    """The photo's pixels are the expected ones; with `seen_only`, where they aren't transparent."""
    expected = expected[..., None] if expected.ndim == 2 else expected
    alpha = expected[..., -1] if expected.shape[2] in (2, 4) else None
    colours = expected[..., : 1 if expected.shape[2] < 3 else 3]
    assert photo.rgb.dtype == expected.dtype
    assert photo.rgb.shape[:2] == expected.shape[:2]
    off = np.abs(photo.rgb.astype(int) - colours)
    if seen_only and alpha is not None:
        off = off * (alpha[..., None] > 0)
    assert off.max() <= tolerance
    assert (photo.alpha is None) == (alpha is None)
    if alpha is not None:
        assert np.array_equal(photo.alpha, alpha)


@pytest.mark.parametrize("name", CASES)
def test_pixels_are_those_of_an_independent_decoder(tmp_path, name):
    (tmp_path / "photo").write_bytes(CASES[name].data)
    same(Photo.open(tmp_path / "photo"), *CASES[name][1:], seen_only=name.startswith("GIF"))


def xmp(orientation: int) -> bytes:
    return XMP.format(orientation).encode()


def described(pixels: np.ndarray, format: str, orientation: int, *, exif: bool = True) -> bytes:
    """A file with XMP, IPTC where it can hold it, and, if `exif`, EXIF, resolution and a profile.

    Without EXIF the orientation stands in XMP alone.
    """
    options: dict[str, object] = {"PNG": {}, "JPEG": {"quality": 100, "subsampling": 0}}.get(
        format, {"lossless": True}
    )
    if exif:
        about = Image.Exif()
        about[ExifTags.Base.Orientation], about[ExifTags.Base.Make] = orientation, "Leica"
        options |= {"exif": about, "icc_profile": PROFILES["Adobe RGB"], "dpi": (300, 300)}
    if format == "TIFF":
        tags = [(700, 1, None, xmp(orientation), True), (33723, 7, None, IPTC, True)]
        more = [(274, 3, 1, orientation, True), (271, 2, None, "Leica", True)] if exif else []
        return tiff(
            pixels,
            photometric="rgb",
            extratags=tags + more,
            resolution=(300, 300),
            resolutionunit=2,
            iccprofile=PROFILES["Adobe RGB"] if exif else None,
        )
    if format == "PNG":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp(orientation).decode())
        return encoded(pixels, "PNG", pnginfo=text, **options)
    if format == "WebP":
        return encoded(pixels, "WebP", xmp=xmp(orientation), **options)
    block = b"8BIM\x04\x04\0\0" + len(IPTC).to_bytes(4, "big") + IPTC
    data = encoded(pixels, "JPEG", xmp=xmp(orientation), **options)
    return after_soi(data, (0xED, b"Photoshop 3.0\0" + block)) if exif else data


def upright(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WebP", "AVIF", "HEIF"])
def test_every_orientation_of_every_format(tmp_path, format, orientation):
    about = Image.Exif()
    about[ExifTags.Base.Orientation] = orientation
    exact = {"WebP": {"lossless": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}.get(format, {})
    data = encoded(smooth(), format, exif=about, **exact)
    (tmp_path / "photo").write_bytes(data)
    same(Photo.open(tmp_path / "photo"), upright(data), 2 if format in ("AVIF", "HEIF") else 0)


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WebP"])
def test_an_orientation_that_stands_in_xmp_alone(tmp_path, format, orientation):
    data = described(smooth(), format, orientation, exif=False)
    (tmp_path / "photo").write_bytes(data)
    turned = np.rot90(by_pillow(data), {3: 2, 6: -1, 8: 1}[orientation])
    photo = Photo.open(tmp_path / "photo")
    same(photo, turned, 0)
    for name in ("a.png", "a.tif", "a.webp"):  # and it is turned once, whoever reads it
        saved = photo.save(tmp_path / name)
        assert upright(saved.read_bytes()).shape == Photo.open(saved).rgb.shape == turned.shape


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [3, 4])
def test_what_is_saved_is_what_others_read(tmp_path, format, bits, channels):
    if bits == 16 and format not in ("PNG", "TIFF"):
        pytest.skip("it holds 8 bits")
    pixels = smooth(channels, bits)
    data = Photo.from_array(pixels).save(tmp_path / "photo", format=format).read_bytes()
    if format == "TIFF":
        assert np.array_equal(tifffile.imread(io.BytesIO(data)), pixels)
    elif format == "PNG":
        assert np.array_equal(imagecodecs.png_decode(data), pixels)
    elif format == "JPEG":
        share = pixels[..., 3:] / 255 if channels == 4 else 1.0
        assert np.abs(by_pillow(data) - (pixels[..., :3] * share + 255 * (1 - share))).mean() < 2
    else:
        read = by_pillow(data, "RGBA")
        assert np.abs(read[..., :3].astype(int) - pixels[..., :3]).mean() < 3
        assert np.array_equal(read[..., 3], pixels[..., 3] if channels == 4 else np.full(read.shape[:2], 255))


@pytest.mark.parametrize("source", ["JPEG", "PNG", "TIFF", "WebP"])
@pytest.mark.parametrize("target", FORMATS)
def test_what_a_file_says_of_itself_survives(tmp_path, source, target):
    (tmp_path / "photo").write_bytes(described(smooth(), source, 6))
    photo = Photo.open(tmp_path / "photo")
    saved = photo.save(tmp_path / f"saved{FORMATS[target]}", settings={"saturation": 1.2})
    with Image.open(saved) as image:
        exif, info = image.getexif(), image.info
        assert image.size == (48, 64)
        assert exif[ExifTags.Base.Make] == "Leica" and exif.get(ExifTags.Base.Orientation, 1) == 1
        comment = exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
        assert json.loads(comment.removeprefix(b"ASCII\0\0\0")) == {"saturation": 1.2}
        assert info["icc_profile"] == PROFILES["Adobe RGB"]
        packet = info.get("xmp") or info["XML:com.adobe.xmp"]
        packet = packet.decode() if isinstance(packet, bytes) else packet
        assert "Zürich" in packet and 'Orientation="6"' not in packet
        resolution = info.get("dpi") or (exif[ExifTags.Base.XResolution],)
        assert resolution[0] == pytest.approx(300, abs=1) or source == "WebP"
        if source in ("JPEG", "TIFF") and target in ("JPEG", "TIFF"):
            assert IptcImagePlugin.getiptcinfo(image)[2, 90] == b"Zurich"
