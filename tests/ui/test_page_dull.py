"""Can somebody see why colours are dull? Three colorizers side by side, and the colours likely at a place."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import numpy as np
from page import scrolls_sideways
from PIL import Image

from colorizer.photo import Photo
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.dull import look_into
from colorizer.ui.dull import shown_html
from colorizer.ui.texts import TEXTS


def picture(kind: str) -> np.ndarray:
    grey = np.linspace(40, 200, 96)[None, :, None].repeat(64, 0) * np.ones(3)
    if kind == "coloured":
        grey[:32] *= (1.0, 0.4, 0.3)
        grey[32:] *= (0.3, 0.7, 1.0)
    return grey.astype(np.uint8)


def test_all_three_are_asked_and_the_truth_is_known_for_a_colour_photograph_only(page_weights: Path) -> None:
    colorizer = Colorizer.load()
    found = look_into(colorizer, Photo.from_array(picture("coloured")))
    assert [reading.model for reading in found.readings] == ["autoencoder", "course-unet", "unet"]
    assert found.likely.shape[:2] == (21, 32) and np.allclose(found.likely.sum(-1), 1, atol=1e-5)
    assert np.allclose(found.mean, found.likely @ found.bins, atol=1e-3)
    assert found.true is not None and found.true_strength > 20
    assert found.true[3, 16, 0] > 20 > 0 > found.true[-3, 16, 1]  # red above, blue below
    assert np.ptp(found.grey.astype(int), axis=-1).max() <= 1
    for reading in found.readings:
        assert reading.picture.shape == found.grey.shape and reading.ab.shape == (21, 32, 2)
        assert reading.error is not None and reading.strength >= 0
    row, column = found.undecided
    assert 0 <= row < 21 and 0 <= column < 32
    grey = look_into(colorizer, Photo.from_array(picture("grey")))
    assert grey.true is None and all(reading.error is None for reading in grey.readings)


def test_the_pages_data_is_what_was_found(page_weights: Path) -> None:
    import base64

    found = look_into(Colorizer.load(), Photo.from_array(picture("coloured")))
    given = json.loads(unescape(re.search(r'data-given="(.*?)"', shown_html(found)).group(1)))
    assert [mark["letter"] for mark in given["marks"]] == ["A", "B", "C", "M", "T"]
    ab = np.frombuffer(base64.b64decode(given["marks"][3]["ab"]), np.int8).reshape(21, 32, 2)
    assert np.abs(ab - found.mean).max() <= 0.51
    likely = np.frombuffer(base64.b64decode(given["likely"]), np.uint8).reshape(found.likely.shape)
    assert (likely.max(-1) == 255).all() and len(given["colours"]) == len(found.bins)


def test_a_photograph_is_looked_into(visit, tmp_path: Path) -> None:
    Image.fromarray(picture("coloured")).save(tmp_path / "dress.png")
    page = visit("?tab=dull")
    page.set_input_files("#dull-photo input[type=file]", tmp_path / "dress.png")
    page.wait_for_selector(".dull canvas")
    assert page.locator(".dull-frame").count() == 4
    told = ".dull [data-mark=T] output"
    frame = page.locator(".dull-frame").nth(2)
    box = frame.bounding_box()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.2 * box["height"])
    strong = int(page.inner_text(told))
    frame.focus()
    for _ in range(25):
        page.keyboard.press("ArrowLeft")  # into the dark
    assert 0 <= int(page.inner_text(told)) < strong
    left = page.locator(".cross").first.evaluate("cross => parseFloat(cross.style.left)")
    assert left < 10
    drawn = "() => new Set(document.querySelector('.dull canvas').getContext('2d')"
    assert page.evaluate(drawn + ".getImageData(0, 0, 440, 440).data).size") > 10
    (tmp_path / "bad.png").write_bytes(b"no picture")
    page.set_input_files("#dull-photo input[type=file]", tmp_path / "bad.png")
    page.wait_for_selector("#dull-line .trouble")
    assert page.locator(".dull canvas").is_visible()  # what was there stays


def test_an_example_is_looked_into_on_a_phone_in_french(visit) -> None:
    page = visit("?tab=dull", width=390, height=844, locale="fr-FR")
    page.locator("#dull-examples .card").first.click()
    page.wait_for_selector(".dull canvas")
    assert not scrolls_sideways(page)
    assert page.locator("[data-mark=T]").count() == 0  # the sepia of a print is no truth
    lines = page.inner_text("body").split("\n")
    assert not [key for key, (english, french) in TEXTS.items() if english in lines and english != french]
