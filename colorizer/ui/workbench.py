"""What do all tabs have that make something of a picture? The same components, under the same touches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.events import Dependency

from colorizer.photo import FORMATS, SUFFIXES
from colorizer.ui import cards
from colorizer.ui.giving_events import GivingEvents
from colorizer.ui.running_events import RunningEvents
from colorizer.ui.texts import both, label

HEAVY: dict[str, Any] = {"concurrency_id": "heavy", "concurrency_limit": 1}  # shared by all that computes
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
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
class Parts:
    """The components that every such tab has, by what they are for."""

    token: gr.State
    image: gr.Image
    other: gr.UploadButton
    start: gr.Button
    cancel: gr.Button
    line: gr.HTML
    examples: gr.HTML
    stage: gr.ImageSlider
    below: gr.Column
    status: gr.HTML
    take_home: gr.Row
    kind: gr.Radio
    download: gr.Button
    file: gr.File
    sends: dict[str, gr.Button]


def picture_field(
    prefix: str, sources: Sequence[str], name: str = "photo", height: int = 250
) -> dict[str, Any]:
    """Where a picture is given; elements are named with the prefix, the field after the text of that name."""
    others = "other-files" if name == "photo" else f"{name}-other-files"
    return {
        "image": gr.Image(
            type="filepath",
            image_mode=None,
            sources=list(sources),  # type: ignore[arg-type]
            label=label(name),
            placeholder=label("drop" if name == "photo" else f"drop_{name}"),
            buttons=[],
            height=height,
            elem_id=f"{prefix}{name}",
        ),
        "other": gr.UploadButton(
            label("other_files"),
            file_types=sorted(SUFFIXES),
            size="sm",
            elem_id=f"{prefix}{others}",
            elem_classes="quiet",
        ),
    }


def start_buttons(prefix: str, name: str, cancel: str = "cancel") -> dict[str, Any]:
    """The button, whose label is the text of that name, Cancel (or another word) in its place, and the line
    below."""
    return {
        "start": gr.Button(label(name), variant="primary", elem_id=name),
        "cancel": gr.Button(label(cancel), visible=False, elem_id=f"{prefix}cancel"),
        "line": gr.HTML("", elem_id=f"{prefix}line", elem_classes="line-box"),
    }


def stage(prefix: str, examples: Sequence[int] | str) -> dict[str, Any]:
    """The examples (by their numbers, or as HTML), and the slider that takes their place."""
    gr.set_static_paths(cards.FOLDER)
    return {
        "examples": gr.HTML(
            examples if isinstance(examples, str) else cards.cards_html(examples),
            js_on_load=cards.CLICK,
            elem_id=f"{prefix}examples",
            elem_classes="example-cards",
        ),
        "stage": gr.ImageSlider(
            type="filepath",
            label=label("result"),
            show_label=False,
            buttons=["fullscreen"],
            interactive=False,
            visible=False,
            elem_id=f"{prefix}stage",
            elem_classes="on-stage",
        ),
    }


def sides(left: str = "before", right: str = "after") -> None:
    """What stands on either side of the slider, as names of texts."""
    gr.HTML(f'<div class="sides"><span>{both(left)}</span><span>{both(right)}</span></div>')


def take_home(prefix: str, tabs: Sequence[str]) -> dict[str, Any]:
    """The status line, and what can be done with a result; `tabs` are those that it can be sent to."""
    parts: dict[str, Any] = {"status": gr.HTML("", elem_id=f"{prefix}status", elem_classes="status")}
    with gr.Row(elem_classes="take-home") as row:
        parts["kind"] = gr.Radio(
            DOWNLOAD_KINDS,
            value=DOWNLOAD_KINDS[0],
            label=label("format"),
            show_label=False,
            container=False,
            elem_id=f"{prefix}kind",
            elem_classes="kind",
        )
        parts["download"] = gr.Button(label("download"), elem_id=f"{prefix}download", min_width=140)
        parts["sends"] = {
            tab: gr.Button(label(f"send_{tab}"), elem_id=f"{prefix}send-{tab}", min_width=140) for tab in tabs
        }
    parts["take_home"] = row
    parts["file"] = gr.File(visible="hidden", elem_id=f"{prefix}file", elem_classes="unseen")
    return parts


def slider(prefix: str, name: str, low: float, high: float, value: float, step: float) -> gr.Slider:
    """A slider with its sentence of help and its reset."""
    return gr.Slider(
        low,
        high,
        value,
        step=step,
        label=label(name),
        info=label(f"{name}_help"),
        buttons=["reset"],
        elem_id=f"{prefix}{name}",
    )


def wire_giving(parts: Parts, giving: GivingEvents) -> list[Dependency]:
    """What happens when a picture is given; the example comes last of what is returned."""
    return [
        *wire_field(giving.image, parts.other, giving),
        parts.examples.click(giving.give_example, [parts.token], giving.outputs, **HEAVY, **QUIET),
    ]


def wire_field(image: gr.Image, other: gr.UploadButton, giving: GivingEvents) -> list[Dependency]:
    """What happens when a picture is given in a field or by its button, or taken off it."""
    token, outputs = giving.parts.token, giving.outputs
    # preprocess=False: Gradio hands the path of the upload over and doesn't decode the file.
    # multiple: of several pictures the last counts, and Gradio would not hear of it while the first waits.
    each: dict[str, Any] = {"preprocess": False, "trigger_mode": "multiple", **HEAVY, **QUIET}
    uploads = [source.upload(giving.give, [source, token], outputs, **each) for source in (image, other)]
    image.clear(giving.clear, [token], outputs, queue=False, cancels=list[Any](uploads), **QUIET)
    return uploads


def wire_start(
    parts: Parts,
    events: RunningEvents[Any],
    asked: Sequence[Any],
    outputs: Sequence[Any],
    starts: Sequence[gr.Button | Dependency],
    again: Sequence[Callable[..., Dependency]] = (),
) -> None:
    """A button is pressed, or something else of `starts` has happened, or by a touch of `again` the work has
    to be done anew; and Cancel.

    `asked`: the controls whose values the work depends on. `outputs`: the components that it changes, from
    the line to Cancel.
    """
    known, busy = [parts.token, *asked], [parts.line, parts.start, parts.cancel]
    at_once: dict[str, Any] = {"preprocess": False, "queue": False, **QUIET}

    def run(asked_for: Dependency) -> None:
        # Whatever is asked for while it runs, it does; always_last is for what comes in its last moment.
        asked_for.then(events.run, [parts.token], outputs, trigger_mode="always_last", **HEAVY, **QUIET)

    taken_up = []
    for start in starts:
        when = start.then if isinstance(start, Dependency) else start.click
        pressed = when(events.begin, [parts.image, *known], busy, **at_once)
        taken_up.append(pressed.then(events.take_up, known, outputs, preprocess=False, **HEAVY, **QUIET))
        run(taken_up[-1])
    for touched in again:
        run(touched(events.begin_again, known, busy, trigger_mode="multiple", **at_once))
    parts.cancel.click(
        events.cancel, [parts.token], outputs, queue=False, cancels=list[Any](taken_up), **QUIET
    )


def wire_download(parts: Parts, events: RunningEvents[Any]) -> None:
    """The result is taken home."""
    saved = parts.download.click(
        events.download, [parts.token, parts.kind], [parts.file, parts.line, parts.download], **HEAVY, **QUIET
    )
    saved.success(None, [parts.file], None, js=TAKE_HOME, **QUIET)
