"""How does a handler run? On a thread where it is long; what goes wrong becomes a sentence on the page."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import lru_cache, wraps
from typing import Any, Literal, ParamSpec, TypeVar, cast

import gradio as gr
import torch
from gradio.events import Dependency

from colorizer.errors import Cancelled, ColorizerError
from colorizer.photo import Photo
from colorizer.predictors import dull, truth_test
from colorizer.predictors.colorize import Analysis, Colorizer, Progress
from colorizer.predictors.dull import Dullness
from colorizer.predictors.own_style import Preview, Restyled, Stop
from colorizer.predictors.restore import Restored
from colorizer.predictors.results import Result
from colorizer.predictors.settings import (
    ColorizeSettings,
    RestoreSettings,
    RestyleSettings,
    Settings,
    StylizeSettings,
    UpscaleSettings,
)
from colorizer.predictors.stylize import Cycle, Painting, Stylizer
from colorizer.predictors.tasks import Predictors
from colorizer.predictors.truth_test import TruthTest
from colorizer.predictors.upscale import Box, Forecast, Upscaled
from colorizer.ui import earlier
from colorizer.ui.served import logged
from colorizer.ui.texts import language, progress_line, say, sentence, trouble_line
from colorizer.ui.work import Shown, Work, recall

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Upload = dict[str, Any] | None  # what a picture field holds, untouched: its path and name
PLAIN = (bool, int, float, str)
Updates = dict[str, Any]  # what changes on a tab, by the component's name; the rest stays as it is

HEAVY: dict[str, Any] = {"concurrency_id": "heavy", "concurrency_limit": 1}  # shared by all that computes
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
LINE = ("line", "start", "cancel")
GIVEN = ("tab", "work", "code", "settings", "controls", "event", "visitor")  # to handlers that ask for it

TELL_EVERY = 0.15  # seconds between two progress updates
TELL_LEFT_AFTER = 2.0  # seconds, before which nobody asks how long it takes
BEAT = 0.25  # seconds, after which a closed page or Cancel is noticed although no progress is told

_one_at_a_time = threading.Lock()


# The predictors, one of each for all visitors


def device() -> str:
    """The GPU where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


predictors = lru_cache(lambda: Predictors(device()))


def colorizer() -> Colorizer:
    return predictors().colorizer


def stylizer() -> Stylizer:
    return predictors().stylizer


def offered(ask: Callable[[], Sequence[T]]) -> Sequence[T]:
    """What can be chosen; nothing where the list of weights can't be read."""
    try:
        return ask()
    except ColorizerError:
        return ()


def on_gpu(function: Callable[P, T]) -> Callable[P, T]:
    """On a Hugging Face Space that lends a GPU, to another process and for the length of a call, the function
    runs there; what it would be told to call on the way stays here."""
    if importlib.util.find_spec("spaces") is None:
        return logged(function)
    import spaces

    lent = spaces.GPU(function)

    @wraps(function)
    def called(*values: object) -> T:
        return lent(*(value for value in values if not callable(value)))

    return logged(cast(Callable[P, T], called))


@on_gpu
def make(
    photo: Photo, settings: Settings, painting: Photo | None = None, progress: Progress | None = None
) -> Result:
    """The photo after the task that the settings are of; `painting` as Predictors.make has it."""
    return predictors().make(photo, settings, progress, painting)


@on_gpu
def analyse(photo: Photo, settings: ColorizeSettings) -> Analysis:
    """What the network says of a photo."""
    return colorizer().analyse(photo, settings)


@on_gpu
def look_into(photo: Photo) -> Dullness:
    """What all three colorizers make of a photo."""
    return dull.look_into(colorizer(), photo)


@on_gpu
def forecast(photo: Photo) -> Forecast:
    """What enlarging will give and cost; the first one times the network."""
    return predictors().upscaler.forecast(photo)


@on_gpu
def enlarge_part(photo: Photo, box: Box, settings: UpscaleSettings) -> Photo:
    """A part of the enlarged photo."""
    return predictors().upscaler.crop(photo, box, settings)


@on_gpu
def enlarge(photo: Photo, settings: UpscaleSettings, progress: Progress | None = None) -> Upscaled:
    """The enlarged photo."""
    return predictors().upscaler.run(photo, settings, progress)


@on_gpu
def compare(photo: Photo, settings: UpscaleSettings) -> TruthTest:
    """The enlargement of a reduced photo, beside the photo."""
    return truth_test.tested_on_itself(predictors().upscaler, photo, settings)


@on_gpu
def restore(photo: Photo, settings: RestoreSettings, progress: Progress | None = None) -> Restored:
    """The restored photo."""
    return predictors().restorer.run(photo, settings, progress)


@on_gpu
def forecast_restored(photo: Photo, settings: RestoreSettings) -> Forecast:
    """What restoring will give and cost."""
    return predictors().restorer.forecast(photo, settings)


@on_gpu
def paint(photo: Photo, settings: StylizeSettings, progress: Progress | None = None) -> Painting:
    """The painted photo."""
    return stylizer().paint(photo, settings, progress)


@on_gpu
def cycle(photo: Photo, direction: str) -> Cycle:
    """The photo there and back again, small."""
    return stylizer().cycle(photo, direction)


@on_gpu
def restyle(
    photo: Photo | None,
    painting: Photo,
    settings: RestyleSettings,
    progress: Progress | None = None,
    preview: Preview | None = None,
    stop: Stop | None = None,
) -> Restyled:
    """The photo in the painting's style; without a photo, a texture of the painting."""
    told: dict[str, Any] = {"progress": progress, "preview": preview, "stop": stop}
    if photo is None:
        return predictors().style_transfer.texture(painting, settings, **told)
    return predictors().style_transfer.paint(photo, painting, settings, **told)


# What a handler says


class Reply(Exception):
    """What a handler raises to say a sentence instead of giving a result; an empty key says nothing."""

    def __init__(self, key: str, **values: object) -> None:
        self.key, self.values = key, values


def busy(line: str) -> Updates:
    """Work is going on: the button becomes Cancel."""
    return {"line": line, "start": gr.Button(visible=False), "cancel": gr.Button(visible=True)}


def done(line: object = "") -> Updates:
    """It is over: Cancel becomes the button."""
    return {"line": line, "start": gr.Button(visible=True), "cancel": gr.Button(visible=False)}


def given(work: Work | None, photo: Upload) -> tuple[Work, Photo]:
    """The visitor's work, and the photograph for the button; `photo`: what the picture field holds."""
    if work is None or work.given is None:
        raise missing(work, photo)
    return work, work.given


def missing(work: Work | None, photo: Upload, key: str = "nothing_given") -> Reply:
    """Why there is no picture: none in the field, which that text says, put away, or not one that could be
    opened, which the line says already."""
    if not photo:
        return Reply(key)
    return Reply("put_away" if work is None else "")


def shown(work: Work | None, status: str) -> tuple[Work, Shown]:
    """The visitor's work and the result on the page; `status`: what the page says below it, or nothing."""
    if work is None or work.shown is None:
        raise Reply("put_away" if status else "")
    return work, work.shown


# How it is called


class Tab(dict[str, Any]):
    """The components of a tab by their names.

    name: in the address. prefix: of its elements' ids. describe: what is to be said, in a language, of a
    photograph that is given (None: of none), on the components `said`; it may raise why that can't be taken.
    settings: makes them of the values of the components that its parameters name, `chosen`. controls: the
    reverse, of those components that aren't called like a field of the settings.
    correct: shows a result in other settings (work, code, shown, settings), where that needs no network.
    arrive: what follows when one has come from another tab. queue: in which its events wait for their turn.
    """

    def __init__(
        self,
        name: str,
        prefix: str = "",
        describe: Callable[[Photo | None, str], Updates] = lambda photo, code: {},
        said: Sequence[str] = (),
        settings: Callable[..., Any] = lambda: None,
        controls: Callable[[Any], Updates] = lambda settings: {},
    ) -> None:
        super().__init__()
        self.name, self.prefix, self.describe, self.said = name, prefix, describe, said
        self.settings, self.controls = settings, controls
        self.chosen = list(inspect.signature(settings).parameters)
        self.correct: Callable[..., Iterator[Updates]] | None = None
        self.queue = HEAVY
        self.arrive: Callable[[Dependency], object] | None = None


def listen(
    tab: Tab,
    triggers: Callable[..., Dependency] | Sequence[Callable[..., Dependency]],
    handler: Callable[..., Any],
    outputs: Sequence[str] = (),
    named: Mapping[str, str] | None = None,
    *,
    queue: bool = True,
    trigger_mode: Literal["once", "multiple", "always_last"] | None = None,
    cancels: Sequence[Dependency] = (),
) -> Dependency:
    """Call the handler on each of the triggers, with what its parameters ask for.

    They are `work` (what is remembered of the visitor, or None), `code` (the language), `settings` (the
    tab's), `controls` (what they are made of), `event`, `visitor`, `tab`, or values of its components, by
    their names or by those that `named` gives. What is returned or yielded is what changes on the page, all
    of it among `outputs`; "work" is remembered. When something goes wrong the page says it in one sentence,
    and all that is on it stays.
    """
    parameters = list(inspect.signature(handler).parameters)
    names = [name for name in parameters if name not in GIVEN]
    chosen = tab.chosen if {"settings", "controls"} & set(parameters) or "status" in outputs else []
    names += [name for name in chosen if name not in names]
    inputs = [tab[(named or {}).get(name, name)] for name in names]
    nothing = {tab[name]: gr.skip() for name in outputs[:1]}

    def steps(request: gr.Request, event: gr.EventData, *values: object) -> Iterator[dict[Any, Any]]:
        code, visitor = language(request), request.session_hash or secrets.token_urlsafe()
        key = visitor, tab.name
        known: Updates = dict(zip(names, values, strict=True))
        known |= {"tab": tab, "code": code, "event": event, "visitor": visitor}
        if "work" in parameters:
            known["work"] = recall(key)

        def told(updates: Mapping[str, Any] | None) -> dict[Any, Any]:
            updates = dict(updates or {})
            known.update((name, updates[name]) for name in chosen if isinstance(updates.get(name), PLAIN))
            if "work" in updates:
                controls, status = {name: known[name] for name in chosen}, updates.get("status", "")
                if earlier.remember(key, updates.pop("work"), controls, status) and "earlier" in outputs:
                    updates["earlier"] = earlier.listed(visitor, code)
            return nothing | {tab[name]: update for name, update in updates.items()}

        def instead(line: object) -> dict[Any, Any]:
            return told({name: update for name, update in done(line).items() if name in outputs})

        yield nothing  # a generator without a word would empty all outputs
        try:
            known["controls"] = {name: known[name] for name in chosen}
            if "settings" in parameters:
                known["settings"] = tab.settings(**known["controls"])
            answer = handler(**{name: known[name] for name in parameters})
            if not isinstance(answer, Generator):
                yield told(answer)
                return
            with closing(answer):  # when Gradio closes this generator, that one goes, too
                for updates in answer:
                    yield told(updates)
        except Reply as reply:
            yield instead(trouble_line(say(code, reply.key, **reply.values)) if reply.key else gr.skip())
        except ColorizerError as error:
            yield instead(trouble_line(sentence(code, error, tab.name)))
        except Exception:
            log.exception("A picture failed.")
            yield instead(trouble_line(say(code, "broken")))

    def once(request: gr.Request, event: gr.EventData, *values: object) -> dict[Any, Any] | None:
        return list(steps(request, event, *values))[-1] or None

    called: Callable[..., Any] = steps if inspect.isgeneratorfunction(handler) else once
    called.__name__ = f"{tab.name}_{handler.__name__}"  # so that none takes an endpoint's name
    changed = [tab[name] for name in outputs]
    # preprocess=False: an upload's path is handed over, and Gradio doesn't decode the file.
    settings: dict[str, Any] = {"preprocess": False, "queue": queue, "trigger_mode": trigger_mode, **QUIET}
    settings |= {"cancels": list(cancels) or None, **(tab.queue if queue else {})}
    listeners = [triggers] if callable(triggers) else list(triggers)
    if len(listeners) == 1:
        return listeners[0](called, inputs, changed, **settings)
    return gr.on(listeners, called, inputs, changed, **settings)


def run(
    work: Callable[[Progress], T],
    code: str,
    text: Callable[[float], str] | None = None,
    also: Callable[[], Updates] = dict,
    part: tuple[float, float, float] | None = None,
) -> Generator[Updates, None, T]:
    """Do `work(progress)` on a thread and return what it returns, telling on the tab's line the text of the
    share that is done, and the time left; `also` is what else changes then. part: if this is a part of the
    work, when all of it was begun (as time.monotonic tells), and its shares at this one's begin and end.

    When Gradio closes the generator, because of Cancel or because the page was closed, the work ends at its
    next step. It has a thread because Gradio closes a generator only where it yields. The line isn't a
    gr.Progress, which would cover what is on the page, and knows no French.
    """
    news: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    stopped, outcome = threading.Event(), Future[T]()

    def step(share: float, _sentence: str) -> None:
        if stopped.is_set():
            raise Cancelled
        news.put(share)

    def begin() -> None:
        try:
            with _one_at_a_time:  # what was stopped may still be in its last step
                step(0.0, "")
                outcome.set_result(work(step))
        except BaseException as error:  # handed to whoever asks for the result
            outcome.set_exception(error)
        finally:
            news.put(None)

    threading.Thread(target=begin, daemon=True).start()
    told = time.monotonic()
    began, first, last = part or (told, 0.0, 1.0)
    try:
        while not outcome.done():
            try:
                share = news.get(timeout=BEAT)
            except queue.Empty:
                yield {}
                continue
            now, share = time.monotonic(), share and first + (last - first) * share
            if text is None or not share or share >= 1 or now - told < TELL_EVERY:
                continue
            told, line = now, text(share)
            if now - began > TELL_LEFT_AFTER:
                line += ", " + say(code, "left", seconds=max(1, (now - began) * (1 - share) / share))
            yield {**busy(progress_line(line, share)), **also()}
    finally:
        stopped.set()
    return outcome.result()
