"""How is the upscaler trained? First by pixel error alone: that network is SRResNet (Ledig et al. 2017, 3.2).

The absolute error stands for the paper's squared one: it gives sharper pictures and a higher PSNR (Lim et al.
2017, 3). The second part starts there and asks for likely texture: VGG-19's features of the result are those
of the true picture (2.2.1), and a discriminator can't tell the two apart (2.2.2). That network is SRGAN.
"""

from __future__ import annotations

import logging
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
from colorizer.networks.srgan import Discriminator, Generator
from colorizer.predictors.tiling import to_tensor
from colorizer.training import common
from colorizer.training.data import SharpCrops, pair, quantised
from colorizer.training.discriminators import Adversary, Discriminating, FeatureAdversary, SRGANAdversary
from colorizer.training.engine import Engine, prepare
from colorizer.training.losses import grid_pattern, local_pattern
from colorizer.training.options import RunOptions, SRGANOptions, SRResNetOptions
from colorizer.training.run import Run
from colorizer.training.sources import list_pictures, read_rgb
from colorizer.training.validation import Result, Validation, summary, to_picture

log = logging.getLogger("colorizer.training")

SHEET_SIDE = 256
DISCRIMINATOR_RATE = 4.0  # times the generator's: it starts from nothing (Heusel et al. 2017: two rates)
DRAWS = 17  # the kind of its random numbers
SEEN = {1: 0.2, 3: 0.2, 7: 1.0}  # layers of VGG-19 and their weights: relu1_2, relu2_2, conv3_4


@torch.inference_mode()
def validate(network: nn.Module, truths: list[np.ndarray], device: torch.device) -> Result:
    """Mean PSNR (dB) and SSIM on luma, and a sheet of crops: bicubic, enlarged, true."""
    figures, columns = [], []
    for truth in truths:
        height, width = (length // FACTOR * FACTOR for length in truth.shape[:2])
        large = to_tensor(truth[:height, :width])
        small = quantised(shrink(large))
        result, given = to_picture(network(small.to(device))), to_picture(large)
        figures.append({"psnr": psnr_y(result, given), "ssim": ssim_y(result, given)})
        if min(given.shape[:2]) >= SHEET_SIDE:
            columns.append([middle(row, SHEET_SIDE) for row in (to_picture(enlarge(small)), result, given)])
    return summary(figures, columns[:6] or [[to_picture(large)]])


def _validation(folder: Path, device: torch.device) -> Validation:
    truths = [np.asarray(read_rgb(path)) for path in list_pictures(folder)[:20]]
    return partial(validate, truths=truths, device=device)


def _sharp_crops(options: RunOptions, engine: Engine) -> SharpCrops:
    paths = list_pictures(options.data, engine.largest_batch(options))
    return SharpCrops(paths, options.seed, options.largest_crop)


def train_srresnet(options: SRResNetOptions) -> Path:
    """Train (or resume) the generator by pixel error; returns the path of `OUT/srresnet.safetensors`."""
    engine = prepare(options)
    loader, network = _sharp_crops(options, engine), Generator(options.blocks)
    if options.init:
        network = common.load_initial(options.init, Generator.from_state)
    optimiser = torch.optim.Adam(engine.place(network).parameters())
    run = Run("srresnet", options, engine, loader, network, optimiser, _validation)
    return run.learn(lambda crops, _: pair(crops), lambda given, answer, truth: F.l1_loss(answer, truth))


def train_srgan(options: SRGANOptions) -> Path:
    """Train (or resume) by perception; returns the path of `OUT/srgan.safetensors` (or srgan-photo)."""
    engine = prepare(options)
    loader, features = _sharp_crops(options, engine), None
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
    optimiser = torch.optim.Adam(engine.place(network).parameters())
    run = Run(kind, options, engine, loader, network, optimiser, _validation, discriminate.parts)

    def loss_of(given: Tensor, result: Tensor, truth: Tensor) -> Tensor:
        error = result - truth
        loss = options.pixel * error.abs().mean() + options.grid * (grid_pattern(error, FACTOR) ** 2).mean()
        if options.local_grid:
            loss = loss + options.local_grid * (local_pattern(error, FACTOR) ** 2).mean()
        loss = loss + options.adversarial * discriminate([(adversary, truth, result)], run.draws(DRAWS))
        if features is not None:
            if isinstance(adversary, FeatureAdversary):  # it has looked already
                made, real = adversary.made, adversary.real
            else:
                with engine.autocast():
                    made = features.layers(result, tuple(SEEN))
                    with torch.no_grad():
                        real = features.layers(truth, tuple(SEEN))
            for weight, one, goal in zip(SEEN.values(), made, real, strict=True):
                loss = loss + options.perceptual * weight * F.l1_loss(one.float(), goal.float())
        return loss

    degradation = Degradation() if options.photo else None
    return run.learn(lambda crops, draws: pair(crops, draws.crops, degradation), loss_of, DRAWS)
