"""How is the curve of settings drawn? As plain SVG: no plotting library is needed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from colorizer.errors import ColorizerError
from colorizer.evaluation.curve import Point, markdown

COLOURS = ("#3b4cc0", "#2a9d8f", "#8a9a2b", "#e08e1b", "#c0392b")  # of the values of rebalance
DASHES = ("", "7 3", "3 3", "1 3")  # of the values of temperature


class Axes:
    """Where figures lie on a plot of 760x480 with room for labels; its lines and texts gather in `parts`."""

    left, top, right, bottom = 70, 40, 560, 420

    def __init__(self, points: Sequence[Point]) -> None:
        xs = [point.colourfulness for point in points] + [points[0].true_colourfulness]
        ys = [point.psnr for point in points if math.isfinite(point.psnr)] or [0.0]
        self.x0, self.x1 = math.floor(min(xs) / 5) * 5, math.ceil(max(xs) / 5 + 0.01) * 5
        self.y0, self.y1 = math.floor(min(ys)), math.floor(max(ys)) + 1
        self.parts: list[str] = []

    def place(self, colour: float, quality: float) -> tuple[float, float]:
        x = self.left + (colour - self.x0) / (self.x1 - self.x0) * (self.right - self.left)
        y = self.bottom - (min(quality, self.y1) - self.y0) / (self.y1 - self.y0) * (self.bottom - self.top)
        return round(x, 1), round(y, 1)

    def line(
        self, ends: Sequence[tuple[float, float]], colour: str, dash: str = "", width: float = 1.0
    ) -> None:
        path = " ".join(f"{x},{y}" for x, y in ends)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" '
            f'stroke-width="{width}" stroke-dasharray="{dash}"/>'
        )

    def text(self, x: float, y: float, text: str, anchor: str = "middle") -> None:
        self.parts.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>')

    def frame(self, true_colourfulness: float) -> None:
        for x in np.linspace(self.x0, self.x1, 6):
            self.line([self.place(x, self.y0), self.place(x, self.y1)], "#ddd")
            self.text(self.place(x, 0)[0], self.bottom + 18, f"{x:g}")
        for y in np.linspace(self.y0, self.y1, 6):
            self.line([self.place(self.x0, y), self.place(self.x1, y)], "#ddd")
            self.text(self.left - 8, self.place(0, y)[1] + 4, f"{y:.1f}", "end")
        self.line(
            [self.place(true_colourfulness, self.y0), self.place(true_colourfulness, self.y1)], "#333", "6 4"
        )
        self.text(self.place(true_colourfulness, 0)[0], self.top - 6, "true pictures")
        self.text((self.left + self.right) / 2, self.bottom + 42, "colourfulness (Hasler and Süsstrunk 2003)")
        self.text(12, self.top - 20, "PSNR-RGB in dB", "start")

    def legend(self, names: Sequence[tuple[str, str, str]]) -> None:
        for number, (name, colour, dash) in enumerate(names):
            y = self.top + 20 + 22 * number
            self.line([(self.right + 20, y), (self.right + 55, y)], colour, dash, 2)
            self.text(self.right + 63, y + 4, name, "start")

    def svg(self) -> str:
        head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 480" '
        font = 'font-family="sans-serif" font-size="13">'
        return "\n".join(
            (head + font, '<rect width="760" height="480" fill="white"/>', *self.parts, "</svg>", "")
        )


def plot(points: Sequence[Point]) -> str:
    """The curve as an SVG picture: a line a (rebalance, temperature), along rising saturation."""
    axes = Axes(points)
    axes.frame(points[0].true_colourfulness)
    rebalance = sorted({point.rebalance for point in points})
    temperature = sorted({point.temperature for point in points})
    colours = dict(zip(rebalance, itertools.cycle(COLOURS), strict=False))
    dashes = dict(zip(temperature, itertools.cycle(DASHES), strict=False))
    for r, t in itertools.product(rebalance, temperature):
        chosen = [point for point in points if (point.rebalance, point.temperature) == (r, t)]
        chosen.sort(key=lambda point: point.saturation)
        axes.line(
            [axes.place(point.colourfulness, point.psnr) for point in chosen], colours[r], dashes[t], 1.6
        )
        for point in chosen:
            x, y = axes.place(point.colourfulness, point.psnr)
            title = (
                f"rebalance {r:g}, temperature {t:g}, saturation {point.saturation:g}: {point.psnr:.2f} dB"
            )
            fill = colours[r] if point.best else "white"
            dot = f'<circle cx="{x}" cy="{y}" r="3" fill="{fill}" stroke="{colours[r]}">'
            axes.parts.append(f"{dot}<title>{title}</title></circle>")
    axes.legend(
        [(f"rebalance {r:g}", colours[r], "") for r in rebalance]
        + [(f"temperature {t:g}", "#555", dashes[t]) for t in temperature]
    )
    return axes.svg()


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
        path.write_text(plot(points), encoding="utf-8")
        path.with_suffix(".md").write_text(markdown(points) + "\n", encoding="utf-8")
    except OSError as error:
        raise ColorizerError(f"“{path}” can't be written ({error}). Choose another --curve file.") from None
