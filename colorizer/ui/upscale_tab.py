"""What is on the Upscale tab, and which touch leads to which answer?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.events import Dependency

from colorizer.errors import ColorizerError
from colorizer.predictors.settings import UPSCALE_RANGES
from colorizer.predictors.upscale import Offer, offered
from colorizer.ui.texts import both, label
from colorizer.ui.upscale_events import MIDDLE, TruthEvents, UpscaleEvents
from colorizer.ui.upscale_giving import UpscaleGiving
from colorizer.ui.upscale_work import UpscaleWork
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

PREFIX = "upscale-"
EXAMPLES = (1, 2, 0)


@dataclass(frozen=True)
class UpscaleParts(Parts):
    """The components of the tab, by what they are for."""

    forecast: gr.HTML
    whole: gr.Button
    detail: gr.Slider
    model: gr.Radio
    consistency: gr.Slider
    across: gr.Slider
    down: gr.Slider
    truth: gr.Button


def offers() -> tuple[Offer, ...]:
    """The models that can be chosen; none where the weights can't be read."""
    try:
        return offered()
    except ColorizerError:
        return ()


def build_no_upscale_tab() -> None:
    """Say inside the current Blocks that nothing can be enlarged here."""
    gr.HTML(f"<p>{both('no_upscaler')}</p>", elem_id="no-upscaler")


def build_upscale_tab(
    shelf: Shelf[UpscaleWork], models: tuple[Offer, ...], tabs: Sequence[str]
) -> tuple[UpscaleGiving, Callable[[Dependency], None]]:
    """Lay the tab out inside the current Blocks and wire it; at least one model is offered; `tabs` are those
    that results can be sent to.

    Returned with the handlers of the picture field is how to go on when a picture has come from elsewhere.
    """
    token = gr.State("", delete_callback=shelf.drop)
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            given = _giving()
        with gr.Column(elem_classes="result"):
            shown = _result(tabs)
        with gr.Column(elem_classes="controls"):
            settings = _controls(models)
    parts = UpscaleParts(token=token, **given, **shown, **settings)
    giving = UpscaleGiving(parts, shelf)
    return giving, _wire(parts, giving, UpscaleEvents(parts, shelf))


def _giving() -> dict[str, Any]:
    parts = picture_field(PREFIX, ("upload", "clipboard"))
    parts["forecast"] = gr.HTML("", elem_id="forecast")
    return {**parts, **start_buttons(PREFIX, "enlarge")}


def _result(tabs: Sequence[str]) -> dict[str, Any]:
    parts = stage(PREFIX, EXAMPLES)
    with gr.Column(visible=False, elem_classes="below") as below:
        sides("plain", "ours")
        parts |= take_home(PREFIX, tabs)
        parts["whole"] = gr.Button(label("whole"), visible=False, elem_id="whole")
    return {**parts, "below": below}


def _controls(models: tuple[Offer, ...]) -> dict[str, Any]:
    first = models[0]
    low, high = first.details
    parts: dict[str, Any] = {
        "detail": slider(PREFIX, "detail", *UPSCALE_RANGES["detail"], first.defaults.detail or 0.0, 0.05)
    }
    parts["detail"].visible = low < high
    parts["model"] = gr.Radio(
        [(label(f"upscale_model_{offer.model}"), offer.model) for offer in models],
        value=first.model,
        label=label("upscale_model"),
        info=label("upscale_model_help"),
        visible=len(models) > 1,
        elem_id=f"{PREFIX}model",
    )
    with gr.Accordion(label("more"), open=False, elem_id=f"{PREFIX}more", elem_classes="more"):
        most = UPSCALE_RANGES["consistency"]
        parts["consistency"] = slider(PREFIX, "consistency", *most, first.defaults.consistency or 0, 1)
        for name in ("across", "down"):  # a click on the photograph does the same
            parts[name] = slider(PREFIX, name, 0, 100, MIDDLE, 1)
        gr.HTML(f"<p>{both('truth_help')}</p>", elem_classes="help")
        parts["truth"] = gr.Button(label("truth"), elem_id="truth")
    return parts


def _wire(parts: UpscaleParts, giving: UpscaleGiving, events: UpscaleEvents) -> Callable[[Dependency], None]:
    choice = [parts.model, parts.detail, parts.consistency]
    known = [parts.token, *choice]
    stage = [parts.line, parts.stage, parts.status, parts.examples, parts.below, parts.whole, parts.take_home]
    place = [parts.across, parts.down]
    ran = [*stage, *place, parts.start, parts.cancel]

    # A touch is noted at once, and answered in the queue; of several in a row only the last counts.
    def preview(noted: Dependency) -> None:
        noted.then(events.preview, [parts.token], ran, trigger_mode="always_last", **HEAVY, **QUIET)

    def look(given: Dependency) -> None:
        preview(given.then(events.touched, known, None, queue=False, **QUIET))

    for given in wire_giving(parts, giving):
        look(given)
    wire_start(parts, events, choice, ran, [parts.start])
    wire_start(parts, TruthEvents(parts, events.shelf), choice, ran, [parts.truth])
    parts.whole.click(events.back, [parts.token], stage, queue=False, **QUIET)
    wire_download(parts, events)

    noted: dict[str, Any] = {"queue": False, "trigger_mode": "multiple", **QUIET}
    preview(parts.image.select(events.pick, known, place, **noted))
    for moved in (parts.across.release, parts.down.release):
        preview(moved(events.move, [parts.token, *place, *choice], None, **noted))
    for touched in (parts.detail.release, parts.consistency.release):
        preview(touched(events.touched, known, None, **noted))
    settings = [parts.detail, parts.consistency]
    look(parts.model.input(events.choose, [parts.model], settings, **noted))
    return look
