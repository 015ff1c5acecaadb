"""Does the page say what happens while work waits, is stopped, or was put away? Does it keep its files?"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio.state_holder import SessionState
from page import GREY, Held, after, changed, give, made, moved

from colorizer.errors import SettingsError
from colorizer.photo import Photo
from colorizer.ui import files, running, work
from colorizer.ui.page import SESSIONS, build_page
from colorizer.ui.parts import accepted
from colorizer.ui.running import Tab, listen
from colorizer.ui.texts import TEXTS

# In the browser


def test_what_waits_may_be_cancelled_or_closed_and_never_begins(
    visit, photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (visit() for _ in range(3))
    for page in (first, second, third):
        give(page, photograph)
    held = Held(monkeypatch, "analyse")
    first.click("#colour")
    assert held.begun.wait(20)
    for page in (second, third):
        page.click("#colour")
        page.wait_for_selector(f"#line :text('{TEXTS['waiting'][0]}')")
    second.click("#cancel")
    second.wait_for_selector(f"#line :text('{TEXTS['stopped'][0]}')")
    second.wait_for_selector("#colour", state="visible")
    third.close()
    held.going.set()
    first.wait_for_selector("#stage img")
    second.wait_for_timeout(1000)
    assert len(held.asked) == 1
    second.click("#colour")
    second.wait_for_selector("#stage img")
    assert len(held.asked) == 2


def test_the_last_of_several_pictures_counts(
    visit, photograph: Path, draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit()
    give(page, photograph)
    held = Held(monkeypatch, "analyse")
    page.click("#colour")
    assert held.begun.wait(20)
    for width in (120, 80):  # they wait until the first one is coloured
        page.set_input_files("#photo input[type=file]", draw(f"{width}.png", width=width))
        page.wait_for_timeout(500)
    held.going.set()
    page.wait_for_function("() => document.querySelector('#status')?.innerText.includes('480 × 320')")
    page.wait_for_function("() => !document.querySelector('#line progress')")
    page.wait_for_timeout(500)
    page.click("#colour")
    page.wait_for_function("() => document.querySelector('#status').innerText.includes('80 × 60')")


def test_what_was_put_away_is_said_and_the_button_comes_back(visit, photograph: Path) -> None:
    earlier, page = set(work._kept), visit()
    give(page, photograph)
    shown, put_away = made(page, "colour"), f"#line :text('{TEXTS['put_away'][0]}')"
    while not any(kept.variants for key, (kept, _) in list(work._kept.items()) if key not in earlier):
        page.wait_for_timeout(50)  # until the last that colouring remembers
    work._kept.clear()
    moved(page, "saturation", "End")
    page.wait_for_selector(put_away)
    page.click("#colour")
    page.wait_for_selector("#line :text('Waiting')", state="detached")
    page.wait_for_selector(put_away)
    page.wait_for_selector("#colour", state="visible")
    page.click("#download")
    page.wait_for_timeout(500)
    assert page.locator(put_away).count() == 1 and after(page) == shown


def test_calls_of_programs_leave_little_behind_and_take_nothing_from_a_page(
    visit, url: str, photograph: Path
) -> None:
    page = visit()
    give(page, photograph)
    shown = made(page, "colour")
    for _ in range(SESSIONS + 8):  # each is a visit of its own
        event = httpx.post(f"{url}gradio_api/call/models", json={"data": []}).json()["event_id"]
        assert "event: complete" in httpx.get(f"{url}gradio_api/call/models/{event}").text
    gc.collect()
    assert sum(isinstance(one, SessionState) for one in gc.get_objects()) <= SESSIONS + 1
    moved(page, "saturation", "End")
    vivid = changed(page, shown)
    page.click("#undo")
    assert changed(page, vivid) != shown
    give(page, photograph)
    made(page, "colour")


# Without a browser


def test_whatever_goes_wrong_becomes_one_sentence_and_the_button_comes_back() -> None:
    def broken() -> Iterator[dict]:
        yield running.busy("")
        raise ValueError("a secret")

    with gr.Blocks() as page:
        tab = Tab("test")
        tab |= {"line": gr.HTML(), "start": gr.Button(), "cancel": gr.Button()}
        listen(tab, tab["start"].click, broken, running.LINE)
    (called,) = page.fns.values()
    *_, last = called.fn(SimpleNamespace(headers={}, session_hash="me"), None)
    assert TEXTS["broken"][0] in last[tab["line"]] and "secret" not in last[tab["line"]]
    assert last[tab["start"]].visible and not last[tab["cancel"]].visible


def test_clearing_forgets_the_pictures_that_wait(weights_folder: Path) -> None:
    config = build_page().config
    ids = {part["id"]: part["props"].get("elem_id") for part in config["components"]}
    events = [
        (f"{ids.get(target)}.{name}", event)
        for event in config["dependencies"]
        for target, name in event["targets"]
    ]
    uploads = [event for name, event in events if name == "photo.upload"]
    assert uploads and all(event["trigger_mode"] == "multiple" for event in uploads)
    forgotten = {other for name, event in events if name == "photo.clear" for other in event["cancels"]}
    assert {event["id"] for event in uploads} <= forgotten


def test_a_large_picture_is_shown_with_its_transparency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SHOWN_PIXELS", 100)
    clear = np.zeros((40, 40), np.uint8)
    photo = Photo.from_array(np.full((40, 40, 3), (255, 0, 0), np.uint8))
    assert np.all(files.shown_pixels(photo) == (255, 0, 0))
    pixels = files.shown_pixels(photo.resized_to(photo.rgb, clear))
    assert pixels.shape == (10, 10, 3) and np.all(pixels == files.SURROUND)


def test_a_shown_file_that_is_gone_is_written_anew(tmp_path: Path) -> None:
    photo = Photo.from_array(np.full((4, 4, 3), 90, np.uint8))
    there = files.write_shown(photo.rgb, "before")
    assert files.kept_shown(there, photo) == there
    Path(there).unlink()
    again = files.kept_shown(there, photo)
    assert again != there and Path(again).exists()


def test_a_stand_in_is_among_the_files_that_are_deleted(weights_folder: Path) -> None:
    """Gradio deletes the files that it knows of, and knows none of a component's that it has copied."""
    page = build_page()
    give = next(fn for fn in page.fns.values() if fn.name == "colorize_give")
    image, line = give.outputs[:2]
    told = accepted(Tab("test"), None, "en", Photo.from_array(np.zeros((4, 4), np.uint8)))
    state = SessionState(page)

    def send(updates: dict) -> list:  # on a thread of its own: a browser's loop may be running in this one
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(asyncio.run, page.postprocess_data(give, updates, state)).result()

    send({line: ""})  # the picture stays as it is, and is copied
    sent, *_ = send({image: told["photo"], line: told["line"]})
    assert sent["value"]["path"] in {path for known in page.temp_file_sets for path in known}


def test_the_oldest_files_go_when_there_is_no_room_but_none_of_an_open_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "get_upload_folder", lambda: str(tmp_path))
    monkeypatch.setenv("COLORIZER_CACHE_MB", "0.025")  # two of ten thousand bytes
    for age in (500, 400, 300, 200, 10):
        path = tmp_path / f"{age}" / "a.png"
        path.parent.mkdir()
        path.write_bytes(bytes(10_000))
        os.utime(path, (time.time() - age,) * 2)
    photo = Photo.from_array(GREY)
    shown = work.Shown(photo, photo, "", {}, (str(tmp_path / "400" / "a.png"), ""))
    work.keep(("somebody", "colorize"), work.Work(shown=shown))
    files.make_room()
    assert {path.name for path in tmp_path.iterdir()} == {"400", "10"}
    monkeypatch.setenv("COLORIZER_CACHE_MB", "much")
    monkeypatch.setattr(files, "_looked", -float("inf"))
    with pytest.raises(SettingsError, match="“much”"):
        files.new_path("b.png")
