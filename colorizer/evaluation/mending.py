"""Is the damage of a print found, is it filled as the print was, and is what is no damage left alone?

Each picture becomes an old print that is damaged by chance, always in the same way; the truth is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage
from tqdm import tqdm

from colorizer.evaluation.damage import damaged_print
from colorizer.evaluation.pictures import list_photos
from colorizer.evaluation.table import markdown_table
from colorizer.photo import Photo, to_bits
from colorizer.predictors.mend import Mender, filled
from colorizer.predictors.settings import MendSettings

SENSITIVITIES = (0.25, MendSettings.sensitivity, 0.75)
NEAR = 2  # pixels beside damage that a mark may have and still be right


@dataclass(frozen=True)
class MendRow:
    """What one sensitivity reaches, all pictures' pixels together.

    precision: share of the marks that lie on damage or within two pixels of it. recall: share of the damage
    that is marked. damaged, mended: PSNR (dB) of lightness to the whole print, where it was damaged; and
    `best`, where the damage itself is filled. false: share of the pixels that are marked in the pictures
    themselves, which are taken for whole.
    """

    sensitivity: float
    pictures: int
    precision: float
    recall: float
    damaged: float
    mended: float
    best: float
    false: float


def evaluate_mend(data: Path, *, limit: int | None = None, mender: Mender | None = None) -> list[MendRow]:
    """The rows. ColorizerError for a folder without pictures, an unreadable one, or no weights."""
    mender, paths = mender or Mender.load(), list_photos(data, limit)
    sums = np.zeros((len(SENSITIVITIES), 8))
    for number, path in enumerate(tqdm(paths, unit="picture")):
        given = Photo.from_array(to_bits(Photo.open(path).rgb, 8))
        damaged, truth, whole = damaged_print(given.rgb, np.random.default_rng((7, number)))
        photo = Photo.from_array((damaged * 255 + 0.5).astype(np.uint8))
        near = ndimage.binary_dilation(truth, iterations=NEAR)

        def error(rgb: np.ndarray, truth: np.ndarray = truth, whole: np.ndarray = whole) -> float:
            return float(((rgb[..., 0] / 255 - whole)[truth] ** 2).sum())

        before, best = error(photo.rgb), error(filled(photo.rgb, near))
        for row, sensitivity in zip(sums, SENSITIVITIES, strict=True):
            settings = MendSettings(sensitivity)
            marks = mender.find(photo, settings)
            row += (
                (marks & near).sum(),
                marks.sum(),
                (marks & truth).sum(),
                truth.sum(),
                before,
                error(filled(photo.rgb, marks)),
                best,
                mender.find(given, settings).mean(),
            )
    rows = []
    for sensitivity, (right, marked, found, damage, *errors, false) in zip(SENSITIVITIES, sums, strict=True):
        before, after, best = (-10 * np.log10(max(error, 1e-9) / max(damage, 1)) for error in errors)
        precision, recall, falsely = right / max(marked, 1), found / max(damage, 1), false / len(paths)
        rows.append(MendRow(sensitivity, len(paths), precision, recall, before, after, best, falsely))
    return rows


def markdown_mend(rows: Sequence[MendRow]) -> str:
    """The rows as a Markdown table."""
    columns: dict[str, Callable[[MendRow], str]] = {
        "sensitivity": lambda row: f"{row.sensitivity:g}",
        "precision": lambda row: f"{row.precision:.1%}",
        "recall": lambda row: f"{row.recall:.1%}",
        "PSNR of the damage, dB": lambda row: f"{row.damaged:.2f}",
        "filled": lambda row: f"{row.mended:.2f}",
        "... by true marks": lambda row: f"{row.best:.2f}",
        "falsely marked": lambda row: f"{row.false:.3%}",
    }
    return markdown_table(rows, columns)
