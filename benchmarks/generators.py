"""What does each departure from SRGAN's generator bring? Every variant learns for the same time.

`python benchmarks/generators.py --data sharp --val Set5 --minutes 5` prints the table. Time, not steps, is
equal, because a slower network sees fewer pictures; so short a training says little about the end of a long
one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from measuring import options, processor, timed
from torch import Tensor, nn

from colorizer.networks.resampling import enlarge
from colorizer.networks.srgan import RESIDUAL, WIDTHS, UpBlock
from colorizer.training import common
from colorizer.training.data import SharpCrops, pair
from colorizer.training.engine import Engine
from colorizer.training.sources import list_pictures, read_rgb
from colorizer.training.srgan import validate

SIDE, BATCH, RATE, DECAY = 96, 8, 4e-4, 0.99
BLOCKS = 16


@dataclass(frozen=True)
class Variant:
    """One line of the table; each takes one step more from the paper's generator to ours."""

    name: str
    normalised: bool = True
    tail: int = 9
    skip: bool = False
    widths: tuple[int, int, int] = (64, 64, 64)


VARIANTS = (
    Variant("the paper's (Ledig et al. 2017)"),
    Variant("no batch normalisation, residuals x 0.2", False),
    Variant("... and bicubic enlargement beside it", False, skip=True),
    Variant("... and a last convolution of 3x3", False, 3, True),
    Variant("... and 32 and 24 channels where the picture is large: ours", False, 3, True, WIDTHS),
)


class Block(nn.Module):
    def __init__(self, width: int, normalised: bool) -> None:
        super().__init__()
        self.scale = 1.0 if normalised else RESIDUAL

        def norm() -> nn.Module:
            return nn.BatchNorm2d(width) if normalised else nn.Identity()

        first, second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.body = nn.Sequential(first, norm(), nn.PReLU(), second, norm())

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(x, self.body(x), alpha=self.scale)


class VariantGenerator(nn.Module):
    def __init__(self, variant: Variant) -> None:
        super().__init__()
        small, double, large = variant.widths
        self.head = nn.Conv2d(3, small, 9, padding=4)
        self.blocks = nn.Sequential(*(Block(small, variant.normalised) for _ in range(BLOCKS)))
        norm = nn.BatchNorm2d(small) if variant.normalised else nn.Identity()
        self.merge = nn.Sequential(nn.Conv2d(small, small, 3, padding=1), norm)
        self.up = nn.Sequential(UpBlock(small, double), UpBlock(double, large))
        self.tail = nn.Conv2d(large, 3, variant.tail, padding=variant.tail // 2)
        self.skip = variant.skip
        if variant.skip:
            nn.init.normal_(self.tail.weight, 0.0, 1e-3)
            nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        head = F.leaky_relu(self.head(x - 0.5), 0.1)
        y = self.tail(self.up(self.merge(self.blocks(head)) + head))
        return y + (enlarge(x) if self.skip else 0.5)


def learn(variant: Variant, loader: SharpCrops, seconds: float) -> tuple[nn.Module, int]:
    """The averaged network after so many seconds, and the number of steps."""
    torch.manual_seed(1)
    network = VariantGenerator(variant).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.0)
    average = common.Average(network, DECAY)
    engine, began, steps = Engine(), time.monotonic(), 0
    for crops in loader.batches(0, BATCH, SIDE):
        spent = (time.monotonic() - began) / seconds
        if spent >= 1:
            break
        common.set_rate(optimiser, common.cosine_rate(int(10_000 * spent), 10_000, RATE))
        small, large = (part.contiguous(memory_format=torch.channels_last) for part in pair(crops))
        engine.descend(F.l1_loss(network(small), large), network, optimiser)
        average.update(network)
        steps += 1
    return average.network, steps


@torch.inference_mode()
def seconds_a_megapixel(network: nn.Module) -> float:
    tile = torch.rand(1, 3, 256, 256).contiguous(memory_format=torch.channels_last)
    return min(timed(lambda: network(tile)) for _ in range(3)) / (16 * 256 * 256 / 1e6)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of sharp pictures")
    parser.add_argument("--val", type=Path, required=True, help="folder of pictures to measure with")
    parser.add_argument("--minutes", type=float, default=5.0, help="for each variant (default: 5)")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    loader = SharpCrops(list_pictures(args.data), 1, SIDE)
    truths = [np.asarray(read_rgb(path)) for path in list_pictures(args.val)]
    print(f"{processor()}, {torch.get_num_threads()} threads, {args.minutes:g} minutes each\n")
    print("| generator | weights | steps | PSNR (luma) | s a megapixel |\n|---|---|---|---|---|", flush=True)
    for variant in VARIANTS:
        network, steps = learn(variant, loader, 60 * args.minutes)
        count = sum(value.numel() for value in network.parameters()) / 1e6
        psnr = validate(network, truths, torch.device("cpu"))[0]["psnr"]
        speed = seconds_a_megapixel(network)
        print(f"| {variant.name} | {count:.2f} M | {steps} | {psnr:.2f} dB | {speed:.2f} |", flush=True)


if __name__ == "__main__":
    main()
