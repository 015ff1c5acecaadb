"""How is the curve of settings drawn? As an SVG picture, by matplotlib."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from colorizer.errors import ColorizerError
from colorizer.evaluation.curve import Point, markdown

COLOURS = ("#3b4cc0", "#2a9d8f", "#8a9a2b", "#e08e1b", "#c0392b")  # of the values of rebalance
DASHES = ("-", "--", "-.", ":")  # of the values of temperature


def draw(path: Path, points: Sequence[Point]) -> None:
    """Writes the plot: a line a (rebalance, temperature), along rising saturation, and a full dot where no
    setting is better in both. ColorizerError where matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ColorizerError(
            "The curve needs matplotlib, which isn't installed. Run `pip install -r requirements-dev.txt`."
        ) from None
    figure = Figure(figsize=(7.6, 4.8), layout="constrained")
    axes = figure.subplots()
    colours = dict(zip(sorted({point.rebalance for point in points}), itertools.cycle(COLOURS), strict=False))
    dashes = dict(zip(sorted({point.temperature for point in points}), itertools.cycle(DASHES), strict=False))
    for (r, colour), (t, dash) in itertools.product(colours.items(), dashes.items()):
        chosen = [point for point in points if (point.rebalance, point.temperature) == (r, t)]
        chosen.sort(key=lambda point: point.saturation)
        x, y = [point.colourfulness for point in chosen], [point.psnr for point in chosen]
        axes.plot(x, y, color=colour, linestyle=dash, label=f"rebalance {r:g}, temperature {t:g}")
        fill = [colour if point.best else "white" for point in chosen]
        axes.scatter(x, y, s=20, c=fill, edgecolors=colour, zorder=3)
    axes.axvline(points[0].true_colourfulness, color="#333", linestyle="--", label="true pictures")
    axes.set(xlabel="colourfulness (Hasler and Süsstrunk 2003)", ylabel="PSNR-RGB in dB")
    axes.grid(color="#ddd")
    figure.legend(loc="outside right upper", fontsize="small")
    figure.savefig(path, format="svg")


def check_name(path: Path) -> None:
    """ColorizerError for a file that isn't named .svg."""
    if path.suffix.lower() != ".svg":
        raise ColorizerError(
            f"“{path}” isn't named .svg, but the curve is drawn so. Give --curve a name.svg."
        )


def write_curve(path: Path, points: Sequence[Point]) -> None:
    """The plot to `path` (.svg) and the table beside it (.md); ColorizerError if they can't be written."""
    check_name(path)
    try:
        draw(path, points)
        path.with_suffix(".md").write_text(markdown(points) + "\n", encoding="utf-8")
    except OSError as error:
        raise ColorizerError(f"“{path}” can't be written ({error}). Choose another --curve file.") from None
