"""How is the upscaler trained? First by pixel error alone: that network is SRResNet (Ledig et al. 2017, 3.2).

The absolute error stands for the paper's squared one: it gives sharper pictures and a higher PSNR (Lim et al.
2017, 3). The second part starts there and asks for likely texture: VGG-19's features of the result are those
of the true picture (2.2.1), and a discriminator can't tell the two apart (2.2.2). That network is SRGAN.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.colour.luma import psnr_y, ssim_y
from colorizer.evaluation.degradation import Degradation
from colorizer.evaluation.features import load_vgg
from colorizer.evaluation.pictures import middle
from colorizer.networks.resampling import FACTOR, enlarge, shrink
from colorizer.networks.srgan import BLOCKS, WIDTHS, Discriminator, Generator
from colorizer.networks.vgg import VGGFeatures
from colorizer.predictors.tiling import to_tensor
from colorizer.training import common
from colorizer.training.data import SharpCrops, pair, quantised
from colorizer.training.discriminators import Adversary, Discriminating, FeatureAdversary, SRGANAdversary
from colorizer.training.engine import Engine, Part
from colorizer.training.losses import grid_pattern, local_pattern
from colorizer.training.run import Run, RunOptions, prepare
from colorizer.training.sources import list_pictures, read_rgb
from colorizer.training.validation import to_picture

log = logging.getLogger("colorizer.training")

SHEET_SIDE = 256
DISCRIMINATOR_RATE = 4.0  # times the generator's: it starts from nothing (Heusel et al. 2017: two rates)
DRAWS = 17  # the kind of its random numbers
SEEN = {1: 0.2, 3: 0.2, 7: 1.0}  # layers of VGG-19 and their weights: relu1_2, relu2_2, conv3_4


@dataclass(frozen=True)
class SRResNetOptions(RunOptions):
    """Pixel error on crops of sharp pictures; sides in the stages are those of the large crop."""

    stages: tuple[common.Stage, ...] = (common.Stage(128, 16, 20000),)
    rate: float = 4e-4
    decay: float = 0.999
    every: int = 500
    blocks: int = BLOCKS


@dataclass(frozen=True)
class SRGANOptions(RunOptions):
    """Perceptual and adversarial loss on top of a network trained by pixel error.

    Features are compared before the last ReLU, as in ESRGAN (Wang et al. 2018, 3.2), and a little at two
    shallow layers, as in Real-ESRGAN (Wang et al. 2021, 4.1). They reward a faint grid of 4 pixels over
    everything, so that has a loss of its own. A discriminator that counts more than they do weaves. (Of the
    paper's, 0.1 is about as much as 1.) With the paper's, and without `perceptual`, no VGG-19 is needed.
    """

    stages: tuple[common.Stage, ...] = (common.Stage(96, 16, 4000),)
    rate: float = 1e-4
    every: int = 250
    init: str = "srresnet"
    vgg: Path | None = None  # a file of VGG-19's weights; none: see load_vgg
    discriminators: str = "features"  # of VGG-19, which learn sooner, or "patches": the paper's
    pixel: float = 5.0
    perceptual: float = 1.5
    adversarial: float = 0.35
    grid: float = 10_000.0
    local_grid: float = 0.0  # the same in windows of 16 pixels, where it may be another at each edge
    photo: bool = False  # learn from degraded pictures: blurred, noisy, compressed

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("discriminators", self.discriminators in ("patches", "features"), "patches or features")


@torch.inference_mode()
def validate(
    network: nn.Module, truths: list[np.ndarray], device: torch.device
) -> tuple[dict[str, float], np.ndarray]:
    """Mean PSNR (dB) and SSIM on luma, and a sheet of crops: bicubic, enlarged, true."""
    figures: list[tuple[float, float]] = []
    columns: list[np.ndarray] = []
    for truth in truths:
        height, width = (length // FACTOR * FACTOR for length in truth.shape[:2])
        large = to_tensor(truth[:height, :width])
        small = quantised(shrink(large))
        result, given = to_picture(network(small.to(device))), to_picture(large)
        figures.append((psnr_y(result, given), ssim_y(result, given)))
        if min(given.shape[:2]) >= SHEET_SIDE and len(columns) < 6:
            rows = (to_picture(enlarge(small)), result, given)
            columns.append(np.concatenate([middle(row, SHEET_SIDE) for row in rows]))
    mean = np.mean(figures, axis=0)
    sheet = np.concatenate(columns, axis=1) if columns else to_picture(large)
    return {"psnr": float(mean[0]), "ssim": float(mean[1])}, sheet


def sharp_crops(options: RunOptions, engine: Engine) -> SharpCrops:
    """The crops of the pictures that a run names as its data."""
    paths = list_pictures(options.data, options.largest_batch(engine))
    return SharpCrops(paths, options.seed, options.largest_crop)


def start(
    kind: str, options: RunOptions, engine: Engine, loader: SharpCrops, network: Generator, **parts: Part
) -> Run:
    """A run of the generator, with further parts of the checkpoint."""
    engine.place(network)
    optimiser = torch.optim.Adam(network.parameters())
    validation = None
    if options.val:
        truths = [np.asarray(read_rgb(path)) for path in list_pictures(options.val)[:20]]
        validation = partial(validate, truths=truths, device=engine.device)
    parts = {"network": network, "optimiser": optimiser, **parts}
    return Run(kind, options, engine, loader, parts, validation)


def train_srresnet(options: SRResNetOptions) -> Path:
    """Train (or resume) the generator by pixel error; returns the path of `OUT/srresnet.safetensors`."""
    engine = prepare(options)
    loader = sharp_crops(options, engine)
    if options.init:
        network = common.load_initial(options.init, Generator.from_state)
    else:
        network = Generator(options.blocks, WIDTHS)
    run = start("srresnet", options, engine, loader, network)
    return run.learn(lambda crops, _: pair(crops), lambda given, answer, truth: F.l1_loss(answer, truth))


def train_srgan(options: SRGANOptions) -> Path:
    """Train (or resume) by perception; returns the path of `OUT/srgan.safetensors` (or srgan-photo)."""
    engine = prepare(options)
    loader = sharp_crops(options, engine)
    features = None
    if options.perceptual or options.discriminators == "features":
        features, source = load_vgg(options.vgg)
        log.info("VGG-19: %s", source)
        engine.place(features)
    network = common.load_initial(options.init, Generator.from_state)
    adversary: Adversary = SRGANAdversary(Discriminator())
    if features is not None and options.discriminators == "features":
        sample = next(loader.batches(0, 16, options.stages[0].side))
        with torch.no_grad():
            layers = features.layers(pair(sample)[1].to(engine.device), tuple(SEEN))
        usual = [float(layer.float().square().mean().sqrt()) for layer in layers]
        adversary = FeatureAdversary(features, tuple(SEEN), usual)
    discriminate = Discriminating(engine, adversary.network, DISCRIMINATOR_RATE, betas=(0.9, 0.999))
    kind = "srgan-photo" if options.photo else "srgan"
    run = start(kind, options, engine, loader, network, **discriminate.parts)

    def loss_of(given: Tensor, result: Tensor, truth: Tensor) -> Tensor:
        error = result - truth
        loss = options.pixel * error.abs().mean() + options.grid * (grid_pattern(error, FACTOR) ** 2).mean()
        if options.local_grid:
            loss = loss + options.local_grid * (local_pattern(error, FACTOR) ** 2).mean()
        loss = loss + options.adversarial * discriminate([(adversary, truth, result)], run.draws(DRAWS))
        if features is not None:
            with engine.autocast():
                made, real = _seen(features, adversary, result, truth)
            for weight, one, goal in zip(SEEN.values(), made, real, strict=True):
                loss = loss + options.perceptual * weight * F.l1_loss(one.float(), goal.float())
        return loss

    degradation = Degradation() if options.photo else None
    return run.learn(lambda crops, draws: pair(crops, draws.crops, degradation), loss_of, DRAWS)


def _seen(
    features: VGGFeatures, adversary: Adversary, result: Tensor, truth: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    """VGG's features of what was made and of the true picture, which the discriminator may have seen."""
    if isinstance(adversary, FeatureAdversary):
        return adversary.made, adversary.real
    with torch.no_grad():
        true = features.layers(truth, tuple(SEEN))
    return features.layers(result, tuple(SEEN)), true
