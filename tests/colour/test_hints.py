"""A colour that is asked for is there, spreads no further than it should, and leaves other hints alone."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from colorizer.colour.guided import LocalLines, fit_lines
from colorizer.colour.hints import spread

HEIGHT, WIDTH = 24, 32
seeds = st.integers(0, 2**31)
few = settings(max_examples=20)  # a spread takes milliseconds


class Map:
    """What a network might say, at random, and hints at points (column, row) of it."""

    def __init__(self, seed: int) -> None:
        self.random = torch.Generator().manual_seed(seed)
        coarse = self.drawn(1, 11, 4, 5)
        blocks = F.interpolate(coarse, size=(HEIGHT, WIDTH), mode="bicubic")
        self.guide, self.ab = (50 + 25 * blocks[:, :1]).clamp(0, 100), 20 * blocks[:, 1:3]
        self.features = F.normalize(blocks[:, 3:], dim=1)

    def drawn(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.random)

    def points(self, count: int) -> Tensor:
        """Different points, (count, 2)."""
        cells = torch.randperm(HEIGHT * WIDTH, generator=self.random)[:count]
        return torch.stack((cells % WIDTH, cells // WIDTH), dim=1)

    def spread(self, points: Tensor, asked: Tensor, reach: float = 0.4) -> LocalLines:
        places = (points + 0.5) / torch.tensor([WIDTH, HEIGHT])
        lightness = self.guide[0, 0, points[:, 1], points[:, 0]]
        how_far = torch.full((len(points),), reach)
        return spread(self.guide, self.features, self.ab, places, how_far, lightness, asked)

    def colours(self, added: LocalLines, points: Tensor) -> Tensor:
        """The ab (K, 2) of those points with what was added."""
        lines = fit_lines(self.guide, self.ab)
        whole = LocalLines(lines.slope + added.slope, lines.offset + added.offset)
        places = (points + 0.5) / torch.tensor([WIDTH, HEIGHT])
        return whole.at(places, self.guide[0, 0, points[:, 1], points[:, 0]])


def apart(first: LocalLines, second: LocalLines) -> float:
    """The largest difference in what two lines add, at L = 50."""
    return float((first.slope * 50 + first.offset - second.slope * 50 - second.offset).abs().max())


@few
@given(seed=seeds, small=st.integers(1, 9), height=st.integers(1, 40), width=st.integers(1, 40))
def test_single_places_have_what_the_rows_have_there(seed: int, small: int, height: int, width: int):
    random = torch.Generator().manual_seed(seed)
    slope, offset = torch.randn(2, 1, 2, small, small + 1, generator=random)
    lines, lightness = LocalLines(slope, offset), 100 * torch.rand(1, 1, height, width, generator=random)
    row, column = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = (torch.stack((column, row), dim=-1).reshape(-1, 2) + 0.5) / torch.tensor([width, height])
    at = lines.at(places, lightness.flatten()).T.reshape(1, 2, height, width)
    assert torch.allclose(at, lines.rows(lightness, 0, height), atol=2e-3)


@few
@given(seed=seeds, count=st.integers(1, 8), reach=st.floats(0.02, 1.0))
def test_each_place_has_the_colour_asked_for_in_whatever_order(seed: int, count: int, reach: float):
    map_ = Map(seed)
    points, asked = map_.points(count), 30 * map_.drawn(count, 2)
    added = map_.spread(points, asked, reach)
    assert torch.allclose(map_.colours(added, points), asked, atol=2.0)
    assert apart(map_.spread(points.flip(0), asked.flip(0), reach), added) < 0.01


@few
@given(seed=seeds)
def test_of_two_hints_at_one_place_the_later_counts(seed: int):
    map_ = Map(seed)
    points, asked = map_.points(2), 30 * map_.drawn(3, 2)
    both = map_.spread(points[[0, 1, 0]], asked)
    assert apart(both, map_.spread(points, asked[[2, 1]])) < 0.01


@few
@given(seed=seeds, count=st.integers(1, 8))
def test_a_colour_that_is_there_already_changes_nothing(seed: int, count: int):
    map_ = Map(seed)
    points = map_.points(count)
    lines = fit_lines(map_.guide, map_.ab)
    there = map_.colours(LocalLines(torch.zeros_like(lines.slope), torch.zeros_like(lines.offset)), points)
    added = map_.spread(points, there)
    assert float(torch.cat((added.slope * 50, added.offset)).abs().max()) < 0.05


@few
@given(seed=seeds)
def test_far_from_a_hint_of_small_reach_nothing_changes(seed: int):
    map_ = Map(seed)
    points = map_.points(1)
    added = map_.spread(points, torch.tensor([[60.0, -60.0]]), reach=0.02)
    row, column = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    # Four of them are how far a window carries what the last place has that the hint reaches.
    far = (column - points[0, 0]).abs().maximum((row - points[0, 1]).abs()) > 10
    assert float((added.slope * 50 + added.offset)[0, :, far].abs().max()) < 0.005


def test_a_hint_stops_where_things_are_unlike():
    guide = torch.full((1, 1, HEIGHT, WIDTH), 50.0)
    features = torch.zeros(1, 2, HEIGHT, WIDTH)
    features[:, 0, :, :20], features[:, 1, :, 20:] = 1, 1
    asked, half = torch.tensor([[40.0, 20.0]]), torch.tensor([0.5])
    ab, place, reach = torch.zeros(1, 2, HEIGHT, WIDTH), torch.tensor([[0.3, 0.5]]), torch.tensor([1.0])
    added = spread(guide, features, ab, place, reach, 100 * half, asked)
    assert float(added.offset[0, 0, :, :16].min()) > 30
    assert float(added.offset[0, :, :, 24:].abs().max()) == pytest.approx(0, abs=3)
