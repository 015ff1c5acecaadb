"""What happens when work is asked for, goes on, is stopped or taken home, whatever the work?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic

import gradio as gr

from colorizer.errors import Cancelled, ColorizerError
from colorizer.ui import files
from colorizer.ui.engine import Task
from colorizer.ui.lines import progress_html, remark_html, trouble_html
from colorizer.ui.texts import language, say, sentence
from colorizer.ui.work import Job, Shelf, W

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

    def __init__(self, parts: Parts, shelf: Shelf[W]) -> None:
        self.parts, self.shelf = parts, shelf

    def begin(self, upload: dict[str, Any] | None, token: str, request: gr.Request) -> Updates:
        """The button was pressed: it becomes Cancel before the queue is asked."""
        code, work = language(request), self.shelf.get(token)
        if token and work is None:
            return {self.parts.line: trouble_html(say(code, "put_away"))}
        if work is not None and work.given is not None:
            return self._begun(work, work.given, code)
        if upload:  # it is still being opened, before this in the queue: take_up will find it
            return self._busy(progress_html(say(code, "opening")))
        return {self.parts.line: trouble_html(say(code, "nothing_given"))}

    def begin_again(self, token: str, request: gr.Request) -> Updates:
        """What the work depends on was changed: the photograph that waits, is worked on or is shown goes
        through it anew."""
        work = self.shelf.get(token)
        if work is not None:
            shown = work.shown.photos[0] if work.shown else None
            photo = work.wanted or work.running or shown
            if photo is not None:
                return self._begun(work, photo, language(request))
        return {self.parts.line: gr.skip()}

    def _begun(self, work: W, photo: Photo, code: str) -> Updates:
        work.wanted = photo
        work.start()
        return self._busy(progress_html(say(code, "waiting")))

    def take_up(self, token: str) -> Updates:
        """After `begin`, in the queue: a photograph may not have been open when the button was pressed."""
        work = self.shelf.get(token)
        if work is not None and work.wanted is None and work.given is not None:
            work.wanted = work.given
            work.start()
        if work is not None and work.wanted is not None:
            return {self.parts.start: gr.skip()}
        # It could not be opened, and the line says why.
        return {self.parts.start: gr.Button(visible=True), self.parts.cancel: gr.Button(visible=False)}

    def cancel(self, token: str) -> None:
        """Cancel was pressed."""
        work = self.shelf.get(token)
        if work is not None:
            work.stop()

    def supersede(self, token: str) -> None:
        """Something was touched again: the quick answer that is being made is no longer wanted."""
        work = self.shelf.get(token)
        if work is not None:
            work.touch.stop()

    def download(self, token: str, kind: str, request: gr.Request) -> Updates:
        """Write the result in the format asked for."""
        code, work = language(request), self.shelf.get(token)
        if work is None or work.shown is None:
            return {self.parts.file: None, self.parts.line: trouble_html(say(code, "put_away"))}
        shown = work.shown
        try:
            return {self.parts.file: files.write_result(shown.result, kind, shown.ending, shown.made_by)}
        except ColorizerError as error:
            return {self.parts.file: None, self.parts.line: trouble_html(self._sentence(code, error))}

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

    def _worked(
        self, steps: Callable[[], Iterator[Updates]], code: str, work: W, job: Job
    ) -> Iterator[Updates]:
        """The steps of what the button started."""
        try:
            yield from self._guarded(steps, code)
        finally:
            work.finish(job)

    def _guarded(
        self, steps: Callable[[], Iterator[Updates]], code: str, stopped: Updates | None = None
    ) -> Iterator[Updates]:
        """The steps; whatever goes wrong becomes one sentence, and what is on the page stays."""
        try:
            yield from steps()
        except Cancelled as stop:
            yield self._done(remark_html(self._sentence(code, stop))) if stopped is None else stopped
        except ColorizerError as error:
            yield self._done(trouble_html(self._sentence(code, error)))
        except Exception:
            log.exception("A picture failed.")
            yield self._done(trouble_html(say(code, "broken")))

    def _sentence(self, code: str, error: ColorizerError) -> str:
        return sentence(code, error)
