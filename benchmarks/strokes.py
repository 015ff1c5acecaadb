"""What can serve as a painting where none may be copied? Brush strokes along a flow, drawn by chance.

`python benchmarks/strokes.py strokes.jpg` draws the one among the page's examples.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from measuring import options

WIDTH, HEIGHT = 640, 480
STROKES = 14_000
LENGTH, STEP = 12, 4.0  # of a stroke: in steps, and of a step in pixels
PALETTES = (
    ((24, 44, 96), (38, 84, 150), (70, 130, 180), (150, 190, 200), (236, 222, 160), (242, 190, 60)),
    ((70, 24, 30), (150, 50, 34), (206, 104, 50), (232, 176, 100), (90, 100, 60), (30, 60, 66)),
)


def smooth_noise(random: np.random.Generator, cells: int) -> np.ndarray:
    """(HEIGHT, WIDTH) float32 in 0..1, with so many bumps across."""
    coarse = random.random((cells, cells), dtype=np.float32)
    field = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return (field - field.min()) / (field.max() - field.min())


def strokes(seed: int = 0) -> np.ndarray:
    """A picture (HEIGHT, WIDTH, 3) uint8: short strokes that turn with a flow, in a palette's colours."""
    random = np.random.default_rng(seed)
    angle = 2 * np.pi * smooth_noise(random, 5)
    tint = 0.75 * smooth_noise(random, 4) + 0.25 * smooth_noise(random, 12)
    palette = np.array(PALETTES[seed % len(PALETTES)], np.float32)
    picture = np.full((HEIGHT, WIDTH, 3), palette[1], np.float32)
    for number in range(STROKES):
        x, y = random.random() * (WIDTH - 1), random.random() * (HEIGHT - 1)
        place = np.clip(tint[int(y), int(x)] + random.normal(0, 0.09), 0, 0.999) * (len(palette) - 1)
        low, rest = int(place), place % 1
        colour = palette[low] * (1 - rest) + palette[low + 1] * rest + random.normal(0, 9, 3)
        points = [(x, y)]
        for _ in range(random.integers(LENGTH // 2, LENGTH)):
            turn = angle[int(np.clip(y, 0, HEIGHT - 1)), int(np.clip(x, 0, WIDTH - 1))]
            x, y = x + STEP * np.cos(turn), y + STEP * np.sin(turn)
            points.append((x, y))
        thick = 9 if number < STROKES // 4 else int(random.integers(2, 6))
        path = np.rint(points).astype(np.int32)
        cv2.polylines(picture, [path], False, colour.clip(0, 255).tolist(), thick, cv2.LINE_AA)
        ridge = (colour * 1.12 + 6).clip(0, 255).tolist()  # where the light falls on the paint
        cv2.polylines(picture, [path - 1], False, ridge, 1, cv2.LINE_AA)
    return np.rint(picture.clip(0, 255)).astype(np.uint8)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("output", type=Path, help="the file to write")
    parser.add_argument("--seed", type=int, default=0, help="of chance (default: 0)")
    args = parser.parse_args()
    cv2.imwrite(str(args.output), strokes(args.seed)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])


if __name__ == "__main__":
    main()
