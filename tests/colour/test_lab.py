"""Colours agree with scikit-image, bins hold what sRGB can show, and the gamut clamp keeps hue and
lightness."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color

from colorizer.colour import bins as binned
from colorizer.colour import lab


def cube(steps: int = 33) -> np.ndarray:
    axis = np.linspace(0, 1, steps)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(steps, -1, 3)


def planes(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array).movedim(-1, 0)


@pytest.mark.parametrize("kind", [torch.float64, torch.float32])
def test_lab_agrees_with_scikit_image_over_the_whole_cube(kind: torch.dtype):
    ours = lab.rgb_to_lab(planes(cube()).to(kind)).movedim(0, -1).numpy()
    assert np.abs(ours - color.rgb2lab(cube())).max() < 1e-3


def test_way_back_agrees_with_scikit_image():
    there = color.rgb2lab(cube())
    ours = lab.lab_to_rgb(planes(there)).movedim(0, -1).numpy()
    assert np.abs(ours - color.lab2rgb(there)).max() < 1e-3
    assert np.abs(ours - cube()).max() < 1e-4


def test_ntsc_luma_of_pure_colours():
    rgb = torch.eye(3)[:, :, None]
    assert lab.ntsc_luma(rgb)[0, :, 0].tolist() == pytest.approx([0.299, 0.587, 0.114])


def test_lightness_of_greys_is_the_lightness_of_their_lab():
    grey = torch.linspace(0, 1, 256)
    expected = lab.rgb_to_lab(grey.expand(3, 1, 256))[0, 0]
    assert torch.allclose(lab.grey_to_lightness(grey), expected, atol=1e-3)


def test_every_colour_of_srgb_lies_in_a_bin():
    bins = binned.ab_bins()
    ab = lab.rgb_to_lab(planes(cube(21)))[1:].reshape(2, -1).T.float()
    assert 240 <= len(bins) <= 313
    assert float(torch.cdist(ab, bins).min(1).values.max()) <= np.sqrt(50) + 0.5


def test_soft_encoding_spreads_over_the_nearest_bins_and_decodes_to_the_colour():
    bins = binned.ab_bins()
    index, weight = binned.SoftEncoding(bins)(torch.tensor([12.0, -23.0]).reshape(1, 2, 1, 1))
    nearest = torch.cdist(torch.tensor([[12.0, -23.0]]), bins)[0].topk(5, largest=False).indices
    assert set(index.flatten().tolist()) == set(nearest.tolist())
    assert float(weight.sum()) == pytest.approx(1.0)
    expected = torch.exp(-((bins[index[0, :, 0, 0]] - torch.tensor([12.0, -23.0])) ** 2).sum(1) / 50)
    assert torch.allclose(weight[0, :, 0, 0], expected / expected.sum(), atol=1e-5)


def test_annealed_mean_goes_from_the_mean_to_the_mode():
    bins = torch.tensor([[0.0, 0.0], [50.0, 10.0]])
    logits = torch.log(torch.tensor([0.4, 0.6])).reshape(1, 2, 1, 1)
    assert binned.annealed_mean(logits, bins, 1.0).flatten().tolist() == pytest.approx([30.0, 6.0], abs=1e-4)
    assert binned.annealed_mean(logits, bins, 0.02).flatten().tolist() == pytest.approx(
        [50.0, 10.0], abs=1e-3
    )


@settings(max_examples=60, deadline=None)
@given(lightness=st.floats(0, 100), a=st.floats(-120, 120), b=st.floats(-120, 120))
def test_gamut_clamp_keeps_hue_and_lightness(lightness: float, a: float, b: float):
    before = torch.tensor([lightness, a, b], dtype=torch.float64).reshape(3, 1, 1)
    after = lab.clamp_to_gamut(before)
    assert float(after[0]) == pytest.approx(lightness)
    assert bool(lab.in_gamut(after, 2e-3).all())
    assert abs(a * float(after[2]) - b * float(after[1])) < 1e-6 * (1 + abs(a) + abs(b)) ** 2
    assert float(after[1:].norm()) <= float(before[1:].norm()) + 1e-9


def test_gamut_clamp_takes_no_more_chroma_than_it_must():
    outside = torch.tensor([50.0, 100.0, 0.0]).reshape(3, 1, 1)
    clamped = lab.clamp_to_gamut(outside)
    a_little_more = clamped * torch.tensor([1.0, 1.02, 1.02]).reshape(3, 1, 1)
    assert not bool(lab.in_gamut(a_little_more).all())
    inside = torch.tensor([50.0, 20.0, 10.0]).reshape(3, 1, 1)
    assert lab.clamp_to_gamut(inside) is inside
