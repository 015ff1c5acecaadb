"""How good is a colorizer while it trains? Two figures, and a sheet of pictures to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from colorizer.colour.lab import lab_to_rgb, rgb_to_lab
from colorizer.evaluation.metrics import colourfulness, psnr
from colorizer.training.data import list_pictures, read_rgb
from colorizer.training.sources import Picture


def validation_pictures(folder: Path | None, count: int = 100) -> list[Picture]:
    """At most `count` pictures of a folder, all read once, so that a bad one is found at the start."""
    if folder is None:
        return []
    paths = list_pictures(folder)
    paths = paths[:: max(1, len(paths) // count)][:count]
    for path in paths:
        read_rgb(path, 32)
    return paths


@torch.inference_mode()
def validate(
    predict_ab: Callable[[Tensor], Tensor], paths: Sequence[Picture], device: torch.device, side: int = 256
) -> tuple[dict[str, float], np.ndarray]:
    """Mean PSNR (dB) and colourfulness, and a sheet: grey, coloured and true for eight pictures.

    `predict_ab` turns L (1, 1, side, side) into ab (1, 2, h, w) of any size; pictures are made square.
    """
    rows: list[np.ndarray] = []
    figures: list[tuple[float, float]] = []
    for path in paths:
        truth = np.asarray(read_rgb(path).resize((side, side), Image.Resampling.BICUBIC))
        lab = rgb_to_lab(torch.from_numpy(truth.copy()).movedim(-1, 0)[None].float() / 255).to(device)
        lab[:, 1:] = F.interpolate(predict_ab(lab[:, :1]).float(), size=(side, side), mode="bilinear")
        result = (lab_to_rgb(lab)[0].movedim(0, -1) * 255).round().byte().cpu().numpy()
        figures.append((psnr(result, truth), colourfulness(result)))
        if len(rows) < 8:
            grey = (lab[0, 0] * 2.55).byte().cpu().numpy()[..., None].repeat(3, -1)
            rows.append(np.concatenate((grey, result, truth), axis=0))
    mean = np.mean(figures, axis=0)
    return {"psnr": float(mean[0]), "colourfulness": float(mean[1])}, np.concatenate(rows, axis=1)
