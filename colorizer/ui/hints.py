"""How does a person correct colours? A click on the coloured picture sets a dot, beside which are the colours
that are likely there; what the network said is rendered again in other settings.

The dots live in the browser (hints.js), which says of each change what hints there are now.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import gradio as gr
from gradio.events import Dependency
from PIL import Image

from colorizer.photo import Photo
from colorizer.predictors.colorize import Analysis
from colorizer.predictors.restore import colouring
from colorizer.predictors.settings import HINT_RANGES, ColorizeSettings, Hint, RestoreSettings
from colorizer.ui import cards, files, parts, running
from colorizer.ui.running import LINE, Tab, Updates, done, listen
from colorizer.ui.texts import TEXTS, both, label, say
from colorizer.ui.work import Shown, Work

WORDS = {name: TEXTS[f"hint_{name}"] for name in ("dot", "swatch", "picture")}
SCRIPT = (
    f"const WORDS = {json.dumps(WORDS)};\n{Path(__file__).with_name('hints.js').read_text(encoding='utf-8')}"
)
LIKELY = 6
AT_ONCE_MEGAPIXELS = 1.5  # above it a correction first shows a smaller copy
AT_ONCE_SIDE = 1280

SHOWN = (*LINE, *parts.STAGE, "palette")  # what a correction changes

Status = Callable[[Shown, str, float], str]  # the line below a result, in a language, begun at that time


def _button(what: str, text: str) -> str:
    return f'<button type="button" data-do="{what}">{both(text)}</button>'


def _template() -> str:
    least, most = HINT_RANGES["reach"]
    tools = ("add", "undo", "redo", "clear", "closer", "farther")
    return f"""<div class="hints"><p class="hint-how">{both("hint_how")}</p>
<p class="hint-none">{both("hint_none")}</p>
<div class="hint-view"><div class="hint-frame"><img class="hint-picture" alt="" draggable="false"></div></div>
<div class="hint-choice" hidden>
  <div class="hint-swatches"></div>
  <label>{both("hint_other")}<input class="hint-other" type="color"></label>
  {_button("drop", "hint_drop")}
  <label>{both("hint_reach")}
    <input class="hint-reach" type="range" min="{least}" max="{most}" step="0.02"></label>
  {_button("remove", "hint_remove")}
</div>
<div class="hint-tools">{"".join(_button(name, f"hint_{name}") for name in tools)}
  <label class="hint-give">{both("hint_reference")}
    <input class="hint-file" type="file" accept="image/*"></label>
</div>
<img class="hint-reference" alt="" hidden><p class="trouble hint-bad" hidden>{both("hint_bad")}</p>
<ol class="hint-list"></ol></div>"""


def switch(tab: Tab) -> None:
    """Above the slider, once there is a result: whether it is compared, or colours are set on it."""
    modes = [(label("mode_compare"), "compare"), (label("mode_hints"), "hints")]
    tab["mode"] = gr.Radio(
        modes,
        value="compare",
        show_label=False,
        container=False,
        visible=False,
        interactive=True,  # although nothing listens to it but the style sheet
        elem_id=f"{tab.prefix}mode",
        elem_classes="mode",
    )


def palette(tab: Tab) -> None:
    """Where dots are set, in the slider's place; its value is what `told` gives."""
    tab["palette"] = gr.HTML(
        "",
        html_template=_template(),
        js_on_load=SCRIPT,
        elem_id=f"{tab.prefix}palette",
        elem_classes="palette",
    )


def wire(tab: Tab, status: Status) -> Dependency:
    """What becomes of the dots; `status` gives the line below the result."""

    def hint(work: Work | None, code: str, status_shown: str, event: gr.EventData) -> Iterator[Updates]:
        """Dots were set, moved or taken away."""
        work, shown = running.shown(work, status_shown)
        if event.photo != id(shown.of):  # another one was worked on meanwhile
            raise running.Reply("hint_late")
        settings = replace(shown.settings, hints=event.hints)
        yield from corrected(replace(work, hints=settings.hints), code, shown, settings, status)

    tab.correct = partial(corrected, status=status, known=False)
    named = {"status_shown": "status"}
    return listen(tab, tab["palette"].input, hint, SHOWN, named, trigger_mode="multiple")


# What is shown


def on_stage(shown: Shown, known: bool = False) -> Updates:
    """The slider, the line below, and what dots are set on; `known`: it is only in other colours."""
    palette = {"palette": told(shown, known)} if shown.said else {}
    return {**parts.on_stage(shown.files, shown.status), **palette}


def told(shown: Shown, known: bool = False) -> str:
    """What the browser has to know: the picture, its hints and, unless `known`, what is likely on it."""
    picture = files.address(shown.files[1])
    if shown.veiled:  # colours can't be taken from under a veil
        picture = cards.as_jpeg(Image.fromarray(files.shown_pixels(shown.photo, AT_ONCE_SIDE)), 90)
    said = {"picture": picture, "hints": shown.settings.as_dict()["hints"]}
    if not known:
        likely = running.colorizer().likely(shown.said, LIKELY)
        said |= dict(zip(("rows", "columns", "count"), likely.shape, strict=False))
        said |= {"likely": base64.b64encode(likely.tobytes()).decode(), "reach": Hint.reach}
        said["photo"] = id(shown.of)
    return json.dumps(said)


def after(analysis: Analysis, result: Photo, veiled: bool) -> str:
    """The file on the right of the slider, veiled where the network guesses if that is wanted."""
    pixels = files.shown_pixels(result)
    if veiled and analysis.bins is not None:
        pixels = files.veiled(pixels, running.colorizer().confidence(analysis))
    return files.write_shown(pixels, "after")


# It is corrected


def corrected(
    work: Work,
    code: str,
    shown: Shown,
    settings: ColorizeSettings | RestoreSettings,
    status: Status,
    known: bool = True,
) -> Iterator[Updates]:
    """Render what is shown in other settings, a large one first small; the networks rest. `known`: the
    browser has the hints already."""
    began, analysis, result = time.monotonic(), shown.said, shown.photo
    left = files.kept_shown(shown.files[0], shown.of)
    if settings != shown.settings:
        colours = settings if isinstance(settings, ColorizeSettings) else colouring(settings)
        if analysis.photo.megapixels > AT_ONCE_MEGAPIXELS:
            small = replace(analysis, photo=Photo.from_array(analysis.photo.preview(AT_ONCE_SIDE)))
            quick = running.colorizer().render(small, colours)
            pair = left, after(small, quick, shown.veiled)
            yield on_stage(replace(shown, photo=quick, settings=settings, files=pair), known=True)
        result = yield from rendered(analysis, colours, code)
    pair, made_by = (left, after(analysis, result, shown.veiled)), {**shown.made_by, **settings.as_dict()}
    shown = replace(shown, photo=result, settings=settings, made_by=made_by, files=pair, past=None)
    shown = replace(shown, status=status(shown, code, began))
    yield {**done(), **on_stage(shown, known), "work": replace(work, shown=shown)}


def rendered(analysis: Analysis, settings: ColorizeSettings, code: str) -> Generator[Updates, None, Photo]:
    """The photo at full size in these settings, telling how far it is."""
    return (
        yield from running.run(
            lambda progress: running.colorizer().render(analysis, settings, progress),
            code,
            lambda share: say(code, "colouring", percent=100 * share),
        )
    )
