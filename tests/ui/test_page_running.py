"""Does what somebody asks for come about, whatever they touch while it waits and runs? Without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from gradio.state_holder import SessionState

from colorizer.photo import Photo
from colorizer.ui import files
from colorizer.ui.giving_events import GivingEvents
from colorizer.ui.monet_work import MonetWork
from colorizer.ui.page import build_page
from colorizer.ui.running_events import RunningEvents, Updates
from colorizer.ui.texts import TEXTS
from colorizer.ui.upscale_events import UpscaleEvents
from colorizer.ui.upscale_work import UpscaleWork
from colorizer.ui.work import Ask, Shelf

ENGLISH = SimpleNamespace(headers={})
UPLOAD = {"path": "pond.jpg"}


class Steps(RunningEvents[MonetWork]):
    """Takes three steps for whatever is asked, and remembers for which values it came to the end."""

    def __init__(self) -> None:
        names = ("line", "start", "cancel")
        super().__init__(SimpleNamespace(**{name: name for name in names}), Shelf(MonetWork))  # type: ignore[arg-type]
        self.done: list[tuple] = []
        self.token, self.work = self.shelf.open("")
        self.work.given = Photo.from_array(np.zeros((4, 4, 3), np.uint8))

    def _steps(self, work: MonetWork, ask: Ask, code: str) -> Iterator[Updates]:
        for number in range(3):
            ask.check()
            yield {self.parts.line: f"{ask.values} {number}"}
        self.done.append(ask.values)
        yield self._done()


@pytest.fixture
def events() -> Steps:
    return Steps()


def begin(events: Steps, *values: object) -> Updates:
    return events.begin(UPLOAD, events.token, ENGLISH, *values)


def shown(updates: Updates, name: str) -> bool:
    return updates[name].visible


def test_it_is_done_with_what_the_controls_said_when_it_was_asked_for(events: Steps) -> None:
    assert shown(begin(events, "broad"), "cancel")
    events.take_up(events.token, ENGLISH, "fine")
    told = list(events.run(events.token, ENGLISH))
    assert events.done == [("broad",)]
    assert shown(told[-1], "start") and not shown(told[-1], "cancel")


def test_what_is_changed_while_it_runs_is_done_by_the_same_run(events: Steps) -> None:
    begin(events, "broad")
    running = events.run(events.token, ENGLISH)
    next(running), next(running)
    events.begin_again(events.token, ENGLISH, "fine")
    events.begin_again(events.token, ENGLISH, "finer")
    told = list(running)
    assert events.done == [("finer",)]
    assert not any(TEXTS["stopped"][0] in str(updates) for updates in told)
    assert list(events.run(events.token, ENGLISH)) == [{"line": gr.skip()}]  # nothing is left for the next


def test_what_is_changed_while_it_waits_counts(events: Steps) -> None:
    begin(events, "broad")
    events.begin_again(events.token, ENGLISH, "fine")
    list(events.run(events.token, ENGLISH))
    assert events.done == [("fine",)]


def test_cancelled_before_it_begins_it_never_begins(events: Steps) -> None:
    begin(events, "broad")
    told = events.cancel(events.token, ENGLISH)
    assert TEXTS["stopped"][0] in told["line"] and shown(told, "start")
    list(events.run(events.token, ENGLISH))
    assert events.done == []


def test_cancelled_while_it_runs_it_says_so_once(events: Steps) -> None:
    begin(events, "broad")
    running = events.run(events.token, ENGLISH)
    next(running), next(running)
    events.begin_again(events.token, ENGLISH, "fine")
    assert events.cancel(events.token, ENGLISH) == {"line": gr.skip()}
    (told,) = list(running)
    assert TEXTS["stopped"][0] in told["line"] and shown(told, "start")
    assert events.done == []


def test_a_closed_page_stops_what_it_had_begun(events: Steps) -> None:
    begin(events, "broad")
    running = events.run(events.token, ENGLISH)
    next(running), next(running)
    ask = events.work.running
    running.close()  # as Gradio does
    assert ask is not None and ask.stopped and events.work.running is None


def test_what_was_put_away_is_said_and_the_button_comes_back(events: Steps) -> None:
    events.shelf.drop(events.token)
    assert TEXTS["put_away"][0] in begin(events)["line"]
    told = events.take_up(events.token, ENGLISH)
    assert TEXTS["put_away"][0] in told["line"] and shown(told, "start")


def test_the_last_of_several_pictures_counts_and_clearing_forgets_them(weights_folder: Path) -> None:
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


def test_whoever_ends_work_may_say_so(weights_folder: Path) -> None:
    ending = [fn for fn in build_page().fns.values() if fn.name in ("run", "take_up", "cancel")]
    assert len(ending) >= 6  # of Colorize and Own style
    for fn in ending:
        assert set(fn.fn.__self__._done()) <= set(fn.outputs), fn.name


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
    give = next(fn for fn in page.fns.values() if fn.name == "give" and fn.outputs[1].elem_id == "photo")
    token, image, line = give.outputs[:3]
    giving = GivingEvents(SimpleNamespace(token=token, image=image, line=line), Shelf(MonetWork))
    told = giving.receive(Photo.from_array(np.zeros((4, 4), np.uint8)), "", "en")
    state = SessionState(page)

    def send(updates: Updates) -> list:  # on a thread of its own: a browser's loop may be running in this one
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(asyncio.run, page.postprocess_data(give, updates, state)).result()

    send({line: ""})  # the picture stays as it is, and is copied
    _, sent, *_ = send(told)
    assert sent["value"]["path"] in {path for known in page.temp_file_sets for path in known}


def test_a_part_is_made_for_the_last_touch_once_and_for_none_before_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []

    def steps(_self, _work, _photo, job, _code):
        seen.append(job.values)
        yield {}

    monkeypatch.setattr(UpscaleEvents, "_part_steps", steps)
    events = UpscaleEvents(SimpleNamespace(line="line"), Shelf(UpscaleWork))
    token, work = events.shelf.open("")
    work.given = Photo.from_array(np.zeros((4, 4, 3), np.uint8))
    list(events.preview(token, ENGLISH))  # a slider was moved before there was a photograph
    assert seen == []
    events.touched(token, "clean", 0.2, 2)
    events.touched(token, "clean", 0.7, 2)
    list(events.preview(token, ENGLISH))
    list(events.preview(token, ENGLISH))
    assert seen == [("clean", 0.7, 2)]
