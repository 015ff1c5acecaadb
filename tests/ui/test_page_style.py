"""Can somebody give a photograph and a painting, watch, stop, go on, make a texture, and take it home?"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from page import WAIT, after, changed, give, taken_home
from PIL import Image

from colorizer.photo import Photo
from colorizer.predictors.settings import RestyleSettings
from colorizer.ui import running, style
from colorizer.ui.texts import TEXTS
from colorizer.ui.work import Work

PREFIX = "style-"


class Held:
    """Steps that wait for permission, so that a test can look at the page in between."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int, pause: float = 0.02) -> None:
        self.going, self.ended = threading.Event(), threading.Event()
        self.left, run = after, running.restyle

        def slowly(photo, painting, settings, progress, preview, stop):
            def step(share: float, text: str) -> None:
                progress(share, text)
                time.sleep(pause)  # so that the page hears of it
                self.left -= 1
                if self.left < 0:
                    self.going.wait(WAIT / 1000)

            try:
                return run(photo, painting, settings, step, preview, stop)
            finally:
                self.ended.set()

        monkeypatch.setattr(running, "restyle", slowly)
        monkeypatch.setattr(running, "TELL_EVERY", 0.0)


# In the browser


def test_a_photograph_takes_on_a_style_is_watched_stopped_and_taken_home(
    visit, small: Path, painting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit("?tab=style")
    page.click("#restyle")
    page.wait_for_selector(f"#style-line :text('{TEXTS['no_canvas'][0]}')")
    give(page, small, PREFIX)
    give(page, painting, PREFIX, "canvas")
    page.wait_for_selector("#style-canvas img")
    with monkeypatch.context() as patch:
        held = Held(patch, after=8)
        page.click("#restyle")
        page.wait_for_selector("#style-preview img")
        page.wait_for_selector("#style-line :text('9 of 30')")  # the last that is told before it waits
        page.click("#style-cancel")
        page.wait_for_selector(f"#style-line :text('{TEXTS['stopping'][0]}')")
        held.going.set()
        page.wait_for_selector("#style-download", state="visible")
        assert held.ended.is_set()
    assert "of 30 steps" in page.inner_text("#style-status")
    stopped = after(page, PREFIX)
    assert not page.locator("#style-preview img").count()
    assert page.locator("#style-stage").bounding_box()["height"] > 200

    page.click("#restyle")
    changed(page, stopped, PREFIX)
    page.wait_for_selector("#restyle", state="visible")
    status = page.inner_text("#style-status")
    assert "128 × 85" in status and "EfficientNet-Lite0" in status and "stopped" not in status

    file = taken_home(page, PREFIX)
    assert file.suggested_filename == "dog-styled.png"
    result = Image.open(file.path())
    assert result.size == (128, 85)
    assert '"painting": "painting.png"' in result.text["colorizer"]

    page.click("#style-send-colorize")
    page.wait_for_url("**/?tab=colorize")
    page.wait_for_selector("#photo img")


def test_a_texture_needs_no_photograph(visit, painting: Path) -> None:
    page = visit("?tab=style")
    page.locator("#style-mode label").nth(1).click()
    page.wait_for_selector("#style-photo", state="hidden")
    page.set_input_files("#style-canvas input[type=file]", painting)
    page.wait_for_selector("#style-canvas img")
    page.click("#restyle")  # it may still be being opened
    page.wait_for_selector("#style-download", state="visible")
    assert taken_home(page, PREFIX).suggested_filename == "painting-texture.png"


def test_closing_the_page_ends_the_work(visit, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visit("?tab=style")
    held = Held(monkeypatch, after=4, pause=0.2)
    page.locator("#style-examples .card").first.click()
    page.wait_for_selector("#style-preview img")
    page.close()
    time.sleep(1)  # until the server has seen it
    held.going.set()
    assert held.ended.wait(20)
    assert held.left > -10  # of 30 steps, most were never done


# Without a browser


def test_what_is_stopped_while_it_waits_never_begins() -> None:
    work = Work(painting=Photo.from_array(np.zeros((40, 40, 3), np.uint8)))
    style.stop(work, "en")
    (told,) = style.paint(work, "en", None, {"path": "painting.png"}, "texture", RestyleSettings())
    assert TEXTS["stopped"][0] in told["line"] and told["start"].visible
    assert not work.stop.is_set()  # so that the next one does
