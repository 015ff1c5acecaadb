"""How is the page used in a test? As a person would: open it, give a file, press the button, look."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from colorizer import weights
from colorizer.errors import Cancelled
from colorizer.photo import Photo
from colorizer.ui import cards, files, running
from colorizer.ui.texts import TEXTS

WAIT = 30_000  # milliseconds
GREY = np.full((64, 96), 120, np.uint8)
Networks = Mapping[str, tuple[str, nn.Module]]  # task and network by name


@contextmanager
def shipping(folder: Path, make: Callable[[], Networks]) -> Iterator[Path]:
    """The page finds networks of chance in this folder, and no others; their random numbers begin anew."""
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setenv("COLORIZER_WEIGHTS_DIR", str(folder))
        torch.manual_seed(0)
        for name, (task, network) in make().items():
            path = folder / f"made-{name}.safetensors"
            weights.save(path, network.state_dict(), {})
            weights.register(name, path, "0.0.1", task)
        forget()
        yield folder
    forget()


def forget() -> None:
    """Let the page read its networks anew."""
    for kept in (running.colorizer, running.upscaler, running.stylizer, running.style_transfer):
        kept.cache_clear()


def opened(browser, url: str, width: int = 1280, height: int = 900, locale: str = "en-GB", query: str = ""):
    page = browser.new_page(locale=locale, viewport={"width": width, "height": height})
    page.set_default_timeout(WAIT)
    page.goto(url + query)
    page.wait_for_selector("#tabs [role=tab]")
    page.wait_for_timeout(300)  # until the page listens to what is dropped on it
    return page


def give(page, path: Path, prefix: str = "", field: str = "photo") -> None:
    """Put a file where photographs are dropped, and wait until the server has it."""
    progress = f"#{prefix}line progress"
    page.evaluate(WATCH, progress)
    with page.expect_response(re.compile("/queue/join")), page.expect_response(re.compile("/upload")):
        page.set_input_files(f"#{prefix}{field} input[type=file]", path)
    page.wait_for_function(GONE, arg=[progress, page.evaluate("performance.now()") + 1000])


# Remember whether the line has said what is being done; where it did so too shortly, a second is enough.
WATCH = """selector => {
    window.said = false;
    const look = () => { window.said ||= document.querySelector(selector) !== null; };
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""
GONE = """([selector, until]) =>
    (window.said || performance.now() > until) && document.querySelector(selector) === null"""


def cancelled_on_the_way(page, work: str, start: str, prefix: str) -> None:
    """The button `start` is pressed, and Cancel when `work` of running.py is half done; the page says so at
    once, and the work ends at its next step."""
    begun, going, ended = threading.Event(), threading.Event(), threading.Event()

    def slowly(photo, settings, progress):
        progress(0.5, "")
        begun.set()
        going.wait(20)
        try:
            progress(0.6, "")
        except Cancelled:
            ended.set()
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, work, slowly)
        page.click(start)
        assert begun.wait(20)
        page.click(f"#{prefix}cancel")
        page.wait_for_selector(f"#{prefix}line :text('{TEXTS['stopped'][0]}')")
        page.wait_for_selector(start, state="visible")
        page.wait_for_timeout(600)  # until the server, too, has noticed
        going.set()
        assert ended.wait(20)


def after(page, prefix: str = "") -> str:
    """The address of the picture on the right of the slider."""
    return page.locator(f"#{prefix}stage img").nth(1).get_attribute("src")


def pixels(page, address: str) -> np.ndarray:
    """(h, w, 3) of the picture at that address, as whole numbers that can be subtracted."""
    body = page.request.get(address).body()
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def changed(page, shown: str, prefix: str = "") -> str:
    """Wait until another picture is on the right of the slider."""
    page.wait_for_function(
        f"old => {{ const images = document.querySelectorAll('#{prefix}stage img'); "
        "return images.length > 1 && images[1].src !== old; }",
        arg=shown,
    )
    return after(page, prefix)


def taken_home(page, prefix: str = ""):
    """What the Download button gives."""
    with page.expect_download() as download:
        page.click(f"#{prefix}download")
    return download.value


def is_all_french(page, one: str) -> None:
    """That text is said in French, and none in English."""
    lines = page.inner_text("body").split("\n")
    assert TEXTS[one][1] in lines
    for key, (english, french) in TEXTS.items():
        assert english == french or english not in lines, key


def slide(page, name: str, key: str) -> None:
    """Move the slider of that id by the keyboard."""
    page.locator(f"#{name} input[type=range]").focus()
    page.keyboard.press(key)


def scrolls_sideways(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def suits_a_phone_in_french(page, said: str, *targets: str) -> None:
    """Nothing scrolls sideways, that text and all others are French, and those elements can be hit."""
    assert not scrolls_sideways(page)
    is_all_french(page, said)
    for target in targets:
        assert page.locator(f"#{target}").bounding_box()["height"] >= 44, target


def is_not_read(url: str, field: str, meta: Mapping[str, object] | None = None) -> None:
    """A file of the server's own machine, named to that field as if it were uploaded, is not read; it would
    be if we didn't look where it lies."""
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Photo, "open", lambda path: seen.append(path) or Photo.from_array(GREY))
        session = f"{field}-{bool(meta)}"
        ask_to_read(url, field, cards.EXAMPLES[0].path, session, meta or {})
        assert seen == []
        if meta or field.endswith("other-files"):
            return  # Gradio itself refuses what says that it is a file, as what a button takes has to
        patch.setattr(files, "is_upload", lambda path: True)
        ask_to_read(url, field, cards.EXAMPLES[0].path, f"{session}-again", {})
        assert seen  # so that it was that which kept it out


def ask_to_read(url: str, field: str, path: Path, session: str, meta: Mapping[str, object]) -> None:
    """Ask the server, as a browser could, to take a file of its own machine for an upload to that field."""
    config = httpx.get(f"{url}config").json()
    ids = {part["id"]: part["props"].get("elem_id") for part in config["components"]}
    (event,) = [
        dependency["id"]
        for dependency in config["dependencies"]
        if any(ids.get(target) == field and name == "upload" for target, name in dependency["targets"])
    ]
    request = {"data": [{"path": str(path), **meta}], "fn_index": event}
    httpx.post(f"{url}gradio_api/queue/join", json={**request, "session_hash": session})
    with httpx.stream("GET", f"{url}gradio_api/queue/data?session_hash={session}") as answer:
        assert any("process_completed" in line for line in answer.iter_lines())
