"""How good are the colours? Every model on held-out pictures, beside doing nothing: the table of the README.

Each picture is brought to 256x256, its lightness alone is given to the colorizer as a grey photo, and the
result is compared with the picture in 8 bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from skimage.color import deltaE_ciede2000

from colorizer.errors import ColorizerError
from colorizer.evaluation.degradation import age
from colorizer.evaluation.features import Extract, Features
from colorizer.evaluation.metrics import area_under_curve, colourfulness, psnr
from colorizer.evaluation.pictures import SIDE, lightness_alone, list_photos, read_square, to_lab
from colorizer.evaluation.table import Compare, markdown_table, measure
from colorizer.photo import Photo
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.settings import MODELS, MOST_HINTS, ColorizeSettings, Hint

NOTHING = "nothing"
TITLES = {
    NOTHING: "do nothing (L only)",
    "autoencoder": "auto-encoder",
    "course-unet": "course U-Net",
    "unet": "U-Net",
}
PATCH = 7  # side, in pixels, of what a hint's true colour is the mean of
Colorize = Callable[[Photo, ColorizeSettings], Photo]


@dataclass(frozen=True)
class Row:
    """What one model reaches, as means over the pictures (`largest_dl` is the largest over all of them).

    psnr: dB over RGB. ciede2000: Lab colour difference; about 1 is the least that is seen. auc: 0..1, Zhang
    et al. 2016. colourfulness and true_colourfulness: Hasler and Süsstrunk 2003. kid: times 1000, against the
    true pictures. mean_dl, largest_dl: |dL| to the lightness given. seconds: a picture.
    """

    model: str
    pictures: int
    psnr: float
    ciede2000: float
    auc: float
    colourfulness: float
    true_colourfulness: float
    kid: float
    mean_dl: float
    largest_dl: float
    seconds: float


@dataclass(frozen=True)
class Truth:
    """A picture and what is derived from it once for all models."""

    rgb: np.ndarray  # (S, S, 3) uint8
    grey: np.ndarray  # (S, S, 3) uint8, three equal channels: what the models are given
    lab: np.ndarray  # (3, S, S), of rgb
    given: np.ndarray  # (S, S), L of grey

    @classmethod
    def of(cls, rgb: np.ndarray, aged: np.random.Generator | None = None) -> Truth:
        """The models are given the lightness alone, or an aged print drawn at random."""
        if aged is None:
            grey = lightness_alone(rgb)
        else:
            grey = np.rint(age(rgb, aged) * 255).astype(np.uint8)[..., None].repeat(3, -1)
        return cls(rgb, grey, to_lab(rgb), to_lab(grey)[0])

    def compare(self, result: np.ndarray) -> dict[str, float]:
        """The figures of a coloured picture (S, S, 3) uint8, by their names in a Row."""
        lab = to_lab(result)
        dl = np.abs(lab[0] - self.given)
        return {
            "psnr": psnr(result, self.rgb),
            "ciede2000": deltaE_ciede2000(lab, self.lab, channel_axis=0).mean(),
            "auc": area_under_curve(lab[1:], self.lab[1:]),
            "colourfulness": colourfulness(result),
            "true_colourfulness": colourfulness(self.rgb),
            "mean_dl": dl.mean(),
            "largest_dl": dl.max(),
        }


def evaluate_colorize(
    data: Path,
    *,
    models: Sequence[str] = ("autoencoder", "course-unet", "unet"),
    settings: ColorizeSettings | None = None,
    limit: int | None = None,
    side: int = SIDE,
    aged: bool = False,
    hints: int = 0,
    reach: float = Hint.reach,
    colorize: Colorize | None = None,
    extract: Extract | None = None,
) -> list[Row]:
    """The rows of the report: doing nothing, then each model, over a folder's pictures or `limit` of them.

    `settings` apply to every model. With `aged`, the models are given what an old camera and an old print
    would have made of each picture, the same for all. With `hints`, a further row tells what the U-Net makes
    of so many true colours a picture, at random places, the same ones in every call, which spread so far. The
    rows don't depend on the order of the pictures.
    ColorizerError for an unknown model, a folder without pictures, an unreadable picture, missing weights.
    """
    for model in models:
        if model not in MODELS:
            raise ColorizerError(f"There is no model “{model}”. Give --models some of {','.join(MODELS)}.")
    if not 0 <= hints <= MOST_HINTS or (hints and "unet" not in models):
        raise ColorizerError(f"--hints is {hints}, but may be 0 to {MOST_HINTS}, and needs the model unet.")
    settings = settings or ColorizeSettings()
    paths = list_photos(data, limit)
    colorize, extract = colorize or Colorizer.load().colorize, extract or Features()
    ways = {NOTHING: None} | {model: replace(settings, model=model) for model in models}
    hinted = f"U-Net, {hints} hint" + "s" * (hints > 1)
    if hints:
        ways[hinted] = ways["unet"]
    true_features = []

    def make(photo: Photo, way: ColorizeSettings | None) -> Photo:
        return colorize(photo, way) if way else photo

    def prepare(number: int, path: Path) -> tuple[Photo, Compare]:
        truth = Truth.of(read_square(path, side), np.random.default_rng((5, number)) if aged else None)
        true_features.append(extract(truth.rgb))
        if hints:
            ways[hinted] = replace(settings, model="unet", hints=true_hints(truth.rgb, number, hints, reach))
        return Photo.from_array(truth.grey, name=path.stem), truth.compare

    for way in ways.values():  # reads the weights, so that a missing file shows now and isn't timed
        make(Photo.from_array(np.full((side, side, 3), 128, np.uint8)), way)
    rows = []
    for model, tally in measure(paths, ways, make, prepare, extract).items():
        figures = tally.means() | {"largest_dl": max(figures["largest_dl"] for figures in tally.figures)}
        figures |= {"seconds": math.fsum(tally.seconds) / len(paths)}
        rows.append(Row(model, len(paths), kid=tally.kid(np.stack(true_features), paired=True), **figures))
    return rows


def true_hints(rgb: np.ndarray, number: int, count: int, reach: float = Hint.reach) -> tuple[Hint, ...]:
    """What a person who remembers the colours of that picture (S, S, 3) might say of `count` places."""
    height, width = rgb.shape[:2]
    hints = []
    for x, y in np.random.default_rng((7, number)).random((count, 2)):
        top, left = max(0, int(y * height) - PATCH // 2), max(0, int(x * width) - PATCH // 2)
        patch = rgb[top : top + PATCH, left : left + PATCH]
        red, green, blue = np.rint(patch.mean((0, 1))).astype(int)
        hints.append(Hint(float(x), float(y), f"#{red:02x}{green:02x}{blue:02x}", reach))
    return tuple(hints)


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    columns: dict[str, Callable[[Row], str]] = {
        "": lambda row: TITLES.get(row.model, row.model),
        "PSNR-RGB": lambda row: f"{row.psnr:.2f} dB",
        "CIEDE2000": lambda row: f"{row.ciede2000:.2f}",
        "AuC": lambda row: f"{100 * row.auc:.1f} %",
        "colourfulness (true)": lambda row: f"{row.colourfulness:.1f} ({row.true_colourfulness:.1f})",
        "KID x1000": lambda row: f"{row.kid:.1f}",
        "dL mean / largest": lambda row: f"{row.mean_dl:.2f} / {row.largest_dl:.2f}",
        "s a picture": lambda row: "-" if row.model == NOTHING else f"{row.seconds:.2f}",
    }
    return markdown_table(rows, columns)
