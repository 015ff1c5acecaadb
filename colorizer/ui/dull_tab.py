"""What is on the tab "Why dull?" Three colorizers side by side, and which colours were likely at each place.

Nothing is kept on the server: a photograph comes in, the pictures and the figures go out with the answer.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import torch
from PIL import Image

from colorizer import weights
from colorizer.colour.lab import lab_to_rgb
from colorizer.errors import ColorizerError
from colorizer.photo import Photo
from colorizer.predictors.dull import CLASSIFICATION, REGRESSION, Dullness
from colorizer.ui import cards, engine, files
from colorizer.ui.giving_events import GIVEN_SIDE
from colorizer.ui.lines import progress_html, trouble_html
from colorizer.ui.texts import both, language, say, sentence
from colorizer.ui.workbench import HEAVY, QUIET, picture_field

PREFIX = "dull-"
EXAMPLES = (0, 1, 2)
SCRIPT = (Path(__file__).parent / "dull.js").read_text(encoding="utf-8")
SHOWN_LIGHTNESS = 65.0  # of the squares that stand for colours
LETTERS = dict(zip((*REGRESSION, CLASSIFICATION), "ABC", strict=True))


def all_there() -> bool:
    """Whether all three colorizers have weights."""
    try:
        return {*REGRESSION, CLASSIFICATION} <= set(weights.entries())
    except ColorizerError:
        return False


def build_dull_tab() -> None:
    """Lay the tab out inside the current Blocks and wire it."""
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            field = picture_field(PREFIX, ("upload", "clipboard"))
            line = gr.HTML("", elem_id=f"{PREFIX}line", elem_classes="line-box")
        with gr.Column(elem_classes="result"):
            examples = gr.HTML(
                cards.cards_html(EXAMPLES),
                js_on_load=cards.CLICK,
                elem_id=f"{PREFIX}examples",
                elem_classes="example-cards",
            )
            shown = gr.HTML("", js_on_load=SCRIPT, elem_id=f"{PREFIX}shown")
        with gr.Column(elem_classes="controls"):
            gr.HTML(f"<p>{both('dull_why')}</p><p>{both('dull_cure')}</p>", elem_classes="help")
    outputs = [field["image"], line, examples, shown]

    def give(upload: dict[str, Any] | None, request: gr.Request) -> Iterator[dict[Any, Any]]:
        code = language(request)
        if not upload or not files.is_upload(upload["path"]):
            yield {line: trouble_html(say(code, "nothing_given"))}
            return
        yield {line: progress_html(say(code, "opening"))}
        yield from compared(upload["path"], code)

    def give_example(event: gr.EventData, request: gr.Request) -> Iterator[dict[Any, Any]]:
        path = str(cards.EXAMPLES[int(event.example)].path)
        yield {field["image"]: path}
        yield from compared(path, language(request))

    def compared(path: str, code: str) -> Iterator[dict[Any, Any]]:
        """What was on the page stays until the new answer is there."""
        yield {line: progress_html(say(code, "dull_asking"))}
        try:
            photo = Photo.open(path)
            found = engine.look_into(photo)
        except ColorizerError as error:
            yield {line: trouble_html(sentence(code, error))}
            return
        stand_in = {}
        if photo.metadata.format not in files.BROWSERS_SHOW:
            stand_in = {field["image"]: files.write_shown(photo.preview(GIVEN_SIDE), "given")}
        yield {line: "", examples: gr.HTML(visible=False), shown: shown_html(found), **stand_in}

    # preprocess=False: Gradio hands the path of the upload over and doesn't decode the file.
    for source in (field["image"], field["other"]):
        source.upload(give, [source], outputs, preprocess=False, **HEAVY, **QUIET)
    examples.click(give_example, None, outputs, **HEAVY, **QUIET)


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
        f'<figure><div class="dull-frame" tabindex="0"><img src="{source}" alt=""'
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
