"""How does the page run the predictor? One for all visitors, on a thread, so that progress can be told."""

from __future__ import annotations

import importlib.util
import queue
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

import torch

from colorizer.photo import Photo
from colorizer.predictors.colorize import Analysis, Colorizer, Progress
from colorizer.predictors.settings import ColorizeSettings

T = TypeVar("T")


@lru_cache(maxsize=1)
def colorizer() -> Colorizer:
    """The one predictor, on the GPU where there is one."""
    return Colorizer.load(device="cuda" if torch.cuda.is_available() else "cpu")


def analyse(photo: Photo, settings: ColorizeSettings) -> Analysis:
    """Run the network."""
    return colorizer().analyse(photo, settings)


if (
    importlib.util.find_spec("spaces") is not None
):  # a Hugging Face Space that lends a GPU for the length of a call
    import spaces

    analyse = spaces.GPU(analyse)


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

    @property
    def result(self) -> T:
        """What the work returned."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]
