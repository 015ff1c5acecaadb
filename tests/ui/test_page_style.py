"""Can somebody give a photograph and a painting, watch, stop, go on, make a texture, and take it home?

Styles are compared by two layers of chance; the page doesn't know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event

import gradio_client
import pytest
from page import after, changed, forget, give, scrolls_sideways, suits_a_phone_in_french, taken_home
from PIL import Image

from colorizer.predictors import own_style
from colorizer.predictors.settings import RestyleSettings
from colorizer.ui import running, style
from colorizer.ui.texts import TEXTS

PREFIX = "style-"


@pytest.fixture(scope="module")
def page_weights(tiny_weights: Path, tiny_features) -> Iterator[Path]:
    """A colorizer to send a result to, and features of chance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLORIZER_WEIGHTS_DIR", str(tiny_weights))
        patch.setattr(own_style, "load_features", lambda *_: tiny_features)
        # Where the sliders stand at the beginning: as far left as they go.
        patch.setattr(style, "RestyleSettings", partial(RestyleSettings, size=128, steps=30))
        forget()
        yield tiny_weights
    forget()


@pytest.fixture
def lake(draw: Callable[..., Path]) -> Path:
    return draw("lake.jpg", 150, 100)


@pytest.fixture
def painting(draw: Callable[..., Path]) -> Path:
    return draw("painting.png", 150, 100, "RGB")


def held(patch: pytest.MonkeyPatch, steps: int, pause: float = 0.02) -> tuple[Event, Event, list[float]]:
    """After so many steps the others wait for the first event; the second says that it is over. The list is
    of all that were done."""
    going, ended, done, run = Event(), Event(), [], running.restyle

    def slowly(photo, painting, settings, progress, preview, stop):
        def step(share: float, text: str) -> None:
            progress(share, text)
            time.sleep(pause)  # so that the page hears of it
            done.append(share)
            if len(done) > steps:
                going.wait(20)

        try:
            return run(photo, painting, settings, step, preview, stop)
        finally:
            ended.set()

    patch.setattr(running, "restyle", slowly)
    patch.setattr(running, "TELL_EVERY", 0.0)
    return going, ended, done


# In the browser


def test_a_photograph_takes_on_a_style_is_watched_stopped_and_taken_home(
    visit, lake: Path, painting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit("style")
    page.click("#restyle")
    page.wait_for_selector(f"#style-line :text('{TEXTS['no_canvas'][0]}')")
    give(page, lake, PREFIX)
    give(page, painting, PREFIX, "canvas")
    page.wait_for_selector("#style-canvas img")
    with monkeypatch.context() as patch:
        going, ended, _ = held(patch, 8)
        page.click("#restyle")
        page.wait_for_selector("#style-preview img")
        page.wait_for_selector("#style-line :text('of 30')")
        page.click("#style-cancel")
        page.wait_for_selector(f"#style-line :text('{TEXTS['stopped'][0]}')")
        going.set()
        page.wait_for_selector("#style-download", state="visible")
        assert ended.is_set()
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
    assert file.suggested_filename == "lake-styled.png"
    result = Image.open(file.path())
    assert result.size == (128, 85)
    assert '"painting": "painting.png"' in result.text["colorizer"]

    page.click("#style-send-colorize")
    page.wait_for_url("**/?tab=colorize")
    page.wait_for_selector("#photo img")
    page.click("#colour")
    page.wait_for_selector("#download", state="visible")
    assert "128 × 85" in page.inner_text("#status")
    assert taken_home(page).suggested_filename == "lake-styled-colorized.png"


def test_a_texture_needs_no_photograph(visit, painting: Path) -> None:
    page = visit("style")
    page.locator("#style-mode label").nth(1).click()
    page.wait_for_selector("#style-photo", state="hidden")
    page.set_input_files("#style-canvas input[type=file]", painting)
    page.wait_for_selector("#style-canvas img")
    page.click("#restyle")  # it may still be being opened
    page.wait_for_selector("#style-download", state="visible")
    assert taken_home(page, PREFIX).suggested_filename == "painting-texture.png"


def test_closing_the_page_ends_the_work(visit, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visit("style")
    going, ended, done = held(monkeypatch, 4, pause=0.2)
    page.locator("#style-examples .card").first.click()
    page.wait_for_selector("#style-preview img")
    page.close()
    time.sleep(1)  # until the server has seen it
    going.set()
    assert ended.wait(20)
    assert len(done) < 14  # of 30


def test_an_example_is_painted_on_a_phone_in_french(visit) -> None:
    page = visit("style", width=390, height=844, locale="fr-FR")
    page.wait_for_selector("#style-examples .card")
    assert not scrolls_sideways(page)
    page.locator("#style-examples .card").first.click()
    page.wait_for_selector("#style-download", state="visible")
    page.locator("#style-more > button").first.click()
    page.wait_for_selector("#features", state="visible")
    suits_a_phone_in_french(page, "keep_my_colours", "restyle", "style-download", "style-send-colorize")


# From a program


def test_the_endpoint_paints_a_file_and_makes_a_texture(url: str, lake: Path, painting: Path) -> None:
    client = gradio_client.Client(url, verbose=False)
    photo, model = (gradio_client.handle_file(str(path)) for path in (lake, painting))
    path, made_by = client.predict(photo, model, size=128, steps=10, format="JPEG", api_name="/restyle")
    assert Path(path).name == "lake-styled.jpg" and Image.open(path).size == (128, 85)
    assert (made_by["steps_done"], made_by["features"]) == (10, "lite0")
    path, made_by = client.predict(None, model, size=128, steps=10, api_name="/restyle")
    assert Path(path).name == "painting-texture.png" and made_by["task"] == "texture"
    with pytest.raises(Exception, match="size is 999"):
        client.predict(photo, model, size=999, api_name="/restyle")
