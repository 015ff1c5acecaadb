"""What was on a visitor's page before? The results that others have replaced, and the settings of each.

The last MOST results, those of all tabs together, lie on the disk; they go half an hour after the page was
last used, or sooner where files need the room. Of a change of settings alone, the settings are remembered.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

from PIL import Image

from colorizer.photo import Photo
from colorizer.ui import cards, files
from colorizer.ui.texts import paragraphs, say
from colorizer.ui.work import Key, Shown, Work, keep, recall

MOST = 12
MOST_CHANGES = 30  # that can be undone, one after the other
SMALL_SIDE = 240  # pixels
KEPT = "earlier"  # in the place of a tab's name
NOT_KEPT = ("photo", "of", "said", "more_bytes")  # of a result that is put away

# The event of a list that asks for something to be opened in a tab: one that never happens by itself, and
# that no other tab listens to.
ASKS = {"restore": "select", "colorize": "edit", "upscale": "expand", "monet": "apply", "style": "delete"}

_writer = ThreadPoolExecutor(1)  # nobody waits for a file that may never be asked for


class Filed:
    """A photo in a file, without loss. It is in memory as long as others hold it; the file goes with this."""

    def __init__(self, photo: Photo, ending: str = "", made_by: Mapping[str, object] | None = None) -> None:
        self.metadata, self.alive = photo.metadata, weakref.ref(photo)
        self.path = _writer.submit(files.write_result, photo, "PNG", ending, made_by or {})
        weakref.finalize(self, self.path.add_done_callback, _delete)

    def photo(self) -> Photo:
        """Read it. OSError or ColorizerError where the file couldn't be written, or is gone."""
        photo = self.alive()
        if photo is None:
            photo = replace(Photo.open(self.path.result()), metadata=self.metadata)
            self.alive = weakref.ref(photo)
        return photo


def _delete(path: Future[str]) -> None:
    if not path.exception():
        shutil.rmtree(Path(path.result()).parent, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class Earlier:
    """A result that another one has replaced on its tab. rest: the other fields of its `Shown`. small: a
    small picture, as its address. task: what was done."""

    tab: str
    photo: Filed
    of: Filed
    rest: Mapping[str, Any]
    small: str
    task: str
    number: int = field(default_factory=count(1).__next__)

    @property
    def folders(self) -> set[Path]:
        """Of its files, as far as they are written."""
        written = [one.path for one in (self.photo, self.of) if one.path.done() and not one.path.exception()]
        return {Path(file).parent for file in (*(path.result() for path in written), *self.rest["files"])}

    def shown(self) -> Shown:
        """The result as it was; OSError or ColorizerError where a file is gone."""
        return Shown(photo=self.photo.photo(), of=self.of.photo(), **self.rest)


def remember(key: Key, work: Work, controls: Mapping[str, Any], status: str) -> bool:
    """Keep that work, whose result was made as the controls said, with that line below it. One can come back
    to what the result has replaced; whether there is one more earlier result."""
    (visitor, tab), old, now = key, recall(key), work.shown
    was, replaced = old.shown if old else None, False
    if was and now and was.files == now.files:
        now = was
    elif now:
        past = (was.past or ()) if was else ()
        if was and now.said is not None and now.said is was.said:
            past = (*past, (was.settings, was.controls))
        elif was:
            replaced, number = True, _put_away(visitor, tab, was)
            past = (*_runs(past), number) if was.of is now.of else ()
        if now.past is None:  # it is new
            now = replace(now, controls=controls, past=past[-MOST_CHANGES:], status=now.status or status)
    keep(key, replace(work, shown=now))
    return replaced


def _runs(past: Iterable[Any]) -> tuple[int, ...]:
    """The earlier results among that: other settings are nothing without what the network said."""
    return tuple(one for one in past if isinstance(one, int))


def _put_away(visitor: str, tab: str, shown: Shown) -> int:
    """Its number among the visitor's earlier results."""
    there, photo, made_by = kept(visitor), shown.photo, shown.made_by
    one = next((one for one in there if one.rest["files"] == shown.files), None)
    if one is None:
        rest = {name: value for name, value in vars(shown).items() if name not in NOT_KEPT}
        rest["past"] = _runs(shown.past or ())
        of = next((other.of for other in there if other.of.alive() is shown.of), None) or Filed(shown.of)
        small = cards.as_jpeg(Image.fromarray(files.shown_pixels(photo, SMALL_SIDE)))
        one = Earlier(tab, Filed(photo, shown.ending, made_by), of, rest, small, str(made_by["task"]))
    others = [other for other in there if other is not one]
    keep((visitor, KEPT), Work(earlier=(*others, one)[-MOST:]))
    return one.number


def kept(visitor: str) -> tuple[Earlier, ...]:
    """The visitor's earlier results, the newest last; they are kept anew."""
    work = recall((visitor, KEPT))
    return work.earlier if work else ()


def listed(visitor: str, code: str) -> str:
    """The same as HTML, the newest first, each a link that asks for it to be opened."""
    rows = []
    for one in reversed(kept(visitor)):
        name, task = escape(Path(one.photo.metadata.name).stem), say(code, f"caption_{one.task}")
        asks = f'href="?tab={one.tab}" data-picture="{one.number}" data-asks="{ASKS[one.tab]}"'
        rows.append(f'<li><a {asks}><img src="{one.small}" alt=""><b>{name}</b><span>{task}</span></a></li>')
    return paragraphs(say(code, "earlier_help")) + (f"<ol>{''.join(rows)}</ol>" if rows else "")
