"""How long would training at the papers' scale take, and at what price? An estimate, not a measurement.

A step's multiply-adds are counted in the networks themselves; a GPU is taken to do a tenth of its peak. What
the processor does for each crop, which is measured here, comes on top, because the GPU waits for it, and so
does a fixed time for launching a step's many small pieces of work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from measuring import options
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from colorizer.colour.bins import ab_bins
from colorizer.networks.cyclegan import Generator as Painter
from colorizer.networks.patchgan import PatchGAN
from colorizer.networks.srgan import Generator as Enlarger
from colorizer.networks.unet import ColorUNet
from colorizer.networks.vgg import VGGFeatures
from colorizer.training.colorizer import make_batch
from colorizer.training.data import MARGIN, Draws, pair, to_rgb
from colorizer.training.options import ColorizerOptions

OVERHEAD = 0.05  # seconds a step, assumed
LEARNING = 3  # times the forward pass: the gradients of the inputs and of the weights cost as much each
LOOKING = 2  # where the weights get no gradient


@dataclass(frozen=True)
class Case:
    """A run: its stage, its GPUs, and what a crop costs."""

    name: str
    side: int
    batch: int  # on each GPU
    steps: int
    gpus: int
    work: float  # multiply-adds for a crop, or for a photograph and a painting
    prepare: Callable[[], float]  # seconds of one processor core for the same


def forward(network: nn.Module, channels: int, side: int, counted: int = 64) -> float:
    """Multiply-adds for a picture (channels, side, side), counted on a smaller one."""
    with FlopCounterMode(display=False) as counter:  # with gradients: as it learns
        network.eval()(torch.zeros(1, channels, counted, counted))
    return counter.get_total_flops() / 2 * (side / counted) ** 2


def seconds(work: Callable[[np.ndarray], object], side: int, crops: int = 8) -> float:
    """A processor core's time for a crop of that side."""
    pixels = np.random.default_rng(0).integers(0, 256, (crops, side, side, 3), dtype=np.uint8)
    work(pixels)
    began = time.process_time()
    for _ in range(5):
        work(pixels)
    return (time.process_time() - began) / 5 / crops


def cases() -> list[Case]:
    colour = forward(ColorUNet(ab_bins()), 4, 256)
    enlarger, seen = forward(Enlarger(), 3, 24, 24), forward(VGGFeatures(), 3, 96)
    painter, judge = forward(Painter(64, 9), 3, 256), forward(PatchGAN(), 3, 256)
    options = ColorizerOptions(data=Path(), out=Path())

    def coloured() -> float:
        return seconds(lambda x: make_batch(x, options, Draws.of(0, 0, 0, range(len(x))).crops), 256)

    def sharp() -> float:
        return seconds(pair, 96 + 2 * MARGIN)

    def unpaired() -> float:
        return 2 * seconds(to_rgb, 256)

    six = 6 * LEARNING * painter + 2 * (2 * LEARNING + LOOKING) * judge
    return [
        Case("colorizer", 256, 32, 100_000, 8, LEARNING * colour, coloured),
        Case("srresnet", 96, 16, 250_000, 4, LEARNING * enlarger, sharp),
        Case("srgan", 96, 16, 50_000, 4, LEARNING * enlarger + (1 + LOOKING) * seen, sharp),
        Case("cyclegan", 256, 1, 157_000, 8, six, unpaired),
    ]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--gpu", default="A100", help="its name (default: A100)")
    parser.add_argument("--peak", type=float, default=312, help="its peak in bf16, TFLOP/s (default: 312)")
    parser.add_argument("--price", type=float, default=2.0, help="of an hour of one, in dollars (default: 2)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print("| model | stage on each GPU | GPUs | multiply-adds a step | hours | price |")
    print("|---|---|---|---|---|---|")
    for case in cases():
        step = OVERHEAD + case.batch * (2 * case.work / (args.peak / 10 * 1e12) + case.prepare())
        hours, work = case.steps * step / 3600, case.batch * case.gpus * case.work / 1e12
        stage, price = f"{case.side}x{case.batch}:{case.steps}", hours * case.gpus * args.price
        print(
            f"| {case.name} | {stage} | {case.gpus} {args.gpu} | {work:.2f} T | {hours:.1f} | ${price:.0f} |"
        )


if __name__ == "__main__":
    main()
