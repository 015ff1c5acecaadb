"""What is on the Colorize tab, and which touch leads to which answer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from colorizer import weights
from colorizer.errors import ColorizerError
from colorizer.predictors.settings import MODELS, RANGES, ColorizeSettings
from colorizer.ui import cards
from colorizer.ui.colorize_events import ColorizeEvents
from colorizer.ui.colorize_giving import ColorizeGiving
from colorizer.ui.colorize_work import ColorizeWork
from colorizer.ui.texts import both, label
from colorizer.ui.work import Shelf
from colorizer.ui.workbench import (
    HEAVY,
    QUIET,
    Parts,
    picture_field,
    sides,
    slider,
    stage,
    start_buttons,
    take_home,
    wire_download,
    wire_giving,
    wire_start,
)

SIZES = (256, 320, 384, 512)


@dataclass(frozen=True)
class ColorizeParts(Parts):
    """The components of the tab, by what they are for."""

    notice: gr.Column
    notice_text: gr.HTML
    keep_some: gr.Button
    saturation: gr.Slider
    temperature: gr.Slider
    keep: gr.Slider
    others: gr.Column
    gallery: gr.Gallery
    confidence: gr.Checkbox
    model: gr.Radio
    size: gr.Radio


def build_colorize_tab(shelf: Shelf[ColorizeWork], tabs: Sequence[str]) -> ColorizeGiving:
    """Lay the tab out inside the current Blocks and wire it; `tabs` are those that results can be sent to."""
    token = gr.State("", delete_callback=shelf.drop)
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            given = _giving()
        with gr.Column(elem_classes="result"):
            shown = _result(tabs)
        with gr.Column(elem_classes="controls"):
            settings = _controls()
    parts = ColorizeParts(token=token, **given, **shown, **settings)
    giving = ColorizeGiving(parts, shelf)
    _wire(parts, giving, ColorizeEvents(parts, shelf))
    return giving


def _giving() -> dict[str, Any]:
    parts = picture_field("", ("upload", "clipboard", "webcam"))
    with gr.Column(visible=False, elem_classes="notice") as notice:
        parts["notice_text"] = gr.HTML(elem_id="notice")
        parts["keep_some"] = gr.Button(size="sm", elem_id="keep-some")
    return {**parts, "notice": notice, **start_buttons("", "colour")}


def _result(tabs: Sequence[str]) -> dict[str, Any]:
    parts = stage("", cards.PHOTOGRAPHS)
    with gr.Column(visible=False, elem_classes="below") as below:
        sides()
        parts |= take_home("", tabs)
    return {**parts, "below": below}


def _controls() -> dict[str, Any]:
    standard = ColorizeSettings()
    parts: dict[str, Any] = {
        "saturation": slider("", "saturation", *RANGES["saturation"], standard.saturation, 0.05),
        "temperature": slider("", "temperature", *RANGES["temperature"], standard.temperature, 0.02),
        "keep": slider("", "keep", 0.0, 1.0, 1 - standard.strength, 0.05),
    }
    with gr.Accordion(label("more"), open=False, elem_id="more", elem_classes="more"):
        with gr.Column(visible=False, elem_classes="others") as others:
            gr.HTML(f"<b>{both('variants')}</b><p>{both('variants_help')}</p>")
            parts["gallery"] = gr.Gallery(
                show_label=False,
                columns=2,
                height="auto",
                object_fit="contain",
                allow_preview=False,
                interactive=False,
                buttons=[],
                container=False,
                elem_id="variants",
            )
        parts["others"] = others
        parts["confidence"] = gr.Checkbox(
            label=label("confidence"), info=label("confidence_help"), elem_id="confidence"
        )
        parts["model"] = gr.Radio(
            [(label(f"model_{name.replace('-', '_')}"), name) for name in offered_models()],
            value=standard.model,
            label=label("model"),
            info=label("model_help"),
            elem_id="model",
        )
        parts["size"] = gr.Radio(
            [(str(size), size) for size in SIZES],
            value=standard.size,
            label=label("size"),
            info=label("size_help"),
            elem_id="size",
        )
    return parts


def offered_models() -> list[str]:
    """The models whose weights are listed, so that the page offers nothing that isn't there."""
    try:
        listed = weights.entries()
    except ColorizerError:
        return [ColorizeSettings().model]
    return [name for name in MODELS if name in listed] or [ColorizeSettings().model]


def _wire(parts: ColorizeParts, giving: ColorizeGiving, events: ColorizeEvents) -> None:
    controls = [parts.saturation, parts.temperature, parts.keep, parts.confidence]
    look, network = [parts.token, *controls], [parts.model, parts.size]
    shown = [parts.line, parts.stage, parts.status, parts.start, parts.cancel]
    ran = [
        *shown,
        parts.examples,
        parts.below,
        parts.others,
        parts.gallery,
        parts.temperature,
        parts.confidence,
    ]

    *_, chosen = wire_giving(parts, giving)
    # An example goes the way of any photograph, then the button is pressed for the person.
    touches = [choice.input for choice in network]
    wire_start(parts, events, [*controls, *network], ran, (parts.start, chosen), touches)
    wire_download(parts, events)

    for each in (parts.saturation, parts.temperature, parts.keep):
        each.release(events.supersede, [parts.token], None, queue=False, **QUIET)
        each.release(events.rerender, look, shown, trigger_mode="always_last", **HEAVY, **QUIET)
    parts.confidence.input(events.rerender, look, shown, trigger_mode="always_last", **HEAVY, **QUIET)
    parts.gallery.select(events.pick, look, shown, trigger_mode="always_last", **HEAVY, **QUIET)
    parts.keep_some.click(events.keep_some, look, [*shown, parts.keep, parts.notice], **HEAVY, **QUIET)
