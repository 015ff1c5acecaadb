"""Does mending change the marked pixels and no other, and are marks found as readily as is asked?"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import ASTRONAUT, enter
from pictures import photograph as photo

from colorizer.errors import Cancelled, SettingsError
from colorizer.networks.damage import DamageUNet
from colorizer.photo import Photo
from colorizer.predictors import mend
from colorizer.predictors.mend import Mender, filled
from colorizer.predictors.settings import MendSettings


@pytest.fixture
def mender(folder: Path) -> Mender:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = DamageUNet((8, 8, 8, 8))
        torch.nn.init.normal_(network.mark.weight, 0.0, 2.0)
    enter(folder, "mend", "mend", network.state_dict())
    return Mender.load()


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from((np.uint8, np.uint16)), st.booleans(), st.floats(0, 0.6))
def test_what_is_not_marked_stays_to_the_bit(seed, dtype, grey, share):
    random = np.random.default_rng(seed)
    rgb = random.integers(0, np.iinfo(dtype).max, (37, 50, 3), dtype=dtype, endpoint=True)
    rgb = np.repeat(rgb[..., :1], 3, axis=2) if grey else rgb
    marks = random.random((37, 50)) < share
    result = filled(rgb, marks)
    assert result.dtype == dtype and np.array_equal(result[~marks], rgb[~marks])
    assert not grey or np.array_equal(result[..., 0], result[..., 2])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_scratch_over_a_slope_is_filled_as_if_it_had_never_been(dtype):
    levels = np.iinfo(dtype).max
    slope = np.linspace(0.2, 0.8, 120)[None].repeat(90, 0) * levels
    whole = np.stack((slope, slope / 2, slope / 3), -1).astype(dtype)
    marks = np.zeros((90, 120), np.uint8)
    cv2.line(marks, (10, 5), (100, 80), 1, 3)
    scratched = np.where(marks[..., None] > 0, levels, whole).astype(dtype)
    error = np.abs(filled(scratched, marks > 0).astype(float) - whole) / levels
    assert error.max() < 0.02


def test_blocks_leave_no_seams(monkeypatch):
    marks = np.zeros(ASTRONAUT.shape[:2], np.uint8)
    for row in range(20, 500, 60):
        cv2.line(marks, (0, row), (511, row + 9), 1, 2)
    whole = filled(ASTRONAUT, marks > 0)
    monkeypatch.setattr(mend, "BLOCK", 100)
    parts = filled(ASTRONAUT, marks > 0)
    assert np.abs(whole.astype(int) - parts)[marks > 0].mean() < 0.5


@pytest.mark.parametrize("size", [(1, 1), (33, 47), (700, 90)])
def test_marks_are_of_the_photo_s_size_and_grow_with_sensitivity(mender, size):
    given = photo(*size)
    found = [mender.find(given, MendSettings(value)) for value in (0.0, 0.3, 0.5, 0.8)]
    assert all(marks.shape == given.rgb.shape[:2] and marks.dtype == bool for marks in found)
    assert not found[0].any()
    assert all((less <= more).all() for less, more in pairwise(found))


def test_a_large_print_is_looked_at_small_and_marked_large(mender, monkeypatch):
    monkeypatch.setattr(mend, "SEEN_SIDE", 64)
    given = photo(96, 192)
    marks = mender.find(given, MendSettings(0.9))
    assert marks.shape == given.rgb.shape[:2] and marks.any()
    assert np.array_equal(marks, marks[::3, ::3].repeat(3, 0).repeat(3, 1))


def test_a_person_s_marks_count_alone_and_are_told(mender):
    given = photo(60, 80, bits=16)
    marks = np.zeros((60, 80), bool)
    marks[20:24] = True
    result = mender.mend(given, marks=marks)
    assert result.marks is marks and result.photo.bits == 16
    assert "6.67%" in result.photo.metadata.notes[-1]
    assert np.array_equal(result.photo.rgb[~marks], given.rgb[~marks])
    assert mender.mend(given, marks=~marks & marks).photo.metadata.notes == given.metadata.notes
    assert result.weights == "mend 0.1"
    with pytest.raises(SettingsError, match=r"2 x 3 pixels.*80 x 60"):
        mender.mend(given, marks=np.zeros((3, 2), bool))


def test_it_may_be_stopped_and_says_what_is_missing(mender, folder):
    def stop(share: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        mender.mend(photo(60, 80), progress=stop)
    (folder / "manifest.json").write_text('{"format": 1, "files": {}}')
    with pytest.raises(SettingsError, match="train mend"):
        Mender.load().mend(photo(60, 80))


def test_the_shipped_network_finds_a_scratch_and_leaves_a_whole_photograph():
    mender, whole = Mender.load(), Photo.from_array(cv2.cvtColor(ASTRONAUT, cv2.COLOR_RGB2GRAY))
    assert mender.find(whole).mean() < 0.001
    marks = np.zeros((512, 512), np.uint8)
    cv2.line(marks, (60, 30), (450, 470), 1, 2)
    for place in ((100, 300), (400, 90), (300, 420)):
        cv2.circle(marks, place, 3, 1, -1)
    scratched = np.where(marks > 0, 245, whole.rgb[..., 0]).astype(np.uint8)
    found = mender.find(Photo.from_array(scratched))
    assert found[marks > 0].mean() > 0.7
    near = cv2.dilate(marks, np.ones((7, 7), np.uint8)) > 0
    assert (found & ~near).mean() < 0.001


@pytest.mark.parametrize("level", [0, 3, 155, 255])
def test_a_plain_stays_as_light_as_it_is(level):
    marks = np.zeros((60, 80), bool)
    marks[20:50, 10:60] = True
    plain = np.full((60, 80, 3), level, np.uint8)
    assert np.abs(filled(plain, marks).astype(int) - plain).max() <= 1
