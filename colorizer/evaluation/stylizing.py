"""Do painted photographs look like the paintings, taken as a set, and are they still the same landscapes?

KID and FID (Heusel et al. 2017) compare the features of the two sets; MiFID, the measure of Kaggle's "I'm
Something of a Painter Myself", divides FID by how far the results keep from the paintings themselves, so that
copying them does not pay. SSIM on luma tells how much of each photograph's structure is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from tqdm import tqdm

from colorizer.colour.luma import ssim_y
from colorizer.errors import ColorizerError
from colorizer.evaluation.features import Extract, Features
from colorizer.evaluation.pictures import eight_bit, list_photos, middle
from colorizer.evaluation.table import Tally, markdown_table
from colorizer.photo import Photo
from colorizer.predictors.settings import StylizeSettings
from colorizer.predictors.stylize import Stylizer

SIDE = 256
UNTOUCHED = "untouched"
STRENGTHS = (0.5, StylizeSettings.strength, 1.0)
MEMORISED = 0.1  # cosine distance below which results count as taken from the paintings (Bai et al. 2021)
TINY = 1e-15


@dataclass(frozen=True)
class StylizeRow:
    """What one strength reaches. kid: times 1000. ssim: on luma, to the photograph. seconds: a picture."""

    name: str
    pictures: int
    kid: float
    fid: float
    mifid: float
    ssim: float
    seconds: float


def inception_features() -> Extract:
    """Inception-v3's pooled features, (2048,), with torchvision's weights; ColorizerError when they can't be
    had. FID's own are TensorFlow's, so figures come near those printed elsewhere, and are not the same."""
    try:
        from torchvision.models import Inception_V3_Weights, inception_v3

        kind = Inception_V3_Weights.IMAGENET1K_V1
        network = inception_v3(weights=kind).eval()
    except (ImportError, OSError) as error:
        raise ColorizerError(
            f"Inception's weights can't be had from torchvision ({error}). Leave --inception out."
        ) from None
    network.fc = torch.nn.Identity()
    prepare = kind.transforms(crop_size=299, resize_size=299)

    @torch.inference_mode()
    def extract(rgb: np.ndarray) -> np.ndarray:
        x = prepare(torch.from_numpy(np.ascontiguousarray(rgb)).movedim(-1, 0))
        found: np.ndarray = network(x[None])[0].double().numpy()
        return found

    return extract


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
) -> list[StylizeRow]:
    """The rows: the pictures untouched, then at each strength. Both sets are brought to 256 x 256.

    ColorizerError for a folder with fewer than two pictures, an unreadable one, or no weights.
    """
    settings = settings or StylizeSettings()
    stylizer = Stylizer.load()
    stylizer.network(settings.direction)
    if limit == 1:
        raise ColorizerError("--limit is 1, but a set needs two pictures at least.")
    sources = list_photos(data, limit), list_photos(paintings)
    for folder, found in zip((data, paintings), sources, strict=True):
        if len(found) < 2:
            raise ColorizerError(f"“{folder}” holds one picture, but a set needs two. Add some.")
    extract = extract or Features()
    goal = np.stack([extract(_square(path)) for path in sources[1]])
    choices = {f"strength {strength:g}": replace(settings, strength=strength) for strength in STRENGTHS}
    tallies = {name: Tally() for name in (UNTOUCHED, *choices)}
    for path in tqdm(sources[0], unit="picture"):
        photo = Photo.from_array(_square(path), name=path.stem)
        began = time.perf_counter()
        painting = stylizer.paint(photo, settings)
        seconds = time.perf_counter() - began
        for name, tally in tallies.items():
            rgb = stylizer.render(painting, choices[name]).rgb if name in choices else photo.rgb
            took = seconds if name in choices else 0.0
            tally.add(extract(rgb), ssim=ssim_y(rgb, photo.rgb), seconds=took)
    rows = []
    for name, tally in tallies.items():
        made = np.stack(tally.features)
        scores = tally.kid(goal, paired=False), frechet_distance(made, goal), mifid(made, goal)
        rows.append(StylizeRow(name, len(made), *scores, **tally.means()))
    return rows


def _square(path: Path) -> np.ndarray:
    """The middle of a picture, (256, 256, 3) uint8."""
    rgb = np.ascontiguousarray(middle(eight_bit(Photo.open(path).rgb)))
    how = cv2.INTER_AREA if len(rgb) > SIDE else cv2.INTER_CUBIC
    return rgb if len(rgb) == SIDE else cv2.resize(rgb, (SIDE, SIDE), interpolation=how)


def markdown_stylize(rows: Sequence[StylizeRow]) -> str:
    """The rows as a Markdown table; KID also as a share of the untouched pictures'."""
    untouched = rows[0].kid or float("nan")
    columns: dict[str, Callable[[StylizeRow], str]] = {
        "": lambda row: row.name,
        "KID x1000": lambda row: f"{row.kid:.1f}",
        "of untouched": lambda row: f"{row.kid / untouched:.2f}",
        "FID": lambda row: f"{row.fid:.2f}",
        "MiFID": lambda row: f"{row.mifid:.2f}",
        "SSIM to the input": lambda row: f"{row.ssim:.3f}",
        "s a picture": lambda row: f"{row.seconds:.2f}",
    }
    return markdown_table(rows, columns)
