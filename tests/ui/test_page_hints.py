"""Can a person set the colour of a place by hand, and take it home? Is a photograph coloured at once?"""

from __future__ import annotations

import io
import json
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest
from page import give, made, taken_home
from PIL import Image

from colorizer.ui import hints, running
from colorizer.ui.texts import TEXTS


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """A photograph that is dark on its left and light on its right."""
    grey = np.full((200, 300), 60, np.uint8)
    grey[:, 150:] = 200
    Image.fromarray(grey).save(tmp_path / "halves.png")
    return tmp_path / "halves.png"


def palette(page, old: str = "", prefix: str = "") -> tuple[str, np.ndarray]:
    """The address and the pixels of the picture that dots are set on, once it isn't the old one."""
    picture = f"#{prefix}palette .hint-picture"
    page.wait_for_function(
        "([selector, old]) => { const picture = document.querySelector(selector); "
        "return picture?.naturalWidth && picture.complete && picture.getAttribute('src') !== old; }",
        arg=[picture, old],
    )
    address = page.get_attribute(picture, "src")
    data = page.request.get(urljoin(page.url, address)).body()
    return address, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def tap(page, x: float, y: float, prefix: str = "") -> None:
    picture = page.locator(f"#{prefix}palette .hint-picture")
    picture.element_handle().wait_for_element_state("stable")
    box = picture.bounding_box()
    picture.click(position={"x": x * box["width"], "y": y * box["height"]})


def palette_of(page, photo: Path) -> tuple[str, np.ndarray]:
    give(page, photo)
    made(page, "colour")
    page.click(f"#mode :text('{TEXTS['mode_hints'][0]}')")
    return palette(page)


def test_a_place_takes_a_likely_colour_and_keeps_it_if_the_model_takes_any(visit, halves: Path) -> None:
    page = visit()
    first, plain = palette_of(page, halves)
    tap(page, 0.2, 0.5)
    assert 3 <= page.locator("#palette .swatch").count() <= 6
    colour = page.locator("#palette .swatch").nth(2).get_attribute("data-colour")
    page.locator("#palette .swatch").nth(2).click()
    second, hinted = palette(page, first)
    change = np.abs(hinted - plain).max(axis=2)
    assert change[100, 60] > 15 and change[:, 170:].max() <= 6  # the picture is a JPEG
    asked = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    assert np.abs(hinted[100, 60] - asked).max() <= 8

    page.click("#palette [data-do=undo]")
    third, undone = palette(page, second)
    assert np.abs(undone - plain).max() <= 2
    page.click("#palette [data-do=redo]")
    palette(page, third)
    with Image.open(taken_home(page).path()) as result:
        (hint,) = json.loads(result.info["colorizer"])["hints"]
        assert hint["colour"] == colour and abs(hint["x"] - 0.2) < 0.01 and abs(hint["y"] - 0.5) < 0.01

    page.click("#more > button")
    page.click(f"#model :text('{TEXTS['model_course_unet'][0]}')")
    page.wait_for_function("() => document.querySelector('#status').innerText.includes('Course')")
    page.wait_for_selector(f"#palette :text('{TEXTS['hint_none'][0]}')")
    assert not page.locator("#palette .dot").is_visible()
    page.click(f"#model :text('{TEXTS['model_unet'][0]}')")
    page.wait_for_selector("#palette .dot")
    assert page.locator("#palette .hint-list li").count() == 1


def test_dots_are_dragged_moved_by_keys_and_removed(visit, halves: Path) -> None:
    page = visit(width=390, height=844)
    first, plain = palette_of(page, halves)
    page.click("#palette [data-do=add]")  # in the middle, without a mouse
    for _ in range(20):
        page.keyboard.press("Shift+ArrowLeft" if _ < 5 else "ArrowUp")
    page.locator("#palette .hint-other").fill("#204080")
    second, _ = palette(page, first)
    assert page.locator("#palette .hint-list li").count() == 1
    assert "25 % → 35 % ↓ #204080" in page.inner_text("#palette .hint-list")
    box = page.locator("#palette .dot").bounding_box()
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + 150, at[1], steps=4)
    page.mouse.up()
    third, dragged = palette(page, second)
    assert np.abs(dragged - plain).max(axis=2)[:, :130].max() <= 6 < np.abs(dragged - plain)[:, 160:].max()
    page.locator("#palette .dot").focus()
    page.keyboard.press("Delete")
    assert np.abs(palette(page, third)[1] - plain).max() <= 2
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_a_colour_is_taken_from_over_there_and_from_another_picture(
    visit, halves: Path, tmp_path: Path
) -> None:
    red = tmp_path / "red.png"
    Image.new("RGB", (40, 40), (180, 40, 30)).save(red)
    page = visit()
    first, plain = palette_of(page, halves)
    page.set_input_files("#palette .hint-file", red)
    tap(page, 0.2, 0.5)
    page.locator("#palette .hint-reference").click()
    second, _ = palette(page, first)
    assert "#b4281e" in page.inner_text("#palette .hint-list")
    page.click("#palette [data-do=drop]")
    tap(page, 0.8, 0.5)
    palette(page, second)
    assert "#" + "".join(f"{value:02x}" for value in plain[100, 240]) in page.inner_text(
        "#palette .hint-list"
    )


def test_a_photograph_is_coloured_as_soon_as_it_is_given(visit, halves: Path) -> None:
    page = visit()
    page.check("#at-once input")
    give(page, halves)
    page.wait_for_selector("#stage img")
    assert "300 × 200" in page.inner_text("#status")


def test_an_answer_takes_neither_the_focus_nor_a_dot_that_is_dragged(visit, halves: Path) -> None:
    page = visit()
    address, _ = palette_of(page, halves)
    page.click("#palette [data-do=add]")
    page.locator("#palette .swatch").nth(2).focus()
    page.keyboard.press("Enter")
    address, _ = palette(page, address)
    assert page.evaluate("document.activeElement.className") == "swatch"
    page.locator("#palette .dot").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        address, _ = palette(page, address)
        assert page.evaluate("document.activeElement.className") == "dot"
    assert "53 % → 50 % ↓" in page.inner_text("#palette .hint-list")
    box = page.locator("#palette .dot").bounding_box()
    page.mouse.move(box["x"] + 13, box["y"] + 13)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 13, steps=3)
    page.evaluate("document.querySelector('#palette .hint-picture').dispatchEvent(new Event('load'))")
    page.mouse.move(box["x"] + 200, box["y"] + 13, steps=3)
    page.mouse.up()
    palette(page, address)
    assert page.locator("#palette .dot").bounding_box()["x"] == pytest.approx(box["x"] + 187, abs=3)


def test_a_restored_photograph_takes_a_colour_without_being_restored_again(
    visit, halves: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix, page = "restore-", visit("")
    give(page, halves, prefix)
    made(page, "restore", prefix)
    page.click(f"#restore-mode :text('{TEXTS['mode_hints'][0]}')")
    first, plain = palette(page, prefix=prefix)
    assert plain.shape == (800, 1200, 3)
    with monkeypatch.context() as patch:
        patch.setattr(running, "restore", None)  # so that it can't be
        patch.setattr(hints, "AT_ONCE_MEGAPIXELS", 0.5)  # so that it is shown small before
        tap(page, 0.2, 0.5, prefix)
        swatch = page.locator("#restore-palette .swatch").nth(2)
        colour = swatch.get_attribute("data-colour")
        swatch.click()
        palette(page, first, prefix)
        with Image.open(taken_home(page, prefix).path()) as file:
            result, about = np.asarray(file.convert("RGB")).astype(int), json.loads(file.text["colorizer"])
    change = np.abs(result - plain).max(axis=2)
    assert change[400, 240] > 15 and change[:, 680:].max() <= 6
    assert about["task"] == "restore" and about["enlarge"] == 4
    (hint,) = about["hints"]
    assert hint["colour"] == colour and abs(hint["x"] - 0.2) < 0.01 and abs(hint["y"] - 0.5) < 0.01
    page.uncheck("#restore-colour input")
    page.click("#restore")
    page.wait_for_selector("#restore-mode", state="hidden")
    page.wait_for_selector("#restore-stage", state="visible")
