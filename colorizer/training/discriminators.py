"""Who tells made pictures from real ones? The discriminators of all trainers, and how they learn.

Paintings are few and processors slow. Sauer et al. 2021 (Projected GANs, section 3.1) let small networks, one
at each depth, discriminate what a fixed network makes of a picture, here VGG-19: they know what a stroke or a
leaf looks like from the first step on, which a PatchGAN has to learn from the pictures at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.networks.patchgan import PatchGAN
from colorizer.networks.vgg import VGGFeatures, widths_of
from colorizer.training.data import Draws, Random
from colorizer.training.engine import Engine, Part

PLACE = 8  # pixels


class Adversary:
    """A discriminator, what it sees of pictures, and the losses of a least-squares GAN (Mao et al. 2017)."""

    real: Any  # what it sees: pictures (N, 3, H, W), or a list of features
    made: Any
    shown: Any  # as made, without gradient

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def see(self, real: Tensor, made: Tensor, draws: Draws) -> None:
        """Takes pictures (N, 3, H, W) that are to be told apart."""
        self.real, self.made, self.shown = real, made, made.detach()

    def discriminator_loss(self) -> Tensor:
        """Real pictures should score 1, those shown as made ones 0."""
        real, shown = self.network(self.real), self.network(self.shown)
        return (((real - 1) ** 2).mean() + (shown**2).mean()) / 2

    def generator_loss(self) -> Tensor:
        """Made pictures should score 1."""
        return ((self.network(self.made) - 1) ** 2).mean()


class SRGANAdversary(Adversary):
    """One whose losses are SRGAN's cross entropies (Ledig et al. 2017, 2.1)."""

    def discriminator_loss(self) -> Tensor:
        real, shown = self.network(self.real), self.network(self.shown)
        return F.softplus(-real.float()).mean() + F.softplus(shown.float()).mean()

    def generator_loss(self) -> Tensor:
        return F.softplus(-self.network(self.made).float()).mean()


class PatchAdversary(Adversary):
    """CycleGAN's discriminator: a PatchGAN that sees pictures at random places and, among new ones, some that
    were made before, on whichever process that was."""

    def __init__(self, seed: int, engine: Engine) -> None:
        super().__init__(PatchGAN())
        self.history, self.engine = History(seed=seed), engine

    def see(self, real: Tensor, made: Tensor, draws: Draws) -> None:
        self.real, self.made = shifted(real, draws.crops), shifted(made, draws.crops)
        self.shown = shifted(self.engine.as_a_whole(self.history, made), draws.crops)


class FeatureAdversary(Adversary):
    """Sees features of VGG-19, which it keeps for others who need them.

    Its places are 8 pixels apart and a generator's 4, so that a pattern which pleases it could fall into step
    with both: pictures are seen from a random one of the 8x8 pixels on.
    """

    def __init__(self, vgg: VGGFeatures, layers: tuple[int, ...], scales: list[float]) -> None:
        super().__init__(FeatureDiscriminator(layers, scales))
        self.vgg, self.layers, self.start = vgg, layers, (0, 0)

    def see(self, real: Tensor, made: Tensor, draws: Draws) -> None:
        self.start = int(draws.step.integers(PLACE)), int(draws.step.integers(PLACE))
        with torch.no_grad():
            self.real = self.vgg.layers(self.view(real), self.layers)
        self.made = self.vgg.layers(self.view(made), self.layers)
        self.shown = [layer.detach() for layer in self.made]

    def view(self, pictures: Tensor) -> Tensor:
        """What it sees of pictures (N, 3, H, W) as it looks now: (N, 3, H - 8, W - 8)."""
        top, left = self.start
        height, width = (length - PLACE for length in pictures.shape[-2:])
        return pictures[..., top : top + height, left : left + width]


class Discriminating:
    """The discriminators' part of a step, with an optimiser of their own; `parts` go into the checkpoint."""

    def __init__(
        self,
        engine: Engine,
        network: nn.Module,
        scale: float = 1.0,
        betas: tuple[float, float] = (0.5, 0.999),
    ) -> None:
        """network: all of them. scale: of their rate, times the run's."""
        engine.place(network)
        groups = [{"params": list(network.parameters()), "scale": scale}]
        self.network, self.engine, self.optimiser = network, engine, torch.optim.Adam(groups, betas=betas)
        self.parts: dict[str, Part] = {"discriminator": network, "discriminator_optimiser": self.optimiser}

    def __call__(self, seen: Sequence[tuple[Adversary, Tensor, Tensor]], draws: Draws) -> Tensor:
        """They learn one step from real and made pictures; returns the generators' loss after that."""
        self.network.requires_grad_(True)
        with self.engine.autocast():
            for adversary, real, made in seen:
                adversary.see(real, made, draws)
            losses = [adversary.discriminator_loss().float() for adversary, _, _ in seen]
        self.engine.descend(torch.stack(losses).sum(), self.network, self.optimiser)
        self.network.requires_grad_(False)
        with self.engine.autocast():
            return torch.stack([adversary.generator_loss().float() for adversary, _, _ in seen]).sum()


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
            shown.append(picture)
            if len(self.pictures) < self.size:
                self.pictures.append(picture.clone())  # not a view, which would keep its whole batch
            elif self.random.random() < 0.5:
                place = int(self.random.integers(self.size))
                shown[-1], self.pictures[place] = self.pictures[place], picture.clone()
        return torch.stack(shown)


def shifted(pictures: Tensor, randoms: Sequence[Random], share: float = 0.125) -> Tensor:
    """Each picture (N, 3, H, W) moved by up to a share of its side, black beyond: differentiable augmentation
    (Zhao et al. 2020, translation only - colours are a painter's own), where paintings are few.

    randoms: one a picture, or more.
    """
    most = int(pictures.shape[-1] * share)
    padded = F.pad(pictures, (most,) * 4)
    height, width = pictures.shape[-2:]
    cuts = [random.integers(0, 2 * most + 1, 2).tolist() for random in randoms[: len(pictures)]]
    return torch.stack([padded[n, :, y : y + height, x : x + width] for n, (y, x) in enumerate(cuts)])


class FeatureDiscriminator(nn.Module):
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
        seen = zip(self.heads, [*features, features[-1]], self.scales, strict=True)
        scores = [head(layer / scale) for head, layer, scale in seen]
        return torch.cat([*scores[:-1], F.interpolate(scores[-1], scores[0].shape[-2:])], dim=1)


def _head(inputs: int, size: int, place: int, width: int) -> nn.Sequential:
    """Features, `size` times smaller than the picture -> a score for each place of so many pixels."""
    parts: list[nn.Module] = []
    while size < place:
        parts += [nn.Conv2d(inputs, width, 3, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        inputs, size = width, 2 * size
    return nn.Sequential(*parts, nn.Conv2d(width, 1, 3, padding=1))
