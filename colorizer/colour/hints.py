"""How does the colour that a person asks for at one place take hold of a whole coat, and stop at its edge?

It spreads over the small map on which colour is predicted, to places that are near, about as light, and the
same thing in the eyes of the network. (Scribbles that spread along similar lightness: Levin et al. 2004. A
network's features see further, across folds and seams.)
"""

from __future__ import annotations

import torch
from torch import Tensor

from colorizer.colour.guided import LocalLines, fit_lines

ALIKE = 0.4  # standard deviation of the weight, in distance between features of length 1
AS_LIGHT = 20.0  # the same in L
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
    """What is to be added to `ab` so that each place, and what belongs to it, has the colour asked for.

    guide (1, 1, h, w), L in 0..100; features (1, C, h, w), each of length 1; ab (1, 2, h, w), without hints.
    Of K hints: places (K, 2), x and y as shares of width and height, 0..1; reach (K,), the standard deviation
    of the weight in space, as a share of the long side; lightness (K,), L there in the full-size picture;
    asked (K, 2), the ab wanted. Of several hints in one point of the map the last counts.
    """
    height, width = guide.shape[-2:]
    column, row = (places * torch.tensor([width, height])).long().unbind(1)
    cells = row.clamp(max=height - 1) * width + column.clamp(max=width - 1)
    last = torch.tensor(sorted({int(cell): number for number, cell in enumerate(cells)}.values()))
    cells, places, reach, lightness, asked = (x[last] for x in (cells, places, reach, lightness, asked))
    weight = _weights(guide.flatten(), features[0].flatten(1).T, cells, reach * max(height, width), width)
    moved = asked - fit_lines(guide, ab).at(places, lightness)
    replaces = 1 - torch.exp(-moved.norm(dim=1, keepdim=True) / NOTICEABLE)  # else, it shifts
    kept = (weight @ replaces) * ab[0].flatten(1).T
    wanted = asked.clone()
    for _ in range(ROUNDS):
        added = weight @ (wanted - asked + replaces * asked + (1 - replaces) * moved) - kept
        added = added.T.reshape(1, 2, height, width)
        wanted += asked - fit_lines(guide, ab + added).at(places, lightness)
    return fit_lines(guide, added)


def _weights(guide: Tensor, features: Tensor, cells: Tensor, reach: Tensor, width: int) -> Tensor:
    """How much each of K hints decides at each of N points: (N, K), in sum 0 (no hint reaches it) to 1."""
    number = torch.arange(len(guide))
    place = torch.stack((number % width, number // width), dim=1).float()
    apart = torch.cdist(place, place[cells]).square()
    unlike = torch.cdist(features, features[cells]).square() / ALIKE**2
    lighter = (guide[:, None] - guide[cells]).square() / AS_LIGHT**2
    alike = torch.exp(-0.5 * (apart / reach**2 + unlike + lighter))
    held = 1 - torch.prod(1 - alike, dim=1, keepdim=True)
    held = held * (1 + FIRMNESS) / (held + FIRMNESS)
    share = alike / (apart + 0.25)  # each has its own place almost to itself
    return held * share / share.sum(dim=1, keepdim=True).clamp(min=1e-12)
