"""The tab Own style: how does a photograph take on the style of a painting, watched on its way?"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

import gradio as gr
import numpy as np
from gradio.events import Dependency
from PIL import Image

from colorizer.photo import Photo
from colorizer.predictors.own_style import Restyled
from colorizer.predictors.settings import RESTYLE_RANGES, RestyleSettings
from colorizer.predictors.style_features import available
from colorizer.predictors.tiling import Progress
from colorizer.ui import cards, files, parts, running
from colorizer.ui.running import LINE, Reply, Tab, Updates, Upload, busy, done, listen
from colorizer.ui.texts import both, decimal, label, progress_line, remark_line, say, status_line
from colorizer.ui.work import Shown, Work

MODES = ("photo", "texture")
STEPS = (30, 300)  # what a person may choose between on the page
FIELD_HEIGHT = 190  # pixels; there are two

RAN = (*LINE, *parts.STAGE, "preview")  # what painting changes


# What is on it


def build(tabs: Sequence[str]) -> Tab:
    """Lay the tab out inside the current Blocks and wire it; `tabs` are those that results can be sent to."""
    tab = Tab("style", "style-", settings=settings_of, controls=lambda made: {"keep": made.keep_colours})
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            fields(tab)
            parts.start_buttons(tab, "restyle", "stop_and_keep")
        with gr.Column(elem_classes="result"):
            tab["preview"] = gr.HTML("", elem_id="style-preview", elem_classes="on-the-way")
            parts.stage(tab, cards.pair_cards_html())
            parts.take_home(tab, tabs)
        with gr.Column(elem_classes="controls"):
            controls(tab)
    wire(tab)
    return tab


def fields(tab: Tab) -> None:
    """What to make, and of which pictures."""
    tab["mode"] = gr.Radio(
        [(label(f"style_mode_{mode}"), mode) for mode in MODES],
        value=MODES[0],
        label=label("style_mode"),
        show_label=False,
        container=False,
        elem_id="style-mode",
    )
    sources = ("upload", "clipboard")
    with gr.Column(elem_classes="give") as tab["photo_box"]:
        parts.picture_field(tab, sources, height=FIELD_HEIGHT)
    parts.picture_field(tab, sources, "canvas", FIELD_HEIGHT)


def controls(tab: Tab) -> None:
    """Two sliders, and the rest under More."""
    standard = RestyleSettings()
    parts.slider(tab, "strength", *RESTYLE_RANGES["strength"], standard.strength, 0.05)
    parts.slider(tab, "brush", *RESTYLE_RANGES["brush"], standard.brush, 0.1)
    with parts.more(tab):
        parts.slider(tab, "size", *RESTYLE_RANGES["size"], standard.size, 32, "style_size")
        parts.slider(tab, "steps", *STEPS, standard.steps, 10, "style_steps")
        tab["keep"] = gr.Checkbox(
            label=label("keep_my_colours"), info=label("style_keep_help"), elem_id="style-keep"
        )
        gr.HTML(f"<p>{both(f'style_features_{available()}')}</p>", elem_id="features", elem_classes="help")


def wire(tab: Tab) -> None:
    """Which touch leads to which answer."""
    parts.wire_field(tab)
    parts.wire_field(tab, "canvas")
    example = wire_pairs(tab)
    listen(tab, tab["mode"].input, choose_mode, ["photo_box"], queue=False, trigger_mode="always_last")
    tab.arrive = lambda sent: listen(tab, sent.then, expect_photo, ["mode", "photo_box"], queue=False)
    # An example goes the way of any photograph, then the button is pressed for the person.
    parts.wire_start(tab, [tab["start"].click, example.then], paint, RAN, waiting)
    listen(tab, tab["cancel"].click, stop, LINE, queue=False)
    parts.wire_download(tab)


# Pictures are given


def choose_mode(mode: str) -> Updates:
    """A texture needs no photograph."""
    return {"photo_box": gr.Column(visible=mode == "photo")}


def expect_photo() -> Updates:
    """A photograph has come from another tab, and is to be painted."""
    return {"mode": "photo", **choose_mode("photo")}


def wire_pairs(tab: Tab) -> Dependency:
    """A card was clicked: both of its pictures are given."""

    def give_example(work: Work | None, code: str, event: gr.EventData) -> Updates:
        photo, painting = (str(cards.EXAMPLES[one].path) for one in cards.PAIRS[int(event.example)])
        first = parts.opened(tab, work, code, photo)
        second = parts.opened(tab, first["work"], code, painting, "canvas")
        return {**first, **second, "photo": photo, "canvas": painting, **expect_photo()}

    given = ["photo", "canvas", "mode", "photo_box", "line"]
    return listen(tab, tab["examples"].click, give_example, given)


# It is painted, or a texture made


def waiting(code: str, photo: Upload, canvas: Upload, mode: str) -> Updates:
    """The button was pressed: it becomes Stop before the queue is asked."""
    if not canvas:
        raise Reply("no_canvas")
    return parts.waiting(code, photo if mode == "photo" else canvas)


def stop(work: Work | None, code: str) -> Updates:
    """Stop was pressed: what is reached is shown after the step that it is at; what waits never begins."""
    if work:
        work.stop.set()
    return stopping(code)


def stopping(code: str) -> Updates:
    """What has been asked for is said, also in the place of what was told a moment too late."""
    return done(progress_line(say(code, "stopping")))


def settings_of(strength: float, brush: float, size: int, steps: int, keep: bool) -> RestyleSettings:
    """What the controls say."""
    return RestyleSettings(
        strength=strength, brush=brush, size=int(size), steps=int(steps), keep_colours=keep
    )


def paint(
    work: Work | None, code: str, photo: Upload, canvas: Upload, mode: str, settings: RestyleSettings
) -> Iterator[Updates]:
    """The button was pressed, or a pair chosen."""
    if work is None or work.painting is None:
        raise running.missing(work, canvas, "no_canvas")
    subject = running.given(work, photo)[1] if mode == "photo" else None
    try:
        if work.stop.is_set():
            yield done(remark_line(say(code, "stopped")))
        else:
            yield from painted(work, code, subject, work.painting, settings)
    except Exception:
        yield {"preview": ""}
        raise
    finally:
        work.stop.clear()


def painted(
    work: Work, code: str, photo: Photo | None, painting: Photo, settings: RestyleSettings
) -> Iterator[Updates]:
    """Paint, show the way and the result; without a photo, a texture."""
    began = time.monotonic()
    yield busy(progress_line(say(code, "getting_ready")))
    pictures: deque[np.ndarray] = deque(maxlen=1)  # the newest on the way, until it is shown
    steps: list[float] = []

    def optimise(progress: Progress) -> Restyled:
        def step(share: float, sentence: str) -> None:
            steps.append(share)
            progress(share, sentence)

        return running.restyle(photo, painting, settings, step, pictures.append, work.stop.is_set)

    def also() -> Updates:
        seen = {"preview": picture_on_the_way(pictures.pop(), code)} if pictures else {}
        return {**seen, **stopping(code)} if work.stop.is_set() else seen

    made = yield from running.run(
        optimise, code, lambda _share: say(code, "style_step", step=len(steps), steps=settings.steps), also
    )
    shown = beside_given(photo or painting, made, painting)
    yield {
        **done(),
        "work": replace(work, shown=shown),
        "preview": "",
        **parts.on_stage(shown.files, status_of(made, code, began)),
    }


def picture_on_the_way(picture: np.ndarray, code: str) -> str:
    """The picture inside the page: it changes too often for files."""
    address = cards.as_jpeg(Image.fromarray(picture))
    return f'<img src="{address}" alt="{say(code, "style_preview")}">'


def beside_given(given: Photo, made: Restyled, painting: Photo) -> Shown:
    """The result, and what was given at its size."""
    size = made.photo.width, made.photo.height
    before = np.asarray(Image.fromarray(files.shown_pixels(given)).resize(size, Image.Resampling.LANCZOS))
    pair = files.write_shown(before, "before"), files.write_shown(files.shown_pixels(made.photo), "after")
    return Shown(made.photo, given, files.ENDINGS[made.task], made.made_by(painting), pair)


def status_of(made: Restyled, code: str, began: float) -> str:
    """The line below: time, size, features, and how near it has come to the style."""
    facts = [f"{made.photo.width} × {made.photo.height}", say(code, "style_by", features=made.network)]
    if not made.whole:
        facts.append(say(code, "style_stopped", steps=made.steps, of=made.settings.steps))
    factor = decimal(code, made.factor, ".0f" if made.factor > 9 else ".1f")
    before, after = decimal(code, made.before, ".2g"), decimal(code, made.after, ".2g")
    fell = say(code, "style_fell", factor=factor, before=before, after=after)
    return status_line(code, began, facts, [fell], made.photo)
