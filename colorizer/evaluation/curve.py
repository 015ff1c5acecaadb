"""What do rebalancing, temperature and saturation trade? Their curve of PSNR against colourfulness.

The network runs once a picture; every setting is then a rendering of what it said.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from colorizer.errors import ColorizerError
from colorizer.evaluation.metrics import colourfulness, psnr
from colorizer.evaluation.pictures import SIDE, lightness_alone, list_photos, read_square
from colorizer.evaluation.table import Column, Row, Tally, markdown_table
from colorizer.photo import Photo
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.settings import ColorizeSettings

REBALANCE = (0.0, 0.25, 0.5, 0.75, 1.0)
TEMPERATURE = (0.2, 0.38, 0.6, 1.0)
SATURATION = (0.8, 1.0, 1.2, 1.4)
DASHES = ("-", "--", "-.", ":")  # a temperature each


def mark_best(points: Sequence[Row]) -> list[Row]:
    """The same points with `best`: no other setting reaches both a higher PSNR and a higher colourfulness."""
    # Finer differences are rounding.
    reached = [(round(point["psnr"], 3), round(point["colourfulness"], 2)) for point in points]
    beaten = [
        any(p >= psnr and c >= colour and (p, c) != (psnr, colour) for p, c in reached)
        for psnr, colour in reached
    ]
    return [point | {"best": not lost} for point, lost in zip(points, beaten, strict=True)]


def trace_curve(
    data: Path,
    *,
    settings: ColorizeSettings | None = None,
    limit: int | None = None,
    side: int = SIDE,
    colorizer: Colorizer | None = None,
) -> list[Row]:
    """A point for every combination of the three, over the pictures of a folder (or `limit` of them).

    A point holds the three, what they reach: mean psnr in dB over RGB and mean colourfulness, and the true
    pictures' true_colourfulness. The rest comes from `settings`, but for the model: only the U-Net has a
    distribution to bend.
    """
    settings = replace(settings or ColorizeSettings(), model="unet")
    paths = list_photos(data, limit)
    colorizer = colorizer or Colorizer.load()
    grid = list(itertools.product(REBALANCE, TEMPERATURE, SATURATION))
    choices = [replace(settings, rebalance=r, temperature=t, saturation=s) for r, t, s in grid]
    tallies, true = [Tally() for _ in grid], []
    for path in tqdm(paths, unit="picture"):
        truth = read_square(path, side)
        true.append(colourfulness(truth))
        analysis = colorizer.analyse(Photo.from_array(lightness_alone(truth), name=path.stem), settings)
        for tally, choice in zip(tallies, choices, strict=True):
            result = colorizer.render(analysis, choice).rgb
            tally.figures.append({"psnr": psnr(result, truth), "colourfulness": colourfulness(result)})
    points = []
    for (r, t, strength), tally in zip(grid, tallies, strict=True):
        point = {"rebalance": r, "temperature": t, "saturation": strength} | tally.means()
        points.append(point | {"true_colourfulness": math.fsum(true) / len(true)})
    return mark_best(points)


def markdown(points: Sequence[Row]) -> str:
    """The points as a Markdown table, most colourful last; a star marks what none beats in both."""
    columns: dict[str, Column] = {
        **{name: f"{{{name}:g}}" for name in ("rebalance", "temperature", "saturation")},
        "PSNR-RGB": "{psnr:.2f} dB",
        "colourfulness": "{colourfulness:.1f}",
        "": lambda point: "*" if point["best"] else "",
    }
    table = markdown_table(sorted(points, key=lambda point: point["colourfulness"]), columns)
    return f"True pictures: colourfulness {points[0]['true_colourfulness']:.1f}.\n\n{table}"


def write_curve(path: Path, points: Sequence[Row]) -> None:
    """The plot, as SVG: a line a (rebalance, temperature), along rising saturation, and a full dot where no
    setting is better in both. ColorizerError where matplotlib is missing, or the file can't be written."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ColorizerError(
            "The curve needs matplotlib, which isn't installed. Run `pip install -r requirements-dev.txt`."
        ) from None
    figure = Figure(figsize=(7.6, 4.8), layout="constrained")
    axes = figure.subplots()
    lines = itertools.groupby(points, lambda point: (point["rebalance"], point["temperature"]))
    for (r, t), group in lines:
        line, colour, dashes = list(group), f"C{REBALANCE.index(r)}", DASHES[TEMPERATURE.index(t)]
        x, y = [point["colourfulness"] for point in line], [point["psnr"] for point in line]
        axes.plot(x, y, color=colour, linestyle=dashes, label=f"rebalance {r:g}, temperature {t:g}")
        fill = [colour if point["best"] else "white" for point in line]
        axes.scatter(x, y, s=20, c=fill, edgecolors=colour, zorder=3)
    axes.axvline(points[0]["true_colourfulness"], color="#333", linestyle="--", label="true pictures")
    axes.set(xlabel="colourfulness (Hasler and Süsstrunk 2003)", ylabel="PSNR-RGB in dB")
    axes.grid(color="#ddd")
    figure.legend(loc="outside right upper", fontsize="small")
    try:
        figure.savefig(path, format="svg")
    except OSError as error:
        raise ColorizerError(f"“{path}” can't be written ({error}). Choose another --curve file.") from None


def check_name(path: Path) -> None:
    """ColorizerError for a file that isn't named .svg."""
    if path.suffix.lower() != ".svg":
        raise ColorizerError(
            f"“{path}” isn't named .svg, but the curve is drawn so. Give --curve a name.svg."
        )
