"""Are the pixels of every kind of file those that an independent decoder finds, and is what was saved what
others read?

The files are made by tifffile, Pillow, imagecodecs and by hand. Without a colour conversion pixels are equal;
with one they are those of LittleCMS in floating point to a level of 8 bits.
"""

from __future__ import annotations

import io
import itertools
import json
import zlib

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
    ifd,
    noise,
    png,
    png_chunk,
    read,
    smooth,
    tiff,
    without_adobe,
)
from PIL import ExifTags, Image, ImageOps, IptcImagePlugin
from PIL.PngImagePlugin import PngInfo

from colorizer.photo import FORMATS, Photo

# A file's name -> its bytes, the right pixels (H, W) or (H, W, 2..4), and by how much others may differ
CASES: dict[str, tuple[bytes, np.ndarray, int]] = {}

LEVEL = {8: 1, 16: 257}  # of 8 bits
UNOPTIMISED = 0x100  # LittleCMS's flag: through the profile itself, not through a coarse grid of it
RELATIVE = 1
IPTC = b"\x1c\x02\x78\0\x0bGrandmother\x1c\x02\x5a\0\x06Zurich"  # caption and city
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:ps="http://ns.adobe.com/photoshop/1.0/"'
    ' tiff:Orientation="{}" ps:City="Zürich"/></rdf:RDF></x:xmpmeta>'
)


def case(name: str, data: bytes, expected: np.ndarray, tolerance: int = 0) -> None:
    CASES[name] = (data, expected, tolerance)


def full(values: np.ndarray, bits: int) -> np.ndarray:
    """Values of 1 to 16 bits in the range of 8 or 16."""
    target = 16 if bits > 8 else 8
    return (values * ((2**target - 1) / (2**bits - 1))).round().astype(f"uint{target}")


def by_pillow(data: bytes, mode: str = "RGB") -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert(mode))


def palette(alpha: bool = False) -> np.ndarray:
    return noise(3 + alpha, 8, 16, 16).reshape(256, 3 + alpha)


def png_cases() -> None:
    for bits in (1, 2, 4, 8, 16):
        for channels in (1, 2, 3, 4) if bits >= 8 else (1,):
            name, pixels = f"PNG {channels} x {bits} bit", noise(channels, bits)
            wide = full(pixels, bits)
            case(name, png(pixels, bits), wide)
            case(f"{name}, interlaced", png(pixels, bits, adam7=True), wide)
            if channels in (1, 3):
                key = np.atleast_1d(pixels[3, 5])
                seen = (pixels.reshape(*pixels.shape[:2], channels) != key).any(-1)
                alpha = np.where(seen, np.iinfo(wide.dtype).max, 0).astype(wide.dtype)
                data = png(pixels, bits, png_chunk(b"tRNS", key.astype(">u2").tobytes()))
                case(f"{name}, one transparent", data, np.dstack([wide, alpha]))
    for bits in (1, 2, 4, 8):
        index, colours = noise(1, bits), palette(alpha=True)[: 2**bits]
        chunk = png_chunk(b"PLTE", colours[:, :3].tobytes())
        case(f"PNG palette of {bits} bit", png(index, bits, chunk, PNG_PALETTE), colours[index][..., :3])
        chunk += png_chunk(b"tRNS", colours[:, 3].tobytes())
        case(f"PNG palette of {bits} bit with alpha", png(index, bits, chunk, PNG_PALETTE), colours[index])
    denial = png_chunk(b"eXIf", b"II*\0\x08\0\0\0" + ifd([(338, 3, 1, 0)]))
    case("PNG with alpha, of which its EXIF says that it is none", png(noise(4), 8, denial), noise(4))
    case("PNG that is sRGB by cICP", png(noise(3), 8, png_chunk(b"cICP", bytes((1, 13, 0, 1)))), noise(3))


def tiff_cases() -> None:
    for bits in (1, 2, 4, 8, 12, 16):
        grey = noise(1, bits)
        values = grey.astype(bool) if bits == 1 else grey
        data = tiff(values, photometric="minisblack", bitspersample=bits)
        case(f"TIFF grey {bits} bit", data, full(grey, bits), int(bits == 12))
        if bits != 12:
            data = tiff(values, photometric="miniswhite", bitspersample=bits)
            case(f"TIFF grey {bits} bit, 0 is white", data, full(2**bits - 1 - grey, bits))
    colours = palette().T.astype(np.uint16) * 257
    case("TIFF palette", tiff(noise(), photometric="palette", colormap=colours), palette()[noise()])
    for bits in (8, 16):
        rgb, rgba = noise(3, bits), noise(4, bits)
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
            case(f"TIFF RGB {bits} bit, {name}", tiff(rgb, photometric="rgb", **options), rgb)
        apart = {"photometric": "rgb", "planarconfig": "separate"}
        for pixels, options in ((rgb, {}), (rgba, {"extrasamples": [2]}), (rgb, {"tile": (16, 16)})):
            if bits == 8 or "tile" not in options:
                data = tiff(np.ascontiguousarray(pixels.transpose(2, 0, 1)), **apart, **options)
                case(f"TIFF {pixels.shape[2]} planes of {bits} bit {[*options]}", data, pixels)
        case(f"TIFF {bits} bit, two pages", tiff(np.stack([rgb, rgb[::-1]]), photometric="rgb"), rgb)
        for pixels, kind in ((noise(2, bits), "minisblack"), (rgba, "rgb")):
            name, highest = f"TIFF {kind} {bits} bit", 2**bits - 1
            case(f"{name}, alpha", tiff(pixels, photometric=kind, extrasamples=[2]), pixels)
            alpha = pixels[..., -1:].astype(float)
            times = (pixels[..., :-1] * alpha / highest).round()
            data = tiff(np.dstack([times, alpha]).astype(pixels.dtype), photometric=kind, extrasamples=[1])
            over = (times * highest / np.maximum(alpha, 1)).round()
            case(f"{name}, associated alpha", data, np.dstack([over, alpha]).astype(pixels.dtype), 1)
    case("TIFF zstd", tiff(noise(3), photometric="rgb", compression="zstd"), noise(3))
    ycc = np.asarray(Image.fromarray(smooth()).convert("YCbCr"))
    for sub in ((1, 1), (2, 1), (2, 2)):
        data = tiff(ycc, photometric="ycbcr", compression="jpeg", subsampling=sub, rowsperstrip=16)
        case(f"TIFF of JPEG in YCbCr {sub}", data, tifffile.imread(io.BytesIO(data)))
    data = tiff(smooth(), photometric="rgb", compression="jpeg", tile=(32, 32))
    case("TIFF of JPEG in RGB, tiles", data, tifffile.imread(io.BytesIO(data)))


def other_cases() -> None:
    ways: dict[str, dict[str, object]] = {
        "4:4:4": {"subsampling": 0},
        "4:2:0": {"subsampling": 2},
        "progressive": {"progressive": True},
        "restart markers": {"restart_marker_rows": 1},
        "RGB": {"keep_rgb": True},
    }
    for name, options in ways.items():
        data = encoded(smooth(), "JPEG", **options)
        case(f"JPEG {name}", data, by_pillow(data))
    data = encoded(smooth(1), "JPEG")
    case("JPEG grey", data, by_pillow(data, "L"))
    few = Image.fromarray(noise(3)).quantize(30)
    for name, data in (("GIF", encoded(few, "GIF")), ("BMP palette", encoded(few, "BMP"))):
        case(name, data, by_pillow(data))
    data = encoded(few, "GIF", transparency=3)
    case("GIF, one transparent", data, by_pillow(data, "RGBA"))
    case("BMP 24 bit", encoded(noise(3), "BMP"), noise(3))
    case("BMP 32 bit with alpha", bmp_with_alpha(noise(4)), noise(4))
    bilevel = full(noise(1, 1), 1)
    case("BMP 1 bit", encoded(Image.fromarray(bilevel).convert("1"), "BMP"), bilevel)
    for channels, mode in ((3, "RGB"), (4, "RGBA")):
        data = encoded(noise(channels), "WEBP", lossless=True, exact=True)
        case(f"WebP {mode} lossless", data, noise(channels))
        data = encoded(smooth(channels), "WEBP")
        case(f"WebP {mode}", data, by_pillow(data, mode))
        for bits in (8, 10, 12):
            step = 2 ** (16 - bits) if bits > 8 else 1  # one level of the file's
            data = imagecodecs.avif_encode(smooth(channels, bits), 100, bitspersample=bits, pixelformat="444")
            case(f"AVIF {mode} {bits} bit", data, full(imagecodecs.avif_decode(data), bits), step)
            data = heic(smooth(channels, 16 if bits > 8 else 8), mode, bits)
            deep = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
            case(f"HEIC {mode} {bits} bit", data, np.asarray(deep), step)


def heic(pixels: np.ndarray, mode: str, bits: int) -> bytes:
    buffer = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", bits == 12)
        image = pillow_heif.from_bytes(mode + ";16" * (bits > 8), pixels.shape[1::-1], pixels.tobytes())
        image.save(buffer, quality=-1, chroma=444)
    return buffer.getvalue()


def converted(pixels: np.ndarray, profile: str) -> np.ndarray:
    """Pixels of a profile in sRGB, by LittleCMS in floating point."""
    space = {"g": "gray", "C": "cmyk"}.get(profile[0], "rgb")
    highest = np.iinfo(pixels.dtype).max
    shares = pixels.astype(np.float32) / np.float32(highest / (100 if space == "cmyk" else 1))
    profiles = (PROFILES[profile], PROFILES["sRGB"])
    how = {"outdtype": "float32", "intent": RELATIVE, "flags": UNOPTIMISED}
    found = imagecodecs.cms_transform(shares, *profiles, colorspace=space, outcolorspace="rgb", **how)
    return (found.clip(0, 1) * highest).round().astype(pixels.dtype)


def profile_cases() -> None:
    case("sRGB by its profile", encoded(noise(3), "PNG", icc_profile=PROFILES["sRGB"]), noise(3))
    channels = {"Adobe RGB": 3, "Display P3": 3, "grey": 1, "CMYK": 4}
    for (name, count), bits in itertools.product(channels.items(), (8, 16)):
        pixels = noise(count, bits) >> (count == 4)
        right = converted(pixels, name)
        # LittleCMS's table of a grey curve is half a level off where it is steepest
        tolerance = LEVEL[bits] * 3 // 2 if count == 1 else LEVEL[bits]
        kind = {1: "minisblack", 3: "rgb", 4: "separated"}[count]
        data = tiff(pixels, photometric=kind, iccprofile=PROFILES[name])
        case(f"{name}, TIFF {bits} bit", data, right, tolerance)
        if count < 4:
            chunk = png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(PROFILES[name]))
            case(f"{name}, PNG {bits} bit", png(pixels, bits, chunk), right, tolerance)
    adobe = {"icc_profile": PROFILES["Adobe RGB"]}
    data = encoded(noise(4), "WEBP", lossless=True, exact=True, **adobe)
    right = np.dstack([converted(noise(4)[..., :3], "Adobe RGB"), noise(4)[..., 3]])
    case("Adobe RGB, WebP with alpha", data, right, 1)
    data = encoded(Image.fromarray(noise(3)).quantize(30), "PNG", **adobe)
    case("Adobe RGB, PNG palette", data, converted(by_pillow(data), "Adobe RGB"), 1)
    data = encoded(smooth(), "JPEG", **adobe)
    case("Adobe RGB, JPEG", data, converted(by_pillow(data), "Adobe RGB"), 1)
    inks, place = smooth(4) // 2, (0xE2, b"ICC_PROFILE\0\x01\x01" + PROFILES["CMYK"])
    for name, space in (("CMYK", "cmyk"), ("YCCK", "ycck"), ("CMYK without Adobe's marker", "cmyk")):
        adobes = "without" not in name  # who holds the inks inverted, and says so by the marker
        data = imagecodecs.jpeg8_encode(inks ^ 255 * adobes, 95, colorspace="cmyk", outcolorspace=space)
        data = data if adobes else without_adobe(data)
        found = imagecodecs.jpeg8_decode(data, outcolorspace="cmyk") ^ 255 * adobes
        case(f"{name}, JPEG", after_soi(data, place), converted(found, "CMYK"), 1)


for cases in (png_cases, tiff_cases, other_cases, profile_cases):
    cases()


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
    about[ExifTags.Base.Orientation] = orientation
    options = {"WebP": {"lossless": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}.get(format, {})
    data = encoded(smooth(), format, exif=about, **options)
    same(read(tmp_path, data), upright(data), 2 if format in ("AVIF", "HEIF") else 0)


def described(format: str, orientation: int, *, in_xmp_alone: bool = False) -> bytes:
    """A file with XMP, EXIF, resolution and a profile, and IPTC where it can hold it."""
    pixels, xmp = smooth(), XMP.format(orientation).encode()
    about, options = Image.Exif(), {"PNG": {}, "JPEG": {"quality": 95}}.get(format, {"lossless": True})
    about[ExifTags.Base.Make] = "Leica"
    if not in_xmp_alone:
        about[ExifTags.Base.Orientation] = orientation
    if format == "TIFF":
        tags = [(700, 1, None, xmp, True), (33723, 7, None, IPTC, True), (271, 2, None, "Leica", True)]
        tags += [] if in_xmp_alone else [(274, 3, 1, orientation, True)]
        known = {"iccprofile": PROFILES["Adobe RGB"], "resolution": (300, 300), "resolutionunit": 2}
        return tiff(pixels, photometric="rgb", extratags=tags, **known)
    options |= {"exif": about, "icc_profile": PROFILES["Adobe RGB"], "dpi": (300, 300)}
    if format == "PNG":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return encoded(pixels, "PNG", pnginfo=text, **options)
    data = encoded(pixels, format, xmp=xmp, **options)
    block = b"Photoshop 3.0\08BIM\x04\x04\0\0" + len(IPTC).to_bytes(4, "big") + IPTC + bytes(len(IPTC) % 2)
    return after_soi(data, (0xED, block)) if format == "JPEG" else data


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
    about[ExifTags.Base.Orientation] = 6
    data = png(noise(3))
    end = len(data) - len(png_chunk(b"IEND", b""))
    data = data[:end] + png_chunk(b"eXIf", about.tobytes().removeprefix(b"Exif\0\0")) + data[end:]
    same(read(tmp_path, data), np.rot90(noise(3), -1))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("format", "bits"), [*((name, 8) for name in FORMATS), ("PNG", 16), ("TIFF", 16)])
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
@pytest.mark.parametrize("target", FORMATS)
def test_what_a_file_says_of_itself_survives(tmp_path, source, target):
    photo = read(tmp_path, described(source, 6))
    saved = photo.save(tmp_path / f"saved{FORMATS[target]}", settings={"saturation": 1.2})
    with Image.open(saved) as image:
        exif, info = image.getexif(), image.info
        assert image.size == (48, 64)
        assert exif[ExifTags.Base.Make] == "Leica" and exif.get(ExifTags.Base.Orientation, 1) == 1
        comment = exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
        assert json.loads(comment.removeprefix(b"ASCII\0\0\0")) == {"saturation": 1.2}
        assert info["icc_profile"] == PROFILES["Adobe RGB"]
        assert "Zürich" in info["xmp"].decode() and 'Orientation="6"' not in info["xmp"].decode()
        if source != "WebP":  # whose place for it Pillow doesn't write
            assert info.get("dpi", (exif.get(ExifTags.Base.XResolution),))[0] == pytest.approx(300, abs=1)
        if source in ("JPEG", "TIFF") and target in ("JPEG", "TIFF"):
            assert IptcImagePlugin.getiptcinfo(image) == {(2, 120): b"Grandmother", (2, 90): b"Zurich"}
