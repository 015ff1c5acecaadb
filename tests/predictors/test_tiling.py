"""Is a picture that goes through a network in tiles the same as one that goes through it whole?"""

from __future__ import annotations

import tracemalloc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import stop_beyond
from torch import nn

from colorizer.errors import Cancelled
from colorizer.predictors.tiling import Tiling, mirrored, run, to_pixels, to_tensor

TILINGS = st.builds(
    lambda side, blend, more, multiple: Tiling(side, blend + more, blend, multiple),
    st.integers(1, 40),
    st.integers(0, 5),
    st.integers(0, 9),
    st.sampled_from([1, 2, 4]),
)


def noise(height: int, width: int, channels: int = 3, dtype: type = np.uint8) -> np.ndarray:
    top = int(np.iinfo(dtype).max) + 1
    return np.random.default_rng(height * width).integers(0, top, (height, width, channels), dtype=dtype)


@settings(max_examples=80)
@given(st.integers(1, 90), st.integers(1, 90), TILINGS, st.sampled_from([np.uint8, np.uint16]))
def test_doing_nothing_gives_the_picture_back(height: int, width: int, tiling: Tiling, dtype: type):
    def same(tile: torch.Tensor) -> torch.Tensor:
        assert not any(side % tiling.multiple for side in tile.shape[2:])
        return tile

    picture = noise(height, width, 2, dtype)
    assert np.array_equal(run(same, picture, tiling), picture)


@settings(max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), TILINGS, st.integers(1, 4))
def test_repeating_pixels_is_exact_at_every_scale(height: int, width: int, tiling: Tiling, scale: int):
    picture = noise(height, width)
    repeated = picture.repeat(scale, 0).repeat(scale, 1)

    def repeat(tile: torch.Tensor) -> torch.Tensor:
        return tile.repeat_interleave(scale, 2).repeat_interleave(scale, 3)

    assert np.array_equal(run(repeat, picture, tiling, scale=scale), repeated)


@settings(max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), TILINGS, st.data())
def test_a_box_is_that_part_of_the_whole(height: int, width: int, tiling: Tiling, data: st.DataObject):
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right, bottom = data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height))
    picture = noise(height, width)
    found = run(lambda tile: tile, picture, tiling, box=(left, top, right, bottom))
    assert np.array_equal(found, picture[top:bottom, left:right])


@settings(max_examples=25)
@given(st.integers(20, 70), st.integers(20, 70), st.integers(9, 40), st.integers(0, 2))
def test_tiles_that_see_enough_equal_the_whole(height: int, width: int, side: int, blend: int):
    torch.manual_seed(height)
    first, second = nn.Conv2d(3, 6, 5, padding=2), nn.Conv2d(6, 3, 3, padding=1)
    network = nn.Sequential(first, nn.Tanh(), second, nn.Sigmoid())
    picture = noise(height, width)
    with torch.inference_mode():
        whole = to_pixels(network(to_tensor(picture))[0], picture.dtype)
    found = run(network, picture, Tiling(side, 3 + blend, blend))
    assert np.abs(found.astype(int) - whole).max() <= 1


def test_seams_fade_where_tiles_disagree():
    level = iter(np.linspace(0, 1, 6))
    found = run(lambda tile: torch.full_like(tile, next(level)), noise(1, 60, 1), Tiling(10, 4, 2))[0, :, 0]
    assert np.abs(np.diff(found.astype(int))).max() <= 255 / 5 / 4 + 1
    assert found[0] == 0 and found[-1] == 255


def test_small_pictures_are_seen_once_and_whole():
    assert Tiling(256, 16, 4).pixels(256, 256) == Tiling(256, 16, 4).largest(256, 256) == 256 * 256
    assert Tiling(256, 16, 4).count(257, 256) == 2
    assert Tiling(256, 16, 4).pixels(257, 256) == (257 + 2 * 16) * 256


def test_edges_are_mirrored_however_small_the_picture():
    assert mirrored(np.arange(-4, 7), 3).tolist() == [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0]
    assert set(mirrored(np.arange(-9, 9), 1)) == {0}


def test_progress_grows_to_one_and_cancelling_stops_between_tiles():
    told: list[tuple[float, str]] = []
    run(
        lambda tile: tile,
        noise(50, 70),
        Tiling(20, 2, 1),
        progress=lambda *news: told.append(news),
        text="So",
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1 and len(shares) == 1 + 3 * 4
    assert told[6] == (0.5, "So")

    seen: list[int] = []
    with pytest.raises(Cancelled):
        run(lambda tile: seen.append(1) or tile, noise(50, 50), Tiling(10, 2, 1), progress=stop_beyond(0.3))
    assert len(seen) == 8


def test_memory_is_the_result_and_little_more():
    picture, made = noise(700, 700), []

    def quadruple(tile: torch.Tensor) -> torch.Tensor:
        large = tile.repeat_interleave(4, 2).repeat_interleave(4, 3)
        made.append(weakref.ref(large.untyped_storage()))
        assert sum(reference() is not None for reference in made) <= 2  # torch's memory isn't traced
        return large

    tracemalloc.start()
    result = run(quadruple, picture, Tiling(64), scale=4)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * result.nbytes
