"""How is the network that finds damage trained? On prints that are damaged by chance, so the truth is known.

Cross entropy alone, so that what the network says is how likely damage is. (Dice beside it, which counts the
few damaged pixels as much as all others together, makes it sure of everything, and of sills and wires, too.)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.evaluation.damage import damaged_print
from colorizer.networks.damage import DamageUNet
from colorizer.training import common
from colorizer.training.data import CropLoader, Random, random_crop
from colorizer.training.engine import prepare
from colorizer.training.options import CropSettings, MendOptions
from colorizer.training.run import Run
from colorizer.training.sources import list_pictures, read_rgb
from colorizer.training.validation import Result, Validation, spread

SIDE, MOST = 256, 64  # of the crops that are validated


def mend_batch(crops: np.ndarray, randoms: list[Random]) -> tuple[Tensor, Tensor]:
    """Crops (N, S, S, 3) uint8 -> the lightness (N, 1, S, S) of damaged prints, and 1 where they are."""
    pairs = [damaged_print(crop, random)[:2] for crop, random in zip(crops, randoms, strict=True)]
    given, truth = (np.stack(parts)[:, None].astype(np.float32) for parts in zip(*pairs, strict=True))
    return torch.from_numpy(given), torch.from_numpy(truth)


def mend_validation(folder: Path, device: torch.device) -> Validation:
    """Precision and recall in percent over some pictures of a folder, always damaged alike, and a sheet."""
    settings = CropSettings(smallest=1.0, stretch=1.0, flip=False)
    paths = spread(list_pictures(folder), MOST)
    crops = [random_crop(read_rgb(path), SIDE, np.random.default_rng(0), settings) for path in paths]
    randoms = [np.random.default_rng((5, number)) for number in range(len(crops))]
    prints, truth = mend_batch(np.stack(crops), randoms)

    @torch.inference_mode()
    def validate(network: nn.Module) -> Result:
        marked = torch.cat([network(given.to(device)).cpu() for given in prints.split(8)]) > 0
        hits = float((marked & (truth > 0)).sum())
        found = {"precision": hits / float(marked.sum().clamp(1)), "recall": hits / float(truth.sum())}
        rows = [torch.cat(list(part[:8, 0]), 1) for part in (prints, marked.float(), truth)]
        sheet = (torch.cat(rows) * 255).byte().numpy()[..., None].repeat(3, -1)
        return {name: 100 * share for name, share in found.items()}, sheet

    return validate


def train_mend(options: MendOptions) -> Path:
    """Train (or resume) the network; returns the path of `OUT/mend.safetensors`."""
    engine = prepare(options)
    paths = list_pictures(options.data, engine.largest_batch(options))
    loader = CropLoader(paths, options.seed, options.crops)
    network = common.load_initial(options.init, DamageUNet.from_state) if options.init else DamageUNet()
    optimiser = torch.optim.AdamW(engine.place(network).parameters())
    run = Run("mend", options, engine, loader, network, optimiser, mend_validation)
    return run.learn(
        lambda crops, draws: mend_batch(crops, draws.crops),
        lambda _, logits, truth: F.binary_cross_entropy_with_logits(logits, truth),
    )
