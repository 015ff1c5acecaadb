"""The Colorize tab: how is a photograph coloured, corrected, and seen in other colours?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import gradio as gr
import numpy as np
from PIL import Image, ImageDraw

from colorizer import weights
from colorizer.errors import ColorizerError
from colorizer.photo import Photo
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.settings import MODELS, RANGES, ColorizeSettings
from colorizer.ui import cards, files, hints, parts, running
from colorizer.ui.hints import SHOWN
from colorizer.ui.running import Tab, Updates, Upload, busy, done, listen
from colorizer.ui.texts import both, label, paragraphs, progress_line, say, status_line
from colorizer.ui.work import Shown, Work

SIZES = (256, 320, 384, 512)
SMALL_SIDE = 256
LARGE_MEGAPIXELS = 24
VARIANT_SIDE = 320
KEEP_TONE, KEEP_COLOURS = 0.4, 0.5
AT_ONCE = True  # a picture that is given is coloured at once, unless the person says no
MODEL_NAMES = {"unet": "Classification U-Net", "course-unet": "Course U-Net", "autoencoder": "Auto-encoder"}

RAN = (*SHOWN, "mode", "others", "gallery", "temperature", "confidence")  # what colouring changes

Choice = tuple[ColorizeSettings, bool]  # how to colour, and whether to veil where the network guesses


# What is on it


def build(tabs: Sequence[str]) -> Tab:
    """Lay the tab out inside the current Blocks and wire it; `tabs` are those that results can be sent to."""
    said = ("notice", "notice_text", "keep_some")
    tab = Tab("colorize", "", notices, said, settings_of, lambda made: {"keep": round(1 - made.strength, 6)})
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            parts.picture_field(tab, ("upload", "clipboard", "webcam"))
            with gr.Column(visible=False, elem_classes="notice") as tab["notice"]:
                tab["notice_text"] = gr.HTML(elem_id="notice")
                tab["keep_some"] = gr.Button(size="sm", elem_id="keep-some")
            parts.start_buttons(tab, "colour")
            tab["at_once"] = gr.Checkbox(AT_ONCE, label=label("at_once"), elem_id="at-once")
        with gr.Column(elem_classes="result"):
            hints.switch(tab)
            parts.stage(tab, cards.cards_html(cards.PHOTOGRAPHS, half_coloured))
            hints.palette(tab)
            parts.take_home(tab, tabs)
            with gr.Column(visible=False, elem_classes="others") as tab["others"]:
                gr.HTML(f"<b>{both('variants')}</b><p>{both('variants_help')}</p>")
                parts.gallery(tab, "gallery", "variants", columns=5, preview=False)
        with gr.Column(elem_classes="controls"):
            controls(tab)
    wire(tab)
    return tab


def half_coloured(picture: Image.Image) -> Image.Image:
    """An example, on its right half as it will look; as it is where there are no weights."""
    photo = Photo.from_array(np.asarray(picture))
    # Nobody lends a GPU while the page is being built.
    colorizer = running.colorizer() if running.device() == "cpu" else Colorizer.load()
    try:
        result = Image.fromarray(colorizer.colorize(photo).rgb)
    except ColorizerError:
        return picture
    middle = picture.width // 2
    result.paste(picture.crop((0, 0, middle, picture.height)))
    ImageDraw.Draw(result).line([(middle, 0), (middle, picture.height)], "white", 3)
    return result


def controls(tab: Tab) -> None:
    """Three sliders, and the rest under More."""
    standard = ColorizeSettings()
    parts.slider(tab, "saturation", *RANGES["saturation"], standard.saturation, 0.05)
    parts.slider(tab, "temperature", *RANGES["temperature"], standard.temperature, 0.02)
    parts.slider(tab, "keep", 0.0, 1.0, 1 - standard.strength, 0.05)
    with parts.more(tab):
        tab["confidence"] = gr.Checkbox(
            label=label("confidence"), info=label("confidence_help"), elem_id="confidence"
        )
        listed = running.offered(lambda: list(weights.entries()))
        there = [name for name in MODELS if name in listed] or [standard.model]
        models = [(label(f"model_{name.replace('-', '_')}"), name) for name in there]
        parts.radio(tab, "model", models, standard.model)
        parts.radio(tab, "size", [(str(size), size) for size in SIZES], standard.size)


def wire(tab: Tab) -> None:
    """Which touch leads to which answer."""
    started = parts.wire_at_once(tab, parts.wire_field(tab), colour, RAN)
    example = parts.wire_examples(tab)
    # An example goes the way of any photograph, then the button is pressed for the person.
    started += parts.wire_start(tab, [tab["start"].click, example.then], colour, RAN)
    started += parts.wire_start(
        tab, [[tab["model"].input, tab["size"].input]], colour_again, RAN, parts.waiting_again
    )
    sliders = [tab[name].release for name in ("saturation", "temperature", "keep")]
    started += [
        listen(tab, [*sliders, tab["confidence"].input], correct, RAN, trigger_mode="always_last"),
        listen(tab, tab["gallery"].select, pick, SHOWN, trigger_mode="multiple"),
        listen(tab, tab["keep_some"].click, keep_some, [*RAN, "keep", "notice"]),
        hints.wire(tab, status_of),
    ]
    parts.wire_cancel(tab, started)
    parts.wire_download(tab)


# A photograph is given


def notices(photo: Photo | None, code: str) -> Updates:
    """What is to be known before colouring: a tone or colours of its own, an unusual size."""
    sentences, button = [], gr.Button(visible=False)
    if photo and photo.tone != "grey":
        sentences.append(say(code, photo.tone))
        offer = "keep_tone" if photo.tone == "toned" else "keep_colours"
        button = gr.Button(say(code, offer), visible=True)
    if photo and max(photo.width, photo.height) < SMALL_SIDE:
        sentences.append(say(code, "small", width=photo.width, height=photo.height))
    if photo and photo.megapixels > LARGE_MEGAPIXELS:
        sentences.append(say(code, "large", megapixels=photo.megapixels))
    return {
        "notice": gr.Column(visible=bool(sentences)),
        "notice_text": paragraphs(*sentences),
        "keep_some": button,
    }


# It is coloured


def settings_of(
    saturation: float, temperature: float, keep: float, model: str, size: int, confidence: bool
) -> Choice:
    """What the controls say."""
    return ColorizeSettings(model, saturation, temperature, strength=1 - keep, size=size), confidence


def colour(work: Work | None, code: str, photo: Upload, settings: Choice) -> Iterator[Updates]:
    """The button was pressed; the colours that were set by hand stay on their photograph."""
    work, given = running.given(work, photo)
    if work.shown and work.shown.of is not given:
        work = replace(work, hints=())
    yield from coloured(work, code, given, *settings)


def colour_again(work: Work | None, code: str, status: str, settings: Choice) -> Iterator[Updates]:
    """Another network or another size was chosen: the photograph that is shown goes through it."""
    work, shown = running.shown(work, status)
    yield from coloured(work, code, shown.of, *settings)


def coloured(
    work: Work, code: str, photo: Photo, settings: ColorizeSettings, veiled: bool
) -> Iterator[Updates]:
    """Ask the network, render, show; then the other colourings."""
    began = time.monotonic()
    if settings.model == MODELS[0]:
        settings = replace(settings, hints=work.hints)
    yield busy(progress_line(say(code, "looking")))
    analysis = yield from running.run(lambda _progress: running.analyse(photo, settings), code)
    result = yield from hints.rendered(analysis, settings, code)
    pair = files.write_shown(files.shown_pixels(photo), "before"), hints.after(analysis, result, veiled)
    made_by, ending = analysis.made_by(settings), files.ENDINGS["colorize"]
    shown = Shown(result, photo, ending, made_by, pair, analysis, settings, veiled)
    shown = replace(shown, status=status_of(shown, code, began))
    yield {
        **done(),
        **hints.on_stage(shown),
        "work": replace(work, shown=shown, variants=()),
        "mode": gr.Radio(visible=True),
        "temperature": gr.Slider(interactive=analysis.bins is not None),
        "confidence": gr.Checkbox(interactive=analysis.bins is not None),
    }
    found = running.colorizer().variants(analysis, settings, VARIANT_SIDE)
    pictures = [result.preview(VARIANT_SIDE), *(picture for _, picture in found)]
    captions = [say(code, "likeliest"), *(say(code, "variant", number=i + 1) for i in range(len(found)))]
    written = [(files.write_shown(p, "variant"), c) for p, c in zip(pictures, captions, strict=True)]
    yield {
        "work": replace(work, shown=shown, variants=(0, *(number for number, _ in found))),
        "others": gr.Column(visible=bool(found)),
        "gallery": gr.Gallery(written, selected_index=0),
    }


def status_of(shown: Shown, code: str, began: float) -> str:
    """The line below: time, size, model, and what has not changed."""
    facts = [
        say(code, "status_size", width=shown.of.width, height=shown.of.height),
        f"{MODEL_NAMES[shown.said.model]} {shown.said.version}",
    ]
    return status_line(code, began, facts, [say(code, "unchanged")], shown.of)


# It is corrected


def correct(work: Work | None, code: str, status: str, settings: Choice) -> Iterator[Updates]:
    """A slider was let go, or the veil wanted: the same analysis in another light; the network rests."""
    work, shown = running.shown(work, status)
    wanted, veiled = settings
    analysed = {name: getattr(shown.settings, name) for name in ("model", "size", "variant", "hints")}
    shown, wanted = replace(shown, veiled=veiled), replace(wanted, **analysed)
    if shown.said is None:  # it was opened again
        yield from coloured(work, code, shown.of, wanted, veiled)
    else:
        yield from hints.corrected(work, code, shown, wanted, status_of)


def pick(work: Work | None, code: str, status: str, event: gr.EventData) -> Iterator[Updates]:
    """One of the other colourings was clicked."""
    work, shown = running.shown(work, status)
    if event.index < len(work.variants):
        settings = replace(shown.settings, variant=work.variants[event.index])
        yield from hints.corrected(work, code, shown, settings, status_of)


def keep_some(work: Work | None, code: str, status: str, settings: Choice) -> Iterator[Updates]:
    """The notice's button: keep part of the tone or of the colours that are there."""
    coloured = work is not None and work.given is not None and work.given.tone == "coloured"
    keep = KEEP_COLOURS if coloured else KEEP_TONE
    yield {"keep": keep, "notice": gr.Column(visible=False)}
    if work and work.shown and work.shown.of is work.given:
        wanted, veiled = settings
        yield from correct(work, code, status, (replace(wanted, strength=1 - keep), veiled))
