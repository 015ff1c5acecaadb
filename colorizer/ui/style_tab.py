"""What is on the tab Own style, and which touch leads to which answer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from colorizer.predictors.settings import RESTYLE_RANGES, RestyleSettings
from colorizer.predictors.style_features import available
from colorizer.ui import cards
from colorizer.ui.style_events import StyleEvents
from colorizer.ui.style_giving import PaintingGiving, StyleGiving
from colorizer.ui.style_work import MODES, StyleWork
from colorizer.ui.texts import both, label
from colorizer.ui.work import Shelf
from colorizer.ui.workbench import (
    QUIET,
    Parts,
    picture_field,
    sides,
    slider,
    stage,
    start_buttons,
    take_home,
    wire_download,
    wire_field,
    wire_giving,
    wire_start,
)

PREFIX = "style-"
STEPS = (30, 300)  # what a person may choose between on the page
FIELD_HEIGHT = 190  # pixels; there are two


@dataclass(frozen=True)
class StyleParts(Parts):
    """The components of the tab, by what they are for."""

    photo_box: gr.Column
    canvas: gr.Image
    other_canvas: gr.UploadButton
    preview: gr.HTML
    mode: gr.Radio
    strength: gr.Slider
    brush: gr.Slider
    size: gr.Slider
    steps: gr.Slider
    keep: gr.Checkbox


def build_style_tab(shelf: Shelf[StyleWork], tabs: Sequence[str]) -> StyleGiving:
    """Lay the tab out inside the current Blocks and wire it; `tabs` are those that results can be sent to."""
    token = gr.State("", delete_callback=shelf.drop)
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            given = _giving()
        with gr.Column(elem_classes="result"):
            shown = _result(tabs)
        with gr.Column(elem_classes="controls"):
            settings = _controls()
    parts = StyleParts(token=token, **given, **shown, **settings)
    painting = PaintingGiving(parts, shelf)
    giving = StyleGiving(parts, shelf, painting)
    _wire(parts, giving, painting, StyleEvents(parts, shelf))
    return giving


def _giving() -> dict[str, Any]:
    mode = gr.Radio(
        [(label(f"style_mode_{mode}"), mode) for mode in MODES],
        value=MODES[0],
        label=label("style_mode"),
        show_label=False,
        container=False,
        elem_id=f"{PREFIX}mode",
    )
    sources = ("upload", "clipboard")
    with gr.Column(elem_classes="give") as box:
        photo = picture_field(PREFIX, sources, height=FIELD_HEIGHT)
    painting = picture_field(PREFIX, sources, "canvas", FIELD_HEIGHT)
    return {
        "mode": mode,
        "photo_box": box,
        **photo,
        "canvas": painting["image"],
        "other_canvas": painting["other"],
        **start_buttons(PREFIX, "restyle", "stop_and_keep"),
    }


def _result(tabs: Sequence[str]) -> dict[str, Any]:
    preview = gr.HTML("", elem_id=f"{PREFIX}preview", elem_classes="on-the-way")
    parts = stage(PREFIX, cards.pair_cards_html())
    with gr.Column(visible=False, elem_classes="below") as below:
        sides()
        parts |= take_home(PREFIX, tabs)
    return {**parts, "preview": preview, "below": below}


def _controls() -> dict[str, Any]:
    standard = RestyleSettings()
    parts: dict[str, Any] = {
        "strength": slider(PREFIX, "strength", *RESTYLE_RANGES["strength"], standard.strength, 0.05),
        "brush": slider(PREFIX, "brush", *RESTYLE_RANGES["brush"], standard.brush, 0.1),
    }
    with gr.Accordion(label("more"), open=False, elem_id=f"{PREFIX}more", elem_classes="more"):
        parts["size"] = slider(PREFIX, "style_size", *RESTYLE_RANGES["size"], standard.size, 32)
        parts["steps"] = slider(PREFIX, "style_steps", *STEPS, standard.steps, 10)
        parts["keep"] = gr.Checkbox(
            label=label("keep_my_colours"), info=label("style_keep_help"), elem_id=f"{PREFIX}keep"
        )
        gr.HTML(f"<p>{both(f'style_features_{available()}')}</p>", elem_id="features", elem_classes="help")
    return parts


def _wire(parts: StyleParts, giving: StyleGiving, painting: PaintingGiving, events: StyleEvents) -> None:
    settings = [parts.strength, parts.brush, parts.size, parts.steps, parts.keep]
    shown = [parts.line, parts.stage, parts.status, parts.start, parts.cancel]
    ran = [*shown, parts.examples, parts.below, parts.preview]

    *_, chosen = wire_giving(parts, giving)
    wire_field(parts.canvas, parts.other_canvas, painting)
    parts.mode.input(events.choose_mode, [parts.mode], [parts.photo_box], queue=False, **QUIET)
    # An example goes the way of any photograph, then the button is pressed for the person.
    wire_start(parts, events, [parts.canvas, parts.mode, *settings], ran, (parts.start, chosen))
    wire_download(parts, events)
