"""What happens when somebody asks for colours, corrects them, or takes the result home?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from colorizer.errors import Cancelled, ColorizerError
from colorizer.photo import Photo
from colorizer.predictors.colorize import Analysis
from colorizer.predictors.settings import ColorizeSettings
from colorizer.ui import files
from colorizer.ui.engine import Task, analyse, colorizer
from colorizer.ui.lines import progress_html, remark_html, status_html, trouble_html
from colorizer.ui.texts import language, say, sentence
from colorizer.ui.work import Job, Shelf, Shown, Work

if TYPE_CHECKING:
    from colorizer.ui.colorize_tab import ColorizeParts

log = logging.getLogger(__name__)

Updates = dict[Any, Any]

AT_ONCE_MEGAPIXELS = 1.5  # above it a slider first shows a smaller copy
AT_ONCE_SIDE = 1280
VARIANT_SIDE = 320
KEEP_TONE, KEEP_COLOURS = 0.4, 0.5
TELL_EVERY = 0.15  # seconds between two progress updates
TELL_LEFT_AFTER = 2.0  # seconds, before which nobody asks how long it takes


class ColorizeEvents:
    """The handlers of the tab, over the components `parts` and the visitors' works on `shelf`."""

    def __init__(self, parts: ColorizeParts, shelf: Shelf) -> None:
        self.parts, self.shelf = parts, shelf

    # Colouring

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
        """Another model or size was chosen: the photograph that is shown goes through it."""
        work = self.shelf.get(token)
        if work is None or work.shown is None:
            return {self.parts.line: gr.skip()}
        return self._begun(work, work.shown.analysis.photo, language(request))

    def _begun(self, work: Work, photo: Photo, code: str) -> Updates:
        work.wanted = photo
        work.start()
        return self._busy(progress_html(say(code, "waiting")))

    def cancel(self, token: str) -> None:
        """Cancel was pressed."""
        work = self.shelf.get(token)
        if work is not None:
            work.stop()

    def take_up(self, token: str) -> Updates:
        """After `begin`, in the queue: a photograph may not have been open when the button was pressed."""
        work = self.shelf.get(token)
        if work is not None and work.wanted is None and work.given is not None:
            work.wanted = work.given
            work.start()
        if work is not None and work.wanted is not None:
            return {self.parts.colour: gr.skip()}
        # It could not be opened, and the line says why.
        return {self.parts.colour: gr.Button(visible=True), self.parts.cancel: gr.Button(visible=False)}

    def run(
        self,
        token: str,
        saturation: float,
        temperature: float,
        keep: float,
        veil: bool,
        model: str,
        size: int,
        request: gr.Request,
    ) -> Iterator[Updates]:
        """Ask the network, render, show; then the other colourings."""
        work = self.shelf.get(token)
        if work is None or work.wanted is None:
            return
        photo, work.wanted = work.wanted, None
        code, job, began = language(request), work.job, time.monotonic()

        def steps() -> Iterator[Updates]:
            job.check()
            yield {self.parts.token: token, **self._busy(progress_html(say(code, "looking")))}
            settings = ColorizeSettings(model, saturation, temperature, strength=1 - keep, size=size)
            looking = Task(lambda _progress: analyse(photo, settings), job.check)
            for _ in looking:
                pass
            analysis = looking.result
            job.check()
            result = yield from self._rendered(analysis, settings, job, code)
            before = files.write_shown(files.shown_pixels(photo), "before")
            work.shown = Shown(analysis, settings, result, before)
            work.variant, work.variants = 0, ()
            sure = analysis.bins is not None
            yield {
                **self._done(),
                self.parts.stage: gr.ImageSlider((before, self._after(work.shown, veil)), visible=True),
                self.parts.status: status_html(code, analysis, time.monotonic() - began),
                self.parts.examples: gr.HTML(visible=False),
                self.parts.below: gr.Column(visible=True),
                self.parts.temperature: gr.Slider(interactive=sure),
                self.parts.confidence: gr.Checkbox(interactive=sure),
            }
            yield self._others(work, work.shown, code)

        yield from self._guarded(steps, code)

    def _others(self, work: Work, shown: Shown, code: str) -> Updates:
        """What else it could have been: the likeliest colouring first, then those that differ from it."""
        found = colorizer().variants(shown.analysis, shown.settings, VARIANT_SIDE)
        work.variants = (0, *(number for number, _ in found))
        if not found:
            return {self.parts.others: gr.Column(visible=False)}
        pictures = [shown.result.preview(VARIANT_SIDE), *(picture for _, picture in found)]
        captions = [say(code, "likeliest"), *(say(code, "variant", number=i + 1) for i in range(len(found)))]
        written = [(files.write_shown(p, "variant"), c) for p, c in zip(pictures, captions, strict=True)]
        return {
            self.parts.others: gr.Column(visible=True),
            self.parts.gallery: gr.Gallery(written, selected_index=0),
        }

    # Correcting

    def supersede(self, token: str) -> None:
        """A slider was moved again: what is being rendered is no longer wanted."""
        work = self.shelf.get(token)
        if work is not None:
            work.touch.stop()

    def rerender(
        self,
        token: str,
        saturation: float,
        temperature: float,
        keep: float,
        veil: bool,
        request: gr.Request,
    ) -> Iterator[Updates]:
        """A slider was let go: the same analysis in another light, the network doesn't run."""
        code, work = language(request), self.shelf.get(token)
        if token and work is None:
            yield {self.parts.line: trouble_html(say(code, "put_away"))}
        if work is None or work.shown is None:
            return
        shown, job, began = work.shown, work.start_touch(), time.monotonic()
        settings = replace(
            shown.settings,
            saturation=saturation,
            temperature=temperature,
            strength=1 - keep,
            variant=work.variant,
        )

        def steps() -> Iterator[Updates]:
            result, photo = shown.result, shown.analysis.photo
            if settings != shown.settings:
                if photo.megapixels > AT_ONCE_MEGAPIXELS:
                    yield {self.parts.stage: (shown.before, self._at_once(shown, settings, veil))}
                result = yield from self._rendered(shown.analysis, settings, job, code)
            work.shown = replace(shown, settings=settings, result=result)
            yield {
                **self._done(),
                self.parts.token: token,
                self.parts.stage: (shown.before, self._after(work.shown, veil)),
                self.parts.status: status_html(code, shown.analysis, time.monotonic() - began),
            }

        yield from self._guarded(steps, code, stopped="")

    def _at_once(self, shown: Shown, settings: ColorizeSettings, veil: bool) -> str:
        small = replace(shown.analysis, photo=Photo.from_array(shown.analysis.photo.preview(AT_ONCE_SIDE)))
        return self._after(Shown(small, settings, colorizer().render(small, settings), ""), veil)

    def pick(
        self,
        token: str,
        saturation: float,
        temperature: float,
        keep: float,
        veil: bool,
        event: gr.SelectData,
        request: gr.Request,
    ) -> Iterator[Updates]:
        """One of the other colourings was clicked."""
        work = self.shelf.get(token)
        if work is not None and event.index < len(work.variants):
            work.variant = work.variants[event.index]
        yield from self.rerender(token, saturation, temperature, keep, veil, request)

    def keep_some(
        self,
        token: str,
        saturation: float,
        temperature: float,
        _keep: float,
        veil: bool,
        request: gr.Request,
    ) -> Iterator[Updates]:
        """The notice's button: keep part of the tone or of the colours that are there."""
        work = self.shelf.get(token)
        given = work.given if work else None
        keep = KEEP_COLOURS if given and given.tone == "coloured" else KEEP_TONE
        yield {self.parts.keep: keep, self.parts.notice: gr.Column(visible=False)}
        if work and work.shown and work.shown.analysis.photo is given:
            yield from self.rerender(token, saturation, temperature, keep, veil, request)

    # Taking home

    def download(self, token: str, kind: str, request: gr.Request) -> Updates:
        """Write the result in the format asked for."""
        code, work = language(request), self.shelf.get(token)
        if work is None or work.shown is None:
            return {self.parts.file: None, self.parts.line: trouble_html(say(code, "put_away"))}
        shown = work.shown
        try:
            return {self.parts.file: files.write_result(shown.result, kind, shown.analysis, shown.settings)}
        except ColorizerError as error:
            return {self.parts.file: None, self.parts.line: trouble_html(sentence(code, error))}

    # Shared

    def _rendered(
        self, analysis: Analysis, settings: ColorizeSettings, job: Job, code: str
    ) -> Generator[Updates, None, Photo]:
        """Render at full size, telling how far it is; returns the photo."""
        task = Task(lambda progress: colorizer().render(analysis, settings, progress), job.check)
        began = told = time.monotonic()
        for share in task:
            now = time.monotonic()
            if now - told < TELL_EVERY or not 0 < share < 1:
                continue
            told = now
            text = say(code, "colouring", percent=100 * share)
            if now - began > TELL_LEFT_AFTER:
                text += ", " + say(code, "left", seconds=max(1, (now - began) * (1 - share) / share))
            yield self._busy(progress_html(text, share))
        return task.result

    def _after(self, shown: Shown, veil: bool) -> str:
        pixels = files.shown_pixels(shown.result)
        if veil and shown.analysis.bins is not None:
            pixels = files.veiled(pixels, colorizer().confidence(shown.analysis))
        return files.write_shown(pixels, "after")

    def _busy(self, line: str) -> Updates:
        return {
            self.parts.line: line,
            self.parts.colour: gr.Button(visible=False),
            self.parts.cancel: gr.Button(visible=True),
        }

    def _done(self, line: str = "") -> Updates:
        return {
            self.parts.line: line,
            self.parts.colour: gr.Button(visible=True),
            self.parts.cancel: gr.Button(visible=False),
        }

    def _guarded(
        self, steps: Callable[[], Iterator[Updates]], code: str, stopped: str | None = None
    ) -> Iterator[Updates]:
        """The steps; whatever goes wrong becomes one sentence, and what is on the page stays."""
        try:
            yield from steps()
        except Cancelled as stop:
            yield self._done(remark_html(sentence(code, stop)) if stopped is None else stopped)
        except ColorizerError as error:
            yield self._done(trouble_html(sentence(code, error)))
        except Exception:
            log.exception("A colouring failed.")
            yield self._done(trouble_html(say(code, "broken")))
