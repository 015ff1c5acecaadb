"""Why and how does a discriminator help a colorizer? A least-squares GAN loss on the coloured picture.

Cross entropy judges every place by itself, so a car may come out half red and half blue and pay nothing for
it; a PatchGAN sees 70x70 pixels together and tells patchy or dull colour from real. (Mao et al. 2017.)
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.networks.patchgan import PatchGAN
from colorizer.training.engine import Engine


def discriminator_loss(discriminator: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """Real pictures should score 1, made ones 0; no gradient reaches the network that made them."""
    return told_apart(discriminator(real), discriminator(made.detach()))


def generator_loss(discriminator: nn.Module, made: Tensor) -> Tensor:
    """Made pictures should score 1."""
    return taken_for_real(discriminator(made))


def told_apart(real: Tensor, made: Tensor) -> Tensor:
    """How far scores of real pictures are from 1, and those of made ones from 0."""
    return (taken_for_real(real) + (made**2).mean()) / 2


def taken_for_real(scores: Tensor) -> Tensor:
    return ((scores - 1) ** 2).mean()


def lab_picture(lightness: Tensor, ab: Tensor) -> Tensor:
    """L (N, 1, H, W) scaled to -1..1, ab (N, 2, h, w) in Lab units -> (N, 3, H, W), ab enlarged and / 110."""
    colour = F.interpolate(ab / 110.0, size=lightness.shape[-2:], mode="bilinear", align_corners=False)
    return torch.cat((lightness, colour), dim=1)


class Adversary:
    """A PatchGAN that learns beside the colorizer, with its own optimiser; `parts` go into the checkpoint."""

    def __init__(self, weight: float, engine: Engine, width: int = 32) -> None:
        self.weight, self.engine = weight, engine
        self.discriminator = PatchGAN(3, width).to(engine.device)
        self.optimiser = torch.optim.Adam(self.discriminator.parameters(), betas=(0.5, 0.999))
        self.optimiser.param_groups[0]["scale"] = 0.5  # of the colorizer's rate, so that it doesn't run ahead
        self.parts: dict[str, nn.Module | torch.optim.Optimizer] = {
            "discriminator": self.discriminator,
            "discriminator_optimiser": self.optimiser,
        }

    def __call__(self, lightness: Tensor, ab: Tensor, true_ab: Tensor) -> Tensor:
        """Train the discriminator one step; returns its weighted opinion, with the gradient towards `ab`.

        L (N, 1, H, W) scaled to -1..1; ab and true_ab (N, 2, h, w). Both colours come from the same coarse
        grid, so that the discriminator can't tell them apart by sharpness alone.
        """
        real, made = lab_picture(lightness, true_ab), lab_picture(lightness, ab)
        self.discriminator.requires_grad_(True)
        doubt = discriminator_loss(self.discriminator, real, made)
        self.engine.descend(doubt, self.discriminator, self.optimiser, longest=math.inf)
        self.discriminator.requires_grad_(False)
        return self.weight * generator_loss(self.discriminator, made)
