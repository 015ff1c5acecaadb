"""How is the page used in a test? As a person would: open it, give a file, press the button, look."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import gradio_client
import httpx
import numpy as np
import pytest
from PIL import Image

from colorizer.errors import Cancelled
from colorizer.ui import running
from colorizer.ui.page import appearance, build_page

WAIT = 60_000  # milliseconds
GREY = np.full((64, 96), 120, np.uint8)


def forget() -> None:
    """Let the page read its networks anew."""
    running.predictors.cache_clear()


@contextmanager
def served(**how: object) -> Iterator[str]:
    """The address of the page, while it is served."""
    page = build_page()
    how = {"server_name": "127.0.0.1", "quiet": True, "inbrowser": False, **appearance(), **how}
    yield page.launch(prevent_thread_lock=True, **how)[1]
    page.close(verbose=False)


def opened(page, address: str):
    """The page in that of a browser, once it answers."""
    page.set_default_timeout(WAIT)
    page.goto(address)
    page.wait_for_selector("html[data-ready]")  # set by the page's load event, when its parts listen
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


def after(page, prefix: str = "") -> str:
    """The address of the picture on the right of the slider."""
    return page.locator(f"#{prefix}stage img").nth(1).get_attribute("src")


def changed(page, shown: str, prefix: str = "") -> str:
    """Wait until another picture is on the right of the slider."""
    page.wait_for_function(
        f"old => {{ const images = document.querySelectorAll('#{prefix}stage img'); "
        "return images.length > 1 && images[1].src !== old; }",
        arg=shown,
    )
    return after(page, prefix)


def pixels(page, prefix: str = "") -> np.ndarray:
    """The picture on the right of the slider, (h, w, 3)."""
    body = page.request.get(after(page, prefix)).body()
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def made(page, start: str, prefix: str = "") -> str:
    """Press the button of that name and wait for the result; its address."""
    page.click(f"#{start}")
    page.wait_for_selector(f"#{prefix}download", state="visible")
    page.wait_for_selector(f"#{start}", state="visible")
    return after(page, prefix)


def moved(page, slider: str, key: str) -> None:
    """A slider is moved by that key."""
    page.locator(f"#{slider} input[type=range]").focus()
    page.keyboard.press(key)


class Held:
    """What running.py does under that name waits for permission, from the call of that number on."""

    def __init__(self, patch: pytest.MonkeyPatch, work: str, number: int = 1) -> None:
        self.begun, self.going, self.cancelled = (threading.Event() for _ in range(3))
        self.asked, run = [], getattr(running, work)

        def slowly(*arguments):
            self.asked.append(arguments)
            if len(self.asked) >= number:
                self.begun.set()
                self.going.wait(WAIT / 1000)
            try:
                return run(*arguments)
            except Cancelled:
                self.cancelled.set()
                raise

        patch.setattr(running, work, slowly)


@cache
def client(url: str) -> gradio_client.Client:
    """A program of somebody who uses the endpoints."""
    return gradio_client.Client(url, verbose=False)


def called(url: str, endpoint: str, *photos: Path | None, **settings) -> tuple[Path, dict]:
    """What an endpoint answers: a file, and what made it."""
    files = [photo and gradio_client.handle_file(str(photo)) for photo in photos]
    path, made_by = client(url).predict(*files, api_name=endpoint, **settings)
    return Path(path), made_by


def taken_home(page, prefix: str = ""):
    """What the Download button gives."""
    with page.expect_download() as download:
        page.click(f"#{prefix}download")
    return download.value


def scrolls_sideways(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@cache
def config(url: str) -> dict:
    """What the page consists of."""
    return httpx.get(f"{url}config").json()


def ask_to_read(url: str, field: str, path: Path, session: str, meta: Mapping[str, object]) -> None:
    """Ask the server, as a browser could, to take a file of its own machine for an upload to that field."""
    ids = {part["id"]: part["props"].get("elem_id") for part in config(url)["components"]}
    (event,) = [
        dependency["id"]
        for dependency in config(url)["dependencies"]
        if any(ids.get(target) == field and name == "upload" for target, name in dependency["targets"])
    ]
    request = {"data": [{"path": str(path), **meta}], "fn_index": event}
    httpx.post(f"{url}gradio_api/queue/join", json={**request, "session_hash": session})
    with httpx.stream("GET", f"{url}gradio_api/queue/data?session_hash={session}") as answer:
        assert any("process_completed" in line for line in answer.iter_lines())
