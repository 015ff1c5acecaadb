"""What kind of print is this? Halftone screens, negatives and fading, worn or clean; known by arithmetic.

A screen of printed dots is smoothed before colour is predicted, since to the network dots are a texture and
not a tone. Thresholds were set on some 300 photographs and prints, and on screens of 3 to 15 pixels that were
made of them, blurred and compressed.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from colorizer.photo import Photo

MIDDLE = 2048  # pixels a side, that are looked at
SIDE = 256  # of the squares whose spectra are averaged
SQUARES = 6  # along each side of the picture, at most
PITCHES = (2.4, 24.0)  # pixels between two dots of a screen
FLOOR = 1e-4  # of the mean power: less than grain of half a level
PEAK = 3.7  # how far, in natural logarithms, a screen's peaks rise above their surroundings
TWO_LEVELS = 4.0  # pixels between dots where there are only black and white, and no screen is found
SMOOTHING = 0.5  # standard deviation of the Gaussian that smooths a screen, in pitches
NOISE, BLOCKINESS = 0.8, 0.1  # beyond either, a picture is worn
PREVIEW = 512  # pixels of the copy whose black and white are looked for
INNER = 0.1  # of each side is left out where black and white are looked for: margins of prints
TONES = (0.2, 99.8)  # percentiles that are taken for a print's black and white
KEPT = 0.03  # of the scale, for what is darker or lighter than these


def luma(photo: Photo) -> np.ndarray:
    """Luma (h, w) float32 in 0..255 of the photo's middle; transparent places are mid-grey."""
    top, left = (max(0, length - MIDDLE) // 2 for length in photo.rgb.shape[:2])
    middle = slice(top, top + MIDDLE), slice(left, left + MIDDLE)
    levels = cv2.cvtColor(photo.rgb[middle], cv2.COLOR_RGB2GRAY).astype(np.float32)
    if photo.alpha is not None:
        levels[photo.alpha[middle] == 0] = 128 * (257 if photo.bits == 16 else 1)
    return levels / 257 if photo.bits == 16 else levels


def screen(photo: Photo) -> float:
    """The pitch of the halftone screen in pixels; 0 where there is none.

    A screen is a square grid: its spectrum has two peaks, equally far from the middle and at right angles.
    What lies on the grid of JPEG doesn't count. Black and white alone are a screen, too.
    """
    levels = luma(photo)
    height, width = levels.shape
    side = min(SIDE, height, width)
    if side < 64:
        return 0.0
    power = np.log(_spectrum(levels, side) + FLOOR)
    white = power - ndimage.uniform_filter(power, size=15, mode="wrap")
    white = ndimage.gaussian_filter(white, 0.7, mode="wrap")
    row, column = np.mgrid[:side, :side] - side // 2
    turned = ndimage.maximum_filter(white, 3, mode="wrap")[(column + side // 2) % side, side // 2 - row - 1]
    away = np.hypot(row, column) / side
    eighths = np.abs(8 * np.stack((row, column)) / side)
    on_blocks = (np.abs(eighths - np.rint(eighths)) < 12 / side).all(0)
    slanted = (np.abs(row) > 1) & (np.abs(column) > 1)  # what is upright has spectra along the axes
    possible = (away > 1 / PITCHES[1]) & (away < 1 / PITCHES[0]) & slanted & ~on_blocks
    peaks = np.where(possible, np.minimum(white, turned), 0)
    if peaks.max() > PEAK:
        return float(1 / away.flat[peaks.argmax()])
    dark, light = levels.min(), levels.max()
    two = light > dark and np.isin(levels, (dark, light)).all()
    return TWO_LEVELS if two else 0.0


def _spectrum(levels: np.ndarray, side: int) -> np.ndarray:
    """The mean power spectrum (side, side) of squares spread over the picture; frequency 0 in the middle."""
    window = np.hanning(side)[:, None] * np.hanning(side)
    tops, lefts = (
        np.linspace(0, length - side, min(SQUARES, -(-length // side))).astype(int) for length in levels.shape
    )
    total = np.zeros((side, side))
    for top in tops:
        for left in lefts:
            square = levels[top : top + side, left : left + side]
            power = np.abs(np.fft.fft2((square - square.mean()) * window)) ** 2
            total += power / (power.mean() + 1e-6)
    return np.fft.fftshift(total)


def smoothed(photo: Photo, pitch: float) -> Photo:
    """The photo with the dots of a screen of that pitch run together."""
    return photo.with_rgb(cv2.GaussianBlur(photo.rgb, (0, 0), SMOOTHING * pitch))


def wear(photo: Photo) -> tuple[float, float]:
    """Noise, as a standard deviation in 255ths of white (Immerkær 1996, where the picture is plainest), and
    blockiness: how much larger steps between JPEG's blocks are than steps beside them, as a share."""
    levels = luma(photo)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = cv2.boxFilter(np.abs(cv2.filter2D(levels, -1, kernel)), -1, (16, 16))[8::16, 8::16]
    tone = cv2.boxFilter(levels, -1, (16, 16))[8::16, 8::16]
    plain = rough[(tone > 16) & (tone < 240)] * np.sqrt(np.pi / 2) / 6
    excess = []
    for lines in (levels, levels.T):
        steps = np.abs(np.diff(lines, axis=1))
        beyond = steps[:, 7:-1:8] - (steps[:, 6:-2:8] + steps[:, 8::8]) / 2
        excess.append(beyond.mean() / (steps.mean() + 0.5) if beyond.size else 0.0)
    return float(np.percentile(plain, 10)) if plain.size else 0.0, float(np.mean(excess))


def negative(photo: Photo) -> Photo:
    """The photo with light and dark exchanged."""
    return photo.with_rgb(np.iinfo(photo.rgb.dtype).max - photo.rgb)


def unfaded(photo: Photo, amount: float) -> Photo:
    """A flat print's black and white brought back, by that share (0..1). Nothing is clipped: what is darker
    or lighter than the percentiles TONES of the inner picture keeps its steps within KEPT."""
    small = photo.preview(PREVIEW)
    top, left = (int(INNER * length) for length in small.shape[:2])
    inner = small[top : len(small) - top, left : small.shape[1] - left]
    most = np.iinfo(photo.rgb.dtype).max
    black, white = np.percentile(inner, TONES) / 255
    tone = np.linspace(0, 1, most + 1)
    if black < white:
        points = [0, min(black, 0.49), max(white, 0.51), 1]
        full = np.interp(tone, points, [0, min(black, KEPT), max(white, 1 - KEPT), 1])
        tone += amount * (full - tone)
    return photo.with_rgb(np.rint(tone * most).astype(photo.rgb.dtype)[photo.rgb])
