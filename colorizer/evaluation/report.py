"""How good are the colours? Every model on held-out pictures, beside doing nothing: the table of the README.

Each picture is brought to 256x256, its lightness alone is given to the colorizer as a grey photo, and the
result is compared with the picture in 8 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from skimage.color import deltaE_ciede2000

from colorizer.errors import ColorizerError
from colorizer.evaluation.degradation import age
from colorizer.evaluation.features import Extract, Features
from colorizer.evaluation.metrics import area_under_curve, colourfulness, psnr
from colorizer.evaluation.pictures import SIDE, lightness_alone, list_photos, read_square, to_lab
from colorizer.evaluation.table import Column, Compare, Row, markdown_table, measure
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

    A row's figures are means over the pictures. psnr: dB over RGB. ciede2000: Lab colour difference; about 1
    is the least that is seen. auc: 0..1, Zhang et al. 2016. colourfulness and true_colourfulness: Hasler and
    Süsstrunk 2003. kid: times 1000, against the true pictures. mean_dl, largest_dl (the largest over all
    pictures): |dL| to the lightness given. seconds: a picture.

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
        rgb = read_square(path, side)
        true_features.append(extract(rgb))
        if hints:
            ways[hinted] = replace(settings, model="unet", hints=true_hints(rgb, number, hints, reach))
        grey = lightness_alone(rgb)
        if aged:
            print_of_it = age(rgb, np.random.default_rng((5, number)))
            grey = np.rint(print_of_it * 255).astype(np.uint8)[..., None].repeat(3, -1)
        return Photo.from_array(grey, name=path.stem), partial(compare, truth=rgb, given=grey)

    for way in ways.values():  # reads the weights, so that a missing file shows now and isn't timed
        make(Photo.from_array(np.full((side, side, 3), 128, np.uint8)), way)
    rows = []
    for model, tally in measure(paths, ways, make, prepare, extract).items():
        row = {"model": model, "pictures": len(paths)} | tally.means()
        row |= {"kid": tally.kid(true_features, paired=True), "seconds": sum(tally.seconds) / len(paths)}
        rows.append(row | {"largest_dl": max(figures["largest_dl"] for figures in tally.figures)})
    return rows


def compare(result: np.ndarray, truth: np.ndarray, given: np.ndarray) -> dict[str, float]:
    """The figures of a coloured picture, its truth and the grey that was given; (S, S, 3) uint8 each."""
    lab, true = to_lab(result), to_lab(truth)
    dl = np.abs(lab[0] - to_lab(given)[0])
    return {
        "psnr": psnr(result, truth),
        "ciede2000": deltaE_ciede2000(lab, true, channel_axis=0).mean(),
        "auc": area_under_curve(lab[1:], true[1:]),
        "colourfulness": colourfulness(result),
        "true_colourfulness": colourfulness(truth),
        "mean_dl": dl.mean(),
        "largest_dl": dl.max(),
    }


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
    columns: dict[str, Column] = {
        "": lambda row: str(TITLES.get(row["model"], row["model"])),
        "PSNR-RGB": "{psnr:.2f} dB",
        "CIEDE2000": "{ciede2000:.2f}",
        "AuC": lambda row: f"{100 * row['auc']:.1f} %",
        "colourfulness (true)": "{colourfulness:.1f} ({true_colourfulness:.1f})",
        "KID x1000": "{kid:.1f}",
        "dL mean / largest": "{mean_dl:.2f} / {largest_dl:.2f}",
        "s a picture": lambda row: "-" if row["model"] == NOTHING else f"{row['seconds']:.2f}",
    }
    return markdown_table(rows, columns)
