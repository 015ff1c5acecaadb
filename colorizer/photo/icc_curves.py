"""Which matrix and tone curves does an ICC profile hold?

Most RGB profiles of cameras and editors are three curves and a 3 x 3 matrix, grey ones a single curve. They
are read here because Pillow's LittleCMS converts 16-bit colour only after cutting it to 8 bits. Section
numbers: ICC.1:2022.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]  # encoded 0..1 -> linear 0..1

FINE = 1 << 18  # steps of an encoding table, over the square root of the linear value


class Unreadable(ValueError):
    """The profile has no such matrix or curve: it may hold tables instead, or be damaged."""


@dataclass(frozen=True)
class Curves:
    """An RGB profile as three curves to linear light and a (3, 3) matrix from there to XYZ under D50."""

    curves: tuple[Curve, Curve, Curve]
    matrix: np.ndarray

    def decoding_tables(self) -> np.ndarray:
        """(3, 65536) float32: the linear value of each 16-bit level."""
        levels = np.linspace(0, 1, 65536)
        return np.stack([curve(levels) for curve in self.curves]).astype(np.float32)

    def encoding_tables(self) -> np.ndarray:
        """(3, FINE + 1) uint16: the 16-bit level whose linear value is (index / FINE)^2."""
        linear = np.linspace(0, 1, FINE + 1) ** 2
        levels = np.linspace(0, 65535, 65536)
        tables = [
            np.interp(linear, np.maximum.accumulate(curve(levels / 65535)), levels) for curve in self.curves
        ]
        return np.round(np.stack(tables)).astype(np.uint16)


def rgb_curves(data: bytes) -> Curves:
    """The curves and matrix of an RGB profile; Unreadable where it has tables instead."""
    tags = _tags(data)
    if data[16:20] != b"RGB " or data[20:24] != b"XYZ " or b"A2B0" in tags or b"A2B1" in tags:
        raise Unreadable("the profile is not made of curves and a matrix")
    red, green, blue = (_curve(_tag(data, tags, name)) for name in (b"rTRC", b"gTRC", b"bTRC"))
    columns = [_xyz(_tag(data, tags, name)) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    matrix = np.stack(columns, axis=1)
    if abs(np.linalg.det(matrix)) < 1e-6:
        raise Unreadable("the primaries of the profile lie on a line")
    return Curves((red, green, blue), matrix)


def grey_curve(data: bytes) -> Curve:
    """The curve of a grey profile."""
    return _curve(_tag(data, _tags(data), b"kTRC"))


def srgb_from_linear(linear: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1: linear light 0..1 -> encoded 0..1."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _tags(data: bytes) -> dict[bytes, tuple[int, int]]:
    """Section 7.3: signature -> offset and size."""
    if len(data) < 132:
        raise Unreadable("the profile is cut short")
    count = min(struct.unpack_from(">I", data, 128)[0], (len(data) - 132) // 12, 200)
    rows = [struct.unpack_from(">4sII", data, 132 + 12 * index) for index in range(count)]
    return {name: (offset, size) for name, offset, size in rows}


def _tag(data: bytes, tags: dict[bytes, tuple[int, int]], name: bytes) -> bytes:
    offset, size = tags.get(name, (0, 0))
    if size < 12 or offset + size > len(data):
        raise Unreadable(f"the profile has no {name.decode('ascii')}")
    return data[offset : offset + size]


def _fixed(data: bytes, offset: int, count: int) -> np.ndarray:
    """Section 4.7: signed numbers with 16 binary places."""
    if offset + 4 * count > len(data):
        raise Unreadable("a tag of the profile is cut short")
    return np.frombuffer(data, ">i4", count, offset) / 65536


def _xyz(tag: bytes) -> np.ndarray:
    if tag[:4] != b"XYZ ":
        raise Unreadable("a primary of the profile is no XYZ value")
    return _fixed(tag, 8, 3)


def _curve(tag: bytes) -> Curve:
    if tag[:4] == b"curv":
        return _sampled(tag)
    if tag[:4] == b"para":
        return _parametric(tag)
    raise Unreadable("a curve of the profile is of an unknown kind")


def _sampled(tag: bytes) -> Curve:
    """Section 10.6."""
    count = struct.unpack_from(">I", tag, 8)[0]
    if 12 + 2 * count > len(tag):
        raise Unreadable("a curve of the profile is cut short")
    samples = np.frombuffer(tag, ">u2", count, 12)
    if count == 0:
        return lambda x: x
    if count == 1:
        gamma = float(samples[0]) / 256
        return lambda x: x**gamma
    return lambda x: np.interp(x, np.linspace(0, 1, count), samples / 65535)


def _parametric(tag: bytes) -> Curve:
    """Section 10.18, table 68: (a x + b)^g + e above d, c x + f below it."""
    kind = struct.unpack_from(">H", tag, 8)[0]
    if kind > 4:
        raise Unreadable("a curve of the profile is of an unknown kind")
    given = [float(value) for value in _fixed(tag, 12, (1, 3, 4, 5, 7)[kind])]
    g, a, b, c, d, e, f = given + [0.0] * (7 - len(given))
    if kind == 0:
        a = 1.0
    elif kind in (1, 2):  # there the fourth number is added on both sides, and d is where the base is zero
        if a == 0:
            raise Unreadable("a curve of the profile is flat")
        c, d, e, f = 0.0, -b / a, given[3] if kind == 2 else 0.0, given[3] if kind == 2 else 0.0
    return lambda x: np.clip(np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f), 0, 1)
