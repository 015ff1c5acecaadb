"""Do colour profiles take pixels to sRGB and back as LittleCMS does, in 8 and in 16 bits?"""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from skimage import data
from test_photo_saving import grey_profile

from colorizer.photo import icc
from colorizer.photo.icc_curves import grey_curve, rgb_curves, srgb_from_linear
from colorizer.photo.icc_grid import through_grid

ADOBE = (2.19921875, ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)))


def matrix_profile(gamma: float, primaries: tuple, parametric: bool = False) -> bytes:
    """sRGB's profile with another gamma and other primaries (XYZ under D50), as cameras and editors make
    them."""
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))
    if parametric:
        curve = b"para" + bytes(4) + struct.pack(">HHi", 0, 0, round(gamma * 65536))
    tags = {}
    for name, xyz in zip("rgb", primaries, strict=True):
        tags[f"{name}XYZ".encode()] = (
            b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in xyz))
        )
        tags[f"{name}TRC".encode()] = curve
    tags[b"wtpt"] = b"XYZ " + bytes(4) + b"\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d"
    name = b"Wide\0"
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(81)
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        table += struct.pack(">4sII", tag, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = bytearray(icc.SRGB[:128])
    header[:4] = struct.pack(">I", start + len(body))
    header[8:12] = b"\x02\x10\0\0"
    return bytes(header) + struct.pack(">I", len(tags)) + table + body


WIDE = matrix_profile(*ADOBE)


def colours(bits: int, highest: float = 1.0) -> np.ndarray:
    axis = np.linspace(0, highest * (2**bits - 1), 18).astype(f"uint{bits}")
    return np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(54, 108, 3)


@pytest.mark.parametrize("parametric", [False, True])
def test_16_bits_agree_with_littlecms(parametric):
    profile = icc.read_profile(matrix_profile(*ADOBE, parametric))
    deep = icc.to_srgb(profile, 16)(colours(8).astype(np.uint16) * 257) / 257
    assert np.abs(deep - icc.to_srgb(profile, 8)(colours(8))).max() <= 1.01
    back = icc.from_srgb(profile, 16)(colours(8).astype(np.uint16) * 257) / 257
    difference = np.abs(back - icc.from_srgb(profile, 8)(colours(8)))
    assert difference.max() <= 2 and difference.mean() < 0.3, "LittleCMS is coarse in 8-bit shadows"


def test_16_bits_return_to_the_last_few():
    profile = icc.read_profile(WIDE)
    there = icc.from_srgb(profile, 16)(colours(16))
    again = icc.to_srgb(profile, 16)(there)
    assert np.abs(again.astype(int) - colours(16)).max() <= 24, "a tenth of an 8-bit level"


def test_a_grid_stands_in_for_tables():
    profile = icc.read_profile(WIDE)
    through = through_grid(icc.from_srgb(profile, 8))(colours(16))
    assert np.abs(through.astype(int) - icc.from_srgb(profile, 16)(colours(16))).max() < 2.5 * 257
    straight = through_grid(lambda rows: rows)
    assert np.array_equal(straight(colours(16)), colours(16))


def test_grey_agrees_with_littlecms():
    ramp = np.arange(256, dtype=np.uint8)[None]
    profile = icc.read_profile(grey_profile())
    expected = ImageCms.profileToProfile(
        Image.fromarray(ramp),
        ImageCms.ImageCmsProfile(io.BytesIO(grey_profile())),
        ImageCms.createProfile("sRGB"),
        outputMode="RGB",
    )
    mine = icc.to_srgb(profile, 8)(ramp)
    assert np.abs(mine.astype(int) - np.asarray(expected)).max() <= 1
    deep = icc.to_srgb(profile, 16)(ramp.astype(np.uint16) * 257)
    assert np.abs(deep / 257 - mine).max() <= 0.51


def test_srgb_is_known_by_its_colours():
    assert icc.read_profile(icc.SRGB).is_srgb
    assert icc.read_profile(
        icc.SRGB.replace("sRGB".encode("utf-16-be"), "Oddly".encode("utf-16-be")[:8])
    ).is_srgb
    assert not icc.read_profile(WIDE).is_srgb


def test_the_curves_are_those_of_the_standard():
    levels = np.linspace(0, 1, 300)
    for curve in rgb_curves(icc.SRGB).curves:
        assert np.abs(srgb_from_linear(curve(levels)) - levels).max() < 1e-3
    assert grey_curve(grey_profile())(np.array(0.5)) == pytest.approx(0.5**1.8, abs=1e-3)


@pytest.mark.parametrize("space", ["LAB", "XYZ"])
def test_profiles_that_no_photo_has(space):
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()
    with pytest.raises(ValueError):
        icc.read_profile(made)


@given(
    source=st.sampled_from([icc.SRGB, WIDE, grey_profile()]),
    cut=st.integers(0, 700),
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=6),
)
def test_damaged_profiles_are_used_or_refused(source, cut, flips):
    damaged = bytearray(source[: len(source) - cut])
    for place, change in flips:
        if damaged:
            damaged[place % len(damaged)] ^= change
    try:
        profile = icc.read_profile(bytes(damaged))
    except ValueError:
        return
    for bits in (8, 16):
        rows = colours(bits)
        rows = {"RGB": rows, "GRAY": rows[..., 0], "CMYK": np.zeros((4, 4, 4), np.uint8)}[profile.space]
        try:
            result = icc.to_srgb(profile, 8 if profile.space == "CMYK" else bits)(rows)
        except icc.FAILURES:
            continue
        assert result.shape == (*rows.shape[:2], 3) and result.dtype == rows.dtype


def test_a_photograph_in_adobe_rgb():
    """The one picture of scikit-image with such a profile: its own numbers are duller than sRGB's."""
    profile = icc.read_profile(WIDE)
    rocket = data.rocket()
    there_and_back = icc.from_srgb(profile, 8)(icc.to_srgb(profile, 8)(rocket))
    assert np.abs(there_and_back.astype(int) - rocket).mean() < 1
