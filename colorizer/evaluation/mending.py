"""Is the damage of a print found, is it filled as the print was, and is what is no damage left alone?

Each picture becomes an old print that is damaged by chance, always in the same way; the truth is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage
from tqdm import tqdm

from colorizer.evaluation.damage import damaged_print
from colorizer.evaluation.pictures import list_photos
from colorizer.evaluation.table import Row, markdown_table
from colorizer.photo import Photo, to_bits
from colorizer.predictors.mend import Mender, filled
from colorizer.predictors.settings import MendSettings

SENSITIVITIES = (0.25, MendSettings.sensitivity, 0.75)
NEAR = 2  # pixels beside damage that a mark may have and still be right


def evaluate_mend(data: Path, *, limit: int | None = None, mender: Mender | None = None) -> list[Row]:
    """The rows: what each sensitivity reaches, all pictures' pixels together.

    precision: share of the marks that lie on damage or within two pixels of it. recall: share of the damage
    that is marked. damaged, mended: PSNR (dB) of lightness to the whole print, where it was damaged; and
    `best`, where the damage itself is filled. false: share of the pixels that are marked in the pictures
    themselves, which are taken for whole.

    ColorizerError for a folder without pictures, an unreadable one, or no weights.
    """
    mender, paths = mender or Mender.load(), list_photos(data, limit)
    names = ("right", "marks", "found", "damage", "damaged", "mended", "best", "false")
    sums = {sensitivity: dict.fromkeys(names, 0.0) for sensitivity in SENSITIVITIES}
    for number, path in enumerate(tqdm(paths, unit="picture")):
        given = Photo.from_array(to_bits(Photo.open(path).rgb, 8))
        damaged, truth, whole = damaged_print(given.rgb, np.random.default_rng((7, number)))
        photo = Photo.from_array((damaged * 255 + 0.5).astype(np.uint8))
        near = ndimage.binary_dilation(truth, iterations=NEAR)
        before, best = (_error(rgb, truth, whole) for rgb in (photo.rgb, filled(photo.rgb, near)))
        for sensitivity, total in sums.items():
            settings = MendSettings(sensitivity)
            marks = mender.find(photo, settings)
            counts = (marks & near).sum(), marks.sum(), (marks & truth).sum(), truth.sum()
            errors = before, _error(filled(photo.rgb, marks), truth, whole), best
            figures = *counts, *errors, mender.find(given, settings).mean()
            for name, figure in zip(names, figures, strict=True):
                total[name] += figure
    rows = []
    for sensitivity, total in sums.items():
        damage = max(total["damage"], 1)
        row = {"sensitivity": sensitivity, "pictures": len(paths)}
        row |= {"precision": total["right"] / max(total["marks"], 1), "recall": total["found"] / damage}
        for name in ("damaged", "mended", "best"):
            row[name] = float(-10 * np.log10(max(total[name], 1e-9) / damage))
        rows.append(row | {"false": total["false"] / len(paths)})
    return rows


def _error(rgb: np.ndarray, truth: np.ndarray, whole: np.ndarray) -> float:
    """The squared error of a grey picture where the truth is damaged."""
    return float(((rgb[..., 0] / 255 - whole)[truth] ** 2).sum())


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    columns = {
        "sensitivity": "{sensitivity:g}",
        "precision": "{precision:.1%}",
        "recall": "{recall:.1%}",
        "PSNR of the damage, dB": "{damaged:.2f}",
        "filled": "{mended:.2f}",
        "... by true marks": "{best:.2f}",
        "falsely marked": "{false:.3%}",
    }
    return markdown_table(rows, columns)
