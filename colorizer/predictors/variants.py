"""Which other colourings are plausible? The modes of the predicted distribution, each made coherent over the
picture.

Drawing every pixel's colour by chance gives noise, and the second mode of each pixel gives patchwork.
Instead the colours that the network considers anywhere are gathered into a few groups, and a variant leans
every pixel's distribution towards one group: where the network is sure nothing moves, where it wavers the
picture changes together.
"""

from __future__ import annotations

import torch
from torch import Tensor

from colorizer.predictors.settings import VARIANTS

WIDTH = 25.0  # of a lean, in ab units
PUSH = 2.5  # of a lean, in nats
LEAST_CHROMA = 12.0  # paler colours belong to no group: grey is no alternative
LEAST_SHARE = 0.06  # of the colourful mass, below which a group is no plausible colouring


def colour_groups(
    mass: Tensor, bins: Tensor, count: int = VARIANTS, rounds: int = 12
) -> tuple[Tensor, Tensor]:
    """Weighted k-means of bins (Q, 2) with mass (Q,), started at `count` hues.

    Centres (count, 2) and their shares of the colourful mass (count,), the largest first.
    """
    mass = mass * (bins.norm(dim=1) >= LEAST_CHROMA)
    mass = mass / mass.sum().clamp(min=1e-9)
    angles = torch.arange(count) * (2 * torch.pi / count) + torch.pi / 4
    centres = 40.0 * torch.stack((angles.cos(), angles.sin()), dim=1)
    share = torch.zeros(count)
    for _ in range(rounds):
        nearest = torch.cdist(bins, centres).argmin(1)
        for k in range(count):
            members = mass * (nearest == k)
            share[k] = members.sum()
            if share[k] > 0:
                centres[k] = (members[:, None] * bins).sum(0) / share[k]
    order = share.argsort(descending=True, stable=True)
    return centres[order], share[order]


def mode_tilts(log_probability: Tensor, bins: Tensor) -> Tensor:
    """Log-probabilities (1, Q, h, w) -> what each variant adds to them, (VARIANTS, Q); zeros where there is
    none."""
    centres, share = colour_groups(log_probability.exp().mean(dim=(0, 2, 3)), bins)
    lean = PUSH * torch.exp(-(torch.cdist(centres, bins) ** 2) / (2 * WIDTH**2))
    return lean * (share >= LEAST_SHARE)[:, None]
