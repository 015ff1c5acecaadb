"""The tab "Why dull?": three colorizers side by side, and which colours were likely at each place.

Nothing is kept on the server: a photograph comes in, the pictures and the figures go out with the answer.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

import gradio as gr
import numpy as np
import torch
from PIL import Image

from colorizer import weights
from colorizer.colour.lab import lab_to_rgb
from colorizer.photo import Photo
from colorizer.predictors.dull import CLASSIFICATION, REGRESSION, Dullness
from colorizer.ui import cards, files, parts, running
from colorizer.ui.running import Reply, Tab, Updates, Upload, listen
from colorizer.ui.texts import both, progress_line, say

SCRIPT = (Path(__file__).parent / "dull.js").read_text(encoding="utf-8")
SHOWN_LIGHTNESS = 65.0  # of the squares that stand for colours
LETTERS = dict(zip((*REGRESSION, CLASSIFICATION), "ABC", strict=True))


def all_there() -> bool:
    """Whether all three colorizers have weights."""
    return {*REGRESSION, CLASSIFICATION} <= set(running.offered(lambda: list(weights.entries())))


def build() -> None:
    """Lay the tab out inside the current Blocks and wire it."""
    tab = Tab("dull", "dull-")
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            parts.picture_field(tab, ("upload", "clipboard"))
            parts.line(tab)
        with gr.Column(elem_classes="result"):
            parts.example_cards(tab, cards.cards_html(cards.PHOTOGRAPHS))
            tab["shown"] = gr.HTML("", js_on_load=SCRIPT, elem_id="dull-shown")
        with gr.Column(elem_classes="controls"):
            gr.HTML(f"<p>{both('dull_why')}</p><p>{both('dull_cure')}</p>", elem_classes="help")
    outputs = ("photo", "line", "examples", "shown")
    for name in ("photo", "other_photo"):
        listen(tab, tab[name].upload, give, outputs, {"upload": name})
    listen(tab, tab["examples"].click, give_example, outputs)


def give(code: str, upload: Upload) -> Iterator[Updates]:
    """A file has arrived, untouched."""
    if not upload or not files.is_upload(upload["path"]):
        raise Reply("nothing_given")
    yield {"line": progress_line(say(code, "opening"))}
    yield from compared(upload["path"], code)


def give_example(code: str, event: gr.EventData) -> Iterator[Updates]:
    """A card was clicked."""
    path = str(cards.EXAMPLES[int(event.example)].path)
    yield {"photo": path}
    yield from compared(path, code)


def compared(path: str, code: str) -> Iterator[Updates]:
    """What was on the page stays until the new answer is there."""
    yield {"line": progress_line(say(code, "dull_asking"))}
    photo = Photo.open(path)
    found = yield from running.run(lambda _progress: running.look_into(photo), code)
    stand_in = {}
    if photo.metadata.format not in files.BROWSERS_SHOW:
        stand_in = {"photo": gr.Image(files.write_shown(photo.preview(parts.GIVEN_SIDE), "given"))}
    yield {"line": "", "examples": gr.HTML(visible=False), "shown": shown_html(found), **stand_in}


def shown_html(found: Dullness) -> str:
    """The four pictures, the plot, and all that it is drawn from."""
    own = "" if found.true_strength is None else f"{both('dull_own')} {found.true_strength:.0f}"
    figures = [_figure(found.grey, both("dull_grey"), own)]
    for reading in found.readings:
        name = f"{LETTERS[reading.model]} · {both(_name(reading.model))}"
        told = f"{both('dull_strength')} {reading.strength:.0f}"
        told += "" if reading.error is None else f" · {both('dull_error')} {reading.error:.0f}"
        figures.append(_figure(reading.picture, name, told))
    marks = [(LETTERS[reading.model], _name(reading.model), reading.ab) for reading in found.readings]
    marks.append(("M", "dull_mean", found.mean))
    if found.true is not None:
        marks.append(("T", "dull_true", found.true))
    rows, columns = found.likely.shape[:2]
    given = {
        "rows": rows,
        "columns": columns,
        "start": found.undecided,
        "colours": _colours(found.bins),
        "bins": _packed(found.bins, np.int8),
        "likely": _packed(255 * found.likely / found.likely.max(-1, keepdims=True), np.uint8),
        "marks": [{"letter": letter, "ab": _packed(ab, np.int8)} for letter, _, ab in marks],
    }
    legend = "".join(
        f'<li data-mark="{letter}"><b>{letter}</b><span>{both(name)}</span><output></output></li>'
        for letter, name, _ in marks
    )
    return (
        f'<div class="dull" data-given="{escape(json.dumps(given))}">'
        f'<div class="dull-pictures">{"".join(figures)}</div>'
        f'<div class="dull-plot"><canvas role="img" aria-label="ab"></canvas>'
        f"<div><p>{both('dull_plot')}</p><ul>{legend}</ul></div></div></div>"
    )


def _name(model: str) -> str:
    """Which text names a model."""
    return "dull_" + model.replace("-", "_")


def _figure(picture: np.ndarray, name: str, told: str) -> str:
    source = cards.as_jpeg(Image.fromarray(picture))
    return (
        f'<figure><div class="dull-frame" tabindex="0" role="application"><img src="{source}" alt=""'
        f' draggable="false"><i class="cross"></i></div>'
        f"<figcaption>{name} <small>{told}</small></figcaption></figure>"
    )


def _packed(values: np.ndarray, kind: type) -> str:
    """Numbers as base64, rounded and held within what the type can say."""
    limits = np.iinfo(kind)
    return base64.b64encode(np.rint(values).clip(limits.min, limits.max).astype(kind).tobytes()).decode()


def _colours(bins: np.ndarray) -> list[str]:
    """Each bin as a colour of CSS."""
    ab = torch.from_numpy(bins.astype(np.float32)).T[None, :, None]
    lab = torch.cat((torch.full_like(ab[:, :1], SHOWN_LIGHTNESS), ab), dim=1)
    rgb = (lab_to_rgb(lab).clamp(0, 1) * 255).round().int()[0, :, 0].T.tolist()
    return ["#" + "".join(f"{value:02x}" for value in colour) for colour in rgb]
