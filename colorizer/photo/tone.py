"""Is a picture grey, toned or coloured?

A toned print (sepia, cyanotype, a yellowed album page) has chroma, but as a function of lightness: once the
tone of each lightness is taken off, little is left. In a colour photograph much is left. The thresholds are
in CIELAB units and were set on some thousand photographs, and on grey ones that were toned, cast, faded and
compressed.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from skimage.color import rgb2lab

Tone = Literal["grey", "toned", "coloured"]

SIDE = 128  # pixels of the copy that is judged: small enough for the colour noise of a JPEG to average out
LIGHTNESSES = 24  # at how many lightnesses the tone is looked at
DARKEST, LIGHTEST = 5.0, 97.5  # beyond them chroma is rounding


def judge(rgb: np.ndarray) -> Tone:
    """The tone of a small picture (h, w, 3) uint8 in sRGB, of about SIDE pixels a side."""
    lab = rgb2lab(rgb).reshape(-1, 3)
    lab = lab[(lab[:, 0] > DARKEST) & (lab[:, 0] < LIGHTEST)]
    if not len(lab):
        return "grey"
    lightness, ab = lab[:, 0], lab[:, 1:]
    chroma = np.hypot(*ab.T)
    strength = float(np.median(chroma))
    rest = ab - _tone_of(lightness, ab)
    if not (_is_one_tone(rest, strength) or _is_one_hue(rest, ab, strength)):
        return "coloured"
    # A scanner's slight cast is not a tone.
    return "grey" if strength < 4.6 and np.percentile(chroma, 75) < 5.6 else "toned"


def _tone_of(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """The ab (n, 2) that is usual at each pixel's lightness: medians of equally many pixels, interpolated."""
    order = np.argsort(lightness, kind="stable")
    groups = np.array_split(order, min(LIGHTNESSES, max(1, len(order) // 16)))
    at = np.array([np.median(lightness[group]) for group in groups])
    usual = np.array([np.median(ab[group], axis=0) for group in groups])
    return np.stack([np.interp(lightness, at, usual[:, axis]) for axis in (0, 1)], axis=-1)


def _is_one_tone(rest: np.ndarray, strength: float) -> bool:
    """Whether what the tone leaves is noise; the last figure catches a small coloured thing in a grey
    picture."""
    most, nearly_all, all_but_specks = np.percentile(np.hypot(*rest.T), (95, 99, 99.7))
    return bool(
        most < 4.5 + 0.15 * strength
        and nearly_all < 8 + 0.25 * strength
        and all_but_specks < 14 + 0.25 * strength
    )


def _is_one_hue(rest: np.ndarray, ab: np.ndarray, strength: float) -> bool:
    """Whether the picture is an unevenly faded print: more of its hue here, less there, but no other hue."""
    axes = np.linalg.eigh(ab.T @ ab)[1]
    across, along = np.abs(rest @ axes[:, 0]), ab @ axes[:, 1]
    most, all_but_specks = np.percentile(np.hypot(*rest.T), (95, 99.7))
    most_across, nearly_all_across = np.percentile(across, (95, 99))
    opposite = np.percentile(along * np.sign(along.sum()), 3)
    return bool(
        most_across < 2.5 + 0.06 * strength
        and nearly_all_across < 4.5 + 0.12 * strength
        and most < 6 + 0.3 * strength
        and all_but_specks < 14 + 0.25 * strength
        and opposite > -1.5
    )
