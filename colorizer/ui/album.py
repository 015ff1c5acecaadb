"""The Album tab: how are many photographs done with one choice, and taken home in one file?

An album lies on the server's disk under a name that can't be guessed and that the browser remembers. It goes
half an hour after it was last used, with all that is in it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, cast

import gradio as gr
from gradio.context import Context
from gradio.events import Dependency

from colorizer.errors import AlbumTooLarge, Cancelled, ColorizerError, WeightsError
from colorizer.photo import SUFFIXES, Photo
from colorizer.predictors import stylize, upscale
from colorizer.predictors.album import Album, Picture
from colorizer.predictors.results import Result
from colorizer.predictors.settings import (
    RANGES,
    ColorizeSettings,
    RestoreSettings,
    Settings,
    StylizeSettings,
    UpscaleSettings,
)
from colorizer.predictors.tiling import Progress
from colorizer.ui import files, parts, running
from colorizer.ui.earlier import ASKS
from colorizer.ui.running import LINE, QUIET, Reply, Tab, Updates, Upload, busy, done, listen
from colorizer.ui.texts import both, decimal, label, progress_line, remark_line, say, sentence
from colorizer.ui.work import Work, keep, recall

LIST_EVERY = 1.0  # seconds between two lists while nothing but a percentage changes
# Its own, as an album may take an hour; in running.run each of its photographs waits for others' work.
QUEUE: dict[str, Any] = {"concurrency_id": "album", "concurrency_limit": 4}
SHOWN = (*LINE, "list", "below")

TASKS = ("restore", "colorize", "upscale", "stylize")

OPENED = ("restore", "colorize", "upscale", "monet")  # the tabs in which a photograph is opened to correct it

Choice = tuple[str, Settings, str]  # what is to be done to all, how, and the results' format


def choice_of(task: str, saturation: float, kind: str) -> Choice:
    """The task's usual settings, and what the controls say."""
    usual = {"upscale": UpscaleSettings(), "stylize": StylizeSettings()}
    usual |= {"restore": RestoreSettings(saturation=saturation)}
    return task, usual.get(task) or ColorizeSettings(saturation=saturation), kind


# What is on the tab


def build(name: gr.BrowserState) -> Tab:
    """Lay the tab out inside the current Blocks and wire it; `name` is that of the browser's album."""
    tab = Tab("album", "album-", settings=choice_of)
    tab.queue, tab["name"] = QUEUE, name
    with gr.Column(elem_classes="workbench"):
        with gr.Column(elem_classes="give"):
            about: dict[str, Any] = {"label": label("album_photos"), "elem_id": "album-photos"}
            kinds = [*sorted(SUFFIXES), ".zip"]
            tab["photos"] = gr.File(file_count="multiple", file_types=kinds, height=170, **about)
            parts.start_buttons(tab, "begin")
        with gr.Column(elem_classes="result"):
            tab["list"] = gr.HTML(listed(None, ""), js_on_load=parts.OPEN, elem_id="album-list")
            with gr.Row(visible=False, elem_classes="take-home") as tab["below"]:
                tab["download"] = gr.Button(label("album_download"), elem_id="album-download", min_width=140)
                tab["clear"] = gr.Button(label("album_clear"), elem_id="album-clear", min_width=140)
            tab["file"] = gr.File(visible="hidden", elem_id="album-file", elem_classes="unseen")
        with gr.Column(elem_classes="controls"):
            there = {"restore": True, "colorize": True, "upscale": running.offered(upscale.offered)}
            there["stylize"] = StylizeSettings().direction in running.offered(stylize.offered)
            tasks = [(label(f"album_{task}"), task) for task in TASKS if there[task]]
            parts.radio(tab, "task", tasks, "colorize", "album_task")
            parts.slider(tab, "saturation", *RANGES["saturation"], ColorizeSettings().saturation, 0.05)
            parts.radio(tab, "kind", [(k, k) for k in parts.DOWNLOAD_KINDS], "JPEG", "album_format")
    at_once = listen(tab, tab["start"].click, waiting, LINE, queue=False, trigger_mode="multiple")
    # multiple: it may be gone on with before the browser has heard that what was stopped has ended.
    begun = listen(tab, at_once.then, begin, SHOWN, trigger_mode="multiple")
    added = listen(tab, tab["photos"].upload, add, ("photos", "name", *SHOWN), trigger_mode="multiple")
    assert Context.root_block is not None
    listen(tab, Context.root_block.load, find, ("start", "list", "below"), queue=False)
    listen(tab, tab["task"].input, choose, ["saturation"], queue=False)
    for button, answer in (("cancel", stop), ("clear", clear)):
        listen(tab, tab[button].click, answer, SHOWN, queue=False, cancels=[begun, added])
    saved = listen(tab, tab["download"].click, download, ["file", "line", "download"])
    saved.success(None, [tab["file"]], None, js=parts.TAKE_HOME, **QUIET)
    return tab


def wire_opening(tab: Tab, target: Tab) -> Dependency:
    """A photograph of the album is given to the target, with the settings that the album has."""
    usual = {name: target[name].value for name in target.chosen}
    target["album"] = tab["name"]

    def open_picture(work: Work | None, code: str, album: str, event: gr.EventData) -> Iterator[Updates]:
        chosen = found(album)
        yield {"line": progress_line(say(code, "opening"))}
        with chosen.pictures[int(event.picture)].source.file() as path:
            photo = Photo.open(path)
        _, settings, kind = cast(Choice, chosen.settings)
        same = {"saturation": settings.saturation} if hasattr(settings, "saturation") else {}
        yield {**usual, **same, "kind": kind, **parts.accepted(target, work, code, photo)}

    outputs = ["photo", "line", "kind", *usual, *(name for name in target.said if name not in usual)]
    asked = getattr(tab["list"], ASKS[target.name])
    return listen(target, asked, open_picture, outputs, trigger_mode="always_last")


def listed(album: Album | None, code: str, now: tuple[Picture, float] | None = None) -> str:
    """What becomes of each, as HTML; `now`: the one that is being worked on, and the share that is done."""
    if album is None:
        return f'<p class="invite">{both("album_invite")}</p>'
    rows = (
        row(p, code, now[1] if now and now[0] is p else None, opening(album, number, code))
        for number, p in enumerate(album.pictures)
    )
    return f'<p class="count">{counted(album, code)}.</p><ol>{"".join(rows)}</ol>'


def counted(album: Album, code: str) -> str:
    """How many are done, and how many can't be."""
    made, failed = (sum(bool(getattr(p, what)) for p in album.pictures) for what in ("told", "error"))
    text = say(code, "album_count", made=made, count=len(album.pictures))
    return text + say(code, "album_failed", failed=failed) if failed else text


def row(picture: Picture, code: str, share: float | None, link: str = "") -> str:
    """One of them: its small copy, its name, where it is, and a link."""
    kind, state = "", say(code, "album_waiting")
    if isinstance(picture.error, ColorizerError):
        kind, state = "trouble", sentence(code, picture.error, "" if picture.unreadable else "upscale")
    elif picture.error:
        kind, state = "trouble", say(code, "broken")
    elif picture.told:
        kind, state = "made", say(code, "album_made", seconds=decimal(code, picture.told["seconds"]))
    elif share is not None:
        state = say(code, "album_share", percent=100 * share)
    source = f'src="{files.address(str(picture.small[-1]))}"' if picture.small else ""
    texts = f'<b>{escape(picture.name)}</b><span class="{kind}">{escape(state)}</span>'
    return f'<li><img {source} alt="" loading="lazy"><div>{texts}{link}</div></li>'


def opening(album: Album, number: int, code: str) -> str:
    """Where one that is done, or has failed, can be opened to correct it."""
    picture, choice = album.pictures[number], album.settings
    if picture.unreadable or not (picture.told or picture.error) or not isinstance(choice, tuple):
        return ""
    tab = "monet" if choice[0] == "stylize" else choice[0]
    text = say(code, "album_open", tab=say(code, f"tab_{tab}"))
    about = f'aria-label="{text}: {escape(picture.name)}" data-picture="{number}" data-asks="{ASKS[tab]}"'
    return f'<a href="?tab={tab}" {about}>{text}</a>'


def at_rest(album: Album, code: str) -> Updates:
    """The list and the buttons when nothing is being done."""
    made = {bool(picture.told) for picture in album.pictures if not picture.error}
    start = gr.Button(say(code, "go_on" if len(made) == 2 else "begin"), visible=True)
    return {"start": start, "list": listed(album, code), "below": gr.Row(visible=True)}


# What it answers


def known(name: object) -> Album | None:
    """The album of that name, which is kept anew; None when there is none, or no more."""
    work = recall((str(name), "album"))
    return work.album if work else None


def found(name: object) -> Album:
    """The same, or Reply."""
    if (album := known(name)) is None:
        raise Reply("album_nothing")
    return album


def add(code: str, name: str, photos: list[Upload]) -> Iterator[Updates]:
    """Files were dropped."""
    uploads = [Path(upload["path"]) for upload in photos or [] if upload]
    if not uploads or not all(files.is_upload(str(path)) and path.is_file() for path in uploads):
        raise Reply("album_nothing")
    if (album := known(name)) is None:
        name, album = secrets.token_urlsafe(16), Album(files.new_path(""))
        keep((name, "album"), Work(album=album))
    text = say(code, "album_opening")
    yield {"photos": None, "name": name, **busy(progress_line(text))}
    yield from running.run(partial(album.add, uploads), code, lambda _share: text)
    yield {**done(), **at_rest(album, code)}


def find(code: str, name: str) -> Updates:
    """The page was opened, perhaps again."""
    return at_rest(album, code) if (album := known(name)) else {}


def choose(task: str) -> Updates:
    """Only colours have a saturation."""
    return {"saturation": gr.Slider(visible=task in ("restore", "colorize"))}


def waiting(code: str, name: str) -> Updates:
    """The button was pressed: it becomes Cancel."""
    found(name)
    return busy(progress_line(say(code, "waiting")))


def begin(code: str, name: str, settings: Choice) -> Iterator[Updates]:
    """Its turn has come: one photograph after the other."""
    album, began = found(name), time.monotonic()
    yield busy(progress_line(say(code, "getting_ready")))
    to_do = yield from running.run(lambda _progress: album.begin(settings), code)
    for number, picture in enumerate(to_do):
        keep((name, "album"), Work(album=album))
        line = say(code, "album_progress", number=number + 1, count=len(to_do), name=picture.name)
        part = (began, number / len(to_do), (number + 1) / len(to_do))
        yield {**busy(progress_line(line, part[1])), "list": listed(album, code)}
        try:
            yield from made(album, picture, settings, code, line, part)
        except (Cancelled, AlbumTooLarge, WeightsError):  # it would be the same for the next one
            raise
        except Exception as error:
            if not isinstance(error, ColorizerError):
                running.log.exception("A picture of an album failed.")
            picture.error = error
    line = say(code, "album_over", counted=counted(album, code), seconds=time.monotonic() - began)
    yield {**done(remark_line(line) if to_do else ""), **at_rest(album, code)}


def made(
    album: Album, picture: Picture, choice: Choice, code: str, line: str, part: tuple[float, float, float]
) -> Iterator[Updates]:
    """One photograph of an album: how far it is, said on the line and in the list."""
    (task, settings, kind), (_, first, last) = choice, part
    share, listed_at = 0.0, time.monotonic()

    def work(progress: Progress) -> None:
        def do(photo: Photo) -> Result:
            return running.make(photo, settings, None, progress)

        album.make(picture, do, files.ENDINGS[task], kind)

    def text(of_all: float) -> str:
        nonlocal share
        share = (of_all - first) / (last - first)
        return line

    def also() -> Updates:
        nonlocal listed_at
        if time.monotonic() - listed_at < LIST_EVERY:
            return {}
        listed_at = time.monotonic()
        return {"list": listed(album, code, (picture, share))}

    yield from running.run(work, code, text, also, part)


def stop(code: str, name: str) -> Updates:
    """Cancel was pressed: what is done stays done."""
    return {**done(remark_line(say(code, "album_stopped"))), **at_rest(found(name), code)}


def clear(name: str) -> Updates:
    """Everything is deleted, as soon as what is being done has ended."""
    keep((str(name), "album"), Work())
    return {**done(), "list": listed(None, ""), "below": gr.Row(visible=False)}


def download(code: str, name: str) -> Iterator[Updates]:
    """All that is done is taken home."""
    yield {"file": None, "line": progress_line(say(code, "album_packing"))}
    yield {"file": str(found(name).packed()), "line": ""}
