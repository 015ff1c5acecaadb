"""What happens when somebody looks at a part enlarged, enlarges the whole, or tests how true it is?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from colorizer.photo import Photo
from colorizer.predictors import truth_test, upscale
from colorizer.predictors.settings import UpscaleSettings
from colorizer.predictors.upscale import Box
from colorizer.ui import engine, files
from colorizer.ui.engine import Task
from colorizer.ui.lines import enlarged_html, part_html, progress_html, trouble_html, truth_html
from colorizer.ui.running_events import RunningEvents, Updates
from colorizer.ui.texts import FRENCH_UPSCALE_ERRORS, language, say
from colorizer.ui.upscale_work import Enlarged, UpscaleWork
from colorizer.ui.work import Ask, Job

if TYPE_CHECKING:
    from colorizer.ui.upscale_tab import UpscaleParts

PART_SIDE = 128  # pixels of the photo
MIDDLE = 50  # hundredths of its width or height


class UpscaleEvents(RunningEvents[UpscaleWork]):
    """The handlers of the tab."""

    parts: UpscaleParts
    french = FRENCH_UPSCALE_ERRORS

    # The whole

    def _steps(self, work: UpscaleWork, ask: Ask, code: str) -> Iterator[Updates]:
        """Enlarge the whole photograph."""
        (photo,), began = ask.photos, time.monotonic()
        count = upscale.tile_count(photo)

        def tile(share: float) -> str:
            return say(code, "tile", number=min(count, round(share * count) + 1), count=count)

        ask.check()
        yield self._busy(progress_html(say(code, "getting_ready")))
        settings = settings_of(*ask.values)
        task = Task(lambda progress: engine.enlarge(photo, settings, progress), ask.check)
        yield from self._told(task, tile, code)
        made = task.result
        ask.check()
        pair = beside_bicubic(photo, made.photo)
        status = enlarged_html(code, photo, made, time.monotonic() - began)
        work.shown = Enlarged(photo, made, pair, status)
        yield {**self._done(), **self._whole(work.shown)}

    def back(self, token: str, request: gr.Request) -> Updates:
        """The whole result is wanted again after a part or a test."""
        work = self.shelf.get(token)
        if work is None or work.shown is None:
            return {self.parts.line: trouble_html(say(language(request), "put_away"))}
        return self._whole(work.shown)

    def _whole(self, shown: Enlarged) -> Updates:
        there = all(Path(path).exists() for path in shown.files)  # files may be deleted before results are
        pair = shown.files if there else beside_bicubic(shown.photo, shown.result)
        return {
            **self._on_stage(pair, shown.status),
            self.parts.whole: gr.Button(visible=False),
            self.parts.take_home: gr.Row(visible=True),
        }

    # A part

    def pick(self, token: str, event: gr.SelectData, *choice: object) -> Updates:
        """The photograph was clicked: that place of it."""
        work = self.shelf.get(token)
        if work is None or work.given is None or not event.index:
            self.touched(token, *choice)
            return {self.parts.across: gr.skip()}
        scale = max(work.given.width, work.given.height) / work.given_side
        x, y = (int(along * scale) for along in event.index)
        work.place = work.given, x, y
        self.touched(token, *choice)
        return self._at(100 * x / work.given.width, 100 * y / work.given.height)

    def move(self, token: str, across: float, down: float, *choice: object) -> None:
        """The sliders were moved: the place at so many hundredths of the photograph's width and height."""
        work = self.shelf.get(token)
        if work is not None and work.given is not None:
            x, y = int(across / 100 * work.given.width), int(down / 100 * work.given.height)
            work.place = work.given, x, y
        self.touched(token, *choice)

    def _at(self, across: float, down: float) -> Updates:
        return {self.parts.across: round(across), self.parts.down: round(down)}

    def touched(self, token: str, *choice: object) -> None:
        """A part is asked for, or asked for again; the one that is being made is no longer wanted."""
        work = self.shelf.get(token)
        if work is not None:
            work.start_touch(choice)

    def preview(self, token: str, request: gr.Request) -> Iterator[Updates]:
        """After `touched`, in the queue: enlarge the part that was clicked, or the middle, until the last
        touch is answered; but not before the whole, where that was asked for."""
        code, work = language(request), self.shelf.get(token)
        yield self._nothing()
        while work is not None and work.given and not work.wanted:
            job = work.touch
            if job is None or job.stopped:  # answered, or no longer wanted
                return
            steps = partial(self._part_steps, work, work.given, job, code)
            yield from self._guarded(steps, job, code, partial(self._part_stopped, work, job))

    def _part_steps(self, work: UpscaleWork, photo: Photo, job: Job, code: str) -> Iterator[Updates]:
        chosen = work.place is not None and work.place[0] is photo
        box = part(photo, work.place[1:] if work.place and chosen else None)
        sliders = {} if chosen else self._at(MIDDLE, MIDDLE)
        job.check()
        yield {self.parts.line: progress_html(say(code, "enlarging_part"))}
        settings = settings_of(*job.values)
        made = Task(lambda _progress: engine.enlarge_part(photo, box, settings), job.check).wait()
        job.check()
        pair = beside_bicubic(cut(photo, box), made)
        whole = box == (0, 0, photo.width, photo.height)
        yield {self.parts.line: "", **sliders, **self._aside(work, pair, part_html(code, whole))}

    def _part_stopped(self, work: UpscaleWork, job: Job) -> Updates:
        """Whoever stopped it has the line, unless that was only Cancel."""
        other = work.wanted or work.running or work.touch is not job
        return self._nothing() if other else {self.parts.line: ""}

    def _aside(self, work: UpscaleWork, pair: tuple[str, str], status: str) -> Updates:
        """What is no result: it can't be taken home, and the result stays within reach."""
        return {
            **self._on_stage(pair, status),
            self.parts.whole: gr.Button(visible=work.shown is not None),
            self.parts.take_home: gr.Row(visible=False),
        }

    def _on_stage(self, pair: tuple[str, str], status: str) -> Updates:
        return {
            self.parts.stage: gr.ImageSlider(pair, visible=True),
            self.parts.status: status,
            self.parts.examples: gr.HTML(visible=False),
            self.parts.below: gr.Column(visible=True),
        }

    def choose(self, model: str) -> Updates:
        """Another model was chosen: its own correction, and detail where it has a choice."""
        (offer,) = (offer for offer in upscale.offered() if offer.model == model)
        low, high = offer.details
        return {
            self.parts.detail: gr.Slider(value=offer.defaults.detail, visible=low < high),
            self.parts.consistency: offer.defaults.consistency,
        }


class TruthEvents(UpscaleEvents):
    """The handlers of the truth test's button."""

    def _steps(self, work: UpscaleWork, ask: Ask, code: str) -> Iterator[Updates]:
        """Reduce the middle, enlarge it again, compare."""
        (photo,) = ask.photos
        ask.check()
        if not truth_test.testable(photo):
            yield self._done(trouble_html(say(code, "truth_small", side=truth_test.MIN_SIDE)))
            return
        yield self._busy(progress_html(say(code, "testing")))
        settings = settings_of(*ask.values)
        found = Task(lambda _progress: engine.compare(photo, settings), ask.check).wait()
        ask.check()
        pair = files.write_shown(found.plain, "plain"), files.write_shown(found.result, "test")
        yield {**self._done(), **self._aside(work, pair, truth_html(code, found))}


def beside_bicubic(photo: Photo, enlarged: Photo) -> tuple[str, str]:
    """Two files of one size for the slider: what bicubic interpolation makes of a photo, and the result."""
    after = files.shown_pixels(enlarged)
    before = files.plainly_enlarged(photo, (after.shape[1], after.shape[0]))
    return files.write_shown(before, "before"), files.write_shown(after, "after")


def settings_of(model: str, detail: float, consistency: int) -> UpscaleSettings:
    """What the controls say; where there is no choice of detail, its slider isn't shown and doesn't count."""
    choice = any(offer.model == model and len(set(offer.details)) > 1 for offer in upscale.offered())
    return UpscaleSettings(model, detail if choice else None, consistency)


def part(photo: Photo, place: tuple[int, int] | None) -> Box:
    """The box of at most PART_SIDE around a place (x, y), or in the middle, moved until it is inside."""
    edges = []
    for length, at in zip((photo.width, photo.height), place or (None, None), strict=True):
        side = min(length, PART_SIDE)
        begin = (length if at is None else 2 * at) // 2 - side // 2
        begin = min(max(0, begin), length - side)
        edges.append((begin, begin + side))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


def cut(photo: Photo, box: Box) -> Photo:
    """That box of a photo."""
    left, top, right, bottom = box
    alpha = None if photo.alpha is None else photo.alpha[top:bottom, left:right]
    return photo.resized_to(photo.rgb[top:bottom, left:right], alpha)
