"""How are the course's U-Net and the deep-colorization auto-encoder trained? Both by squared error.

The mean squared error is least at the mean of all plausible colours, which is dull: that is what they show.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from colorizer.colour.lab import ntsc_luma, rgb_to_lab
from colorizer.networks.autoencoder import SIDE, AutoEncoder
from colorizer.networks.course_unet import CourseUNet, scale_lab
from colorizer.training import common
from colorizer.training.data import CropSettings, fingerprint, training_pictures
from colorizer.training.draws import Random
from colorizer.training.engine import Engine
from colorizer.training.run import Run, RunOptions, prepare
from colorizer.training.validation import validate, validation_pictures

log = logging.getLogger("colorizer.training")

# (crops, random numbers for each) -> what the network is given and what it should answer
BatchMaker = Callable[[np.ndarray, Sequence[Random]], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class CourseUNetOptions(RunOptions):
    """Random crops, mirrored half of the time. The stages are about eight minutes of two processor cores."""

    stages: tuple[common.Stage, ...] = (common.Stage(64, 32, 700), common.Stage(128, 16, 220))
    rate: float = 2e-3
    decay: float = 0.99
    every: int = 460
    crops: CropSettings = field(default_factory=lambda: CropSettings(decode=2.0))


@dataclass(frozen=True)
class AutoEncoderOptions(RunOptions):
    """The whole square of a picture, moved at random by up to `translate` of its side.

    Most steps are at half the size, where they cost a fraction; the last ones at the size that it is used at.
    """

    stages: tuple[common.Stage, ...] = (common.Stage(64, 32, 500), common.Stage(128, 16, 250))
    rate: float = 1e-3
    decay: float = 0.99
    every: int = 375
    crops: CropSettings = field(default_factory=lambda: CropSettings(smallest=1.0, stretch=1.0))
    translate: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("translate", 0 <= self.translate < 1, "from 0 to below 1")


def to_rgb(crops: np.ndarray) -> Tensor:
    """(N, S, S, 3) uint8 -> (N, 3, S, S) in 0..1."""
    return torch.from_numpy(crops).movedim(-1, 1).float() / 255


def course_batch(crops: np.ndarray, randoms: Sequence[Random]) -> tuple[Tensor, Tensor]:
    """NTSC luma (N, 1, S, S) in 0..1, and Lab (N, 3, S, S) scaled to -1..1."""
    rgb = to_rgb(crops)
    return ntsc_luma(rgb), scale_lab(rgb_to_lab(rgb))


def translated(crop: np.ndarray, share: float, random: Random) -> np.ndarray:
    """A crop (S, S, 3) moved by up to `share` of its side both ways; what comes into sight is mirrored."""
    side = len(crop)
    reach = int(share * side)
    y, x = random.integers(0, 2 * reach + 1, 2)
    return np.pad(crop, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")[y : y + side, x : x + side]


def autoencoder_batch(crops: np.ndarray, randoms: Sequence[Random], share: float) -> tuple[Tensor, Tensor]:
    """L / 50 - 1 (N, 1, S, S), and ab / 128 (N, 2, S, S), of crops moved at random."""
    pairs = zip(crops, randoms, strict=True)
    lab = scale_lab(rgb_to_lab(to_rgb(np.stack([translated(crop, share, random) for crop, random in pairs]))))
    return lab[:, :1], lab[:, 1:]


def ab_at_128(network: AutoEncoder, lightness: Tensor) -> Tensor:
    """The auto-encoder's ab (N, 2, 128, 128) for a lightness of any size."""
    return network.predict_ab(F.interpolate(lightness, size=(SIDE, SIDE), mode="area"))


def train_course_unet(options: CourseUNetOptions) -> Path:
    """Train (or resume) the course's U-Net; returns the path of `OUT/course-unet.safetensors`."""
    engine = prepare(options)
    network = common.load_initial(options.init, CourseUNet.from_state) if options.init else CourseUNet()
    return _train("course-unet", network, options, engine, course_batch)


def train_autoencoder(options: AutoEncoderOptions) -> Path:
    """Train (or resume) the auto-encoder; returns the path of `OUT/autoencoder.safetensors`."""
    engine = prepare(options)
    network = common.load_initial(options.init, AutoEncoder.from_state) if options.init else AutoEncoder()
    return _train(
        "autoencoder",
        network,
        options,
        engine,
        lambda crops, randoms: autoencoder_batch(crops, randoms, options.translate),
    )


def _train(
    kind: str,
    network: CourseUNet | AutoEncoder,
    options: RunOptions,
    engine: Engine,
    make_batch: BatchMaker,
) -> Path:
    device, paths = engine.device, training_pictures(options.data, options.largest_batch(engine))
    held_out = validation_pictures(options.val)
    log.info(
        "%d pictures (%s), %d for validation, on %s", len(paths), fingerprint(paths), len(held_out), engine
    )

    engine.place(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=options.weight_decay)

    def validation(average: torch.nn.Module) -> tuple[dict[str, float], np.ndarray]:
        if isinstance(average, AutoEncoder):
            return validate(lambda lightness: ab_at_128(average, lightness), held_out, device)
        assert isinstance(average, CourseUNet)
        return validate(average.predict_ab, held_out, device)

    parts = {"network": network, "optimiser": optimiser}
    run = Run(kind, options, engine, paths, parts, validation if held_out else None)
    forward = torch.compile(network, dynamic=False) if options.compile else network
    for _, crops in run.steps():
        inputs, truth = make_batch(crops, run.draws(11).crops)
        inputs = inputs.to(device, memory_format=torch.channels_last)
        with engine.autocast():
            answer = forward(inputs)
        loss = F.mse_loss(answer.float(), truth.to(device))
        engine.descend(loss, network, optimiser)
        run.record(loss)
    return run.result
