"""What does the server remember of a visitor's picture, and for how long?

Of each tab that a visitor uses one `Work` is kept in memory: the picture given and the result on the page.
It goes half an hour after it was last used, or when many others came after it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colorizer.photo import Photo

LIFETIME = 29 * 60  # seconds; looked at every minute, so that nothing is older than half an hour
MOST_WORKS = 64
MOST_BYTES = 4 << 30  # of pictures, all visitors together
MOST_ALBUMS = 4  # whose files are on the disk, and are deleted when nothing holds the album any more

Key = tuple[str, str]  # a page that is open in a browser, and one of its tabs


@dataclass(frozen=True)
class Shown:
    """The result on the page.

    photo: at full size. of: what it was made of. ending: what its file's name ends with, "-colorized".
    made_by: all that is needed to make it again. files: the pictures on the slider, left and right.
    said, settings: what the network said and how that is shown, where it can be shown in other settings.
    veiled: whether what the network guesses is veiled on the slider. controls: what the tab's controls said.
    past: what Undo goes back to, the newest last (earlier.py); None until the result is kept.
    """

    photo: Photo
    of: Photo
    ending: str
    made_by: Mapping[str, object]
    files: tuple[str, str]
    said: Any = None
    settings: Any = None
    veiled: bool = False
    status: str = ""
    more_bytes: int = 0  # that `said` takes
    controls: Mapping[str, Any] = field(default_factory=dict)
    past: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Work:
    """What one visitor is working on in one tab.

    given: the photograph in the picture field, which shows it `given_side` pixels long. painting: the one in
    the second field, where there are two. stop: set when the visitor wants to keep what has been reached.
    """

    given: Photo | None = None
    given_side: int = 0
    painting: Photo | None = None
    shown: Shown | None = None
    variants: tuple[int, ...] = ()  # the numbers behind the pictures of the gallery
    hints: tuple[Any, ...] = ()  # of the photograph that is shown, also while a model shows it without
    stop: threading.Event = field(default_factory=threading.Event, compare=False)
    album: Any = None
    earlier: tuple[Any, ...] = ()  # results that are not on the page any more, the newest last

    @property
    def nbytes(self) -> int:
        """Memory that the pictures take."""
        photos = [self.given, self.painting, *((self.shown.photo, self.shown.of) if self.shown else ())]
        arrays = {id(photo.rgb): photo.rgb.nbytes for photo in photos if photo}
        return sum(arrays.values()) + (self.shown.more_bytes if self.shown else 0)


# Not a gr.State: it stays an hour after the page was closed, knows no bound on bytes, and reading it doesn't
# count as use.
_kept: OrderedDict[Key, tuple[Work, float]] = OrderedDict()  # the last used last, with the time of its use
_lock = threading.Lock()


def keep(key: Key, work: Work) -> None:
    """Remember that work from now on."""
    with _lock:
        first = not _kept
        _kept[key] = work, time.monotonic()
        if first:
            threading.Thread(target=_sweep, daemon=True).start()
        _kept.move_to_end(key)
        held = sum(other.nbytes for other, _ in _kept.values())
        while len(_kept) > 1 and (len(_kept) > MOST_WORKS or held > MOST_BYTES):
            held -= _kept.popitem(last=False)[1][0].nbytes
        for other in [other for other, (kept, _) in _kept.items() if kept.album][:-MOST_ALBUMS]:
            del _kept[other]


def recall(key: Key) -> Work | None:
    """The work of that tab, which is kept anew; None where there never was one, or no more."""
    with _lock:  # throughout: another's newer work must not be overwritten
        if key not in _kept:
            return None
        work, _ = _kept[key]
        _kept[key] = work, time.monotonic()
        _kept.move_to_end(key)
        return work


def held() -> set[Path]:
    """The folders of the files that are on open pages."""
    with _lock:
        works = [work for work, _ in _kept.values()]
    shown = {Path(file).parent for work in works if work.shown for file in work.shown.files}
    return shown | {work.album.folder for work in works if work.album}


def spared() -> set[Path]:
    """The folders of earlier results, which go when nothing else is left that could."""
    with _lock:
        return {folder for work, _ in _kept.values() for one in work.earlier for folder in one.folders}


def _sweep() -> None:
    """Put away what wasn't used for long, whether anybody comes or not, until nothing is kept."""
    while _kept:
        time.sleep(LIFETIME / 30)
        with _lock:
            for key in [key for key, (_, used) in _kept.items() if time.monotonic() - used > LIFETIME]:
                del _kept[key]
