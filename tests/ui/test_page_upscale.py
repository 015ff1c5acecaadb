"""Can somebody see a part of a photograph enlarged, then the whole, and take it home or send it on?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from page import Held, after, changed, give, made, moved, pixels, taken_home
from PIL import Image
from skimage import data

from colorizer.colour.luma import psnr_y
from colorizer.errors import PhotoError, PhotoTooLarge, WeightsError
from colorizer.networks.resampling import enlarge
from colorizer.photo import Photo
from colorizer.predictors import truth_test, upscale
from colorizer.predictors.tiling import to_pixels, to_tensor
from colorizer.predictors.upscale import Upscaler
from colorizer.ui import files, running
from colorizer.ui.texts import TEXTS, note, sentence
from colorizer.ui.upscale import part, settings_of

PREFIX = "upscale-"


def looked_at(page, path: Path) -> str:
    """Give a photograph and wait for the part that is enlarged at once."""
    give(page, path, PREFIX)
    page.wait_for_selector(f"#{PREFIX}stage img")
    return after(page, PREFIX)


# In the browser


def test_a_part_is_seen_at_once_then_the_whole_is_enlarged_and_taken_home(
    visit, small: Path, tmp_path: Path
) -> None:
    page = visit("?tab=upscale")
    part_shown = looked_at(page, small)
    assert "600 × 400" in page.inner_text("#forecast")
    assert TEXTS["part"][0] in page.inner_text("#upscale-status")
    assert not page.locator("#upscale-download").is_visible()

    whole = made(page, "enlarge", PREFIX)
    assert whole != part_shown
    status = page.inner_text("#upscale-status")
    assert "150 × 100 → 600 × 400" in status
    assert "srresnet 0.0.1 · srgan 0.0.1" in status
    assert "/255" in status
    file = taken_home(page, PREFIX)
    assert file.suggested_filename == "dog-x4.png"
    result = Image.open(file.path())
    assert result.size == (600, 400)
    assert '"task": "upscale"' in result.text["colorizer"]

    too_large = tmp_path / "wall.png"
    Image.new("L", (2000, 1600)).save(too_large)
    give(page, too_large, PREFIX)
    trouble = page.locator("#upscale-line .trouble")
    trouble.wait_for()
    assert "wall.png" in trouble.inner_text() and "3 megapixels" in trouble.inner_text()
    assert after(page, PREFIX) == whole


def test_a_click_on_the_photograph_chooses_the_part_and_its_middle_tests_the_network(
    visit, tmp_path: Path
) -> None:
    path = tmp_path / "halves.tif"  # browsers don't show it: a smaller copy stands in
    Image.fromarray(np.repeat(np.uint8([[40, 220]]), 900, 1).repeat(1200, 0)).save(path)
    page = visit("?tab=upscale")
    shown = looked_at(page, path)
    box = page.locator("#upscale-photo img").bounding_box()
    for share, dark in ((0.1, True), (0.9, False)):
        page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        shown = changed(page, shown, PREFIX)
        picture = pixels(page, PREFIX)
        assert picture.shape == (512, 512, 3)
        assert (picture < 128).all() if dark else (picture > 128).all()
    across = page.locator("#upscale-across input[type=range]")
    page.locator("#upscale-more > button").first.click()
    across.wait_for()
    assert abs(float(across.input_value()) - 90) <= 1
    moved(page, "upscale-across", "Home")  # without a mouse, too
    shown = changed(page, shown, PREFIX)
    assert (pixels(page, PREFIX) < 128).all()

    page.click("#truth")
    changed(page, shown, PREFIX)
    status = page.inner_text("#upscale-status")
    assert "512 × 512" in status and status.count(" dB") == 2


def test_of_several_touches_the_last_is_answered(visit, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visit("?tab=upscale")
    shown = looked_at(page, small)
    held = Held(monkeypatch, "enlarge_part")
    for key in ("Home", "PageUp", "End"):
        moved(page, "upscale-detail", key)
        assert held.begun.wait(20)
        page.wait_for_timeout(300)  # until the server has heard of it
    held.going.set()
    changed(page, changed(page, shown, PREFIX), PREFIX)
    assert [settings.detail for _, _, settings in held.asked] == [0, 1]


def test_after_a_part_the_whole_comes_back(visit, small: Path) -> None:
    page = visit("?tab=upscale")
    looked_at(page, small)
    page.locator("#upscale-more > button").first.click()
    page.click("#truth")
    page.wait_for_selector("#upscale-line .trouble")  # it is too small for that
    whole = made(page, "enlarge", PREFIX)
    moved(page, "upscale-detail", "End")
    part_shown = changed(page, whole, PREFIX)
    assert not page.locator("#upscale-download").is_visible()
    page.locator("#upscale-model label").nth(1).click()
    part_shown = changed(page, part_shown, PREFIX)
    assert not page.locator("#upscale-detail").is_visible()
    page.click("#whole")
    assert changed(page, part_shown, PREFIX) == whole
    assert page.locator("#upscale-download").is_visible()


# Without a browser


def test_a_part_is_inside_the_photograph_and_around_the_place() -> None:
    wide = Photo.from_array(np.zeros((100, 1000), np.uint8))
    assert part(wide, 50, 50) == (436, 0, 564, 100)
    assert part(wide, 0, 0) == (0, 0, 128, 100)
    assert part(wide, 100, 100) == (872, 0, 1000, 100)


def test_a_detail_that_can_not_be_chosen_does_not_count(page_weights: Path) -> None:
    assert settings_of("clean", 0.25, 1).detail == 0.25
    assert settings_of("photo", 0.25, 1).detail is None


def test_tiles_are_counted_as_they_are_made(page_weights: Path) -> None:
    photo, steps = Photo.from_array(np.zeros((20, 600), np.uint8)), []
    Upscaler.load().upscale(photo, progress=lambda share, _text: steps.append(share))
    assert upscale.tile_count(photo) == len(steps) - 1 == 3


def test_the_plain_enlargement_is_the_bicubic_one_of_the_literature() -> None:
    rgb = data.astronaut()[100:150, 180:240]
    plain = files.plainly_enlarged(Photo.from_array(rgb), (240, 200))
    expected = to_pixels(enlarge(to_tensor(rgb))[0], rgb.dtype)
    assert np.quantile(np.abs(plain.astype(int) - expected), 0.999) <= 2


def test_the_truth_test_compares_with_the_middle_of_the_photo(page_weights: Path) -> None:
    rgb = np.random.default_rng(4).integers(0, 65536, (301, 700, 3)).astype(np.uint16)
    found = running.compare(Photo.from_array(rgb), settings_of("clean", 0.5, 2))
    assert found.truth.shape == found.plain.shape == found.result.shape == (300, 512, 3)
    assert (found.truth == np.rint(rgb[:300, 94:606] / 257)).mean() > 0.99
    assert found.psnr == psnr_y(found.result, found.truth) and found.plain_psnr > 0
    with pytest.raises(PhotoError, match="200 x 300"):
        running.compare(Photo.from_array(np.zeros((300, 200), np.uint8)), settings_of("clean", 0.5, 2))
    assert truth_test.testable(Photo.from_array(rgb))


def test_errors_and_notes_of_enlarging_are_told_in_french(page_weights: Path) -> None:
    limit = upscale.LIMITS.max_pixels // 16_000_000
    assert f"{limit} mégapixels" in sentence("fr", PhotoTooLarge("x"), "upscale")
    assert sentence("fr", WeightsError("x"), "upscale") != sentence("fr", WeightsError("x"))
    made = Upscaler.load().upscale(Photo.from_array(np.zeros((4, 4), np.uint8)))
    assert note("fr", made.metadata.notes[-1]).startswith("Agrandie quatre fois")
