"""How close do enlarged pictures come to the true ones? The table of the upscaler, as the literature has it.

Each picture is reduced four times (antialiased bicubic, rounded to 8 bits), enlarged, and compared with
itself on luma, four pixels at the edges left out. Bicubic enlargement gives 28.43 dB and 0.811 on Set5 so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from colorizer.colour.luma import psnr_y, ssim_y
from colorizer.errors import ColorizerError
from colorizer.evaluation.degradation import Degradation, degrade
from colorizer.evaluation.features import Extract, Features
from colorizer.evaluation.pictures import list_photos
from colorizer.evaluation.table import Column, Compare, Row, markdown_table, measure
from colorizer.networks.resampling import FACTOR, enlarge, shrink
from colorizer.networks.vgg import VGGFeatures
from colorizer.photo import Photo, to_bits
from colorizer.predictors.settings import UpscaleSettings
from colorizer.predictors.tiling import to_pixels, to_tensor
from colorizer.predictors.upscale import Upscaler, offered

BICUBIC = "bicubic"
FEWEST = 20  # pictures, below which KID says nothing
DEGRADATION = Degradation(sharpened=0)  # sharpened pictures came later and would change the tables


def truth_and_small(
    rgb: np.ndarray, random: np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A picture cut to multiples of 4, and a quarter of it; degraded like a messenger's where random numbers
    are given."""
    height, width = (length // FACTOR * FACTOR for length in rgb.shape[:2])
    truth = rgb[:height, :width]
    if random is None:
        return truth, to_pixels(shrink(to_tensor(truth))[0], np.dtype(np.uint8))
    return truth, degrade(np.ascontiguousarray(truth), random, DEGRADATION)


def networks() -> dict[str, UpscaleSettings]:
    """What to measure: each network that is there, at its own settings, and the middle between two."""
    found = {}
    for offer in offered():
        low, high = offer.details
        for detail in sorted({low, (low + high) / 2, high}):
            found[f"{offer.model}, detail {detail:g}"] = replace(offer.defaults, detail=detail)
    if not found:
        raise ColorizerError("There are no weights for enlarging yet, so there is nothing to measure.")
    return found


def evaluate_upscale(
    data: Path,
    *,
    limit: int | None = None,
    worn: bool = False,
    vgg: VGGFeatures | None = None,
    extract: Extract | None = None,
) -> list[Row]:
    """The rows of the table: bicubic enlargement, then every network that is there.

    worn: the small pictures are blurred, noisy and compressed at random, the same for all.

    A row's figures are means over the pictures. psnr (dB) and ssim: on luma. distance: of VGG-19's features,
    None where they were not asked for. kid: times 1000, None for few pictures.

    ColorizerError for a folder without pictures, an unreadable one, or no weights.
    """
    paths, ways, upscaler = list_photos(data, limit), {BICUBIC: None} | networks(), Upscaler.load()
    extract = (extract or Features()) if len(paths) >= FEWEST else None
    true_features = []

    def make(photo: Photo, way: UpscaleSettings | None) -> Photo:
        if way:
            return upscaler.upscale(photo, way)
        return Photo.from_array(to_pixels(enlarge(to_tensor(photo.rgb))[0], photo.rgb.dtype))

    def prepare(number: int, path: Path) -> tuple[Photo, Compare]:
        random = np.random.default_rng((6, number)) if worn else None
        truth, small = truth_and_small(to_bits(Photo.open(path).rgb, 8), random)
        if extract:
            true_features.append(extract(truth))
        goal = vgg(to_tensor(truth)) if vgg else None  # conv3_4, before its ReLU

        def compare(result: np.ndarray) -> dict[str, float]:
            figures = {"psnr": psnr_y(result, truth), "ssim": ssim_y(result, truth)}
            if vgg and goal is not None:
                figures["distance"] = float((vgg(to_tensor(result)) - goal).abs().mean())
            return figures

        return Photo.from_array(small, name=path.stem), compare

    rows = []
    for name, tally in measure(paths, ways, make, prepare, extract).items():
        row = {"name": name, "pictures": len(paths), "distance": None} | tally.means()
        rows.append(row | {"kid": tally.kid(true_features, paired=True) if extract else None})
    return rows


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    columns: dict[str, Column] = {
        "": "{name}",
        "PSNR (luma)": "{psnr:.2f} dB",
        "SSIM (luma)": "{ssim:.3f}",
        "VGG-19 distance": lambda row: "-" if row["distance"] is None else f"{row['distance']:.3f}",
        "KID x1000": lambda row: "-" if row["kid"] is None else f"{row['kid']:.1f}",
    }
    return markdown_table(rows, columns)
