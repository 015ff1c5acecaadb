"""How good is a network while it trains? Figures, and a sheet of pictures to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from colorizer.colour.lab import lab_to_rgb, rgb_to_lab
from colorizer.evaluation.metrics import colourfulness, psnr
from colorizer.predictors.tiling import to_pixels
from colorizer.training.data import to_rgb
from colorizer.training.sources import Picture, list_pictures, read_rgb

Result = tuple[dict[str, float], np.ndarray]  # figures by name, and a sheet (H, W, 3) uint8
Validation = Callable[[nn.Module], Result]


def to_picture(x: Tensor) -> np.ndarray:
    """(1, 3, H, W) in 0..1 -> uint8 (H, W, 3)."""
    return to_pixels(x[0].float().cpu(), np.dtype(np.uint8))


def spread(paths: list[Picture], most: int) -> list[Picture]:
    """At most so many of the pictures, evenly spread."""
    return paths[:: max(1, len(paths) // most)][:most]


def summary(figures: Sequence[Mapping[str, float]], columns: Sequence[Sequence[np.ndarray]]) -> Result:
    """The mean of each figure over the pictures, and a sheet of columns of pictures."""
    means = {name: float(np.mean([one[name] for one in figures])) for name in figures[0]}
    return means, np.concatenate([np.concatenate(column) for column in columns], axis=1)


def colour_validation(
    folder: Path,
    device: torch.device,
    predict_ab: Callable[[nn.Module, Tensor], Tensor],
    side: int = 256,
    most: int = 100,
) -> Validation:
    """Mean PSNR (dB) and colourfulness, and a sheet (grey, coloured, true, of eight pictures); of at most so
    many pictures of a folder, made square. All are read once, so that a bad one is found now.

    `predict_ab` turns a network and L (1, 1, side, side) into ab (1, 2, h, w) of any size.
    """
    paths, size = spread(list_pictures(folder), most), (side, side)
    for path in paths:
        read_rgb(path, 32)

    @torch.inference_mode()
    def validate(network: nn.Module) -> Result:
        figures, columns = [], []
        for path in paths:
            truth = np.asarray(read_rgb(path).resize(size, Image.Resampling.BICUBIC))
            lab = rgb_to_lab(to_rgb(truth[None].copy())).to(device)
            lab[:, 1:] = F.interpolate(predict_ab(network, lab[:, :1]).float(), size=size, mode="bilinear")
            result = to_picture(lab_to_rgb(lab))
            figures.append({"psnr": psnr(result, truth), "colourfulness": colourfulness(result)})
            grey = (lab[0, 0] * 2.55).byte().cpu().numpy()[..., None].repeat(3, -1)
            columns.append((grey, result, truth))
        return summary(figures, columns[:8])

    return validate
