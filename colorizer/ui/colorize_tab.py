"""What is on the Colorize tab, and which touch leads to which answer?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from colorizer import weights
from colorizer.errors import ColorizerError
from colorizer.photo import FORMATS, SUFFIXES
from colorizer.predictors.settings import MODELS, RANGES, ColorizeSettings
from colorizer.ui import cards
from colorizer.ui.colorize_events import ColorizeEvents
from colorizer.ui.giving_events import GivingEvents
from colorizer.ui.texts import both, label
from colorizer.ui.work import LIFETIME, Shelf

HEAVY: dict[str, Any] = {"concurrency_id": "heavy", "concurrency_limit": 1}  # shared by all that computes
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
SIZES = (256, 320, 384, 512)
DOWNLOAD_KINDS = [kind for kind in ("PNG", "JPEG", "TIFF", "WebP") if kind in FORMATS]
# The file is written when it is asked for; the browser then takes it under its own name.
TAKE_HOME = """(file) => {
  if (!file) return;
  const link = document.createElement('a');
  link.href = file.url;
  link.download = file.orig_name;
  link.click();
}"""


@dataclass(frozen=True)
class ColorizeParts:
    """The components of the tab, by what they are for."""

    token: gr.State
    image: gr.Image
    other: gr.UploadButton
    notice: gr.Column
    notice_text: gr.HTML
    keep_some: gr.Button
    colour: gr.Button
    cancel: gr.Button
    line: gr.HTML
    examples: gr.HTML
    stage: gr.ImageSlider
    below: gr.Column
    status: gr.HTML
    kind: gr.Radio
    download: gr.Button
    file: gr.File
    saturation: gr.Slider
    temperature: gr.Slider
    keep: gr.Slider
    others: gr.Column
    gallery: gr.Gallery
    confidence: gr.Checkbox
    model: gr.Radio
    size: gr.Radio


def build_colorize_tab(shelf: Shelf) -> None:
    """Lay the tab out inside the current Blocks and wire it."""
    token = gr.State("", time_to_live=LIFETIME, delete_callback=shelf.drop)
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            given = _giving()
        with gr.Column(elem_classes="result"):
            shown = _result()
        with gr.Column(elem_classes="controls"):
            settings = _controls()
    parts = ColorizeParts(token=token, **given, **shown, **settings)
    _wire(parts, GivingEvents(parts, shelf), ColorizeEvents(parts, shelf))


def _giving() -> dict[str, Any]:
    parts: dict[str, Any] = {
        "image": gr.Image(
            type="filepath",
            image_mode=None,
            sources=["upload", "clipboard", "webcam"],
            label=label("photo"),
            placeholder=label("drop"),
            buttons=[],
            height=250,
            elem_id="photo",
        ),
        "other": gr.UploadButton(
            label("other_files"),
            file_types=sorted(SUFFIXES),
            size="sm",
            elem_id="other-files",
            elem_classes="quiet",
        ),
    }
    with gr.Column(visible=False, elem_classes="notice") as notice:
        parts["notice_text"] = gr.HTML(elem_id="notice")
        parts["keep_some"] = gr.Button(size="sm", elem_id="keep-some")
    return {
        **parts,
        "notice": notice,
        "colour": gr.Button(label("colour"), variant="primary", elem_id="colour"),
        "cancel": gr.Button(label("cancel"), visible=False, elem_id="cancel"),
        "line": gr.HTML("", elem_id="line"),
    }


def _result() -> dict[str, Any]:
    gr.set_static_paths(cards.FOLDER)
    parts: dict[str, Any] = {
        "examples": gr.HTML(cards.cards_html(), js_on_load=cards.CLICK, elem_id="examples"),
        "stage": gr.ImageSlider(
            type="filepath",
            label=label("result"),
            show_label=False,
            buttons=["fullscreen"],
            interactive=False,
            visible=False,
            elem_id="stage",
        ),
    }
    with gr.Column(visible=False, elem_classes="below") as below:
        gr.HTML(f'<div class="sides"><span>{both("before")}</span><span>{both("after")}</span></div>')
        parts["status"] = gr.HTML("", elem_id="status")
        with gr.Row(elem_classes="take-home"):
            parts["kind"] = gr.Radio(
                DOWNLOAD_KINDS,
                value=DOWNLOAD_KINDS[0],
                label=label("format"),
                show_label=False,
                container=False,
                elem_id="kind",
            )
            parts["download"] = gr.Button(label("download"), elem_id="download", min_width=140)
        parts["file"] = gr.File(visible="hidden", elem_id="file", elem_classes="unseen")
    return {**parts, "below": below}


def _controls() -> dict[str, Any]:
    standard = ColorizeSettings()
    parts: dict[str, Any] = {
        "saturation": _slider("saturation", *RANGES["saturation"], standard.saturation, 0.05),
        "temperature": _slider("temperature", *RANGES["temperature"], standard.temperature, 0.02),
        "keep": _slider("keep", 0.0, 1.0, 1 - standard.strength, 0.05),
    }
    with gr.Accordion(label("more"), open=False, elem_id="more"):
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


def _slider(name: str, low: float, high: float, value: float, step: float) -> gr.Slider:
    return gr.Slider(
        low,
        high,
        value,
        step=step,
        label=label(name),
        info=label(f"{name}_help"),
        buttons=["reset"],
        elem_id=name,
    )


def _wire(parts: ColorizeParts, giving: GivingEvents, events: ColorizeEvents) -> None:
    look = [parts.token, parts.saturation, parts.temperature, parts.keep, parts.confidence]
    network = [parts.model, parts.size]
    shown = [parts.token, parts.line, parts.stage, parts.status, parts.colour, parts.cancel]
    ran = [
        *shown,
        parts.examples,
        parts.below,
        parts.others,
        parts.gallery,
        parts.temperature,
        parts.confidence,
    ]
    starts = [parts.line, parts.colour, parts.cancel]

    given = [parts.token, parts.image, parts.line, parts.notice, parts.notice_text, parts.keep_some]
    # preprocess=False: Gradio hands the path of the upload over and doesn't decode the file.
    for source in (parts.image, parts.other):
        source.upload(giving.give, [source, parts.token], given, preprocess=False, **HEAVY, **QUIET)
    parts.image.clear(giving.clear, [parts.token], [parts.notice, parts.line], queue=False, **QUIET)
    # An example goes the way of any photograph, then the button is pressed for the person.
    chosen = parts.examples.click(giving.give_example, [parts.token], given, **HEAVY, **QUIET)
    asked = [parts.image, parts.token]
    pressed = parts.colour.click(events.begin, asked, starts, preprocess=False, queue=False, **QUIET)
    shown_example = chosen.then(events.begin, asked, starts, preprocess=False, queue=False, **QUIET)
    for start in (pressed, shown_example):
        taken = start.then(events.take_up, [parts.token], [parts.colour, parts.cancel], **HEAVY, **QUIET)
        taken.then(events.run, [*look, *network], ran, **HEAVY, **QUIET)
    for choice in network:
        again = choice.input(events.begin_again, [parts.token], starts, queue=False, **QUIET)
        again.then(events.run, [*look, *network], ran, **HEAVY, **QUIET)
    parts.cancel.click(events.cancel, [parts.token], None, queue=False, **QUIET)

    for slider in (parts.saturation, parts.temperature, parts.keep):
        slider.release(events.supersede, [parts.token], None, queue=False, **QUIET)
        slider.release(events.rerender, look, shown, trigger_mode="always_last", **HEAVY, **QUIET)
    parts.confidence.input(events.rerender, look, shown, trigger_mode="always_last", **HEAVY, **QUIET)
    parts.gallery.select(events.pick, look, shown, trigger_mode="always_last", **HEAVY, **QUIET)
    parts.keep_some.click(events.keep_some, look, [*shown, parts.keep, parts.notice], **HEAVY, **QUIET)
    saved = parts.download.click(
        events.download, [parts.token, parts.kind], [parts.file, parts.line, parts.download], **HEAVY, **QUIET
    )
    saved.success(None, [parts.file], None, js=TAKE_HOME, **QUIET)
