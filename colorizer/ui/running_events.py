"""What happens when work is asked for, goes on, is stopped or taken home, whatever the work?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Generic

import gradio as gr

from colorizer.errors import Cancelled, ColorizerError
from colorizer.ui import files
from colorizer.ui.engine import Task
from colorizer.ui.lines import progress_html, remark_html, trouble_html
from colorizer.ui.texts import FRENCH_ERRORS, language, say, sentence
from colorizer.ui.work import Ask, Job, Shelf, W

if TYPE_CHECKING:
    from colorizer.photo import Photo
    from colorizer.ui.workbench import Parts

log = logging.getLogger(__name__)

Updates = dict[Any, Any]

TELL_EVERY = 0.15  # seconds between two progress updates
TELL_LEFT_AFTER = 2.0  # seconds, before which nobody asks how long it takes


class RunningEvents(Generic[W]):
    """The handlers of the button, Cancel and Download, over a tab's components and its visitors' works."""

    parts: Parts
    french = FRENCH_ERRORS  # what its errors are in French

    def __init__(self, parts: Parts, shelf: Shelf[W]) -> None:
        self.parts, self.shelf = parts, shelf

    def begin(
        self, upload: dict[str, Any] | None, token: str, request: gr.Request, *values: object
    ) -> Updates:
        """The button was pressed: it becomes Cancel before the queue is asked. `values`: what the controls
        say, which counts however long the queue takes."""
        code, work = language(request), self.shelf.get(token)
        if token and work is None:
            return {self.parts.line: trouble_html(say(code, "put_away"))}
        if work is not None and self._ask(work, self._given(work, values), values):
            return self._busy(progress_html(say(code, "waiting")))
        missing = self._missing(upload, values)
        if missing:
            return {self.parts.line: trouble_html(say(code, missing))}
        return self._busy(progress_html(say(code, "opening")))  # take_up will find it, after it in the queue

    def begin_again(self, token: str, request: gr.Request, *values: object) -> Updates:
        """What the work depends on was changed: the photograph that waits, is worked on or is shown goes
        through it anew."""
        work = self.shelf.get(token)
        if work is not None:
            asked = work.wanted or work.running
            shown = work.shown.photos[:1] if work.shown else ()
            if self._ask(work, asked.photos if asked else shown, values):
                return self._busy(progress_html(say(language(request), "waiting")))
        return self._nothing()

    def take_up(self, token: str, request: gr.Request, *values: object) -> Updates:
        """After `begin`, in the queue: a photograph may not have been open when the button was pressed."""
        work = self.shelf.get(token)
        if token and work is None:
            return self._done(trouble_html(say(language(request), "put_away")))
        if work is not None and (work.wanted or self._ask(work, self._given(work, values), values)):
            return self._nothing()
        # It could not be opened, and the line says why.
        return {**self._done(), self.parts.line: gr.skip()}

    def _given(self, work: W, values: tuple[Any, ...]) -> tuple[Photo, ...]:
        """What the button works on; nothing as long as anything is missing."""
        return (work.given,) if work.given else ()

    def _missing(self, upload: dict[str, Any] | None, values: tuple[Any, ...]) -> str:
        """The name of the text that says what has not been given; empty when all of it is on its way."""
        return "" if upload else "nothing_given"

    def _ask(self, work: W, photos: tuple[Photo, ...], values: tuple[Any, ...]) -> bool:
        if photos:
            work.ask(Ask(photos, values, self._steps))
        return bool(photos)

    def run(self, token: str, request: gr.Request) -> Iterator[Updates]:
        """After `take_up`: do what was asked for last, and what is asked for meanwhile."""
        code, work = language(request), self.shelf.get(token)
        yield self._nothing()
        while work is not None and (ask := work.take()) is not None:
            try:
                yield from self._guarded(
                    partial(ask.steps, work, ask, code), ask, code, partial(self._stopped, work, code)
                )
            finally:
                work.finish(ask)

    def _steps(self, work: W, ask: Ask, code: str) -> Iterator[Updates]:
        """What the button starts; each tab has its own."""
        raise NotImplementedError

    def _stopped(self, work: W, code: str) -> Updates:
        """The work was stopped, perhaps for other work."""
        if work.wanted:
            return self._nothing()
        return self._done(remark_html(sentence(code, Cancelled(), self.french)))

    def cancel(self, token: str, request: gr.Request) -> Updates:
        """Cancel was pressed: what runs says by itself that it has ended, what waits never begins."""
        work = self.shelf.get(token)
        if work is not None:
            work.stop()
            work.wanted = None
            if work.running:
                return self._nothing()
        return self._done(remark_html(sentence(language(request), Cancelled(), self.french)))

    def supersede(self, token: str) -> None:
        """Something was touched again: the quick answer that is being made is no longer wanted."""
        work = self.shelf.get(token)
        if work is not None:
            work.stop_touch()

    def download(self, token: str, kind: str, request: gr.Request) -> Updates:
        """Write the result in the format asked for."""
        code, work = language(request), self.shelf.get(token)
        if work is None or work.shown is None:
            return {self.parts.file: None, self.parts.line: trouble_html(say(code, "put_away"))}
        shown = work.shown
        try:
            return {self.parts.file: files.write_result(shown.result, kind, shown.ending, shown.made_by)}
        except ColorizerError as error:
            return {self.parts.file: None, self.parts.line: trouble_html(sentence(code, error, self.french))}

    def _told(self, task: Task[Any], text: Callable[[float], str], code: str) -> Iterator[Updates]:
        """Go on until the task is done, telling the text of the share that is done, and the time left."""
        began = told = time.monotonic()
        for share in task:
            now = time.monotonic()
            if now - told < TELL_EVERY or not 0 < share < 1:
                continue
            told, line = now, text(share)
            if now - began > TELL_LEFT_AFTER:
                line += ", " + say(code, "left", seconds=max(1, (now - began) * (1 - share) / share))
            yield self._busy(progress_html(line, share))

    def _nothing(self) -> Updates:
        """No change; a generator that ends without a word would empty all that it might have changed."""
        return {self.parts.line: gr.skip()}

    def _busy(self, line: str) -> Updates:
        return {
            self.parts.line: line,
            self.parts.start: gr.Button(visible=False),
            self.parts.cancel: gr.Button(visible=True),
        }

    def _done(self, line: str = "") -> Updates:
        return {
            self.parts.line: line,
            self.parts.start: gr.Button(visible=True),
            self.parts.cancel: gr.Button(visible=False),
        }

    def _guarded(
        self,
        steps: Callable[[], Iterator[Updates]],
        job: Job,
        code: str,
        stopped: Callable[[], Updates],
    ) -> Iterator[Updates]:
        """The steps of a job; whatever goes wrong becomes one sentence, and what is on the page stays. When
        the page is closed meanwhile, the job is stopped."""
        try:
            yield from steps()
        except Cancelled:
            yield stopped()
        except ColorizerError as error:
            yield self._done(trouble_html(sentence(code, error, self.french)))
        except Exception:
            log.exception("A picture failed.")
            yield self._done(trouble_html(say(code, "broken")))
        finally:
            job.stop()
