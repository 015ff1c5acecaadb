"""The Upscale tab: how is a part of a photograph seen enlarged, then the whole, and how true is it?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import gradio as gr
from gradio.events import Dependency

from colorizer.photo import Photo
from colorizer.predictors import truth_test, upscale
from colorizer.predictors.settings import UPSCALE_RANGES, UpscaleSettings
from colorizer.predictors.upscale import Box, Offer
from colorizer.ui import cards, files, parts, running
from colorizer.ui.running import LINE, Reply, Tab, Updates, Upload, busy, done, listen
from colorizer.ui.texts import both, decimal, label, paragraphs, progress_line, say, status_line
from colorizer.ui.work import Shown, Work

PART_SIDE = 128  # pixels of the photo
MIDDLE = 50  # hundredths of its width or height

SEEN = (*parts.STAGE, "whole", "take_home")  # where a part or the whole is shown
PLACE = ("across", "down")  # of the part that is looked at
OWN = ("detail", "consistency")  # of which each model has its own
PART = ("line", *SEEN)  # what looking at a part changes
RAN = (*LINE, *SEEN)  # what enlarging and the truth test change


# What is on it


def build_empty() -> None:
    """Say inside the current Blocks that nothing can be enlarged here."""
    gr.HTML(f"<p>{both('no_upscaler')}</p>", elem_id="no-upscaler")


def build(tabs: Sequence[str]) -> Tab:
    """Lay the tab out inside the current Blocks and wire it; at least one model is there, and `tabs` are
    those that results can be sent to."""
    tab = Tab("upscale", "upscale-", foretold, ("forecast", *PLACE), settings_of, controls_of)
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            parts.picture_field(tab, ("upload", "clipboard"))
            tab["forecast"] = gr.HTML("", elem_id="forecast")
            parts.start_buttons(tab, "enlarge")
        with gr.Column(elem_classes="result"):
            parts.stage(tab, cards.cards_html((1, 2, 0)))
            parts.take_home(tab, tabs, "plain", "ours")
            with tab["below"]:
                tab["whole"] = gr.Button(label("whole"), visible=False, elem_id="whole")
        with gr.Column(elem_classes="controls"):
            controls(tab, running.offered(upscale.offered))
    wire(tab)
    return tab


def controls(tab: Tab, offers: Sequence[Offer]) -> None:
    """How much detail, what kind of photograph, and the rest under More."""
    first = offers[0]
    parts.slider(tab, "detail", *UPSCALE_RANGES["detail"], first.defaults.detail or 0.0, 0.05)
    tab["detail"].visible = len(set(first.details)) > 1
    choices = [(label(f"upscale_model_{offer.model}"), offer.model) for offer in offers]
    parts.radio(tab, "model", choices, first.model, "upscale_model", visible=len(offers) > 1)
    with parts.more(tab):
        most = UPSCALE_RANGES["consistency"]
        parts.slider(tab, "consistency", *most, first.defaults.consistency or 0, 1)
        for name in PLACE:  # a click on the photograph does the same
            parts.slider(tab, name, 0, 100, MIDDLE, 1)
        gr.HTML(f"<p>{both('truth_help')}</p>", elem_classes="help")
        tab["truth"] = gr.Button(label("truth"), elem_id="truth")


def wire(tab: Tab) -> None:
    """Which touch leads to which answer."""

    def look_after(given: Dependency) -> Dependency:
        return listen(tab, given.then, look, PART, trigger_mode="always_last")

    tab.arrive = look_after
    looks = [look_after(given) for given in (*parts.wire_field(tab), parts.wire_examples(tab))]
    # always_last brings the last settings, but the first click: its place is noted at once.
    picked = listen(tab, tab["photo"].select, pick, PLACE, queue=False, trigger_mode="multiple")
    chosen = listen(tab, tab["model"].input, choose, OWN, queue=False, trigger_mode="multiple")
    listen(tab, tab["model"].change, has_choice, ["detail"], queue=False)
    sliders = [tab[name].release for name in (*PLACE, *OWN)]
    for touched in (sliders, [picked.then], [chosen.then]):
        looks.append(listen(tab, touched, look_again, PART, trigger_mode="always_last"))
    # Who wants the whole needs no part any more.
    started = parts.wire_start(tab, [tab["start"].click], enlarge, RAN, cancels=looks)
    started += parts.wire_start(tab, [tab["truth"].click], test, RAN, cancels=looks)
    listen(tab, tab["whole"].click, back, PART, queue=False)
    parts.wire_cancel(tab, started)
    parts.wire_download(tab)


# A photograph is given


def foretold(photo: Photo | None, code: str) -> Updates:
    """What enlarging will give and cost; its middle is seen first."""
    if photo is None:
        return {"forecast": ""}
    found = running.forecast(photo)
    memory = decimal(code, max(0.1, found.bytes / 1e9))
    size = say(code, "forecast_size", width=found.width, height=found.height)
    cost = say(code, "forecast_cost", duration=duration(found.seconds), memory=memory)
    return {"forecast": paragraphs(f"{size} {cost}"), "across": MIDDLE, "down": MIDDLE}


def duration(seconds: float) -> str:
    """A length of time, roughly: 4 s, 3 min."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def choose(model: str) -> Updates:
    """Another model was chosen: its own correction and detail."""
    (offer,) = (offer for offer in upscale.offered() if offer.model == model)
    return {"detail": offer.defaults.detail, "consistency": offer.defaults.consistency}


def has_choice(model: str) -> Updates:
    """Another model is chosen, by whatever: its detail, where it has a choice."""
    choice = any(offer.model == model and len(set(offer.details)) > 1 for offer in upscale.offered())
    return {"detail": gr.Slider(visible=choice)}


def controls_of(settings: UpscaleSettings) -> Updates:
    """What the controls say for these settings, in which the model's own may be left out."""
    return choose(settings.model) | {
        n: v for n, v in settings.as_dict().items() if n in OWN and v is not None
    }


def settings_of(model: str, detail: float, consistency: int) -> UpscaleSettings:
    """What the controls say; where there is no choice of detail, its slider isn't shown and doesn't count."""
    choice = any(offer.model == model and len(set(offer.details)) > 1 for offer in upscale.offered())
    return UpscaleSettings(model, detail if choice else None, consistency)


# A part is looked at


def pick(work: Work | None, event: gr.EventData) -> Updates:
    """The photograph was clicked: the sliders say where."""
    if work is None or work.given is None or not event.index:
        return {}
    photo, (x, y) = work.given, event.index
    scale = 100 * max(photo.width, photo.height) / work.given_side
    return {"across": round(x * scale / photo.width), "down": round(y * scale / photo.height)}


def look(
    work: Work | None, code: str, across: float, down: float, settings: UpscaleSettings
) -> Iterator[Updates]:
    """A photograph has come: a part of it, unless the whole has been asked for meanwhile and is there."""
    if work and work.given and not (work.shown and work.shown.of is work.given):
        yield from part_enlarged(work, code, work.given, part(work.given, across, down), settings)


def look_again(
    work: Work | None, code: str, photo: Upload, across: float, down: float, settings: UpscaleSettings
) -> Iterator[Updates]:
    """Something was touched: the part, as it is now wanted."""
    if photo:
        work, given = running.given(work, photo)
        yield from part_enlarged(work, code, given, part(given, across, down), settings)


def part_enlarged(
    work: Work, code: str, photo: Photo, box: Box, settings: UpscaleSettings
) -> Iterator[Updates]:
    """Enlarge that box of the photo and show it."""
    yield {"line": progress_line(say(code, "enlarging_part"))}
    made = yield from running.run(lambda _progress: running.enlarge_part(photo, box, settings), code)
    whole = box == (0, 0, photo.width, photo.height)
    status = paragraphs(say(code, "part_whole" if whole else "part"), say(code, "part_how"))
    yield {"line": "", **aside(work, files.beside_plain(cut(photo, box), made), status)}


def part(photo: Photo, across: float, down: float) -> Box:
    """The box of at most PART_SIDE around a place, in hundredths of the photo, moved until it is inside."""
    edges = []
    for length, share in ((photo.width, across), (photo.height, down)):
        side = min(length, PART_SIDE)
        begin = min(max(0, round(share / 100 * length) - side // 2), length - side)
        edges.append((begin, begin + side))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


def cut(photo: Photo, box: Box) -> Photo:
    """That box of a photo."""
    left, top, right, bottom = box
    alpha = None if photo.alpha is None else photo.alpha[top:bottom, left:right]
    return photo.resized_to(photo.rgb[top:bottom, left:right], alpha)


def aside(work: Work, pair: tuple[str, str], status: str) -> Updates:
    """What is no result: it can't be taken home, and the result stays within reach."""
    found, away = gr.Button(visible=work.shown is not None), gr.Row(visible=False)
    return {**parts.on_stage(pair, status), "whole": found, "take_home": away}


# The whole is enlarged


def enlarge(work: Work | None, code: str, photo: Upload, settings: UpscaleSettings) -> Iterator[Updates]:
    """The button was pressed: enlarge, show, say how true it stayed."""
    began, (work, given) = time.monotonic(), running.given(work, photo)
    yield busy(progress_line(say(code, "getting_ready")))
    count = upscale.tile_count(given)
    made = yield from running.run(
        lambda progress: running.enlarge(given, settings, progress),
        code,
        lambda share: say(code, "tile", number=min(count, round(share * count) + 1), count=count),
    )
    pair = files.beside_plain(given, made.photo)
    facts = [f"{given.width} × {given.height} → {made.photo.width} × {made.photo.height}", *made.weights]
    error = decimal(code, made.error, ".2g" if made.error < 10 else ".0f")
    status = status_line(code, began, facts, [say(code, "remaining", error=error)], given, made.photo)
    shown = Shown(made.photo, given, files.ENDINGS["upscale"], made.made_by, pair, status=status)
    yield {**done(), **whole(shown), "work": replace(work, shown=shown)}


def back(work: Work | None, status: str) -> Updates:
    """The whole result is wanted again after a part or a test."""
    return whole(running.shown(work, status)[1])


def whole(shown: Shown) -> Updates:
    """The result, which can be taken home; its files are written anew where they have been deleted."""
    pair = files.kept_pair(shown.files, shown.of, shown.photo)
    found, home = gr.Button(visible=False), gr.Row(visible=True)
    return {**parts.on_stage(pair, shown.status), "whole": found, "take_home": home}


# It is tested on itself


def test(work: Work | None, code: str, photo: Upload, settings: UpscaleSettings) -> Iterator[Updates]:
    """The button under More: reduce the middle, enlarge it again, compare."""
    work, given = running.given(work, photo)
    if not truth_test.testable(given):
        raise Reply("truth_small", side=truth_test.MIN_SIDE)
    yield busy(progress_line(say(code, "testing")))
    found = yield from running.run(lambda _progress: running.compare(given, settings), code)
    height, width = found.truth.shape[:2]
    plain, ours = decimal(code, found.plain_psnr), decimal(code, found.psnr)
    status = paragraphs(
        say(code, "truth_done", width=width, height=height), say(code, "truth_found", plain=plain, ours=ours)
    )
    pair = files.write_shown(found.plain, "plain"), files.write_shown(found.result, "test")
    yield {**done(), **aside(work, pair, status)}
