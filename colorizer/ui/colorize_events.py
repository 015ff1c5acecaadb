"""What happens when somebody asks for colours and corrects them?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import gradio as gr

from colorizer.photo import Photo
from colorizer.predictors.colorize import Analysis
from colorizer.predictors.settings import ColorizeSettings
from colorizer.ui import files
from colorizer.ui.colorize_work import ColorizeWork, Coloured
from colorizer.ui.engine import Task, analyse, colorizer
from colorizer.ui.lines import progress_html, status_html, trouble_html
from colorizer.ui.running_events import RunningEvents, Updates
from colorizer.ui.texts import language, say
from colorizer.ui.work import Ask, Job

if TYPE_CHECKING:
    from colorizer.ui.colorize_tab import ColorizeParts

AT_ONCE_MEGAPIXELS = 1.5  # above it a slider first shows a smaller copy
AT_ONCE_SIDE = 1280
VARIANT_SIDE = 320
KEEP_TONE, KEEP_COLOURS = 0.4, 0.5


class ColorizeEvents(RunningEvents[ColorizeWork]):
    """The handlers of the tab."""

    parts: ColorizeParts

    # Colouring

    def _steps(self, work: ColorizeWork, ask: Ask, code: str) -> Iterator[Updates]:
        """Ask the network, render, show; then the other colourings."""
        (photo,), began = ask.photos, time.monotonic()
        saturation, temperature, keep, veil, model, size = ask.values
        ask.check()
        yield self._busy(progress_html(say(code, "looking")))
        settings = ColorizeSettings(model, saturation, temperature, strength=1 - keep, size=size)
        analysis = Task(lambda _progress: analyse(photo, settings), ask.check).wait()
        ask.check()
        result = yield from self._rendered(analysis, settings, ask, code)
        before = files.write_shown(files.shown_pixels(photo), "before")
        work.shown = Coloured(analysis, settings, result, before)
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

    def _others(self, work: ColorizeWork, shown: Coloured, code: str) -> Updates:
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
        if work is None or work.shown is None:
            put_away = {self.parts.line: trouble_html(say(code, "put_away"))}
            yield put_away if token and work is None else self._nothing()
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
            before = files.kept_shown(shown.before, photo)
            if settings != shown.settings:
                if photo.megapixels > AT_ONCE_MEGAPIXELS:
                    yield {self.parts.stage: gr.ImageSlider((before, self._at_once(shown, settings, veil)))}
                result = yield from self._rendered(shown.analysis, settings, job, code)
            work.shown = replace(shown, settings=settings, result=result, before=before)
            yield {
                **self._done(),
                self.parts.stage: gr.ImageSlider((before, self._after(work.shown, veil))),
                self.parts.status: status_html(code, shown.analysis, time.monotonic() - began),
            }

        yield from self._guarded(steps, job, code, self._done)

    def _at_once(self, shown: Coloured, settings: ColorizeSettings, veil: bool) -> str:
        small = replace(shown.analysis, photo=Photo.from_array(shown.analysis.photo.preview(AT_ONCE_SIDE)))
        return self._after(Coloured(small, settings, colorizer().render(small, settings), ""), veil)

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

    # Shared

    def _rendered(
        self, analysis: Analysis, settings: ColorizeSettings, job: Job, code: str
    ) -> Generator[Updates, None, Photo]:
        """Render at full size, telling how far it is; returns the photo."""
        task = Task(lambda progress: colorizer().render(analysis, settings, progress), job.check)
        yield from self._told(task, lambda share: say(code, "colouring", percent=100 * share), code)
        return task.result

    def _after(self, shown: Coloured, veil: bool) -> str:
        pixels = files.shown_pixels(shown.result)
        if veil and shown.analysis.bins is not None:
            pixels = files.veiled(pixels, colorizer().confidence(shown.analysis))
        return files.write_shown(pixels, "after")
