"""The Colorize tab: how is a photograph coloured, corrected, and seen in other colours?"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

import gradio as gr
import numpy as np
from PIL import Image, ImageDraw

from colorizer import weights
from colorizer.errors import ColorizerError
from colorizer.photo import Photo
from colorizer.predictors.colorize import Analysis, Colorizer
from colorizer.predictors.settings import MODELS, RANGES, ColorizeSettings
from colorizer.ui import cards, files, hints, parts, running
from colorizer.ui.running import LINE, Tab, Updates, Upload, busy, done, listen
from colorizer.ui.texts import both, label, paragraphs, progress_line, say, status_line
from colorizer.ui.work import Shown, Work

SIZES = (256, 320, 384, 512)
SMALL_SIDE = 256
LARGE_MEGAPIXELS = 24
AT_ONCE_MEGAPIXELS = 1.5  # above it a slider first shows a smaller copy
AT_ONCE_SIDE = 1280
VARIANT_SIDE = 320
KEEP_TONE, KEEP_COLOURS = 0.4, 0.5
AT_ONCE = True  # a picture that is given is coloured at once, unless the person says no
MODEL_NAMES = {"unet": "Classification U-Net", "course-unet": "Course U-Net", "autoencoder": "Auto-encoder"}

SHOWN = (*LINE, "stage", "palette", "status")  # what a correction changes
RAN = (
    *SHOWN,
    "examples",
    "mode",
    "below",
    "others",
    "gallery",
    "temperature",
    "confidence",
)  # what colouring changes


# What is on it


def build(tabs: Sequence[str]) -> Tab:
    """Lay the tab out inside the current Blocks and wire it; `tabs` are those that results can be sent to."""
    said = ("notice", "notice_text", "keep_some")
    tab = Tab("colorize", describe=notices, said=said, settings=settings_of)
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            parts.picture_field(tab, ("upload", "clipboard", "webcam"))
            with gr.Column(visible=False, elem_classes="notice") as tab["notice"]:
                tab["notice_text"] = gr.HTML(elem_id="notice")
                tab["keep_some"] = gr.Button(size="sm", elem_id="keep-some")
            parts.start_buttons(tab, "colour")
            tab["at_once"] = gr.Checkbox(AT_ONCE, label=label("at_once"), elem_id="at-once")
        with gr.Column(elem_classes="result"):
            modes = [(label("mode_compare"), "compare"), (label("mode_hints"), "hints")]
            tab["mode"] = gr.Radio(
                modes, value="compare", show_label=False, container=False, visible=False, elem_id="mode"
            )
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
    given = [upload.then for upload in parts.wire_field(tab)]
    example = parts.wire_examples(tab)
    # An example goes the way of any photograph, then the button is pressed for the person.
    started = parts.wire_start(tab, [tab["start"].click, example.then], colour, RAN)
    started += parts.wire_start(tab, given, colour_at_once, RAN, waiting_at_once)
    tab.arrive = lambda arrived: parts.wire_start(tab, [arrived.then], colour_at_once, RAN, waiting_at_once)
    started += parts.wire_start(
        tab, [[tab["model"].input, tab["size"].input]], colour_again, RAN, parts.waiting_again
    )
    sliders = [tab[name].release for name in ("saturation", "temperature", "keep")]
    started += [
        listen(tab, [*sliders, tab["confidence"].input], correct, SHOWN, trigger_mode="always_last"),
        listen(tab, tab["gallery"].select, pick, SHOWN, trigger_mode="multiple"),
        listen(tab, tab["keep_some"].click, keep_some, [*SHOWN, "keep", "notice"]),
        listen(tab, tab["palette"].input, hint, SHOWN, trigger_mode="multiple"),
    ]
    listen(tab, tab["mode"].input, switch, ["palette"], trigger_mode="multiple")
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
    saturation: float, temperature: float, keep: float, model: str, size: int
) -> ColorizeSettings:
    """What the controls say."""
    return ColorizeSettings(model, saturation, temperature, strength=1 - keep, size=size)


def colour(
    work: Work | None, code: str, photo: Upload, settings: ColorizeSettings, confidence: bool, mode: str
) -> Iterator[Updates]:
    """The button was pressed; the colours that were set by hand stay on their photograph."""
    work, given = running.given(work, photo)
    if work.shown and work.shown.of is not given:
        work = replace(work, hints=())
    yield from coloured(work, code, given, settings, confidence, mode)


def waiting_at_once(work: Work | None, code: str, at_once: bool) -> Updates:
    """A picture was given, which is to be coloured at once."""
    return busy(progress_line(say(code, "waiting"))) if at_once and work and work.given else {}


def colour_at_once(
    work: Work | None,
    code: str,
    photo: Upload,
    settings: ColorizeSettings,
    confidence: bool,
    mode: str,
    at_once: bool,
) -> Iterator[Updates]:
    """The same without the button, if it is wanted and if the file could be opened."""
    if at_once and work and work.given:
        yield from colour(work, code, photo, settings, confidence, mode)


def colour_again(
    work: Work | None, code: str, status: str, settings: ColorizeSettings, confidence: bool, mode: str
) -> Iterator[Updates]:
    """Another network or another size was chosen: the photograph that is shown goes through it."""
    work, shown = running.shown(work, status)
    yield from coloured(work, code, shown.of, settings, confidence, mode)


def coloured(
    work: Work, code: str, photo: Photo, settings: ColorizeSettings, confidence: bool, mode: str
) -> Iterator[Updates]:
    """Ask the network, render, show; then the other colourings."""
    began = time.monotonic()
    if settings.model == MODELS[0]:
        settings = replace(settings, hints=work.hints)
    yield busy(progress_line(say(code, "looking")))
    analysis = yield from running.run(lambda _progress: running.analyse(photo, settings), code)
    result = yield from rendered(analysis, settings, code)
    before = files.write_shown(files.shown_pixels(photo), "before")
    made_by = analysis.made_by(settings)
    shown = Shown(
        result,
        photo,
        files.ENDINGS["colorize"],
        made_by,
        (before, after(analysis, result, confidence)),
        analysis,
        settings,
    )
    yield {
        **done(),
        **on_stage(shown, code, began, mode),
        "work": replace(work, shown=shown, variants=()),
        "examples": gr.HTML(visible=False),
        "mode": gr.Radio(visible=True),
        "below": gr.Column(visible=True),
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


def rendered(analysis: Analysis, settings: ColorizeSettings, code: str) -> Generator[Updates, None, Photo]:
    """The photo at full size in these settings, telling how far it is."""
    return (
        yield from running.run(
            lambda progress: running.colorizer().render(analysis, settings, progress),
            code,
            lambda share: say(code, "colouring", percent=100 * share),
        )
    )


def after(analysis: Analysis, result: Photo, confidence: bool) -> str:
    """The file on the right of the slider, veiled where the network guesses if that is wanted."""
    pixels = files.shown_pixels(result)
    if confidence and analysis.bins is not None:
        pixels = files.veiled(pixels, running.colorizer().confidence(analysis))
    return files.write_shown(pixels, "after")


def on_stage(shown: Shown, code: str, began: float, mode: str, known: bool = False) -> Updates:
    """The slider, the picture for dots, and the line below: time, size, model, and what has not changed."""
    facts = [
        say(code, "status_size", width=shown.of.width, height=shown.of.height),
        f"{MODEL_NAMES[shown.said.model]} {shown.said.version}",
    ]
    return {
        "stage": gr.ImageSlider(shown.files, visible=True),
        **on_palette(shown, mode, known),
        "status": status_line(code, began, facts, [say(code, "unchanged")], shown.of),
    }


# It is corrected


def on_palette(shown: Shown | None, mode: str, known: bool = False) -> Updates:
    """The picture that dots are set on, where it is looked at; `known`: it is only in other colours."""
    return {"palette": hints.told(shown, known)} if shown and mode == "hints" else {}


def switch(work: Work | None, mode: str) -> Updates:
    """From comparing to colouring by hand, or back."""
    return on_palette(work.shown if work else None, mode)


def hint(
    work: Work | None, code: str, status: str, confidence: bool, mode: str, event: gr.EventData
) -> Iterator[Updates]:
    """Dots were set, moved or taken away."""
    work, shown = running.shown(work, status)
    if event.photo == id(shown.of):  # another one may have come meanwhile
        settings = replace(shown.settings, hints=event.hints)
        work = replace(work, hints=settings.hints)
        yield from corrected(work, code, shown, settings, confidence, mode)


def correct(
    work: Work | None, code: str, status: str, settings: ColorizeSettings, confidence: bool, mode: str
) -> Iterator[Updates]:
    """A slider was let go, or the veil wanted: the same analysis in another light; the network rests."""
    work, shown = running.shown(work, status)
    analysed = {name: getattr(shown.settings, name) for name in ("model", "size", "variant", "hints")}
    yield from corrected(work, code, shown, replace(settings, **analysed), confidence, mode)


def pick(
    work: Work | None, code: str, status: str, confidence: bool, mode: str, event: gr.EventData
) -> Iterator[Updates]:
    """One of the other colourings was clicked."""
    work, shown = running.shown(work, status)
    if event.index < len(work.variants):
        settings = replace(shown.settings, variant=work.variants[event.index])
        yield from corrected(work, code, shown, settings, confidence, mode)


def keep_some(
    work: Work | None, code: str, status: str, settings: ColorizeSettings, confidence: bool, mode: str
) -> Iterator[Updates]:
    """The notice's button: keep part of the tone or of the colours that are there."""
    coloured = work is not None and work.given is not None and work.given.tone == "coloured"
    keep = KEEP_COLOURS if coloured else KEEP_TONE
    yield {"keep": keep, "notice": gr.Column(visible=False)}
    if work and work.shown and work.shown.of is work.given:
        yield from correct(work, code, status, replace(settings, strength=1 - keep), confidence, mode)


def corrected(
    work: Work, code: str, shown: Shown, settings: ColorizeSettings, confidence: bool, mode: str
) -> Iterator[Updates]:
    """Render what is shown in other settings; a large one first small."""
    began, analysis, result = time.monotonic(), shown.said, shown.photo
    before = files.kept_shown(shown.files[0], shown.of)
    if settings != shown.settings:
        if shown.of.megapixels > AT_ONCE_MEGAPIXELS:
            small = replace(analysis, photo=Photo.from_array(shown.of.preview(AT_ONCE_SIDE)))
            quick = running.colorizer().render(small, settings)
            at_once = (before, after(small, quick, confidence))
            seen = replace(shown, photo=quick, settings=settings)
            yield {"stage": gr.ImageSlider(at_once), **on_palette(seen, mode, known=True)}
        result = yield from rendered(analysis, settings, code)
    shown = replace(
        shown,
        photo=result,
        settings=settings,
        made_by=analysis.made_by(settings),
        files=(before, after(analysis, result, confidence)),
    )
    yield {**done(), **on_stage(shown, code, began, mode, known=True), "work": replace(work, shown=shown)}
