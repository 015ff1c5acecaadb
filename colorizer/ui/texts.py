"""In which language does the page speak? The browser translates what never changes, the rest is said here.

All words stand in words.json, every sentence in English and in French. `label` names a text that Gradio's
front end translates; `language` is what the browser asked for, and `say`, `sentence` and `note` write in it
what has just happened.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import cast

import gradio as gr

from colorizer.errors import ColorizerError
from colorizer.networks.resampling import FACTOR
from colorizer.photo import LIMITS, Photo
from colorizer.predictors.album import MOST_GIVEN, MOST_MADE, MOST_PICTURES
from colorizer.predictors.upscale import LIMITS as UPSCALE_LIMITS
from colorizer.ui.files import shown_side

LANGUAGES = ("en", "fr")
WORDS = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
LIMITS_TOLD = {
    "megapixels": LIMITS.max_pixels // 1_000_000,
    "side": LIMITS.max_side,
    "mebibytes": LIMITS.max_bytes >> 20,
    "small_megapixels": UPSCALE_LIMITS.max_pixels // FACTOR**2 / 1e6,
    "pictures": MOST_PICTURES,
    "gigabytes": MOST_GIVEN >> 30,
    "made_gigabytes": MOST_MADE >> 30,
    "small_side": UPSCALE_LIMITS.max_side // FACTOR,
}


def french(text: str) -> str:
    """Spaces before the signs that French sets apart don't break."""
    return re.sub(r" (?=[;:?!%»])|(?<=«) ", "\u00a0", text)


TEXTS: dict[str, tuple[str, str]] = {
    key: (english, french(other))
    for part in WORDS["texts"].values()
    for key, (english, other) in part.items()
}
I18N = gr.I18n(**{code: {key: pair[i] for key, pair in TEXTS.items()} for i, code in enumerate(LANGUAGES)})


def label(key: str) -> str:
    """A text that the browser translates; Gradio takes it wherever it takes a string."""
    if key not in TEXTS:
        raise KeyError(key)
    return cast(str, I18N(key))


def language(request: gr.Request | None) -> str:
    """The language that the browser prefers: "fr", or "en" for everybody else."""
    wanted = request.headers.get("accept-language", "") if request is not None else ""
    return "fr" if wanted.strip().lower().startswith("fr") else "en"


def say(code: str, key: str, **values: object) -> str:
    """The sentence of that name in the language `code`, filled with `values`."""
    return TEXTS[key][LANGUAGES.index(code)].format(**values)


def sentence(code: str, error: ColorizerError, tab: str = "") -> str:
    """What a person reads of an error: in English its own sentence, with the value that was wrong, in French
    of what kind it is, which on some tabs is told in other words."""
    if code == "en":
        return str(error)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    known = WORDS["errors"][""] | WORDS["errors"].get(tab, {})
    return french(next(known[kind] for kind in kinds if kind in known).format(**LIMITS_TOLD))


def note(code: str, text: str) -> str:
    """A photo's note in that language."""
    for pattern, translation in WORDS["notes"] if code == "fr" else ():
        if re.fullmatch(pattern, text):
            return french(re.sub(pattern, translation, text))
    return text


def decimal(code: str, value: float, form: str = ".1f") -> str:
    """A number, with one decimal unless `form` says otherwise, as the language writes it."""
    return f"{value:{form}}".replace(".", "," if code == "fr" else ".")


def both(key: str) -> str:
    """A text in both languages as HTML, of which the style sheet shows the one of the page."""
    return in_both(TEXTS[key])


def in_both(pair: tuple[str, str]) -> str:
    """An English and a French text as HTML."""
    return "".join(f'<span lang="{code}">{text}</span>' for code, text in zip(LANGUAGES, pair, strict=True))


# The sentences on the page as HTML


def progress_line(text: str, share: float | None = None) -> str:
    """What is going on, and how far it is (0..1, None when nobody knows)."""
    value = "" if share is None else f' value="{share:.3f}"'
    return f'<label class="line"><span>{escape(text)}</span><progress{value}></progress></label>'


def trouble_line(text: str) -> str:
    """What went wrong."""
    return f'<div class="line trouble" role="alert">{escape(text)}</div>'


def remark_line(text: str) -> str:
    """What is no trouble."""
    return f'<div class="line">{escape(text)}</div>'


def paragraphs(*texts: str) -> str:
    """One below the other."""
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def status_line(
    code: str,
    began: float,
    facts: Sequence[str],
    sentences: Sequence[str],
    photo: Photo,
    result: Photo | None = None,
) -> str:
    """Below a result: the seconds since it was begun, the facts, the sentences, and the photo's notes."""
    result = result or photo
    first = [say(code, "status_time", seconds=decimal(code, time.monotonic() - began)), *facts]
    if shown_side(result) < max(result.width, result.height):
        first.append(say(code, "shown_smaller"))
    notes = [note(code, text) for text in photo.metadata.notes]
    return paragraphs(" · ".join(first), " ".join([*sentences, *notes]))
