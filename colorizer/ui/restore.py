"""The Restore tab: how is an old photograph mended, coloured and enlarged in one go?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import cv2
import gradio as gr
import numpy as np
from gradio.components.image_editor import EditorData

from colorizer import weights
from colorizer.photo import Photo
from colorizer.predictors import upscale
from colorizer.predictors.mend import NAME as MEND
from colorizer.predictors.restore import look, packed, settled, steps
from colorizer.predictors.settings import RESTORE_RANGES, SCREENS, UPSCALE_MODELS, RestoreSettings
from colorizer.ui import cards, files, hints, parts, running
from colorizer.ui.hints import SHOWN
from colorizer.ui.running import Reply, Tab, Updates, Upload, busy, done, listen
from colorizer.ui.texts import both, decimal, label, paragraphs, progress_line, say, status_line
from colorizer.ui.upscale import duration
from colorizer.ui.work import Shown, Work

MARKS_SIDE = 1024  # pixels of the picture on which damage is marked
RED = (214, 45, 32, 255)

RAN = (*SHOWN, "mode", "damage", "marks")  # what restoring changes


# What is on it


def build(tabs: Sequence[str]) -> Tab:
    """Lay the tab out inside the current Blocks and wire it; `tabs` are those that results can be sent to."""
    said = ("notice", "notice_text", "smooth", "colour")
    tab = Tab("restore", "restore-", notices, said, settings_of, controls_of)
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            parts.picture_field(tab, ("upload", "clipboard", "webcam"))
            with gr.Column(visible=False, elem_classes="notice") as tab["notice"]:
                tab["notice_text"] = gr.HTML(elem_id="restore-notice")
                tab["smooth"] = gr.Button(label("smooth"), size="sm", visible=False, elem_id="restore-smooth")
            tab["forecast"] = gr.HTML("", elem_id="restore-forecast")
            parts.start_buttons(tab, "restore")
            tab["at_once"] = gr.Checkbox(False, label=label("restore_at_once"), elem_id="restore-at-once")
        with gr.Column(elem_classes="result"):
            hints.switch(tab)
            parts.stage(tab, cards.cards_html(cards.PHOTOGRAPHS))
            hints.palette(tab)
            parts.take_home(tab, tabs)
            tab["damage"] = gr.Accordion(
                label("damage"), open=False, visible=False, elem_id="restore-damage", elem_classes="more"
            )
            with tab["damage"]:
                damage(tab)
        with gr.Column(elem_classes="controls"):
            controls(tab)
    wire(tab)
    return tab


def damage(tab: Tab) -> None:
    """Where a person corrects what was taken for damage."""
    gr.HTML(f"<p>{both('damage_help')}</p>")
    tab["marks"] = gr.ImageEditor(
        show_label=False,
        sources=(),
        transforms=(),
        layers=False,
        brush=gr.Brush(colors=["#d62d20"], color_mode="fixed", default_size=8),
        eraser=gr.Eraser(default_size=16),
        buttons=[],
        format="png",
        height=460,
        elem_id="restore-marks",
    )
    tab["mend_marked"] = gr.Button(label("mend_marked"), size="sm", elem_id="mend-marked")


def controls(tab: Tab) -> None:
    """The three steps, each with its setting, and the rest under More."""
    old, there = RestoreSettings(), running.offered(lambda: list(weights.entries()))
    enlarges = len(running.offered(upscale.offered)) > 0
    tick(tab, "mend", MEND in there)
    parts.slider(tab, "sensitivity", 0.05, 1.0, old.mend, 0.05)
    tab["sensitivity"].visible = MEND in there
    tick(tab, "colour")
    parts.slider(tab, "saturation", *RESTORE_RANGES["saturation"], old.saturation, 0.05)
    tick(tab, "enlarge", enlarges)
    models = [(label(f"restore_model_{name}"), name) for name in ("auto", *UPSCALE_MODELS)]
    parts.radio(tab, "model", models, old.model, "restore_model", visible=enlarges)
    with parts.more(tab):
        parts.slider(tab, "fading", *RESTORE_RANGES["fading"], old.fading, 0.05)
        screens = [(label(f"screen_{name}"), name) for name in SCREENS]
        parts.radio(tab, "screen", screens, old.screen)
        tick(tab, "negative", value=old.negative)


def tick(tab: Tab, name: str, visible: bool = True, value: bool = True) -> None:
    """A step that can be left out; where it can't be taken at all, it isn't shown and isn't ticked."""
    text = f"restore_{name}"
    tab[name] = gr.Checkbox(
        value and visible,
        label=label(text),
        info=label(f"{text}_help"),
        visible=visible,
        elem_id=f"restore-{name}",
        elem_classes="step",
    )


def settings_of(
    mend: bool,
    sensitivity: float,
    colour: bool,
    saturation: float,
    enlarge: bool,
    model: str,
    screen: str,
    negative: bool,
    fading: float,
) -> RestoreSettings:
    """What the controls say."""
    return RestoreSettings(
        mend=sensitivity if mend else 0.0,
        colour="always" if colour else "never",
        saturation=saturation,
        enlarge=RestoreSettings.enlarge if enlarge else 1,
        model=model,
        screen=screen,
        negative=negative,
        fading=fading,
    )


def controls_of(settings: RestoreSettings) -> Updates:
    """What the controls say for these settings, where they aren't called alike."""
    return {
        "mend": settings.mend > 0,
        "sensitivity": settings.mend or RestoreSettings.mend,
        "colour": settings.colour != "never",
        "enlarge": settings.enlarge > 1,
    }


def wire(tab: Tab) -> None:
    """Which touch leads to which answer."""
    example = parts.wire_examples(tab)
    uploads = parts.wire_field(tab)
    started = parts.wire_at_once(tab, uploads, restore, RAN)
    started += parts.wire_start(tab, [tab["start"].click, example.then], restore, RAN)
    started.append(listen(tab, tab["saturation"].release, recolour, SHOWN, trigger_mode="always_last"))
    started.append(hints.wire(tab, status_of))

    def mend_marked(
        work: Work | None, code: str, status: str, marks: dict[str, Any], settings: RestoreSettings
    ) -> Iterator[Updates]:
        """The damage was corrected: everything once more with what is marked now."""
        work, shown = running.shown(work, status)
        found = EditorData(**marks)
        if any(layer and not files.is_upload(layer.path) for layer in found.layers):
            raise Reply("put_away")
        drawn = [layer[..., 3] > 0 for layer in tab["marks"].preprocess(found)["layers"]]
        if not drawn:
            raise Reply("put_away")
        mend = settings.mend or RestoreSettings.mend
        marked = replace(settings, mend=mend, marks=packed(np.any(drawn, axis=0)))
        yield from restored(work, code, shown.of, marked)

    started += parts.wire_start(tab, [tab["mend_marked"].click], mend_marked, RAN)
    ticked = [tab[name].input for name in ("mend", "colour", "enlarge", "model")]
    foretelling = [*(upload.then for upload in uploads), example.then, tab["photo"].clear, ticked]
    for touched in foretelling:
        listen(tab, touched, foretell, ["forecast", "line"], trigger_mode="always_last")
    listen(tab, tab["smooth"].click, lambda: {"screen": "smooth"}, ["screen"], queue=False)
    parts.wire_cancel(tab, started)
    parts.wire_download(tab)


# A photograph is given


def notices(photo: Photo | None, code: str) -> Updates:
    """What is to be known before: colours of its own, a print's dots, too large to be enlarged four times."""
    sentences, dotted = [], False
    if photo:
        found = look(photo)
        dotted = found.pitch > 0
        if found.coloured:
            sentences.append(say(code, "keeps_colours"))
        if dotted:
            sentences.append(say(code, "dotted", pitch=decimal(code, found.pitch)))
        if found.factor < RestoreSettings.enlarge:
            key = "not_four_times" if found.factor > 1 else "not_larger"
            sentences.append(say(code, key, times=found.factor))
    return {
        "notice": gr.Column(visible=bool(sentences)),
        "notice_text": paragraphs(*sentences),
        "smooth": gr.Button(visible=dotted),
        "colour": not (photo and found.coloured),
    }


def foretell(work: Work | None, code: str, settings: RestoreSettings) -> Updates:
    """What will come of it and cost."""
    if work is None or work.given is None:
        return {"forecast": ""}
    found = running.forecast_restored(work.given, settings)
    size = {"width": found.width, "height": found.height, "duration": duration(found.seconds)}
    memory = decimal(code, max(0.1, found.bytes / 1e9))
    return {"forecast": paragraphs(say(code, "restore_forecast", memory=memory, **size))}


# It is restored


def restore(work: Work | None, code: str, photo: Upload, settings: RestoreSettings) -> Iterator[Updates]:
    """The button was pressed; the marks that a person has corrected and the colours that were set by hand
    stay on their photograph."""
    work, given = running.given(work, photo)
    if work.shown and work.shown.of is not given:
        work = replace(work, hints=())
    elif work.shown and work.shown.settings.mend == settings.mend:
        settings = replace(settings, marks=work.shown.settings.marks)
    yield from restored(work, code, given, settings)


def restored(work: Work, code: str, photo: Photo, settings: RestoreSettings) -> Iterator[Updates]:
    """Mend, colour, enlarge, show."""
    began = time.monotonic()
    if settings.colour == "always":
        settings = replace(settings, hints=work.hints)
    yield busy(progress_line(say(code, "getting_ready")))
    spans = steps(settled(settings, look(photo))[0])

    def told(share: float) -> str:
        return say(code, next(f"step_{name}" for name, (_, end) in spans.items() if share <= end + 1e-6))

    made = yield from running.run(lambda progress: running.restore(photo, settings, progress), code, told)
    more = made.analysis.photo.rgb.nbytes if made.analysis else 0
    pair, said = files.beside_plain(photo, made.photo), (made.analysis, made.settings)
    shown = Shown(made.photo, photo, files.ENDINGS["restore"], made.made_by, pair, *said, more_bytes=more)
    shown = replace(shown, status=status_of(shown, code, began))
    yield {
        **done(),
        **hints.on_stage(shown),
        "mode": gr.Radio(visible=made.analysis is not None),
        "damage": gr.Accordion(visible=made.marks is not None),
        "marks": gr.skip() if made.marks is None else marked(photo, made.marks),
        "work": replace(work, shown=shown),
    }


def recolour(work: Work | None, code: str, status: str, saturation: float) -> Iterator[Updates]:
    """The slider was let go: the same in another saturation."""
    work, shown = running.shown(work, status)
    settings = replace(shown.settings, saturation=saturation)
    if shown.said and settings != shown.settings:
        yield from hints.corrected(work, code, shown, settings, status_of)
    elif settings.colour == "always" and not shown.said:
        raise Reply("made_earlier")


def status_of(shown: Shown, code: str, began: float) -> str:
    """The line below: time, sizes, networks, and what was done."""
    photo, result = shown.of, shown.photo
    size = f"{photo.width} × {photo.height} → {result.width} × {result.height}"
    networks = str(shown.made_by["weights"]).split(", ")
    return status_line(code, began, [size, *networks], [], result)


def marked(photo: Photo, marks: np.ndarray) -> gr.ImageEditor:
    """The photo with marks (H, W) bool in red, which can be corrected, MARKS_SIDE pixels long at the most."""
    small = photo.preview(MARKS_SIDE)
    size = (small.shape[1], small.shape[0])
    share = cv2.resize(marks.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    layer = np.zeros((*small.shape[:2], 4), np.uint8)
    layer[share > 0] = RED
    value: Any = {"background": small, "layers": [layer], "composite": None}
    return gr.ImageEditor(value, canvas_size=size)  # of another size, Gradio lays the layer elsewhere
