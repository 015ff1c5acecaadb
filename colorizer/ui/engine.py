"""How does the page run the predictors? One for all visitors, on a thread, so that progress can be told."""

from __future__ import annotations

import importlib.util
import queue
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

import torch

from colorizer.photo import Photo
from colorizer.predictors import dull
from colorizer.predictors.colorize import Analysis, Colorizer, Progress
from colorizer.predictors.dull import Dullness
from colorizer.predictors.own_style import Preview, Restyled, Stop, StyleTransfer
from colorizer.predictors.settings import (
    ColorizeSettings,
    RestyleSettings,
    StylizeSettings,
    UpscaleSettings,
)
from colorizer.predictors.stylize import Cycle, Painting, Stylizer
from colorizer.predictors.truth_test import TruthTest, tested_on_itself
from colorizer.predictors.upscale import Box, Forecast, Upscaled, Upscaler

T = TypeVar("T")


def device() -> str:
    """The GPU where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@lru_cache(maxsize=1)
def colorizer() -> Colorizer:
    """The one predictor that colours."""
    return Colorizer.load(device=device())


@lru_cache(maxsize=1)
def upscaler() -> Upscaler:
    """The one predictor that enlarges."""
    return Upscaler.load(device=device())


@lru_cache(maxsize=1)
def stylizer() -> Stylizer:
    """The one predictor that paints."""
    return Stylizer.load(device=device())


@lru_cache(maxsize=1)
def style_transfer() -> StyleTransfer:
    """The one predictor that paints in a style of one's own."""
    return StyleTransfer.load(device=device())


def analyse(photo: Photo, settings: ColorizeSettings) -> Analysis:
    """Run the network."""
    return colorizer().analyse(photo, settings)


def look_into(photo: Photo) -> Dullness:
    """What all three colorizers make of the photo."""
    return dull.look_into(colorizer(), photo)


def forecast(photo: Photo) -> Forecast:
    """What enlarging will give and cost; the first one times the network."""
    return upscaler().forecast(photo)


def enlarge_part(photo: Photo, box: Box, settings: UpscaleSettings) -> Photo:
    """A part of the enlarged photo."""
    return upscaler().crop(photo, box, settings)


def enlarge(photo: Photo, settings: UpscaleSettings, progress: Progress | None = None) -> Upscaled:
    """The enlarged photo."""
    return upscaler().run(photo, settings, progress)


def compare(photo: Photo, settings: UpscaleSettings) -> TruthTest:
    """The enlargement of a reduced photo, beside the photo."""
    return tested_on_itself(upscaler(), photo, settings)


def paint(photo: Photo, settings: StylizeSettings, progress: Progress | None = None) -> Painting:
    """The painted photo."""
    return stylizer().paint(photo, settings, progress)


def cycle(photo: Photo, direction: str) -> Cycle:
    """The photo there and back again, small."""
    return stylizer().cycle(photo, direction)


def restyle(
    photo: Photo | None,
    painting: Photo,
    settings: RestyleSettings,
    progress: Progress | None = None,
    preview: Preview | None = None,
    stop: Stop | None = None,
) -> Restyled:
    """The photo in the painting's style; without a photo, a texture of the painting."""
    if photo is None:
        return style_transfer().texture(painting, settings, progress=progress, preview=preview, stop=stop)
    return style_transfer().paint(photo, painting, settings, progress=progress, preview=preview, stop=stop)


if (
    importlib.util.find_spec("spaces") is not None
):  # a Hugging Face Space that lends a GPU, to another process, for the length of a call
    import spaces

    analyse, look_into, forecast = spaces.GPU(analyse), spaces.GPU(look_into), spaces.GPU(forecast)
    enlarge_part, compare, cycle = spaces.GPU(enlarge_part), spaces.GPU(compare), spaces.GPU(cycle)
    lent, lent_paint, lent_restyle = spaces.GPU(enlarge), spaces.GPU(paint), spaces.GPU(restyle)

    def enlarge(photo: Photo, settings: UpscaleSettings, progress: Progress | None = None) -> Upscaled:
        """The enlarged photo; the other process can't tell how far it is."""
        return lent(photo, settings)

    def paint(photo: Photo, settings: StylizeSettings, progress: Progress | None = None) -> Painting:
        """The painted photo; the other process can't tell how far it is."""
        return lent_paint(photo, settings)

    def restyle(
        photo: Photo | None,
        painting: Photo,
        settings: RestyleSettings,
        progress: Progress | None = None,
        preview: Preview | None = None,
        stop: Stop | None = None,
    ) -> Restyled:
        """The photo in the painting's style; the other process can tell nothing on the way."""
        return lent_restyle(photo, painting, settings)


class Task(Generic[T]):
    """Runs `work(progress)` on a thread; iterating gives the share done as it grows, then `result` is there.

    `result` raises what the work raised. `check` is called at every step and may raise to stop the work.
    """

    def __init__(self, work: Callable[[Progress], T], check: Callable[[], None]) -> None:
        self._work, self._check = work, check
        self._news: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._result: T | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._result = self._work(self._progress)
        except BaseException as error:  # handed to whoever asks for the result
            self._error = error
        finally:
            self._news.put(None)

    def _progress(self, share: float, _sentence: str) -> None:
        self._check()
        self._news.put(share)

    def __iter__(self) -> Iterator[float]:
        while (share := self._news.get()) is not None:
            yield share

    def wait(self) -> T:
        """What the work returns, once it does."""
        for _ in self:
            pass
        return self.result

    @property
    def result(self) -> T:
        """What the work returned."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]
