"""How does the colour that a person asks for at one place take hold of a whole coat, and stop at its edge?

It spreads over the small map on which colour is predicted, along ways on which the network's features change
little, to places that are as light and the same thing in its eyes. (Scribbles that spread along
similar lightness: Levin et al. 2004; along shortest ways: Yatziv and Sapiro 2006.)
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from torch import Tensor

from colorizer.colour.guided import LocalLines, fit_lines

ALIKE = 0.4  # standard deviation of the weight, in distance between features of length 1
AS_LIGHT = 24.0  # the same in L
ACROSS = 0.25  # how long a way over the whole of the picture is where nothing changes
EDGES = 1.2  # how much longer a change of features makes it, by its square
FIRMNESS = 0.1  # the smaller, the further a hint holds before it fades
NOTICEABLE = 8.0  # difference in ab from which a hint replaces the colours around it instead of shifting them
ROUNDS = 8  # of correcting for what enlargement makes of the asked colours


def spread(
    guide: Tensor,
    features: Tensor,
    ab: Tensor,
    places: Tensor,
    reach: Tensor,
    lightness: Tensor,
    asked: Tensor,
) -> LocalLines:
    """What is to be added to `ab` so that each place, and what belongs to it, gets the asked colour.

    guide (1, 1, h, w), L in 0..100; features (1, C, h, w), each of length 1; ab (1, 2, h, w), without hints.
    Of K hints: places (K, 2), x and y as shares of width and height, 0..1; reach (K,), the standard deviation
    of the weight along the way; lightness (K,), L there in the full-size picture; asked (K, 2), the ab
    wanted. Of several hints in one point of the map the last counts.
    """
    height, width = guide.shape[-2:]
    column, row = (places * torch.tensor([width, height])).long().unbind(1)
    cells = row.clamp(max=height - 1) * width + column.clamp(max=width - 1)
    last = torch.tensor(sorted({int(cell): number for number, cell in enumerate(cells)}.values()))
    cells, places, reach, lightness, asked = (x[last] for x in (cells, places, reach, lightness, asked))
    weight = _weights(guide[0, 0], features[0], cells, reach)
    moved = asked - fit_lines(guide, ab).at(places, lightness)
    replaces = 1 - torch.exp(-moved.norm(dim=1, keepdim=True) / NOTICEABLE)  # else, it shifts
    changed = replaces * asked + (1 - replaces) * moved
    kept = (weight @ replaces) * ab[0].flatten(1).T
    # Each hint's colour is enlarged along edges of lightness, and others come near: what is found at the
    # places, without the hints' colours and by each of them, says how they have to be corrected.
    without = fit_lines(guide, ab - _map(kept, guide)).at(places, lightness)
    response = fit_lines(guide, _map(weight, guide)).at(places, lightness)  # (K, K)
    for _ in range(ROUNDS):
        changed += asked - without - response @ changed
    return fit_lines(guide, _map(weight @ changed - kept, guide))


def _map(values: Tensor, guide: Tensor) -> Tensor:
    """Values (N, C) of the N points of `guide` (1, 1, h, w), as (1, C, h, w)."""
    return values.T.reshape(1, -1, *guide.shape[-2:])


def _weights(guide: Tensor, features: Tensor, cells: Tensor, reach: Tensor) -> Tensor:
    """How much each of K hints decides at each of N points: (N, K), in sum 0 (no hint reaches it) to 1."""
    width = guide.shape[1]
    way = torch.from_numpy(dijkstra(_ways(features), directed=False, indices=cells.numpy())).float().T
    guide, features = guide.flatten(), features.flatten(1).T
    unlike = torch.cdist(features, features[cells]) / ALIKE
    lighter = (guide[:, None] - guide[cells]) / AS_LIGHT
    alike = torch.exp(-0.5 * ((way / reach).square() + unlike.square() + lighter.square()))
    held = 1 - torch.prod(1 - alike, dim=1, keepdim=True)
    held = held * (1 + FIRMNESS) / (held + FIRMNESS)
    number = torch.arange(len(guide))
    place = torch.stack((number % width, number // width), dim=1).float()
    share = alike / (torch.cdist(place, place[cells]).square() + 0.25)  # each has its own place almost alone
    return held * share / share.sum(dim=1, keepdim=True).clamp(min=1e-12)


def _ways(features: Tensor) -> csr_array:
    """How long the way from each of N points to its eight neighbours is: a sparse (N, N), one way each."""
    height, width = features.shape[-2:]
    number = torch.arange(height * width).reshape(height, width)
    starts, ends, lengths = [], [], []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = (..., slice(0, height - down), slice(max(0, -right), width - max(0, right)))
        there = (..., slice(down, height), slice(max(0, right), width - max(0, -right)))
        change = (features[here] - features[there]).square().sum(0)
        apart = ACROSS * (down**2 + right**2) ** 0.5 / max(height, width)
        starts.append(number[here].flatten())
        ends.append(number[there].flatten())
        lengths.append((apart + EDGES * change).flatten())
    ways = [torch.cat(parts).numpy() for parts in (lengths, starts, ends)]
    return csr_array((ways[0].astype(np.float64), (ways[1], ways[2])), shape=(height * width,) * 2)
