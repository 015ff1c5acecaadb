"""How does a picture take on a style? It is changed itself, step by step, until its features have that style.

Gatys, Ecker and Bethge 2016 (Image Style Transfer Using Convolutional Neural Networks), section 2, by L-BFGS,
from coarse to fine (Gatys et al. 2017, Controlling Perceptual Factors in Neural Style Transfer, section 6):
most steps are done where they cost a sixteenth. Without a content it is Gatys et al. 2015, a texture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from colorizer.networks.resampling import resize
from colorizer.predictors.style_features import StyleFeatures, gram, share

COARSEST = 64  # pixels of the long side, at least
SHORTEST = 16  # of the short one, below which a network's maps have no inside
MOST_LEVELS = 4
STEPS_SHARE = (0.4, 0.8, 1.0, 1.0)  # of the steps, from the finest level to coarser ones, in proportion
OVERHEAD = 4000  # pixels that a step's fixed costs are worth
HISTORY = 20
FIRST = 0.01  # of the whole range from black to white: how far the first step goes, before it is judged
LOOKS = 8  # at most, a step
SEEN = 8  # places that a line search has looked at, of which it chooses one
OUTSIDE = 100.0  # weight of values outside of 0..1
SCALE = 1e3  # L-BFGS forgets what is too small


class Level(NamedTuple):
    """A size (h, w) that the picture passes through, with so many steps."""

    size: tuple[int, int]
    steps: int


class Reached(NamedTuple):
    """After a step: how many are done, the share of the work that is done (0..1), and the best picture so
    far, (1, 3, h, w) in 0..1 at the size of its level."""

    step: int
    share: float
    picture: Tensor


def levels_for(height: int, width: int, steps: int) -> list[Level]:
    """The sizes from coarse to fine, each twice the one before, with all the steps between them."""
    sizes = [(height, width)]
    while len(sizes) < MOST_LEVELS:
        smaller = (round(height / 2 ** len(sizes)), round(width / 2 ** len(sizes)))
        if max(smaller) < COARSEST or min(smaller) < SHORTEST:
            break
        sizes.append(smaller)
    shares = STEPS_SHARE[: len(sizes)]
    counts = [max(1, round(steps * share / sum(shares))) for share in shares]
    counts[-1] = max(1, steps - sum(counts[:-1]))
    return [Level(size, count) for size, count in zip(reversed(sizes), reversed(counts), strict=True)]


def style_of(features: StyleFeatures, picture: Tensor) -> list[Tensor]:
    """The Gram matrices (C, C) of a picture (1, 3, H, W) in 0..1, one a layer."""
    with torch.no_grad():
        return [gram(layer)[0] for layer in features.maps(picture)[0]]


def distance(style: list[Tensor], goal: list[Tensor]) -> Tensor:
    """The style distance: the layers' mean |G - A|² / |A|², of a style's and the goal's Gram matrices."""
    return torch.stack([share(one, other) for one, other in zip(style, goal, strict=True)]).mean()


def descend(
    features: StyleFeatures,
    start: Tensor,
    painting: Tensor,
    brush: float,
    weight: float | None,
    levels: list[Level],
) -> Iterator[Reached]:
    """Change a picture (1, 3, H, W) in 0..1 step by step; what is reached, after every step.

    `start` is also the content that stays, where `weight` says how much the style counts beside it; None
    makes a texture, which keeps nothing and starts at the first level's size. `painting` is seen `brush`
    times as large as the picture.
    """
    costs = [level.size[0] * level.size[1] + OVERHEAD for level in levels]  # of a step, in pixels
    whole = sum(cost * level.steps for cost, level in zip(costs, levels, strict=True))
    done, spent = 0, 0.0
    picture, given = start, start
    for number, (cost, level) in enumerate(zip(costs, levels, strict=True)):
        before, given = given, resized(start, level.size)
        picture = given if number == 0 else grown(picture, before, given, weight is not None)
        side = max(COARSEST // 2, round(brush * max(level.size)))
        goal = style_of(features, fitted(painting, side))
        for better in _steps(features, picture, given, goal, weight, level.steps):
            picture, done, spent = better, done + 1, spent + cost
            yield Reached(done, spent / whole, picture)


def grown(picture: Tensor, before: Tensor, given: Tensor, keep_detail: bool) -> Tensor:
    """A picture at the next size, `given`'s; with the detail of what was given that is not yet in `before`,
    the given at the old size."""
    size = (given.shape[-2], given.shape[-1])
    larger = F.interpolate(picture, size=size, mode="bicubic", align_corners=False)
    if keep_detail:
        larger = larger + given - F.interpolate(before, size=size, mode="bicubic", align_corners=False)
    return larger.clamp(0, 1)


def _steps(
    features: StyleFeatures,
    picture: Tensor,
    given: Tensor,
    goal: list[Tensor],
    weight: float | None,
    steps: int,
) -> Iterator[Tensor]:
    """One level: the best picture so far, after every step."""
    x = picture.detach().clone().contiguous().requires_grad_()
    with torch.no_grad():
        content = features.maps(given)[1] if weight is not None else None
    best, lowest = picture, float("inf")
    seen: deque[tuple[Tensor, Tensor, Tensor]] = deque(maxlen=SEEN)

    def loss() -> Tensor:
        """Of x, with its gradient; what the line search has just looked at isn't computed again."""
        nonlocal best, lowest
        for place, value, slope in seen:
            if torch.equal(place, x):
                x.grad = slope.clone()
                return value
        layers, deep = features.maps(x)
        total = distance([gram(layer)[0] for layer in layers], goal)
        if content is not None and weight is not None:
            total = weight * total + share(deep, content)
        total = total + OUTSIDE * ((x - x.clamp(0, 1)) ** 2).mean() + features.smooth * roughness(x)
        x.grad = None
        scaled: Tensor = SCALE * total
        scaled.backward()
        assert isinstance(x.grad, Tensor)
        place, value = x.detach().clone(), scaled.detach()
        seen.append((place, value, x.grad.clone()))
        if float(value) < lowest:
            best, lowest = place, float(value)
        return value

    first = FIRST * x.numel()  # L-BFGS divides its first step by the length of the gradient
    optimiser = torch.optim.LBFGS(
        [x],
        lr=first,
        max_iter=1,
        max_eval=LOOKS,
        tolerance_grad=0,
        tolerance_change=0,
        history_size=HISTORY,
        line_search_fn="strong_wolfe",
    )
    for _ in range(steps):
        before = x.detach().clone()
        optimiser.step(loss)
        optimiser.param_groups[0]["lr"] = 1.0
        if torch.equal(x, before):  # no way down was found: forget the curvature, and go on more carefully
            first /= 4
            optimiser.state.clear()
            optimiser.param_groups[0]["lr"] = first
        yield best.clamp(0, 1)


def roughness(picture: Tensor) -> Tensor:
    """The mean squared difference between neighbouring pixels."""
    across, down = picture.diff(dim=-1), picture.diff(dim=-2)
    return (across**2).mean() + (down**2).mean()


def resized(picture: Tensor, size: Sequence[int]) -> Tensor:
    """(1, 3, H, W) in 0..1 at another size (h, w), smoothed where it gets smaller."""
    if tuple(picture.shape[-2:]) == tuple(size):
        return picture
    return resize(picture, *size).clamp(0, 1)


def fitted(picture: Tensor, side: int) -> Tensor:
    """The same with its long side so long, and the short one long enough for a network."""
    sides, longest = picture.shape[-2:], max(picture.shape[-2:])
    height, width = (max(SHORTEST, round(length * side / longest)) for length in sides)
    return resized(picture, (height, width))
