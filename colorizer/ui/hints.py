"""How does a person set colours by hand? A click on the coloured picture sets a dot, beside which are the
colours that are likely there.

The dots live in the browser (hints.js), which says of each change what hints there are now.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import gradio as gr
from PIL import Image

from colorizer.predictors.settings import HINT_RANGES, Hint
from colorizer.ui import cards, files, running
from colorizer.ui.running import Tab
from colorizer.ui.texts import TEXTS, both
from colorizer.ui.work import Shown

WORDS = {name: TEXTS[f"hint_{name}"] for name in ("dot", "swatch", "picture")}
SCRIPT = (
    f"const WORDS = {json.dumps(WORDS)};\n{Path(__file__).with_name('hints.js').read_text(encoding='utf-8')}"
)
SIDE = 1600  # of the picture that dots are set on
LIKELY = 6


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


def palette(tab: Tab) -> None:
    """Where dots are set; its value is what `told` gives."""
    tab["palette"] = gr.HTML(
        "",
        html_template=_template(),
        js_on_load=SCRIPT,
        elem_id="palette",
        elem_classes="palette",
    )


def told(shown: Shown, known: bool = False) -> str:
    """What the browser has to know: the picture, its hints and, unless `known`, what is likely on it."""
    said = {
        "picture": cards.as_jpeg(Image.fromarray(files.shown_pixels(shown.photo, SIDE)), 90),
        "hints": shown.settings.as_dict()["hints"],
    }
    if not known:
        likely = running.colorizer().likely(shown.said, LIKELY)
        said |= dict(zip(("rows", "columns", "count"), likely.shape, strict=False))
        said |= {"likely": base64.b64encode(likely.tobytes()).decode(), "reach": Hint.reach}
        said["photo"] = id(shown.of)
    return json.dumps(said)
