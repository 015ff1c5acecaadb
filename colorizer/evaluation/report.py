"""How good are the colours? Every model on held-out pictures, beside doing nothing: the table of the README.

Each picture is brought to 256x256, its lightness alone is given to the colorizer as a grey photo, and the
result is compared with the picture in 8 bits.
"""

from __future__ import annotations

import dataclasses
import json
import math
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from colorizer.errors import ColorizerError
from colorizer.evaluation.features import Features, kid
from colorizer.evaluation.metrics import area_under_curve, ciede2000, colourfulness, lightness_error, psnr
from colorizer.evaluation.pictures import SIDE, lightness_alone, list_photos, read_square, to_lab
from colorizer.evaluation.table import markdown_table
from colorizer.photo import Photo
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.settings import MODELS, ColorizeSettings
from colorizer.training.degrade import OldPrint, age

NOTHING = "nothing"
TITLES = {
    NOTHING: "do nothing (L only)",
    "autoencoder": "auto-encoder",
    "course-unet": "course U-Net",
    "unet": "U-Net",
}
Colorize = Callable[[Photo, ColorizeSettings], Photo]
Extract = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Row:
    """What one model reaches, as means over the pictures (`largest_dl` is the largest over all of them).

    psnr: dB over RGB. ciede2000: Lab colour difference. auc: 0..1, Zhang et al. 2016. colourfulness and
    true_colourfulness: Hasler and Süsstrunk 2003. kid: times 1000, against the true pictures.
    mean_dl, largest_dl: |dL| to the lightness given. seconds: a picture, network and rendering.
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
    grey: np.ndarray  # (S, S, 3) uint8, three equal channels: its lightness alone
    lab: np.ndarray  # (3, S, S), of rgb
    given: np.ndarray  # (S, S), L of grey

    @classmethod
    def of(cls, rgb: np.ndarray, aged: np.random.Generator | None = None) -> Truth:
        """What is given to the models is the lightness alone, or an aged print drawn at random."""
        if aged is None:
            grey = lightness_alone(rgb)
        else:
            grey = np.rint(age(rgb, aged, OldPrint()) * 255).astype(np.uint8)[..., None].repeat(3, -1)
        return cls(rgb, grey, to_lab(rgb), to_lab(grey)[0])


class Tally:
    """Gathers one model's figures, picture by picture."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.figures: list[dict[str, float]] = []
        self.features: list[np.ndarray] = []

    def add(self, result: np.ndarray, truth: Truth, seconds: float, extract: Extract) -> None:
        lab = to_lab(result)
        mean_dl, largest_dl = lightness_error(lab[0], truth.given)
        self.figures.append(
            {
                "psnr": psnr(result, truth.rgb),
                "ciede2000": ciede2000(lab, truth.lab),
                "auc": area_under_curve(lab[1:], truth.lab[1:]),
                "colourfulness": colourfulness(result),
                "true_colourfulness": colourfulness(truth.rgb),
                "mean_dl": mean_dl,
                "largest_dl": largest_dl,
                "seconds": seconds,
            }
        )
        self.features.append(extract(result))

    def mean(self, name: str) -> float:
        # fsum is exact, so that the order of the pictures doesn't matter
        return math.fsum(figures[name] for figures in self.figures) / len(self.figures)

    def row(self, true_features: list[np.ndarray]) -> Row:
        return Row(
            model=self.model,
            pictures=len(self.figures),
            psnr=self.mean("psnr"),
            ciede2000=self.mean("ciede2000"),
            auc=self.mean("auc"),
            colourfulness=self.mean("colourfulness"),
            true_colourfulness=self.mean("true_colourfulness"),
            kid=1000 * kid(np.stack(self.features), np.stack(true_features), paired=True),
            mean_dl=self.mean("mean_dl"),
            largest_dl=max(figures["largest_dl"] for figures in self.figures),
            seconds=self.mean("seconds"),
        )


def check_models(models: Sequence[str]) -> None:
    """ColorizerError for a name that is no model."""
    for model in models:
        if model not in MODELS:
            raise ColorizerError(f"There is no model “{model}”. Give --models some of {','.join(MODELS)}.")


def evaluate_colorize(
    data: Path,
    *,
    models: Sequence[str] = ("autoencoder", "course-unet", "unet"),
    settings: ColorizeSettings | None = None,
    limit: int | None = None,
    side: int = SIDE,
    aged: bool = False,
    colorize: Colorize | None = None,
    extract: Extract | None = None,
) -> list[Row]:
    """The rows of the report: doing nothing, then each model, over a folder's pictures or `limit` of them.

    `settings` apply to every model. With `aged`, the models are given what an old camera and an old print
    would have made of each picture (training/degrade.py), the same for all. Pictures are held one at a time;
    the rows don't depend on their order.
    ColorizerError for an unknown model, a folder without pictures, an unreadable picture, missing weights.
    """
    check_models(models)
    settings = settings or ColorizeSettings()
    paths = list_photos(data, limit)
    colorize = colorize or Colorizer.load().colorize
    extract = extract or Features()
    choices = {model: dataclasses.replace(settings, model=model) for model in models}
    grey = Photo.from_array(np.full((side, side, 3), 128, np.uint8))
    for choice in choices.values():  # reads the weights, so that a missing file shows now and isn't timed
        colorize(grey, choice)

    tallies = {model: Tally(model) for model in (NOTHING, *models)}
    true_features = []
    for number, path in enumerate(tqdm(paths, unit="picture")):
        truth = Truth.of(read_square(path, side), np.random.default_rng((5, number)) if aged else None)
        true_features.append(extract(truth.rgb))
        tallies[NOTHING].add(truth.grey, truth, 0.0, extract)
        photo = Photo.from_array(truth.grey, name=path.stem)
        for model, choice in choices.items():
            began = time.perf_counter()
            result = colorize(photo, choice).rgb
            tallies[model].add(result, truth, time.perf_counter() - began, extract)
    return [tally.row(true_features) for tally in tallies.values()]


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    head = (
        "",
        "PSNR-RGB",
        "CIEDE2000",
        "AuC",
        "colourfulness (true)",
        "KID x1000",
        "dL mean / largest",
        "s a picture",
    )
    cells = [
        (
            TITLES[row.model],
            f"{row.psnr:.2f} dB",
            f"{row.ciede2000:.2f}",
            f"{100 * row.auc:.1f} %",
            f"{row.colourfulness:.1f} ({row.true_colourfulness:.1f})",
            f"{row.kid:.1f}",
            f"{row.mean_dl:.2f} / {row.largest_dl:.2f}",
            "-" if row.model == NOTHING else f"{row.seconds:.2f}",
        )
        for row in rows
    ]
    return markdown_table(head, cells)


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(
    path: Path, rows: Sequence[dict[str, object]], settings: ColorizeSettings, side: int = SIDE
) -> None:
    """Rows of figures with what is needed to make them again, null where a figure isn't finite.

    ColorizerError if the file can't be written.
    """
    write_rows(path, rows, {"side": side, "settings": settings.as_dict()})


def write_rows(path: Path, rows: Sequence[dict[str, object]], about: dict[str, object]) -> None:
    """Rows of figures with what is said about them and the machine; ColorizerError if that can't be
    written."""
    machine = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
    }
    plain = [{name: _finite(value) for name, value in row.items()} for row in rows]
    try:
        path.write_text(json.dumps(about | machine | {"rows": plain}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ColorizerError(
            f"“{path}” can't be written ({error.strerror}). Choose another --json file."
        ) from None
