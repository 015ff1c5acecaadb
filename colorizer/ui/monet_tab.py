"""What is on the Monet tab, and which touch leads to which answer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from colorizer.errors import ColorizerError
from colorizer.predictors.settings import STYLIZE_RANGES, StylizeSettings
from colorizer.predictors.stylize import offered
from colorizer.ui.giving_events import GivingEvents
from colorizer.ui.monet_events import MonetEvents
from colorizer.ui.monet_work import MonetWork
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

PREFIX = "monet-"
EXAMPLES = (0, 1, 2)
BRUSHES = (0.5, 3.0)  # times the usual width


@dataclass(frozen=True)
class MonetParts(Parts):
    """The components of the tab, by what they are for."""

    direction: gr.Radio
    strength: gr.Slider
    brush: gr.Slider
    keep: gr.Checkbox
    there: gr.Button
    cycle: gr.Column
    gallery: gr.Gallery
    lost: gr.HTML


def directions() -> tuple[str, ...]:
    """What can be chosen; nothing where the weights can't be read."""
    try:
        return offered()
    except ColorizerError:
        return ()


def build_monet_tab(shelf: Shelf[MonetWork], choices: Sequence[str], tabs: Sequence[str]) -> GivingEvents:
    """Lay the tab out inside the current Blocks and wire it; at least one direction is a choice, and `tabs`
    are those that results can be sent to."""
    token = gr.State("", delete_callback=shelf.drop)
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            given = {**picture_field(PREFIX, ("upload", "clipboard")), **start_buttons(PREFIX, "paint")}
        with gr.Column(elem_classes="result"):
            shown = _result(tabs)
        with gr.Column(elem_classes="controls"):
            settings = _controls(choices)
    parts = MonetParts(token=token, **given, **shown, **settings)
    giving = GivingEvents(parts, shelf)
    _wire(parts, giving, MonetEvents(parts, shelf))
    return giving


def _result(tabs: Sequence[str]) -> dict[str, Any]:
    parts = stage(PREFIX, EXAMPLES)
    with gr.Column(visible=False, elem_classes="below") as below:
        sides()
        parts |= take_home(PREFIX, tabs)
    return {**parts, "below": below, **_cycle()}


def _cycle() -> dict[str, Any]:
    with gr.Column(visible=False, elem_classes="others") as cycle:
        gallery = gr.Gallery(
            show_label=False,
            columns=4,
            height="auto",
            object_fit="contain",
            interactive=False,
            buttons=[],
            container=False,
            elem_id="cycle",
            elem_classes="pictures",
        )
        lost = gr.HTML("", elem_id="lost")
    return {"cycle": cycle, "gallery": gallery, "lost": lost}


def _controls(choices: Sequence[str]) -> dict[str, Any]:
    standard = StylizeSettings()
    parts: dict[str, Any] = {
        "direction": gr.Radio(
            [(label(f"direction_{choice}"), choice) for choice in choices],
            value=choices[0],
            label=label("direction"),
            visible=len(choices) > 1,
            elem_id="direction",
        ),
        "strength": slider(PREFIX, "strength", *STYLIZE_RANGES["strength"], standard.strength, 0.05),
        "brush": slider(PREFIX, "brush", *BRUSHES, 1.0, 0.1),
    }
    with gr.Accordion(label("more"), open=False, elem_id=f"{PREFIX}more", elem_classes="more"):
        parts["keep"] = gr.Checkbox(
            label=label("keep_my_colours"), info=label("keep_my_colours_help"), elem_id="keep-my-colours"
        )
        gr.HTML(f"<p>{both('cycle_help')}</p>", elem_classes="help")
        parts["there"] = gr.Button(label("cycle"), visible=len(choices) > 1, elem_id="there-and-back")
    return parts


def _wire(parts: MonetParts, giving: GivingEvents, events: MonetEvents) -> None:
    controls = [parts.strength, parts.keep, parts.direction, parts.brush]
    mixture = [parts.token, parts.strength, parts.keep]
    shown = [parts.line, parts.stage, parts.status, parts.start, parts.cancel]
    ran = [*shown, parts.examples, parts.below, parts.cycle]

    *_, chosen = wire_giving(parts, giving)
    # An example goes the way of any photograph, then the button is pressed for the person.
    touches = (parts.direction.input, parts.brush.release)
    wire_start(parts, events, controls, ran, (parts.start, chosen), touches)
    wire_download(parts, events)

    parts.strength.release(events.supersede, [parts.token], None, queue=False, **QUIET)
    for mixed in (parts.strength.release, parts.keep.input):
        mixed(events.rerender, mixture, shown, trigger_mode="always_last", **HEAVY, **QUIET)
    asked = [parts.token, parts.direction]
    outputs = [parts.line, parts.start, parts.cancel, parts.cycle, parts.gallery, parts.lost]
    parts.there.click(events.there_and_back, asked, outputs, **HEAVY, **QUIET)
