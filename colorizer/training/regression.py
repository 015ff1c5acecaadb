"""How are the course's U-Net and the deep-colorization auto-encoder trained? Both by squared error.

The mean squared error is least at the mean of all plausible colours, which is dull: that is what they show.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.colour.lab import ntsc_luma, rgb_to_lab
from colorizer.networks.autoencoder import SIDE, AutoEncoder
from colorizer.networks.course_unet import CourseUNet, scale_lab
from colorizer.training import common
from colorizer.training.data import CropLoader, Draws, Random, to_rgb
from colorizer.training.engine import prepare
from colorizer.training.options import AutoEncoderOptions, CourseUNetOptions, RunOptions
from colorizer.training.run import Run
from colorizer.training.sources import training_pictures
from colorizer.training.validation import colour_validation


def course_batch(crops: np.ndarray) -> tuple[Tensor, Tensor]:
    """NTSC luma (N, 1, S, S) in 0..1, and Lab (N, 3, S, S) scaled to -1..1."""
    rgb = to_rgb(crops)
    return ntsc_luma(rgb), scale_lab(rgb_to_lab(rgb))


def translated(crop: np.ndarray, share: float, random: Random) -> np.ndarray:
    """A crop (S, S, 3) moved by up to `share` of its side both ways; what comes into sight is mirrored."""
    side = len(crop)
    reach = int(share * side)
    y, x = random.integers(0, 2 * reach + 1, 2)
    return np.pad(crop, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")[y : y + side, x : x + side]


def autoencoder_batch(crops: np.ndarray, draws: Draws, share: float) -> tuple[Tensor, Tensor]:
    """L / 50 - 1 (N, 1, S, S), and ab / 128 (N, 2, S, S), of crops moved at random."""
    pairs = zip(crops, draws.crops, strict=True)
    lab = scale_lab(rgb_to_lab(to_rgb(np.stack([translated(crop, share, random) for crop, random in pairs]))))
    return lab[:, :1], lab[:, 1:]


def predict_ab(network: nn.Module, lightness: Tensor) -> Tensor:
    """The ab (N, 2, h, w) of a lightness of any size; the auto-encoder's is 128 x 128."""
    if isinstance(network, AutoEncoder):
        return network.predict_ab(F.interpolate(lightness, size=(SIDE, SIDE), mode="area"))
    assert isinstance(network, CourseUNet)
    return network.predict_ab(lightness)


def train_course_unet(options: CourseUNetOptions) -> Path:
    """Train (or resume) the course's U-Net; returns the path of `OUT/course-unet.safetensors`."""
    return _train("course-unet", CourseUNet, options, lambda crops, _: course_batch(crops))


def train_autoencoder(options: AutoEncoderOptions) -> Path:
    """Train (or resume) the auto-encoder; returns the path of `OUT/autoencoder.safetensors`."""
    make_pair = partial(autoencoder_batch, share=options.translate)
    return _train("autoencoder", AutoEncoder, options, make_pair)


def _train(
    kind: str,
    network_type: type[CourseUNet] | type[AutoEncoder],
    options: RunOptions,
    make_pair: Callable[[np.ndarray, Draws], tuple[Tensor, Tensor]],
) -> Path:
    engine = prepare(options)
    paths = training_pictures(options.data, engine.largest_batch(options))
    loader = CropLoader(paths, options.seed, options.crops)
    network: nn.Module
    network = common.load_initial(options.init, network_type.from_state) if options.init else network_type()
    optimiser = torch.optim.AdamW(engine.place(network).parameters())
    validation = partial(colour_validation, predict_ab=predict_ab)
    run = Run(kind, options, engine, loader, network, optimiser, validation)
    return run.learn(make_pair, lambda given, answer, truth: F.mse_loss(answer, truth))
