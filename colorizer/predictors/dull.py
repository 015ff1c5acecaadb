"""Why are the colours dull? Three colorizers on one photograph, and what the last thinks of each place.

A dress may be red or blue. A network that must name one colour and pays the square of its error names the
mean of the two, which is grey; one that says how likely each colour is (Zhang et al. 2016) can choose.
`Dullness` holds both, on a coarse grid, so that they can be looked at place by place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from colorizer.colour.bins import annealed_mean
from colorizer.colour.compose import compose, to_levels
from colorizer.colour.lab import rgb_to_lab
from colorizer.photo import Photo
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.settings import ColorizeSettings
from colorizer.predictors.tiling import to_tensor

REGRESSION = ("autoencoder", "course-unet")  # trained by squared error
CLASSIFICATION = "unet"
SIDE = 640  # of the pictures
CELLS = 32  # along the grid's long side


@dataclass(frozen=True)
class Reading:
    """What one colorizer makes of a photo. picture: (h, w, 3) uint8. ab: (rows, columns, 2), a colour a cell.

    strength: the mean chroma of the picture, in units of ab; a photograph in colour has 15 to 35.
    error: the mean distance of the colours to the true ones, in ab; none where those are not known.
    """

    model: str
    version: str
    picture: np.ndarray
    ab: np.ndarray
    strength: float
    error: float | None


@dataclass(frozen=True)
class Dullness:
    """Readings of one photo, the two of regression first, and what lies behind the last one.

    grey: (h, w, 3) uint8. likely: (rows, columns, Q), the probability of each of `bins` (Q, 2).
    mean: (rows, columns, 2), the mean of the likely colours, which is what least squared error asks for.
    true: (rows, columns, 2), where the photo is in colour, and true_strength the mean chroma then.
    """

    grey: np.ndarray
    readings: tuple[Reading, ...]
    bins: np.ndarray
    likely: np.ndarray
    mean: np.ndarray
    true: np.ndarray | None
    true_strength: float | None

    @property
    def undecided(self) -> tuple[int, int]:
        """Row and column of the cell whose likely colours lie furthest apart."""
        away = np.linalg.norm(self.bins - self.mean[:, :, None], axis=-1)
        row, column = np.unravel_index(np.argmax((self.likely * away).sum(-1)), self.likely.shape[:2])
        return int(row), int(column)


@torch.inference_mode()
def look_into(colorizer: Colorizer, photo: Photo) -> Dullness:
    """Ask all three. A photo in colour is coloured from its lightness alone; its own colours are the truth.

    WeightsError when one of the three has no weights here.
    """
    small = Photo.from_array(photo.preview(2 * ColorizeSettings().size))  # once, for all three
    preview = small.preview(SIDE)
    lab = rgb_to_lab(to_tensor(preview))
    true = lab[:, 1:] if photo.tone == "coloured" else None
    units = CELLS / max(preview.shape[:2])
    grid = [max(1, round(length * units)) for length in preview.shape[:2]]  # rows and columns of square cells

    def cells(x: Tensor) -> np.ndarray:
        """(1, C, h, w) -> (rows, columns, C)."""
        return F.interpolate(x, size=grid, mode="area")[0].movedim(0, -1).numpy()

    readings = []
    for model in (*REGRESSION, CLASSIFICATION):
        settings = ColorizeSettings(model=model)
        analysis = colorizer.analyse(small, settings)
        ab = analysis.chroma(settings)
        picture = compose(preview, analysis.lines(settings), 0.0)
        made = rgb_to_lab(to_tensor(picture))[:, 1:]
        error = None if true is None else _size(made - true)
        readings.append(Reading(model, analysis.version, picture, cells(ab), _size(made), error))
    assert analysis.bins is not None
    likely = F.interpolate(analysis.output.exp(), size=grid, mode="area")
    likely = likely / likely.sum(1, keepdim=True)
    return Dullness(
        to_levels(lab[:, :1], torch.zeros_like(lab[:, 1:]), 256),
        tuple(readings),
        analysis.bins.numpy(),
        cells(likely),
        cells(annealed_mean(likely.log(), analysis.bins, 1.0)),
        None if true is None else cells(true),
        None if true is None else _size(true),
    )


def _size(ab: Tensor) -> float:
    """How long (1, 2, h, w) is on average."""
    return float(ab.norm(dim=1).mean())
