"""Can somebody have a photograph painted, mix the two, see the way there and back, and take it home?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from page import Held, changed, give, made, moved, pixels, taken_home
from PIL import Image

from colorizer.photo import Photo
from colorizer.predictors.settings import STYLIZE_RANGES
from colorizer.predictors.stylize import SEEN_SIDE
from colorizer.ui.monet import brush_for
from colorizer.ui.texts import TEXTS

PREFIX = "monet-"


@pytest.fixture
def pond(tmp_path: Path) -> Path:
    """A colour photograph, 150 x 100."""
    rgb = np.random.default_rng(1).normal((90, 120, 150), 30, (100, 150, 3))
    Image.fromarray(rgb.clip(0, 255).astype(np.uint8)).save(tmp_path / "pond.jpg", quality=95)
    return tmp_path / "pond.jpg"


# In the browser


def test_a_photograph_is_painted_mixed_taken_home_shown_there_and_back_and_sent_on(visit, pond: Path) -> None:
    page = visit("?tab=monet")
    give(page, pond, PREFIX)
    painted = made(page, "paint", PREFIX)
    status = page.inner_text("#monet-status")
    assert "150 × 100" in status and "photo2monet 0.0.1" in status
    full = pixels(page, PREFIX)

    moved(page, "monet-strength", "Home")  # nothing of the painting
    none = changed(page, painted, PREFIX)
    before = np.asarray(Image.open(pond)).astype(int)
    assert np.abs(pixels(page, PREFIX) - before).mean() < 3 < np.abs(full - before).mean()
    weaker = np.abs(full - before).mean()

    moved(page, "monet-strength", "End")
    again = changed(page, none, PREFIX)
    assert np.abs(pixels(page, PREFIX) - before).mean() > weaker  # all of the painting

    file = taken_home(page, PREFIX)
    assert file.suggested_filename == "pond-painted.png"
    result = Image.open(file.path())
    assert result.size == (150, 100)
    assert '"task": "stylize"' in result.text["colorizer"]

    page.locator("#direction label").nth(1).click()
    other = changed(page, again, PREFIX)
    page.wait_for_function("() => document.querySelector('#monet-status').innerText.includes('monet2photo')")
    assert other != again

    page.locator("#monet-more > button").first.click()
    page.click("#there-and-back")
    page.wait_for_function("() => document.querySelectorAll('#cycle img').length >= 4")
    assert "/255" in page.inner_text("#lost")

    page.click("#monet-send-upscale")
    page.wait_for_url("**/?tab=upscale")
    page.wait_for_selector("#upscale-stage img")


def test_the_brush_may_be_moved_again_while_the_last_is_painted(
    visit, pond: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch, "paint", number=2)
    page = visit("?tab=monet")
    give(page, pond, PREFIX)
    first = made(page, "paint", PREFIX)
    for number in (1, 0, 1):
        page.locator("#direction label").nth(number).click()
        assert held.begun.wait(20)
        page.wait_for_timeout(300)  # until the server has heard of it
    held.going.set()
    second = changed(page, first, PREFIX)
    changed(page, second, PREFIX)
    page.wait_for_selector("#paint", state="visible")
    assert "monet2photo" in page.inner_text("#monet-status")
    directions = [settings.direction for _, settings, _ in held.asked]
    assert directions == ["photo2monet", "monet2photo", "monet2photo"]
    assert TEXTS["stopped"][0] not in page.inner_text("#monet-line")


# Without a browser


def test_the_brush_stays_within_its_range() -> None:
    small, large = (Photo.from_array(np.zeros((side, side), np.uint8)) for side in (100, 4 * SEEN_SIDE))
    assert brush_for(small, 0.5) == STYLIZE_RANGES["brush"][0]
    assert brush_for(large, 0.5) == 2
    assert brush_for(large, 100) == STYLIZE_RANGES["brush"][1]
