"""How is the upscaler trained? First by pixel error alone: that network is SRResNet (Ledig et al. 2017, 3.2).

The absolute error stands for the paper's squared one: it gives sharper pictures and a higher PSNR (Lim et al.
2017, 3).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.evaluation.metrics import psnr_y, ssim_y
from colorizer.networks.srgan import BLOCKS, WIDTHS, Generator
from colorizer.resampling import FACTOR, enlarge, shrink
from colorizer.training import common
from colorizer.training.data import fingerprint, list_pictures, read_rgb
from colorizer.training.run import Run, RunOptions, prepare
from colorizer.training.sharp import SharpCrops, pair, quantised, sharp_pictures

log = logging.getLogger("colorizer.training")

BORDER = 4  # pixels at the edge that the literature leaves out of its figures
SHEET_SIDE = 256


@dataclass(frozen=True)
class SRResNetOptions(RunOptions):
    """Pixel error on crops of sharp pictures; sides in the stages are those of the large crop."""

    stages: tuple[common.Stage, ...] = (common.Stage(128, 16, 20000),)
    rate: float = 4e-4
    weight_decay: float = 0.0
    decay: float = 0.999
    every: int = 500
    blocks: int = BLOCKS

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("blocks", self.blocks >= 1, "1 or more")


def to_tensor(rgb: np.ndarray) -> Tensor:
    """uint8 (H, W, 3), cut to multiples of 4 -> (1, 3, H, W) in 0..1."""
    height, width = (length // FACTOR * FACTOR for length in rgb.shape[:2])
    return torch.from_numpy(rgb[:height, :width].copy()).movedim(-1, 0)[None].float() / 255


def to_picture(x: Tensor) -> np.ndarray:
    """(1, 3, H, W) in 0..1 -> uint8 (H, W, 3)."""
    return (x[0].float().clamp(0, 1) * 255).round().byte().movedim(0, -1).cpu().numpy()


@torch.inference_mode()
def validate(
    network: nn.Module, truths: list[np.ndarray], device: torch.device
) -> tuple[dict[str, float], np.ndarray]:
    """Mean PSNR (dB) and SSIM on luma, and a sheet of crops: bicubic, enlarged, true."""
    figures: list[tuple[float, float]] = []
    columns: list[np.ndarray] = []
    for truth in truths:
        large = to_tensor(truth)
        small = quantised(shrink(large))
        result, given = to_picture(network(small.to(device))), to_picture(large)
        figures.append((psnr_y(result, given, BORDER), ssim_y(result, given, BORDER)))
        if min(given.shape[:2]) >= SHEET_SIDE and len(columns) < 6:
            rows = (to_picture(enlarge(small)), result, given)
            top, left = ((length - SHEET_SIDE) // 2 for length in given.shape[:2])
            cut = (slice(top, top + SHEET_SIDE), slice(left, left + SHEET_SIDE))
            columns.append(np.concatenate([row[cut] for row in rows]))
    mean = np.mean(figures, axis=0)
    sheet = np.concatenate(columns, axis=1) if columns else to_picture(large)
    return {"psnr": float(mean[0]), "ssim": float(mean[1])}, sheet


def train_srresnet(options: SRResNetOptions) -> Path:
    """Train (or resume) the generator by pixel error; returns the path of `OUT/srresnet.safetensors`."""
    device = prepare(options)
    largest = max(options.stages, key=lambda stage: stage.side)
    paths = sharp_pictures(options.data, max(stage.batch for stage in options.stages), largest.side)
    truths = [np.asarray(read_rgb(path)) for path in list_pictures(options.val)[:20]] if options.val else []
    log.info(
        "%d pictures (%s), %d for validation, on %s", len(paths), fingerprint(paths), len(truths), device
    )

    network = (
        common.load_initial(options.init, Generator.from_state)
        if options.init
        else Generator(options.blocks, WIDTHS)
    )
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=options.weight_decay)
    parts: dict[str, nn.Module | torch.optim.Optimizer] = {"network": network, "optimiser": optimiser}

    def validation(average: nn.Module) -> tuple[dict[str, float], np.ndarray]:
        return validate(average, truths, device)

    loader = SharpCrops(paths, options.seed)
    run = Run("srresnet", options, paths, parts, validation if truths else None, loader)
    forward = torch.compile(network, dynamic=False) if options.compile else network
    for _, crops in run.steps():
        small, large = (part.to(device, memory_format=torch.channels_last) for part in pair(crops))
        with common.autocast(device):
            result = forward(small)
        loss = F.l1_loss(result.float(), large)
        common.descend(loss, network, optimiser)
        run.record(loss)
    return run.result
