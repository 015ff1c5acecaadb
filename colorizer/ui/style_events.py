"""What happens when somebody has a photograph painted in a style, or a texture made, and watches it?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from PIL import Image

from colorizer.errors import Cancelled
from colorizer.photo import Photo
from colorizer.predictors.own_style import Restyled
from colorizer.predictors.settings import RestyleSettings
from colorizer.predictors.tiling import Progress
from colorizer.ui import cards, engine, files
from colorizer.ui.engine import Task
from colorizer.ui.lines import progress_html, restyled_html
from colorizer.ui.running_events import RunningEvents, Updates
from colorizer.ui.style_work import Styled, StyleWork
from colorizer.ui.texts import FRENCH_STYLE_ERRORS, say
from colorizer.ui.work import Ask, Job

if TYPE_CHECKING:
    from colorizer.ui.style_tab import StyleParts


class Watched:
    """What the optimisation shows on the way, from its thread to the page's: the newest picture, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._picture: np.ndarray | None = None

    def show(self, picture: np.ndarray) -> None:
        """There is a new picture (h, w, 3) uint8."""
        with self._lock:
            self._picture = picture

    def take(self) -> np.ndarray | None:
        """The newest, unless it was taken before."""
        with self._lock:
            picture, self._picture = self._picture, None
            return picture


class StyleEvents(RunningEvents[StyleWork]):
    """The handlers of the tab."""

    parts: StyleParts
    french = FRENCH_STYLE_ERRORS

    def choose_mode(self, mode: str) -> Updates:
        """A texture needs no photograph."""
        return {self.parts.photo_box: gr.Column(visible=mode == "photo")}

    def _given(self, work: StyleWork, values: tuple[Any, ...]) -> tuple[Photo, ...]:
        _, mode, *_ = values
        return work.subjects(mode)

    def _missing(self, upload: dict[str, Any] | None, values: tuple[Any, ...]) -> str:
        canvas, mode, *_ = values
        if not canvas:
            return "no_canvas"
        return "" if mode == "texture" else super()._missing(upload, values)

    def cancel(self, token: str, request: gr.Request) -> Updates:
        """Stop was pressed: what has been reached is kept."""
        work = self.shelf.get(token)
        if work is not None:
            work.kept = work.running
        return super().cancel(token, request)

    def _steps(self, work: StyleWork, ask: Ask, code: str) -> Iterator[Updates]:
        """Optimise, show the way, show the result."""
        (photo, painting), began = ask.photos, time.monotonic()
        _, mode, strength, brush, size, steps, keep = ask.values
        ask.check()
        yield self._busy(progress_html(say(code, "getting_ready")))
        settings = RestyleSettings(strength, brush, int(size), int(steps), keep)
        made = yield from self._watch(photo, painting, mode, settings, ask, code)
        if ask.stopped and work.kept is not ask:  # the button was pressed again
            raise Cancelled
        work.shown = styled(photo, painting, mode, made)
        yield {**self._done(), **self._shown(work.shown, code, time.monotonic() - began)}

    def _watch(
        self, photo: Photo, painting: Photo, mode: str, settings: RestyleSettings, job: Job, code: str
    ) -> Generator[Updates, None, Restyled]:
        """Tell of the steps and show what has become of the picture; returns what is reached."""
        watched, told = Watched(), [0]

        def work(progress: Progress) -> Restyled:
            def step(share: float, text: str) -> None:
                told[0] += 1
                progress(share, text)

            given = None if mode == "texture" else photo
            return engine.restyle(given, painting, settings, step, watched.show, lambda: job.stopped)

        def text(_share: float) -> str:
            return say(code, "style_step", step=told[0], steps=settings.steps)

        task = Task(work, lambda: None)  # stopping is asked for with the steps, so that the picture is kept
        for updates in self._told(task, text, code):
            picture = watched.take()
            preview = {} if picture is None else {self.parts.preview: preview_html(picture, code)}
            yield {**updates, **preview}
        return task.result

    def _shown(self, shown: Styled, code: str, seconds: float) -> Updates:
        after = files.write_shown(files.shown_pixels(shown.result), "after")
        return {
            self.parts.stage: gr.ImageSlider((shown.before, after), visible=True),
            self.parts.status: restyled_html(code, shown.restyled, shown.mode, seconds),
            self.parts.examples: gr.HTML(visible=False),
            self.parts.below: gr.Column(visible=True),
        }

    def _done(self, line: str = "") -> Updates:
        return {**super()._done(line), self.parts.preview: ""}


def styled(photo: Photo, painting: Photo, mode: str, made: Restyled) -> Styled:
    """What the page remembers of a result, with the picture on the slider's left at the result's size."""
    size = made.photo.width, made.photo.height
    before = np.asarray(Image.fromarray(files.shown_pixels(photo)).resize(size, Image.Resampling.LANCZOS))
    return Styled(mode, made, photo, painting, files.write_shown(before, "before"))


def preview_html(picture: np.ndarray, code: str) -> str:
    """The picture on the way, inside the page: it changes too often for files."""
    address = cards.as_jpeg(Image.fromarray(picture))
    return f'<img src="{address}" alt="{say(code, "style_preview")}">'
