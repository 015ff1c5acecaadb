"""Small chroma finds the edges of the full-size lightness, whole pictures and strips alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizer.colour.guided import LocalLines, box_mean, fit_lines


def slow_box_mean(x: np.ndarray, radius: int) -> np.ndarray:
    height, width = x.shape
    out = np.empty_like(x)
    for i in range(height):
        for j in range(width):
            out[i, j] = x[max(0, i - radius) : i + radius + 1, max(0, j - radius) : j + radius + 1].mean()
    return out


def test_box_mean_against_the_direct_computation():
    x = np.random.default_rng(0).random((13, 17))
    ours = box_mean(torch.from_numpy(x)[None, None], 3)[0, 0].numpy()
    assert np.allclose(ours, slow_box_mean(x, 3))


def test_chroma_jumps_where_lightness_jumps():
    lightness = torch.full((1, 1, 64, 64), 30.0)
    lightness[..., 37:] = 70.0
    true = torch.where(lightness > 50, 40.0, -20.0).expand(1, 2, 64, 64)
    small = F.avg_pool2d(true, 8)
    ours = fit_lines(F.avg_pool2d(lightness, 8), small).rows(lightness, 0, 64)
    blurred = F.interpolate(small, size=(64, 64), mode="bilinear")
    assert float((ours - true).abs().mean()) < 0.5 * float((blurred - true).abs().mean())
    assert float(ours[..., 38].mean() - ours[..., 36].mean()) > 25.0


def test_constant_chroma_stays_constant_whatever_the_lightness():
    lightness = torch.rand(1, 1, 40, 50) * 100
    lines = fit_lines(torch.rand(1, 1, 10, 12) * 100, torch.full((1, 2, 10, 12), 17.0))
    ours = lines.rows(lightness, 0, 40)
    assert float((ours - 17.0).abs().max()) < 1e-3


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40), rows=st.integers(1, 15), small=st.integers(1, 9))
def test_strips_give_what_the_whole_gives(height: int, width: int, rows: int, small: int):
    torch.manual_seed(0)
    lines = LocalLines(torch.randn(1, 2, small, small + 1), torch.randn(1, 2, small, small + 1))
    lightness = torch.rand(1, 1, height, width) * 100
    whole = lines.rows(lightness, 0, height)
    strips = [lines.rows(lightness[:, :, top : top + rows], top, height) for top in range(0, height, rows)]
    assert torch.allclose(torch.cat(strips, dim=2), whole, atol=1e-3)
    direct = (
        F.interpolate(lines.slope, size=(height, width), mode="bilinear", align_corners=False) * lightness
    )
    direct = direct + F.interpolate(lines.offset, size=(height, width), mode="bilinear", align_corners=False)
    assert torch.allclose(whole, direct, atol=2e-3)


def test_one_pixel_pictures_work():
    one = torch.full((1, 1, 1, 1), 50.0)
    lines = fit_lines(one, torch.full((1, 2, 1, 1), 9.0))
    assert lines.rows(one, 0, 1).flatten().tolist() == pytest.approx([9.0, 9.0])
