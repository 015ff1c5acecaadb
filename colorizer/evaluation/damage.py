"""What happens to prints in a hundred years? Scratches, hairs, dust, creases, cracks, spots, drawn by chance.

The network that finds damage learns from it, and is measured by it. What tells damage from a wire, a whisker
or a star is that it lies on the print: it is sharper than the picture, whiter or blacker than it, and knows
nothing of what is shown. So lines, letters and dots that belong to the picture are drawn, too, before it is
aged, and stains so faint or wide that nothing can be filled in: none of them are marked. Nor are dark lines,
which are wires, whiskers or joints more often than scratches.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from colorizer.evaluation.degradation import age, compressed

FINE = 3  # strokes are drawn that many times as large, and averaged
SEEN = 0.1  # change of lightness, 0..1, from which damage counts
LETTERS = "ABCDEFGHKLMNOPRSTUVWabcdeghiklmnoprstu0123456789&."

Random = np.random.Generator


def damaged_print(rgb: np.ndarray, random: Random) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """rgb (H, W, 3) uint8 -> the lightness (H, W) float32 in 0..1 of an old print of it, where that is
    damaged (H, W) bool, and what it was before. Two fifths of the prints are whole."""
    if random.random() < 0.5:
        rgb = with_thin_things(rgb, random)
    grey = age(rgb, random)
    damaged, mask = (grey, np.zeros(grey.shape, bool)) if random.random() < 0.4 else damage(grey, random)
    if random.random() < 0.5:  # the scanner is blind to both alike
        damaged = ndimage.gaussian_filter(damaged, random.uniform(0.3, 0.7))
    if random.random() < 0.4:
        eight_bit = (damaged.clip(0, 1) * 255 + 0.5).astype(np.uint8)
        damaged = compressed(eight_bit, int(random.integers(60, 97))) / np.float32(255)
    return damaged.clip(0, 1).astype(np.float32), mask, grey


def damage(grey: np.ndarray, random: Random) -> tuple[np.ndarray, np.ndarray]:
    """Lightness (H, W) in 0..1 -> the same with damage on it, and where it can be seen (H, W) bool."""
    grey = _stained(grey, random)
    result, size = grey.copy(), grey.shape
    area = grey.size / 256**2
    counts = {
        _scratch: random.poisson(3 * area) if random.random() < 0.7 else 0,
        _hair: random.poisson(1.2 * area) if random.random() < 0.5 else 0,
        _crease: random.poisson(0.7) if random.random() < 0.5 else 0,
        _crack: random.poisson(1.0 * area) if random.random() < 0.25 else 0,
        _speck: random.poisson(random.choice((4, 15, 60)) * area) if random.random() < 0.7 else 0,
        _spot: random.poisson(1.0 * area) if random.random() < 0.3 else 0,
    }
    bright = random.choice((0.05, 0.8, 0.95))  # spots of a print are white, of its negative black
    for draw, count in counts.items():
        for _ in range(count):
            cover = draw(size, random) * random.uniform(0.55, 1.0)
            if random.random() < 0.4:
                cover = cover * _patchy(size, random)
            white = draw not in (_speck, _spot) or random.random() < bright
            tone = random.uniform(0.82, 1.0) if white else random.uniform(0.0, 0.2)
            result += cover * (tone - result)
    return result, np.abs(result - grey) > SEEN


def with_thin_things(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Wires, letters and points of light that belong to the picture: uint8 (H, W, 3), slightly blurred."""
    height, width = rgb.shape[:2]
    cover = np.zeros((height, width), np.float32)
    for _ in range(random.integers(0, 6)):
        cover = np.maximum(cover, _line((height, width), random, random.uniform(0, 0.03), 1.5))
    if random.random() < 0.3:
        canvas = np.zeros((height * FINE, width * FINE), np.uint8)
        text = "".join(random.choice(list(LETTERS), random.integers(3, 12)))
        left, low = random.uniform(-0.1, 0.6) * width * FINE, random.uniform(0.1, 0.95) * height * FINE
        scale, thick = random.uniform(0.8, 4), int(random.integers(1, 9))
        font, place = int(random.integers(0, 8)), (int(left), int(low))
        cv2.putText(canvas, text, place, font, scale, 255, thick, cv2.LINE_AA)
        cover = np.maximum(cover, _averaged(canvas))
    if random.random() < 0.3:
        for _ in range(random.integers(5, 60)):
            cover = np.maximum(cover, _speck((height, width), random))
    sharp, black = random.uniform(0.2, 1.1), random.random() < 0.7
    cover = ndimage.gaussian_filter(cover, sharp if black else max(sharp, 0.6)) * random.uniform(0.4, 1.0)
    colour = rgb.reshape(-1, 3)[random.integers(height * width)] * (random.random() < 0.3)
    colour = np.full(3, 0 if black else 255) if black or not colour.any() else colour
    return (rgb + cover[..., None] * (colour.astype(np.float32) - rgb)).clip(0, 255).astype(np.uint8)


# What is drawn: covers (H, W) float32 in 0..1


def _averaged(canvas: np.ndarray) -> np.ndarray:
    height, width = canvas.shape[0] // FINE, canvas.shape[1] // FINE
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _line(
    size: tuple[int, int],
    random: Random,
    bend: float,
    widest: float,
    begin: np.ndarray | None = None,
    length: float = 0.0,
    heading: float | None = None,
) -> np.ndarray:
    """A line that turns by about `bend` a pixel, of up to `widest` pixels, which may swell and shrink."""
    length = length or random.uniform(0.05, 1.4) * max(size)
    steps = max(2, int(length / 3))
    if heading is None:
        heading = random.choice((0, np.pi / 2, np.pi)) + random.normal(0, 0.06)
        heading = heading if random.random() < 0.4 else random.uniform(0, 2 * np.pi)
    headings = heading + np.cumsum(random.normal(0, 3 * bend + 1e-6, steps))
    headings += random.normal(0, bend) * np.arange(steps)
    start = random.uniform(0, 1, 2) * size[::-1] if begin is None else begin
    points = start + np.cumsum(3 * np.stack((np.cos(headings), np.sin(headings)), 1), 0)
    canvas = np.zeros((size[0] * FINE, size[1] * FINE), np.uint8)
    usual, swelling = widest * FINE * random.uniform(0.3, 1), random.uniform(0, 0.5)
    widths = usual * (1 + swelling * np.sin(np.arange(steps) / 5))
    places = np.rint(points * FINE).astype(np.int32)
    for first, second, width in zip(places[:-1], places[1:], widths[1:], strict=True):
        cv2.line(canvas, first.tolist(), second.tolist(), 255, max(1, round(width)), cv2.LINE_AA)
    return _averaged(canvas)


def _scratch(size: tuple[int, int], random: Random) -> np.ndarray:
    return _line(size, random, random.choice((0.0, 0.004, 0.02)), random.choice((0.8, 1.6, 3.5)))


def _hair(size: tuple[int, int], random: Random) -> np.ndarray:
    bend, widest, length = random.uniform(0.02, 0.08), random.uniform(0.8, 2.2), random.uniform(15, 140)
    return _line(size, random, bend, widest, length=length)


def _speck(size: tuple[int, int], random: Random) -> np.ndarray:
    """Dust: a few corners around a point."""
    return _blob(size, random, min(8.0, 0.5 + random.exponential(1.3)), int(random.integers(3, 9)))


def _spot(size: tuple[int, int], random: Random) -> np.ndarray:
    """Where the emulsion has come off or something has dropped on it."""
    cover = _blob(size, random, random.uniform(4, 0.08 * max(size)), 24)
    return ndimage.gaussian_filter(cover, random.uniform(0, 1.2))


def _blob(size: tuple[int, int], random: Random, radius: float, corners: int) -> np.ndarray:
    canvas = np.zeros((size[0] * FINE, size[1] * FINE), np.uint8)
    angles = np.arange(corners) * 2 * np.pi / corners
    radii = radius * FINE * ndimage.gaussian_filter1d(random.uniform(0.4, 1.6, corners), 0.7, mode="wrap")
    stretch, turn = np.exp(random.normal(0, 0.4)), random.uniform(0, np.pi)
    around = radii * np.exp(1j * angles)
    around = (stretch * around.real + 1j * around.imag / stretch) * np.exp(1j * turn)
    points = np.stack((around.real, around.imag), 1) + random.uniform(0, 1, 2) * canvas.shape[::-1]
    cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], 255, cv2.LINE_AA)
    return _averaged(canvas)


def _crease(size: tuple[int, int], random: Random) -> np.ndarray:
    """A fold from edge to edge: a rough line, broken open here and there."""
    heading = random.choice((0, np.pi / 2)) + random.normal(0, 0.08)
    along = np.array((np.cos(heading), np.sin(heading)))
    begin = random.uniform(0.1, 0.9, 2) * size[::-1] - along * max(size)
    cover = _line(size, random, 0.003, random.uniform(1.0, 5.0), begin, 2.2 * max(size), heading)
    rough = ndimage.gaussian_filter(random.standard_normal(size), 1.0)
    return cover * (rough > np.quantile(rough, random.uniform(0, 0.3)))


def _crack(size: tuple[int, int], random: Random) -> np.ndarray:
    """Lines that branch, as in brittle emulsion."""
    begin, cover = random.uniform(0, 1, 2) * size[::-1], np.zeros(size, np.float32)
    for _ in range(random.integers(2, 7)):
        heading, length = random.uniform(0, 2 * np.pi), random.uniform(10, 0.5 * max(size))
        cover = np.maximum(cover, _line(size, random, 0.03, 1.6, begin, length, heading))
        begin = begin + random.uniform(0, 1) * length * np.array((np.cos(heading), np.sin(heading)))
    return cover


def _patchy(size: tuple[int, int], random: Random) -> np.ndarray:
    """A factor for covers, which lets them fade and break off."""
    coarse = random.uniform(0, 1, (size[0] // 16 + 2, size[1] // 16 + 2)).astype(np.float32)
    smooth = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    return ((smooth - 0.3) * 3).clip(0, 1)


def _stained(grey: np.ndarray, random: Random) -> np.ndarray:
    """Faint or wide stains and uneven fading, which are no damage that could be filled in."""
    grey = grey.astype(np.float32)
    if random.random() < 0.3:
        radius = random.uniform(0.1, 0.5) * max(grey.shape)
        cover = ndimage.gaussian_filter(_blob(grey.shape, random, radius, 24), random.uniform(2, 12))
        grey = grey + cover * random.uniform(-0.15, 0.15)
    if random.random() < 0.2:
        ramp = np.linspace(0, random.uniform(-0.2, 0.2), grey.shape[1], dtype=np.float32)
        grey = grey + ramp
    return grey
