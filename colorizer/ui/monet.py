"""The Monet tab: how is a photograph painted, mixed with its painting, and brought there and back again?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import gradio as gr
import numpy as np

from colorizer.photo import Photo
from colorizer.predictors.settings import STYLIZE_RANGES, StylizeSettings
from colorizer.predictors.stylize import Cycle, Painting, offered, suited_brush
from colorizer.ui import cards, files, parts, running
from colorizer.ui.running import LINE, Reply, Tab, Updates, Upload, busy, done, listen
from colorizer.ui.texts import both, decimal, label, paragraphs, progress_line, say, status_line
from colorizer.ui.work import Shown, Work

BRUSHES = (0.5, 3.0)  # times the usual width
AMPLIFIED = 4  # times the difference between a picture and itself there and back, so that it can be seen

SHOWN = (*LINE, *parts.STAGE)  # what another mixture changes
RAN = (*SHOWN, "cycle")  # what painting changes


@dataclass(frozen=True)
class Wanted(StylizeSettings):
    """What the page asks for: the brush, how many times as wide as what suits the photograph."""

    RANGES: ClassVar = {**STYLIZE_RANGES, "brush": BRUSHES}

    brush: float = 1.0


# What is on it


def build(tabs: Sequence[str]) -> Tab:
    """Lay the tab out inside the current Blocks and wire it; at least one direction is there, and `tabs` are
    those that results can be sent to."""
    tab = Tab("monet", "monet-", settings=settings_of, controls=lambda wanted: {"keep": wanted.keep_colours})
    tab.correct = remixed
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            parts.picture_field(tab, ("upload", "clipboard"))
            parts.start_buttons(tab, "paint")
        with gr.Column(elem_classes="result"):
            parts.stage(tab, cards.cards_html(cards.PHOTOGRAPHS))
            parts.take_home(tab, tabs)
            with gr.Column(visible=False, elem_classes="others") as tab["cycle"]:
                parts.gallery(tab, "gallery", "cycle", columns=4, classes="pictures")
                tab["lost"] = gr.HTML("", elem_id="lost")
        with gr.Column(elem_classes="controls"):
            controls(tab, running.offered(offered))
    wire(tab)
    return tab


def controls(tab: Tab, choices: Sequence[str]) -> None:
    """The direction, two sliders, and the rest under More."""
    tab["direction"] = gr.Radio(
        [(label(f"direction_{choice}"), choice) for choice in choices],
        value=choices[0],
        label=label("direction"),
        visible=len(choices) > 1,
        elem_id="direction",
    )
    parts.slider(tab, "strength", *STYLIZE_RANGES["strength"], StylizeSettings().strength, 0.05)
    parts.slider(tab, "brush", *BRUSHES, 1.0, 0.1)
    with parts.more(tab):
        tab["keep"] = gr.Checkbox(
            label=label("keep_my_colours"), info=label("keep_my_colours_help"), elem_id="keep-my-colours"
        )
        gr.HTML(f"<p>{both('cycle_help')}</p>", elem_classes="help")
        tab["there"] = gr.Button(label("cycle"), visible=len(choices) > 1, elem_id="there-and-back")


def wire(tab: Tab) -> None:
    """Which touch leads to which answer."""
    parts.wire_field(tab)
    example = parts.wire_examples(tab)
    # An example goes the way of any photograph, then the button is pressed for the person.
    started = parts.wire_start(tab, [tab["start"].click, example.then], paint, RAN)
    again = [tab["direction"].input, tab["brush"].release]
    started += parts.wire_start(tab, [again], paint_again, RAN, parts.waiting_again)
    mixing = [tab["strength"].release, tab["keep"].input]
    cycle = (*LINE, "cycle", "gallery", "lost")
    started += [
        listen(tab, mixing, mix, SHOWN, trigger_mode="always_last"),
        listen(tab, tab["there"].click, there_and_back, cycle),
    ]
    parts.wire_cancel(tab, started)
    parts.wire_download(tab)


# It is painted


def settings_of(direction: str, strength: float, brush: float, keep: bool) -> Wanted:
    """What the controls say."""
    return Wanted(direction, strength, brush, keep)


def paint(work: Work | None, code: str, photo: Upload, settings: Wanted) -> Iterator[Updates]:
    """The button was pressed."""
    work, given = running.given(work, photo)
    yield from painted(work, code, given, settings)


def paint_again(work: Work | None, code: str, status: str, settings: Wanted) -> Iterator[Updates]:
    """Another direction or another brush was chosen: the photograph that is shown is painted anew."""
    work, shown = running.shown(work, status)
    yield from painted(work, code, shown.of, settings)


def painted(work: Work, code: str, photo: Photo, wanted: Wanted) -> Iterator[Updates]:
    """Paint, mix, show."""
    began = time.monotonic()
    yield busy(progress_line(say(code, "getting_ready")))
    settings = StylizeSettings(**{**wanted.as_dict(), "brush": brush_for(photo, wanted.brush)})
    painting = yield from running.run(
        lambda progress: running.paint(photo, settings, progress),
        code,
        lambda share: say(code, "painting", percent=100 * share),
    )
    before = files.write_shown(files.shown_pixels(photo), "before")
    shown = mixed(painting, settings, before)
    yield {
        **done(),
        **on_stage(shown, code, began),
        "work": replace(work, shown=shown),
        "cycle": gr.Column(visible=False),
    }


def brush_for(photo: Photo, share: float) -> float:
    """The brush that is so many times as wide as the usual one for a photo, as far as there is one."""
    low, high = STYLIZE_RANGES["brush"]
    return min(high, max(low, share * suited_brush(photo)))


def mixed(painting: Painting, settings: StylizeSettings, before: str) -> Shown:
    """As much of the painting as wanted, beside the photograph's file."""
    result = running.stylizer().render(painting, settings)
    after = files.write_shown(files.shown_pixels(result), "after")
    made_by, size = painting.made_by(settings), painting.rgb.nbytes
    return Shown(
        result,
        painting.photo,
        files.ENDINGS["stylize"],
        made_by,
        (before, after),
        painting,
        settings,
        more_bytes=size,
    )


def on_stage(shown: Shown, code: str, began: float) -> Updates:
    """The slider, and the line below: time, size, weights, and at which size it was painted."""
    photo, brush = shown.of, shown.said.settings.brush or 1.0
    facts = [say(code, "status_size", width=photo.width, height=photo.height), shown.said.weights]
    seen = say(code, "painted_at", width=round(photo.width / brush), height=round(photo.height / brush))
    return parts.on_stage(shown.files, status_line(code, began, facts, [seen], photo))


# It is mixed


def mix(work: Work | None, code: str, status: str, settings: Wanted) -> Iterator[Updates]:
    """The mixture was changed."""
    work, shown = running.shown(work, status)
    yield from remixed(work, code, shown, settings)


def remixed(work: Work, code: str, shown: Shown, settings: StylizeSettings) -> Iterator[Updates]:
    """The same painting in another mixture, the network doesn't run."""
    if shown.said is None:
        raise Reply("made_earlier")
    began = time.monotonic()
    settings = replace(shown.settings, strength=settings.strength, keep_colours=settings.keep_colours)
    shown = mixed(shown.said, settings, files.kept_shown(shown.files[0], shown.of))
    yield {**done(), **on_stage(shown, code, began), "work": replace(work, shown=shown)}


# There and back


def there_and_back(work: Work | None, code: str, photo: Upload, direction: str) -> Iterator[Updates]:
    """The button under More: the photograph, painted, photographed again, and what is lost."""
    subject = work and (work.given or (work.shown and work.shown.of))
    if not subject:
        raise running.missing(work, photo)
    yield busy(progress_line(say(code, "there_and_back")))
    found = yield from running.run(lambda _progress: running.cycle(subject, direction), code)
    yield {
        **done(),
        "cycle": gr.Column(visible=True),
        "gallery": gr.Gallery(cycle_pictures(found, code)),
        "lost": paragraphs(say(code, "cycle_lost", difference=decimal(code, found.difference))),
    }


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
