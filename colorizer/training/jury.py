"""Who tells made pictures from real ones? SRGAN's and CycleGAN's discriminators, or one that knows more.

Paintings are few and processors slow. Sauer et al. 2021 (Projected GANs, section 3.1) judge what a fixed
network makes of a picture, here VGG-19, by small networks, one at each depth: they know what a stroke or a
leaf looks like from the first step on, which a PatchGAN has to learn from the pictures at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.networks.patchgan import PatchGAN
from colorizer.networks.srgan import Discriminator
from colorizer.networks.vgg import VGGFeatures, widths_of
from colorizer.training.adversary import taken_for_real, told_apart
from colorizer.training.draws import Draws, Random
from colorizer.training.engine import Engine

PLACE = 8  # pixels


class Juror(Protocol):
    """First it looks, then it says how well it can tell; when it has learnt from that, what it thinks."""

    judge: nn.Module

    def look(self, real: Tensor, made: Tensor, draws: Draws) -> None:
        """Pictures (N, 3, H, W) in 0..1."""

    def doubt(self) -> Tensor:
        """The loss that its own network learns from; no gradient reaches what was made."""

    def opinion(self) -> Tensor:
        """The loss that the network learns from which made the pictures."""


class PictureJuror:
    """SRGAN's discriminator, which sees the pictures themselves."""

    def __init__(self) -> None:
        self.judge: nn.Module = Discriminator()

    def look(self, real: Tensor, made: Tensor, draws: Draws) -> None:
        self.real, self.made = real, made

    def doubt(self) -> Tensor:
        real, made = self.judge(self.real), self.judge(self.made.detach())
        return F.softplus(-real.float()).mean() + F.softplus(made.float()).mean()

    def opinion(self) -> Tensor:
        return F.softplus(-self.judge(self.made).float()).mean()


class PatchJuror:
    """CycleGAN's discriminator: a PatchGAN that sees pictures at random places and, among new ones, some that
    were made before, on whichever process that was."""

    def __init__(self, seed: int, engine: Engine) -> None:
        self.judge: nn.Module = PatchGAN()
        self.history, self.engine = History(seed=seed), engine

    def look(self, real: Tensor, made: Tensor, draws: Draws) -> None:
        self.real, self.made = moved(real, draws.crops), moved(made, draws.crops)
        shown = self.history(self.engine.whole(made))
        self.shown = moved(self.engine.own(shown), draws.crops)

    def doubt(self) -> Tensor:
        return told_apart(self.judge(self.real), self.judge(self.shown))

    def opinion(self) -> Tensor:
        return taken_for_real(self.judge(self.made))


class Jury:
    """Several jurors as one: each looks and learns for itself, and their opinions count alike."""

    def __init__(self, jurors: Sequence[Juror]) -> None:
        self.jurors = jurors
        self.judge: nn.Module = nn.ModuleList(juror.judge for juror in jurors)

    def look(self, real: Tensor, made: Tensor, draws: Draws) -> None:
        for juror in self.jurors:
            juror.look(real, made, draws)

    def doubt(self) -> Tensor:
        return torch.stack([juror.doubt().float() for juror in self.jurors]).sum()

    def opinion(self) -> Tensor:
        return torch.stack([juror.opinion().float() for juror in self.jurors]).mean()


class History:
    """Pictures made before, shown to a discriminator in place of half of the new ones, so that it doesn't
    forget what it has learnt (Shrivastava et al. 2017)."""

    def __init__(self, size: int = 50, seed: int = 0) -> None:
        self.size = size
        self.pictures: list[Tensor] = []
        self.random = np.random.default_rng(seed)

    def __call__(self, made: Tensor) -> Tensor:
        """New pictures (N, 3, H, W) -> as many, some of them older ones of that size; no gradient."""
        shown = []
        for picture in made.detach():
            if self.pictures and self.pictures[0].shape != picture.shape:
                self.pictures = []
            if len(self.pictures) < self.size:
                self.pictures.append(picture.clone())  # not a view, which would keep its whole batch
                shown.append(picture)
            elif self.random.random() < 0.5:
                place = int(self.random.integers(self.size))
                shown.append(self.pictures[place])
                self.pictures[place] = picture.clone()
            else:
                shown.append(picture)
        return torch.stack(shown)


def moved(pictures: Tensor, random: Sequence[Random], share: float = 0.125) -> Tensor:
    """Each picture (N, 3, H, W) moved by up to a share of its side, black beyond: differentiable augmentation
    (Zhao et al. 2020, translation only - colours are a painter's own), where paintings are few.

    random: one a picture, or more.
    """
    most = int(pictures.shape[-1] * share)
    padded = torch.nn.functional.pad(pictures, (most,) * 4)
    height, width = pictures.shape[-2:]
    cuts = [its.integers(0, 2 * most + 1, 2).tolist() for its in random[: len(pictures)]]
    return torch.stack([padded[n, :, y : y + height, x : x + width] for n, (y, x) in enumerate(cuts)])


class FeatureJuror:
    """Judges features of VGG-19, which it keeps for others who need them.

    Its places are 8 pixels apart and a generator's 4, so that a pattern which pleases it could fall into step
    with both: pictures are seen from a random one of the 8x8 pixels on.
    """

    def __init__(self, vgg: VGGFeatures, layers: tuple[int, ...], scales: list[float]) -> None:
        self.vgg, self.layers = vgg, layers
        self.judge: nn.Module = FeatureJudge(layers, scales)
        self.start = 0, 0

    def look(self, real: Tensor, made: Tensor, draws: Draws) -> None:
        self.start = int(draws.step.integers(PLACE)), int(draws.step.integers(PLACE))
        with torch.no_grad():
            self.real = self.vgg.layers(self.view(real), self.layers)
        self.made = self.vgg.layers(self.view(made), self.layers)

    def view(self, pictures: Tensor) -> Tensor:
        """What it sees of pictures (N, 3, H, W) as it looks now: (N, 3, H - 8, W - 8)."""
        top, left = self.start
        height, width = (length - PLACE for length in pictures.shape[-2:])
        return pictures[..., top : top + height, left : left + width]

    def doubt(self) -> Tensor:
        return told_apart(self.judge(self.real), self.judge([layer.detach() for layer in self.made]))

    def opinion(self) -> Tensor:
        return taken_for_real(self.judge(self.made))


class FeatureJudge(nn.Module):
    """Features of a picture, at several depths -> scores (N, depths + 1, H/8, W/8), one a depth and place.

    The last score is that of larger places of the deepest features, of 32 pixels and what is around them: a
    palette shows there, which a stroke alone doesn't tell. H and W are multiples of 8.
    scales: how large the features of each depth usually are.
    """

    def __init__(self, layers: tuple[int, ...], scales: list[float], width: int = 64) -> None:
        super().__init__()
        self.scales = [*scales, scales[-1]]
        places = [PLACE] * len(layers) + [4 * PLACE]
        self.heads = nn.ModuleList(
            _head(*widths_of(layer), place, width)
            for layer, place in zip((*layers, layers[-1]), places, strict=True)
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        judged = zip(self.heads, [*features, features[-1]], self.scales, strict=True)
        scores = [head(layer / scale) for head, layer, scale in judged]
        return torch.cat([*scores[:-1], F.interpolate(scores[-1], scores[0].shape[-2:])], dim=1)


def _head(inputs: int, size: int, place: int, width: int) -> nn.Sequential:
    """Features, `size` times smaller than the picture -> a score for each place of so many pixels."""
    parts: list[nn.Module] = []
    while size < place:
        parts += [nn.Conv2d(inputs, width, 3, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        inputs, size = width, 2 * size
    return nn.Sequential(*parts, nn.Conv2d(width, 1, 3, padding=1))


def grid_pattern(pictures: Tensor, period: int) -> Tensor:
    """What pictures (N, 3, H, W) have in common at each place of squares of `period` pixels: (3, period,
    period), its mean over the places taken away. H and W are multiples of `period`."""
    pattern = _places(pictures, period).mean((0, 3, 4))
    return (pattern - pattern.mean(1, keepdim=True)).unflatten(1, (period, period))


def local_pattern(pictures: Tensor, period: int, window: int = 4) -> Tensor:
    """As `grid_pattern`, but in every window of so many squares a side, overlapping by half: (N, 3,
    period * period, h, w). A pattern that is dark here and bright there has no share in the whole's."""
    pattern = F.avg_pool2d(_places(pictures, period).flatten(1, 2), window, window // 2).unflatten(1, (3, -1))
    return pattern - pattern.mean(2, keepdim=True)


def _places(pictures: Tensor, period: int) -> Tensor:
    """(N, 3, H, W) -> (N, 3, period * period, H / period, W / period): each place of all squares apart."""
    return F.pixel_unshuffle(pictures, period).unflatten(1, (3, -1))
