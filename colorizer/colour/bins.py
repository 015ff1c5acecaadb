"""What can be said of a colour that nobody knows for sure? A distribution over bins, and what to make of one.

The ab plane in squares, soft encoding and annealed mean are those of Zhang et al. 2016, section 2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from colorizer.colour.lab import rgb_to_lab

TEMPERATURE = 0.38  # of the annealed mean, as in the paper
# Other plausible colourings lean the distribution towards one group of colours.
WIDTH = 25.0  # of a lean, in ab units
PUSH = 2.5  # of a lean, in nats
LEAST_CHROMA = 12.0  # paler colours belong to no group: grey is no alternative
LEAST_SHARE = 0.06  # of the colourful mass, below which a group is no plausible colouring
ROUNDS = 12  # of k-means


@lru_cache(maxsize=4)
def _gamut_bins(spacing: int, samples: int) -> np.ndarray:
    axis = np.linspace(0.0, 1.0, samples)
    cube = np.stack(np.meshgrid(axis, axis, axis, indexing="ij")).reshape(3, samples, samples * samples)
    ab = rgb_to_lab(torch.from_numpy(cube))[1:].reshape(2, -1).T.numpy()
    return np.unique(np.round(ab / spacing), axis=0).astype(np.float32) * spacing


def ab_bins(spacing: int = 10, samples: int = 52) -> Tensor:
    """Centres of the ab squares that hold a colour of sRGB: (Q, 2) float32, sorted by a, then b.

    Section 2.1: a grid of side 10 leaves their 313 squares; those that a colour really falls into are fewer.
    """
    return torch.from_numpy(_gamut_bins(spacing, samples).copy())


class SoftEncoding:
    """The soft encoding of ab colours over the bins (section 2.2).

    Each colour is spread over its five nearest bins, weighted by a Gaussian of sigma 5. The table is
    computed once for whole-number ab, which is finer than eight-bit pictures resolve.
    """

    reach = 112

    def __init__(self, bins: Tensor, neighbours: int = 5, sigma: float = 5.0) -> None:
        axis = torch.arange(-self.reach, self.reach + 1, dtype=torch.float32)
        grid = torch.cartesian_prod(axis, axis)
        distance, index = torch.cdist(grid, bins.float().cpu()).topk(neighbours, largest=False)
        self.index = index.to(bins.device)
        self.weight = torch.softmax(-(distance**2) / (2 * sigma**2), dim=1).to(bins.device)

    def __call__(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """ab (N, 2, H, W) -> bin numbers (N, K, H, W) int64, and weights of sum 1 (N, K, H, W)."""
        a, b = (ab.round().clamp(-self.reach, self.reach).long() + self.reach).unbind(1)
        row = a * (2 * self.reach + 1) + b
        return self.index[row].movedim(-1, 1), self.weight[row].movedim(-1, 1)


def annealed_mean(logits: Tensor, bins: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """The annealed mean of a distribution over bins (section 2.3).

    logits (N, Q, H, W) and bins (Q, 2) -> ab (N, 2, H, W). Temperature 1 is the mean, towards 0 the mode.
    """
    probability = torch.softmax(logits / temperature, dim=1)
    mean = bins.T.to(probability.dtype) @ probability.flatten(2)  # several times as fast as einsum
    return mean.unflatten(2, probability.shape[2:])


def rebalance_logits(prior: Tensor, amount: float) -> Tensor:
    """What is added to the logits (Q,) to favour rare colours.

    Section 2.2 weights the loss by 1 / (prior / 2 + 1 / 2Q); a network trained without those weights gets
    the same distribution by multiplying them in afterwards (logit adjustment, Menon et al. 2021), and by any
    share of them.
    """
    return -amount * torch.log(0.5 * prior + 0.5 / len(prior))


def mode_tilts(log_probability: Tensor, bins: Tensor, count: int) -> Tensor:
    """Log-probabilities (1, Q, h, w) -> what each of so many other colourings adds to them, (count, Q); zeros
    where there is none.

    Drawing every pixel's colour by chance gives noise, and the second mode of each pixel gives patchwork.
    Instead the colours that are likely anywhere are gathered into a few groups, and every pixel leans towards
    one of them: where the network is sure nothing moves, where it wavers the picture changes together.
    """
    centres, share = _colour_groups(log_probability.exp().mean(dim=(0, 2, 3)), bins, count)
    lean = PUSH * torch.exp(-(torch.cdist(centres, bins) ** 2) / (2 * WIDTH**2))
    return lean * (share >= LEAST_SHARE)[:, None]


def _colour_groups(mass: Tensor, bins: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Weighted k-means of bins (Q, 2) with mass (Q,), started at `count` hues.

    Centres (count, 2) and their shares of the colourful mass (count,), the largest first.
    """
    mass = mass * (bins.norm(dim=1) >= LEAST_CHROMA)
    mass = mass / mass.sum().clamp(min=1e-9)
    angles = torch.arange(count) * (2 * torch.pi / count) + torch.pi / 4
    centres = 40.0 * torch.stack((angles.cos(), angles.sin()), dim=1)
    share = torch.zeros(count)
    for _ in range(ROUNDS):
        nearest = torch.cdist(bins, centres).argmin(1)
        for k in range(count):
            members = mass * (nearest == k)
            share[k] = members.sum()
            if share[k] > 0:
                centres[k] = (members[:, None] * bins).sum(0) / share[k]
    order = share.argsort(descending=True, stable=True)
    return centres[order], share[order]
