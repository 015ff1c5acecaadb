"""Do painted photographs look like the paintings, taken as a set, and are they still the same landscapes?

KID and FID (Heusel et al. 2017) compare the features of the two sets; MiFID, the measure of Kaggle's "I'm
Something of a Painter Myself", divides FID by how far the results keep from the paintings themselves, so that
copying them does not pay. SSIM on luma tells how much of each photograph's structure is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from colorizer.colour.luma import ssim_y
from colorizer.errors import ColorizerError
from colorizer.evaluation.features import Extract, Features
from colorizer.evaluation.pictures import list_photos, read_square
from colorizer.evaluation.table import Column, Compare, Row, markdown_table, measure
from colorizer.photo import Photo
from colorizer.predictors.settings import StylizeSettings
from colorizer.predictors.stylize import Stylizer

UNTOUCHED = "untouched"
STRENGTHS = (0.5, StylizeSettings.strength, 1.0)
MEMORISED = 0.1  # cosine distance below which results count as taken from the paintings (Bai et al. 2021)
TINY = 1e-15


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """FID: the Frechet distance of Gaussians fitted to features (M, d) and (N, d), two rows each at least."""
    mean = a.mean(0) - b.mean(0)
    first, second = (np.cov(rows, rowvar=False) for rows in (a, b))
    # The trace of (A B)^(1/2) is the sum of the roots of A B's eigenvalues, which are real and not negative.
    roots = np.sqrt(np.linalg.eigvals(first @ second).real.clip(0)).sum()
    return float(mean @ mean + np.trace(first) + np.trace(second) - 2 * roots)


def memorisation(results: np.ndarray, paintings: np.ndarray) -> float:
    """The mean cosine distance of results' features (M, d) to the nearest painting's (N, d)."""
    a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(TINY) for rows in (results, paintings))
    return float((1 - a @ b.T).min(axis=1).mean())


def mifid(results: np.ndarray, paintings: np.ndarray) -> float:
    """FID divided by the memorisation distance where that is below 0.1, else FID itself."""
    distance = memorisation(results, paintings)
    return frechet_distance(results, paintings) * (1 / (distance + TINY) if distance < MEMORISED else 1.0)


def evaluate_stylize(
    data: Path,
    paintings: Path,
    *,
    settings: StylizeSettings | None = None,
    limit: int | None = None,
    extract: Extract | None = None,
) -> list[Row]:
    """The rows: the pictures untouched, then at each strength. Both sets are brought to 256 x 256.

    kid: times 1000. ssim: on luma, to the photograph; the mean over the pictures.

    ColorizerError for a folder with fewer than two pictures, an unreadable one, or no weights.
    """
    settings = settings or StylizeSettings()
    stylizer = Stylizer.load()
    stylizer.network(settings.direction)
    given, wanted = list_photos(data, limit), list_photos(paintings)
    if min(len(given), len(wanted)) < 2:
        raise ColorizerError("A set needs two pictures at least. Add some to the folder, or raise --limit.")
    extract = extract or Features()
    goal = [extract(read_square(path)) for path in wanted]
    paint = lru_cache(1)(partial(stylizer.paint, settings=settings))  # the network runs once a picture
    ways: dict[str, StylizeSettings | None] = {UNTOUCHED: None}
    for strength in STRENGTHS:
        ways[f"strength {strength:g}"] = replace(settings, strength=strength)

    def make(photo: Photo, way: StylizeSettings | None) -> Photo:
        return stylizer.render(paint(photo), way) if way else photo

    def prepare(number: int, path: Path) -> tuple[Photo, Compare]:
        photo = Photo.from_array(read_square(path), name=path.stem)
        return photo, lambda rgb: {"ssim": ssim_y(rgb, photo.rgb)}

    rows = []
    for name, tally in measure(given, ways, make, prepare, extract).items():
        made = np.stack(tally.features)
        row = {"name": name, "pictures": len(made), "kid": tally.kid(goal, paired=False)}
        row |= {"fid": frechet_distance(made, np.stack(goal)), "mifid": mifid(made, np.stack(goal))}
        rows.append(row | tally.means())
    return rows


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table; KID also as a share of the untouched pictures'."""
    untouched = rows[0]["kid"] or float("nan")
    columns: dict[str, Column] = {
        "": "{name}",
        "KID x1000": "{kid:.1f}",
        "of untouched": lambda row: f"{row['kid'] / untouched:.2f}",
        "FID": "{fid:.2f}",
        "MiFID": "{mifid:.2f}",
        "SSIM to the input": "{ssim:.3f}",
    }
    return markdown_table(rows, columns)
