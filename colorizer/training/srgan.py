"""How is the upscaler trained? First by pixel error alone: that network is SRResNet (Ledig et al. 2017, 3.2).

The absolute error stands for the paper's squared one: it gives sharper pictures and a higher PSNR (Lim et al.
2017, 3). The second part starts there and asks for likely texture: VGG-19's features of the result are those
of the true picture (2.2.1), and a discriminator can't tell the two apart (2.2.2). That network is SRGAN.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.colour.luma import psnr_y, ssim_y
from colorizer.networks.resampling import FACTOR, enlarge, shrink
from colorizer.networks.srgan import BLOCKS, WIDTHS, Generator
from colorizer.networks.vgg import VGGFeatures
from colorizer.predictors.tiling import to_pixels, to_tensor
from colorizer.training import common
from colorizer.training.data import fingerprint, list_pictures, read_rgb
from colorizer.training.jury import FeatureJuror, Juror, PictureJuror, grid_pattern, local_pattern
from colorizer.training.run import Run, RunOptions, prepare
from colorizer.training.sharp import SharpCrops, pair, quantised, worn_pair
from colorizer.training.vgg import load_vgg
from colorizer.training.wear import Wear

log = logging.getLogger("colorizer.training")

SHEET_SIDE = 256
JUDGE_RATE = 4.0  # times the generator's
SEEN = {1: 0.2, 3: 0.2, 7: 1.0}  # layers of VGG-19 and their weights: relu1_2, relu2_2, conv3_4


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


@dataclass(frozen=True)
class SRGANOptions(RunOptions):
    """Perceptual and adversarial loss on top of a network trained by pixel error.

    Features are compared before the last ReLU, as in ESRGAN (Wang et al. 2018, 3.2), and a little at two
    shallow layers, as in Real-ESRGAN (Wang et al. 2021, 4.1). They reward a faint grid of 4 pixels over
    everything, so that has a loss of its own. A judge that counts more than they do weaves: 1 against 0.5
    gave 28.7 dB on Set5 and features further from the truth than before, these weights 30.1 dB and nearer
    ones.
    (Of the paper's discriminator, 0.1 is about as much as 1.) Without `perceptual` and with the paper's
    discriminator, no VGG-19 is needed.
    """

    stages: tuple[common.Stage, ...] = (common.Stage(96, 16, 4000),)
    rate: float = 1e-4
    weight_decay: float = 0.0
    every: int = 250
    init: str = "srresnet"
    vgg: Path | None = None  # a file of VGG-19's weights; none: see load_vgg
    judges: str = "features"  # of VGG-19, which learn sooner, or "patches": the paper's discriminator
    pixel: float = 5.0
    perceptual: float = 1.5
    adversarial: float = 0.35
    grid: float = 10_000.0
    local_grid: float = 0.0  # the same in windows of 16 pixels, where it may be another at each edge
    photo: bool = False  # learn from worn pictures: blurred, noisy, compressed
    wear: Wear = field(default_factory=Wear)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("pixel", "perceptual", "adversarial", "grid", "local_grid"):
            self.check(name, getattr(self, name) >= 0, "0 or more")
        self.check("init", bool(self.init), "a weight file or the name of a model")
        self.check("judges", self.judges in ("patches", "features"), "patches or features")


def to_picture(x: Tensor) -> np.ndarray:
    """(1, 3, H, W) in 0..1 -> uint8 (H, W, 3)."""
    return to_pixels(x[0].float().cpu(), np.dtype(np.uint8))


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
            top, left = ((length - SHEET_SIDE) // 2 for length in given.shape[:2])
            cut = (slice(top, top + SHEET_SIDE), slice(left, left + SHEET_SIDE))
            columns.append(np.concatenate([row[cut] for row in rows]))
    mean = np.mean(figures, axis=0)
    sheet = np.concatenate(columns, axis=1) if columns else to_picture(large)
    return {"psnr": float(mean[0]), "ssim": float(mean[1])}, sheet


def typical_scales(features: VGGFeatures, crops: Tensor) -> list[float]:
    """How large the features of each layer of SEEN usually are."""
    with torch.no_grad():
        return [float(layer.float().square().mean().sqrt()) for layer in features.layers(crops, tuple(SEEN))]


class Task:
    """What both parts share: the pictures, and what the validation shows."""

    def __init__(self, options: RunOptions) -> None:
        self.engine = prepare(options)
        self.device = self.engine.device
        largest = max(stage.side for stage in options.stages)
        self.paths = list_pictures(options.data, options.largest_batch(self.engine))
        self.loader = SharpCrops(self.paths, options.seed, largest)
        held_out = list_pictures(options.val)[:20] if options.val else []
        self.truths = [np.asarray(read_rgb(path)) for path in held_out]
        counts = len(self.paths), fingerprint(self.paths), len(self.truths), self.engine
        log.info("%d pictures (%s), %d for validation, on %s", *counts)

    def run(self, kind: str, options: RunOptions, parts: dict[str, nn.Module | torch.optim.Optimizer]) -> Run:
        def validation(average: nn.Module) -> tuple[dict[str, float], np.ndarray]:
            return validate(average, self.truths, self.device)

        shown = validation if self.truths else None
        return Run(kind, options, self.engine, self.paths, parts, shown, self.loader)

    def to_device(self, *parts: Tensor) -> list[Tensor]:
        return [part.to(self.device, memory_format=torch.channels_last) for part in parts]


def train_srresnet(options: SRResNetOptions) -> Path:
    """Train (or resume) the generator by pixel error; returns the path of `OUT/srresnet.safetensors`."""
    task = Task(options)
    if options.init:
        network = common.load_initial(options.init, Generator.from_state)
    else:
        network = Generator(options.blocks, WIDTHS)
    task.engine.place(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=options.weight_decay)
    run = task.run("srresnet", options, {"network": network, "optimiser": optimiser})
    forward = torch.compile(network, dynamic=False) if options.compile else network
    for _, crops in run.steps():
        small, large = task.to_device(*pair(crops))
        with task.engine.autocast():
            result = forward(small)
        loss = F.l1_loss(result.float(), large)
        task.engine.descend(loss, network, optimiser)
        run.record(loss)
    return run.result


def train_srgan(options: SRGANOptions) -> Path:
    """Train (or resume) by perception; returns the path of `OUT/srgan.safetensors` (or srgan-photo)."""
    task = Task(options)
    features = _features(options, task)
    network = common.load_initial(options.init, Generator.from_state)
    task.engine.place(network)
    juror: Juror = PictureJuror()
    if options.judges == "features":
        assert features is not None
        (sample,) = task.loader.batches(0, 1, 16, options.stages[0].side)
        juror = FeatureJuror(
            features, tuple(SEEN), typical_scales(features, *task.to_device(pair(sample)[1]))
        )
    engine, judge = task.engine, juror.judge
    engine.place(judge)
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=options.weight_decay)
    # The judge starts from nothing (Heusel et al. 2017: two rates).
    group = {"params": list(judge.parameters()), "scale": JUDGE_RATE}
    judge_optimiser = torch.optim.AdamW([group], lr=options.rate, weight_decay=options.weight_decay)
    parts: dict[str, nn.Module | torch.optim.Optimizer] = {
        "network": network,
        "optimiser": optimiser,
        "discriminator": judge,
        "discriminator_optimiser": judge_optimiser,
    }
    run = task.run("srgan-photo" if options.photo else "srgan", options, parts)
    forward = torch.compile(network, dynamic=False) if options.compile else network
    for _, crops in run.steps():
        draws = run.draws(17)
        made = worn_pair(crops, draws.crops, options.wear) if options.photo else pair(crops)
        small, large = task.to_device(*made)
        with engine.autocast():
            result = forward(small)
        loss = options.pixel * F.l1_loss(result.float(), large)
        error = result.float() - large
        loss = loss + options.grid * (grid_pattern(error, FACTOR) ** 2).mean()
        if options.local_grid:
            loss = loss + options.local_grid * (local_pattern(error, FACTOR) ** 2).mean()
        judge.requires_grad_(True)
        with engine.autocast():
            juror.look(large, result, draws)
            doubt = juror.doubt().float()
        engine.descend(doubt, judge, judge_optimiser)
        judge.requires_grad_(False)
        with engine.autocast():
            opinion = juror.opinion().float()
            pairs = zip(*_seen(features, juror, result, large), strict=True) if features else ()
        loss = loss + options.adversarial * opinion
        for weight, (made_of, goal) in zip(SEEN.values(), pairs, strict=False):
            loss = loss + options.perceptual * weight * F.l1_loss(made_of.float(), goal.float())
        engine.descend(loss, network, optimiser)
        run.record(loss)
    return run.result


def _features(options: SRGANOptions, task: Task) -> VGGFeatures | None:
    """VGG-19, unless neither the judge nor the perceptual loss looks at it."""
    if options.judges == "patches" and not options.perceptual:
        return None
    features, source = load_vgg(options.vgg)
    log.info("VGG-19: %s", source)
    task.engine.place(features)
    return features


def _seen(
    features: VGGFeatures, juror: Juror, result: Tensor, large: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    """VGG's features of what was made and of the true picture, at which the juror has looked before."""
    if isinstance(juror, FeatureJuror):
        return juror.made, juror.real
    with torch.no_grad():
        true = features.layers(large, tuple(SEEN))
    return features.layers(result, tuple(SEEN)), true
