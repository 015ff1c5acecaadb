"""How do the sentences under the button and under the result look as HTML?"""

from __future__ import annotations

from html import escape

from colorizer.photo import Photo
from colorizer.predictors.colorize import Analysis
from colorizer.predictors.own_style import Restyled
from colorizer.predictors.stylize import Cycle, Painting
from colorizer.predictors.truth_test import TruthTest
from colorizer.predictors.upscale import Forecast, Upscaled
from colorizer.ui import files
from colorizer.ui.texts import decimal, note, say

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
    return _paragraphs(*sentences)


def status_html(code: str, analysis: Analysis, seconds: float) -> str:
    """The line under the result: time, size, model, and what has not changed."""
    photo = analysis.photo
    facts = [
        say(code, "status_time", seconds=decimal(code, seconds)),
        say(code, "status_size", width=photo.width, height=photo.height),
        f"{MODEL_NAMES[analysis.model]} {analysis.version}",
    ]
    if files.shown_side(photo) < max(photo.width, photo.height):
        facts.append(say(code, "shown_smaller"))
    unchanged = [say(code, "unchanged"), *(note(code, text) for text in photo.metadata.notes)]
    return _paragraphs(" · ".join(facts), " ".join(unchanged))


def forecast_html(code: str, forecast: Forecast) -> str:
    """What enlarging will give and cost."""
    size = say(code, "forecast_size", width=forecast.width, height=forecast.height)
    memory = decimal(code, max(0.1, forecast.bytes / 1e9))
    cost = say(code, "forecast_cost", duration=duration(forecast.seconds), memory=memory)
    return _paragraphs(f"{size} {cost}")


def enlarged_html(code: str, photo: Photo, made: Upscaled, seconds: float) -> str:
    """The line under an enlarged photo: time, sizes, weights, and how true it stayed."""
    facts = [
        say(code, "status_time", seconds=decimal(code, seconds)),
        f"{photo.width} × {photo.height} → {made.photo.width} × {made.photo.height}",
        *made.weights,
    ]
    if files.shown_side(made.photo) < max(made.photo.width, made.photo.height):
        facts.append(say(code, "shown_smaller"))
    error = decimal(code, made.error, ".2g" if made.error < 10 else ".0f")
    true = [say(code, "remaining", error=error), *(note(code, text) for text in photo.metadata.notes)]
    return _paragraphs(" · ".join(facts), " ".join(true))


def part_html(code: str, whole: bool) -> str:
    """Under a part, or under the whole of a small photo."""
    return _paragraphs(say(code, "part_whole" if whole else "part"), say(code, "part_how"))


def painted_html(code: str, painting: Painting, seconds: float) -> str:
    """The line under a painted photo: time, size, weights, and at which size it was painted."""
    photo, brush = painting.photo, painting.settings.brush or 1.0
    facts = [
        say(code, "status_time", seconds=decimal(code, seconds)),
        say(code, "status_size", width=photo.width, height=photo.height),
        painting.weights,
    ]
    if files.shown_side(photo) < max(photo.width, photo.height):
        facts.append(say(code, "shown_smaller"))
    seen = {"width": round(photo.width / brush), "height": round(photo.height / brush)}
    notes = [say(code, "painted_at", **seen), *(note(code, text) for text in photo.metadata.notes)]
    return _paragraphs(" · ".join(facts), " ".join(notes))


def restyled_html(code: str, made: Restyled, mode: str, seconds: float) -> str:
    """The line under a picture in a style: time, size, features, and how near it has come to the style."""
    facts = [
        say(code, "status_time", seconds=decimal(code, seconds)),
        f"{made.photo.width} × {made.photo.height}",
        say(code, "style_by", features=made.network),
    ]
    if not made.whole:
        facts.append(say(code, "style_stopped", steps=made.steps, of=made.settings.steps))
    values = {
        name: decimal(code, one, ".2g") for name, one in (("before", made.before), ("after", made.after))
    }
    fell = say(
        code, "style_fell", factor=decimal(code, made.factor, ".0f" if made.factor > 9 else ".1f"), **values
    )
    notes = [fell, *(note(code, text) for text in made.photo.metadata.notes)]
    return _paragraphs(" · ".join(facts), " ".join(notes))


def cycle_html(code: str, found: Cycle) -> str:
    """Under the pictures of there and back: how much is lost."""
    return _paragraphs(say(code, "cycle_lost", difference=decimal(code, found.difference)))


def truth_html(code: str, found: TruthTest) -> str:
    """Under the truth test: what was done, and both distances from the truth."""
    height, width = found.truth.shape[:2]
    done = say(code, "truth_done", width=width, height=height)
    distances = {
        name: decimal(code, value) for name, value in (("plain", found.plain_psnr), ("ours", found.psnr))
    }
    return _paragraphs(done, say(code, "truth_found", **distances))


def duration(seconds: float) -> str:
    """A length of time, roughly: 4 s, 3 min."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def _paragraphs(*texts: str) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)
