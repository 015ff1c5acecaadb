"""How do the sentences under the button and under the result look as HTML?"""

from __future__ import annotations

from html import escape

from colorizer.predictors.colorize import Analysis
from colorizer.ui import files
from colorizer.ui.texts import note, say, tenths

MODEL_NAMES = {"unet": "Classification U-Net", "course-unet": "Course U-Net", "autoencoder": "Auto-encoder"}


def progress_html(text: str, share: float | None = None) -> str:
    """What is going on, and how far it is (0..1, None when nobody knows)."""
    bar = "<progress></progress>" if share is None else f'<progress value="{share:.3f}"></progress>'
    return f'<div class="line" role="status"><span>{escape(text)}</span>{bar}</div>'


def trouble_html(text: str) -> str:
    """What went wrong."""
    return f'<div class="line trouble" role="alert">{escape(text)}</div>'


def remark_html(text: str) -> str:
    """What is no trouble."""
    return f'<div class="line" role="status">{escape(text)}</div>'


def notices_html(sentences: list[str]) -> str:
    """What is to be known about a photograph before it is coloured."""
    return "".join(f"<p>{escape(text)}</p>" for text in sentences)


def status_html(code: str, analysis: Analysis, seconds: float) -> str:
    """The line under the result: time, size, model, and what has not changed."""
    photo = analysis.photo
    facts = [
        say(code, "status_time", seconds=tenths(code, seconds)),
        say(code, "status_size", width=photo.width, height=photo.height),
        f"{MODEL_NAMES[analysis.model]} {analysis.version}",
    ]
    if files.shown_side(photo) < max(photo.width, photo.height):
        facts.append(say(code, "shown_smaller"))
    unchanged = " ".join([say(code, "unchanged"), *(note(code, text) for text in photo.metadata.notes)])
    return f"<p>{escape(' · '.join(facts))}</p><p>{escape(unchanged)}</p>"
