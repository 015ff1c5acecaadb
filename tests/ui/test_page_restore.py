"""Can somebody have a photograph restored in one go, correct what was taken for damage, and take it home?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from page import GREY, changed, give, made, moved, pixels, taken_home
from PIL import Image

from colorizer.photo import Photo
from colorizer.predictors.mend import Mender
from colorizer.predictors.restore import Restorer, unpacked
from colorizer.predictors.settings import RestoreSettings
from colorizer.ui.restore import foretell, notices, settings_of
from colorizer.ui.texts import TEXTS, note
from colorizer.ui.work import Work

PREFIX = "restore-"


@pytest.fixture
def scratched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A grey print with a white scratch across, which is found."""
    print_ = np.full((100, 150), 90, np.uint8)
    print_[:50] = 120
    print_[20:80, 73:77] = 255
    Image.fromarray(print_).save(tmp_path / "grandmother.png")
    monkeypatch.setattr(Mender, "find", lambda _, photo, *how: photo.rgb[..., 0] > 250)
    return tmp_path / "grandmother.png"


# In the browser


def test_a_photograph_is_mended_coloured_and_enlarged_and_taken_home(visit, scratched: Path) -> None:
    page = visit("")
    assert page.locator("#tabs [role=tab]").first.get_attribute("aria-selected") == "true"
    give(page, scratched, PREFIX)
    page.wait_for_selector("#restore-forecast :text('600 × 400')")
    shown = made(page, "restore", PREFIX)
    status = page.inner_text("#restore-status")
    assert "150 × 100 → 600 × 400" in status and "1.60% of the picture" in status
    result = pixels(page, PREFIX)
    assert result.shape == (400, 600, 3) and np.ptp(result, axis=2).mean() > 3
    file = taken_home(page, PREFIX)
    assert file.suggested_filename == "grandmother-restored.png"
    about = json.loads(Image.open(file.path()).text["colorizer"])
    assert (about["task"], about["colour"], about["enlarge"]) == ("restore", "always", 4)
    again = Restorer.load().restore(Photo.open(scratched), settings_of_file(about))
    assert np.array_equal(Photo.open(file.path()).rgb, again.rgb)

    moved(page, "restore-saturation", "Home")
    shown = changed(page, shown, PREFIX)
    assert np.ptp(pixels(page, PREFIX), axis=2).mean() < 2
    page.uncheck("#restore-enlarge input")
    page.wait_for_selector("#restore-forecast :text('150 × 100')")
    made(page, "restore", PREFIX)
    changed(page, shown, PREFIX)
    assert "150 × 100 → 150 × 100" in page.inner_text("#restore-status")


def settings_of_file(about: dict) -> RestoreSettings:
    """The settings that a file holds."""
    told = ("task", "weights", "sha256", "precision")
    return RestoreSettings(**{key: value for key, value in about.items() if key not in told})


def test_damage_is_painted_and_rubbed_out_with_a_brush(visit, scratched: Path) -> None:
    page = visit("", height=1000)
    give(page, scratched, PREFIX)
    for step in ("enlarge", "colour"):
        page.uncheck(f"#restore-{step} input")
    shown = made(page, "restore", PREFIX)
    assert (pixels(page, PREFIX)[50, 75] < 140).all()
    page.locator("#restore-damage > button").first.click()
    canvas = page.locator("#restore-marks canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for tool, aside in (("Erase", 0.0), ("Brush", -0.2)):  # as shares of the canvas's height
        page.click(f"#restore-marks button[aria-label='{tool}']")
        page.mouse.click(box["x"] + box["width"] / 2 + aside * box["height"], box["y"] + box["height"] / 2)
    page.click("#mend-marked")
    changed(page, shown, PREFIX)
    page.wait_for_selector("#restore", state="visible")
    corrected = pixels(page, PREFIX)
    assert (corrected[50, 75] > 240).all() and (corrected[25, 75] < 140).all()  # its middle was no damage
    about = json.loads(Image.open(taken_home(page, PREFIX).path()).text["colorizer"])
    marks = unpacked(about["marks"], Photo.from_array(np.zeros((100, 150), np.uint8)))
    assert marks[25, 75] and marks[:, :70].any() and not marks[50, 75]


# Without a browser


def test_what_a_photograph_says_of_itself_is_told_before(page_weights: Path) -> None:
    plain = Photo.from_array(GREY)
    assert not notices(plain, "en")["notice"].visible and notices(plain, "en")["colour"]
    coloured = (
        np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8).repeat(40, 0).repeat(40, 1)
    )
    said = notices(Photo.from_array(coloured), "fr")
    assert said["notice"].visible and not said["colour"] and TEXTS["keeps_colours"][1] in said["notice_text"]
    large = notices(Photo.from_array(np.zeros((2000, 2000), np.uint8)), "en")
    assert "3 times as wide" in large["notice_text"]
    dots = np.tile(np.kron([[0, 255], [255, 0]], np.ones((3, 3))), (60, 60)).astype(np.uint8)
    assert "pixels apart" in notices(Photo.from_array(dots), "en")["notice_text"]


def test_the_forecast_is_of_what_is_ticked(page_weights: Path) -> None:
    work = Work(given=Photo.from_array(GREY))
    settings = settings_of(True, 0.5, True, 1.0, False, "auto", "colour", False, 0.0)
    assert "96 × 64" in foretell(work, "en", settings)["forecast"]
    settings = settings_of(False, 0.5, False, 1.0, True, "auto", "colour", False, 0.0)
    assert "384 × 256" in foretell(work, "en", settings)["forecast"]
    assert (settings.mend, settings.colour) == (0, "never")


def test_what_restoring_notes_is_told_in_french(page_weights: Path) -> None:
    dots = np.tile(np.kron([[0, 255], [255, 0]], np.ones((3, 3))), (30, 30)).astype(np.uint8)
    made = Restorer.load().run(
        Photo.from_array(dots), settings_of(True, 0.9, True, 1, True, "auto", "colour", False, 0)
    )
    assert len(made.photo.metadata.notes) >= 3
    assert all(note("fr", text) != text for text in made.photo.metadata.notes)
