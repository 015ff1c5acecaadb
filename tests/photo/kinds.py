"""Which kinds of files are there, which pixels are in them, and which are refused in which words?

The files are made by tifffile, Pillow, imagecodecs and by hand. Without a colour conversion pixels are equal;
with one they are those of LittleCMS in floating point to a level of 8 bits.
"""

from __future__ import annotations

import io
import itertools
import zlib

import cv2
import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from making import (
    PNG_PALETTE,
    PROFILES,
    after_soi,
    black_png,
    encoded,
    ifd,
    noise,
    png,
    png_chunk,
    smooth,
    tiff,
    without_adobe,
)
from PIL import Image

from colorizer.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto

# A file's name -> its bytes, the right pixels (H, W) or (H, W, 2..4), and by how much others may differ
CASES: dict[str, tuple[bytes, np.ndarray, int]] = {}

APART = {"photometric": "rgb", "planarconfig": "separate"}
LEVEL = {8: 1, 16: 257}  # of 8 bits
UNOPTIMISED = 0x100  # LittleCMS's flag: through the profile itself, not through a coarse grid of it
RELATIVE = 1


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
    for bits in (1, 2, 4, 8, 16):
        grey = noise(1, bits)
        for kind, seen in (("minisblack", grey), ("miniswhite", 2**bits - 1 - grey)):
            data = tiff(grey.astype(bool) if bits == 1 else grey, photometric=kind, bitspersample=bits)
            case(f"TIFF {kind} {bits} bit", data, full(seen, bits))
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
        for pixels, options in ((rgb, {}), (rgba, {"extrasamples": [2]})):
            data = tiff(np.ascontiguousarray(pixels.transpose(2, 0, 1)), **APART, **options)
            case(f"TIFF {pixels.shape[2]} planes of {bits} bit", data, pixels)
        case(f"TIFF {bits} bit, two pages", tiff(np.stack([rgb, rgb[::-1]]), photometric="rgb"), rgb)
        for pixels, kind in ((noise(2, bits), "minisblack"), (rgba, "rgb")):
            name, highest = f"TIFF {kind} {bits} bit", 2**bits - 1
            case(f"{name}, alpha", tiff(pixels, photometric=kind, extrasamples=[2]), pixels)
            alpha = pixels[..., -1:].astype(float)
            times = (pixels[..., :-1] * alpha / highest).round()
            data = tiff(np.dstack([times, alpha]).astype(pixels.dtype), photometric=kind, extrasamples=[1])
            over = (times * highest / np.maximum(alpha, 1)).round()
            case(f"{name}, associated alpha", data, np.dstack([over, alpha]).astype(pixels.dtype), 1)
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
    data = cv2.imencode(".bmp", noise(4)[..., [2, 1, 0, 3]])[1].tobytes()
    case("BMP 32 bit with alpha", data, noise(4))
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


def named(bits: int, *numbers: int) -> bytes:
    """A PNG of a dark red that names its colours (cICP) by primaries and curve."""
    half = np.full((8, 8, 3), (2 ** (bits - 1), 0, 0), f"uint{bits}")
    return png(half, bits, png_chunk(b"cICP", bytes((*numbers, 0, 1))))


def profile_cases() -> None:
    for bits in (8, 16):
        red = np.full((8, 8, 3), (140.6 / 255 * (2**bits - 1), 0, 0)).round().astype(f"uint{bits}")
        case(f"Display P3 by cICP, PNG {bits} bit", named(bits, 12, 13), red, LEVEL[bits])
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
        light = (255 - found).astype(float)
        case(
            f"{name}, JPEG without profile",
            data,
            (light[..., :3] * light[..., 3:] / 255).round().astype(np.uint8),
        )


for cases in (png_cases, tiff_cases, other_cases, profile_cases):
    cases()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'
JPEG = encoded(smooth(3, 8, 300, 400), "JPEG")
# A file's name -> its bytes, the error, and a word of its sentence
REFUSED: dict[str, tuple[bytes, type[PhotoError], str]] = {
    "page.pdf": (b"%PDF-1.7\n" + bytes(99), UnsupportedPhoto, "PDF"),
    "drawing.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n" + bytes(99), UnsupportedPhoto, "PostScript"),
    "layers.psd": (b"8BPS\0\1" + bytes(99), UnsupportedPhoto, "Photoshop"),
    "raw.nef": (b"II*\0" + bytes(99), UnsupportedPhoto, "raw"),
    "photo.jxl": (b"\xff\x0a" + bytes(99), UnsupportedPhoto, "JPEG XL"),
    "drawing.svg": (b"<?xml version='1.0'?>" + SVG, UnsupportedPhoto, "SVG"),
    "pq.png": (named(8, 9, 16), UnsupportedPhoto, "PQ"),
    "hlg.png": (named(16, 9, 18), UnsupportedPhoto, "HLG"),
    "lab.tif": (tiff(noise(3), photometric="cielab"), UnsupportedPhoto, "8 or 16 bits"),
    "lab-16.tif": (tiff(noise(3, 16), photometric="cielab"), UnsupportedPhoto, "black and white"),
    "twelve.tif": (tiff(noise(3, 12), photometric="rgb", bitspersample=12), UnsupportedPhoto, "8 or 16 bits"),
    "zstd.tif": (tiff(noise(3), photometric="rgb", compression="zstd"), UnsupportedPhoto, "ZSTD"),
    "planes.tif": (tiff(noise(32, 8, 3, 32), **APART, tile=(16, 16)), UnsupportedPhoto, "separate planes"),
    **{
        f"{kind}.tif": (tiff(np.zeros((4, 5), kind), photometric="minisblack"), UnsupportedPhoto, "black and")
        for kind in ("float16", "float32", "int32", "int16", "int8")
    },
    "ycbcr.tif": (encoded(Image.new("YCbCr", (8, 8)), "TIFF"), UnsupportedPhoto, "YCbCr"),
    "empty.jpg": (b"", UnreadablePhoto, "empty"),
    "one-byte.png": (b"\x89", UnreadablePhoto, "Its content decides"),
    "text.jpg": (b"Dear grandson, here is the photograph.\n" * 50, UnreadablePhoto, "Its content decides"),
    "short-text.jpg": (b"hello", UnreadablePhoto, "Its content decides"),
    "page.png": (b"<html><body>404 Not Found</body></html>", UnreadablePhoto, "Its content decides"),
    "zeros.png": (bytes(5000), UnreadablePhoto, "Its content decides"),
    "zeros.tif": (b"II*\0" + bytes(500), UnreadablePhoto, "damaged"),
    "only-a-marker.jpg": (b"\xff\xd8\xff\xe0", UnreadablePhoto, "cut short"),
    "only-a-header.jpg": (JPEG[:20], UnreadablePhoto, "cut short"),
    "truncated.jpg": (JPEG[: len(JPEG) // 2], UnreadablePhoto, "cut short"),
    "truncated.png": (encoded(smooth(), "PNG")[:2000], UnreadablePhoto, "cut short"),
    "zeros-at-its-end.png": (png(noise(3))[:-30] + bytes(18), UnreadablePhoto, "cut short"),
    "program.heic": (b"\0\0\0\x18ftypheic" + bytes(200), UnreadablePhoto, "damaged"),
    "no-size.png": (black_png(0, 0), UnreadablePhoto, "damaged"),
    "largest.png": (black_png(2**31 - 1, 2**31 - 1), UnreadablePhoto, "damaged"),
    "bomb.png": (black_png(60_000, 60_000), PhotoTooLarge, "3600 megapixels"),
    "wide.png": (black_png(40_000, 10), PhotoTooLarge, "40000"),
    "\x1b[31mred\a\n.jpg": (b"no picture", UnreadablePhoto, r"\\x1b\[31mred\\x07\\n"),
}
