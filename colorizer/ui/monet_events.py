"""What happens when somebody has a photograph painted, mixes the two, or looks at the way there and back?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from colorizer.photo import Photo
from colorizer.predictors.settings import STYLIZE_RANGES, StylizeSettings
from colorizer.predictors.stylize import Cycle, suited_brush
from colorizer.ui import engine, files
from colorizer.ui.engine import Task
from colorizer.ui.lines import cycle_html, painted_html, progress_html, trouble_html
from colorizer.ui.monet_work import MonetWork, Painted
from colorizer.ui.running_events import RunningEvents, Updates
from colorizer.ui.texts import language, say
from colorizer.ui.work import Ask

if TYPE_CHECKING:
    from colorizer.ui.monet_tab import MonetParts

AMPLIFIED = 4  # times the difference between a picture and itself there and back, so that it can be seen


class MonetEvents(RunningEvents[MonetWork]):
    """The handlers of the tab."""

    parts: MonetParts

    def _steps(self, work: MonetWork, ask: Ask, code: str) -> Iterator[Updates]:
        """Paint, render, show."""
        (photo,), began = ask.photos, time.monotonic()
        strength, keep, direction, brush = ask.values
        ask.check()
        yield self._busy(progress_html(say(code, "getting_ready")))
        settings = StylizeSettings(direction, strength, brush_for(photo, brush), keep)
        task = Task(lambda progress: engine.paint(photo, settings, progress), ask.check)
        yield from self._told(task, lambda share: say(code, "painting", percent=100 * share), code)
        painting = task.result
        ask.check()
        result = engine.stylizer().render(painting, settings)
        before = files.write_shown(files.shown_pixels(photo), "before")
        work.shown = Painted(painting, settings, result, before)
        yield {
            **self._done(),
            **self._shown(work.shown, code, time.monotonic() - began),
            self.parts.examples: gr.HTML(visible=False),
            self.parts.below: gr.Column(visible=True),
            self.parts.cycle: gr.Column(visible=False),
        }

    def rerender(self, token: str, strength: float, keep: bool, request: gr.Request) -> Iterator[Updates]:
        """The mixture was changed: the same painting in another, the network doesn't run."""
        code, work = language(request), self.shelf.get(token)
        if work is None or work.shown is None:
            put_away = {self.parts.line: trouble_html(say(code, "put_away"))}
            yield put_away if token and work is None else self._nothing()
            return
        shown, job, began = work.shown, work.start_touch(), time.monotonic()

        def steps() -> Iterator[Updates]:
            settings = replace(shown.settings, strength=strength, keep_colours=keep)
            result = engine.stylizer().render(shown.painting, settings)
            job.check()
            before = files.kept_shown(shown.before, shown.painting.photo)
            work.shown = replace(shown, settings=settings, result=result, before=before)
            yield {**self._done(), **self._shown(work.shown, code, time.monotonic() - began)}

        yield from self._guarded(steps, job, code, self._done)

    def _shown(self, shown: Painted, code: str, seconds: float) -> Updates:
        after = files.write_shown(files.shown_pixels(shown.result), "after")
        return {
            self.parts.stage: gr.ImageSlider((shown.before, after), visible=True),
            self.parts.status: painted_html(code, shown.painting, seconds),
        }

    # There and back

    def there_and_back(self, token: str, direction: str, request: gr.Request) -> Iterator[Updates]:
        """The button under More: the photograph, painted, photographed again, and what is lost."""
        work = self.shelf.get(token)
        photo = (work.given or (work.shown.painting.photo if work.shown else None)) if work else None
        code = language(request)
        if work is None or photo is None:
            yield {self.parts.line: trouble_html(say(code, "nothing_given"))}
            return
        job = work.start_errand()

        def steps() -> Iterator[Updates]:
            yield {self.parts.line: progress_html(say(code, "there_and_back"))}
            found = Task(lambda _progress: engine.cycle(photo, direction), job.check).wait()
            job.check()
            yield {
                self.parts.line: "",
                self.parts.cycle: gr.Column(visible=True),
                self.parts.gallery: gr.Gallery(cycle_pictures(found, code)),
                self.parts.lost: cycle_html(code, found),
            }

        yield from self._guarded(steps, job, code, lambda: {self.parts.line: ""})


def cycle_pictures(found: Cycle, code: str) -> list[tuple[str, str]]:
    """The four pictures as files, with their captions."""
    lost = np.abs(found.back.astype(np.int16) - found.given).mean(-1, keepdims=True).repeat(3, -1)
    amplified = (lost * AMPLIFIED).clip(0, 255).astype(np.uint8)
    pictures = {
        "given": found.given,
        "translated": found.translated,
        "back_again": found.back,
        "difference": amplified,
    }
    return [(files.write_shown(picture, name), say(code, name)) for name, picture in pictures.items()]


def brush_for(photo: Photo, share: float) -> float:
    """The brush that is so many times as wide as the usual one for a photo, as far as there is one."""
    low, high = STYLIZE_RANGES["brush"]
    return min(high, max(low, share * suited_brush(photo)))
