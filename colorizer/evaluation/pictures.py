"""Which pictures are evaluated, and how are they brought to one size and to grey?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from colorizer.colour.lab import XYZ_FROM_RGB, linear_to_srgb, rgb_to_lab, srgb_to_linear
from colorizer.errors import ColorizerError
from colorizer.photo import SUFFIXES, Photo, to_bits

SIDE = 256


def list_photos(folder: Path, limit: int | None = None) -> list[Path]:
    """The pictures in a folder and below, sorted; with `limit`, so many of them, evenly spread."""
    if not folder.is_dir():
        raise ColorizerError(f"“{folder}” is not a folder. Give a folder of pictures.")
    if limit is not None and limit < 1:
        raise ColorizerError(f"--limit is {limit}, but at least one picture is needed.")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not paths:
        raise ColorizerError(f"“{folder}” holds no picture that can be read. Give a folder of pictures.")
    if limit is None or limit >= len(paths):
        return paths
    return [paths[number * len(paths) // limit] for number in range(limit)]


def middle(rgb: np.ndarray, side: int = 0) -> np.ndarray:
    """The middle square of a picture (H, W, 3), of its short side or of `side` pixels."""
    side = side or min(rgb.shape[:2])
    top, left = ((length - side) // 2 for length in rgb.shape[:2])
    return rgb[top : top + side, left : left + side]


def square(rgb: np.ndarray, side: int = SIDE) -> np.ndarray:
    """A picture (H, W, 3) -> uint8 (side, side, 3): short side to `side`, antialiased, then the middle."""
    image = Image.fromarray(to_bits(rgb, 8))
    scale = side / min(image.size)
    if scale != 1:
        size = (max(side, round(image.width * scale)), max(side, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    return np.array(middle(np.asarray(image), side))


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """A uint8 picture (H, W, 3) -> Lab (3, H, W) float64."""
    return rgb_to_lab(torch.from_numpy(rgb / 255.0).movedim(-1, 0)).numpy()


def lightness_alone(rgb: np.ndarray) -> np.ndarray:
    """A uint8 picture (H, W, 3) -> the grey of the same L, rounded to 8 bits; three equal channels."""
    linear = srgb_to_linear(torch.from_numpy(rgb / 255.0))
    luminance = linear @ torch.tensor(XYZ_FROM_RGB[1], dtype=torch.float64)
    grey = (linear_to_srgb(luminance).clamp(0, 1) * 255).round().byte().numpy()
    return np.repeat(grey[..., None], 3, axis=-1)


def read_square(path: Path, side: int = SIDE) -> np.ndarray:
    """Decode a file as the product does, then `square`; PhotoError if it can't be read."""
    return square(Photo.open(path).rgb, side)
