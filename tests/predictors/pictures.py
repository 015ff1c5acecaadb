"""What do the predictors' tests share? Photographs of any kind, weights of chance, and somebody who stops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from skimage import data

from colorizer import weights
from colorizer.errors import Cancelled
from colorizer.photo import Photo

ASTRONAUT = data.astronaut()
EMPTY = '{"format": 1, "repository": null, "revision": null, "files": {}}'  # a manifest


def photograph(
    height: int = 50, width: int = 60, bits: int = 8, alpha: bool = False, grey: bool = False
) -> Photo:
    """A part of a photograph; with alpha, only its upper left quarter can be seen."""
    picture = ASTRONAUT if width < 300 else np.tile(ASTRONAUT, (1, 3, 1))
    rgb = picture[100 : 100 + height, 180 : 180 + width]
    if grey:
        rgb = rgb[..., 1:2].repeat(3, axis=2)
    levels = rgb.astype(np.uint16) * 257 if bits == 16 else rgb.copy()
    veil = None
    if alpha:
        veil = np.zeros((height, width), levels.dtype)
        veil[: height // 2, : width // 2] = np.iinfo(levels.dtype).max
    return Photo.from_array(levels, veil, "dog.jpg")


def recoloured_where_hidden(photo: Photo) -> Photo:
    rgb = photo.rgb.copy()
    rgb[photo.alpha == 0] = (255, 0, 255)
    return photo.with_rgb(rgb)


def difference(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(int) - second.astype(int)).max())


def enter(folder: Path, name: str, task: str, state: dict[str, torch.Tensor]) -> None:
    """Write weights and enter them in the manifest that is in force."""
    weights.save(folder / "new.safetensors", state, {})
    weights.register(name, folder / "new.safetensors", "0.1", task)


def stop_beyond(share: float, told: list[float] | None = None) -> Callable[[float, str], None]:
    """A progress that notes what it is told, and stops the work when more than that is done."""

    def progress(done: float, _text: str) -> None:
        if told is not None:
            told.append(done)
        if done > share:
            raise Cancelled

    return progress
