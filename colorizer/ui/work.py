"""What does the server remember of a visitor's photograph, and for how long?

A visitor's browser holds a token a tab and nothing else. The photograph, what the network said of it and the
result stay here, in memory, until the page is closed, the time is up, or too many others came.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from colorizer.errors import Cancelled
from colorizer.photo import Photo

LIFETIME = 30 * 60  # seconds
MOST_VISITORS = 16
MOST_BYTES = 1 << 30  # a tab


class Job:
    """One piece of work that its owner may stop; `values`: what the controls said when it was asked for."""

    def __init__(self, values: tuple[Any, ...] = ()) -> None:
        self.values = values
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ask the work to end at its next step."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stopped.is_set()

    def check(self) -> None:
        """Raise Cancelled once somebody asked to stop."""
        if self.stopped:
            raise Cancelled


class Ask(Job):
    """What the button was pressed for: `photos` are what it works on, `steps` does it."""

    def __init__(
        self, photos: tuple[Photo, ...], values: tuple[Any, ...], steps: Callable[..., Iterator[Any]]
    ) -> None:
        super().__init__(values)
        self.photos, self.steps = photos, steps


class Shown(Protocol):
    """The result on the page."""

    @property
    def result(self) -> Photo:
        """At full size."""

    @property
    def ending(self) -> str:
        """What its file's name ends with, such as "-colorized"."""

    @property
    def made_by(self) -> Mapping[str, object]:
        """Everything needed to make it again."""

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All that stays in memory for it."""


S = TypeVar("S", bound=Shown)


@dataclass
class Work(Generic[S]):
    """What one visitor is working on in one tab.

    given: the photograph in the picture field, which shows it `given_side` pixels long. wanted: what the
    button was pressed for, and that waits. running: what is being worked on. shown: the result on the page.
    touch: the quick answer to the last touch.
    """

    given: Photo | None = None
    given_side: int = 0
    wanted: Ask | None = None
    running: Ask | None = None
    shown: S | None = None
    touch: Job | None = None
    used: float = field(default_factory=time.monotonic)
    visitor: str = ""  # see Shelf.open

    @property
    def nbytes(self) -> int:
        """Memory that the pictures take."""
        photos = [self.given] if self.given else []
        if self.shown:
            photos += self.shown.photos
        return sum(photo.rgb.nbytes for photo in {id(photo): photo for photo in photos}.values())

    def ask(self, ask: Ask) -> None:
        """Stop all that runs for this visitor; this is next."""
        self.stop()
        self.wanted = ask

    def take(self) -> Ask | None:
        """What waits, which is worked on from now on until `finish`."""
        self.running, self.wanted = self.wanted, None
        return self.running

    def finish(self, ask: Ask) -> None:
        """That is over."""
        if self.running is ask:
            self.running = None

    def start_touch(self, values: tuple[Any, ...] = ()) -> Job:
        """Stop the quick answer that is being made and begin anew."""
        self.stop_touch()
        self.touch = Job(values)
        return self.touch

    def stop_touch(self) -> None:
        """Stop the quick answer that is being made."""
        if self.touch is not None:
            self.touch.stop()

    def stop(self) -> None:
        """Stop all that waits or runs for this visitor."""
        for job in (self.wanted, self.running, self.touch):
            if job is not None:
                job.stop()


W = TypeVar("W", bound=Work[Any])


class Shelf(Generic[W]):
    """The works of all visitors in one tab, the oldest put away first; `new` makes one.

    A work is put away `lifetime` seconds after it was last used, whether anybody comes or not.
    """

    def __init__(
        self,
        new: Callable[[], W],
        lifetime: float = LIFETIME,
        most: int = MOST_VISITORS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.new, self.lifetime, self.most, self.most_bytes = new, lifetime, most, most_bytes
        self._works: OrderedDict[str, W] = OrderedDict()
        self._lock = threading.Lock()
        self._watch: threading.Timer | None = None

    def __len__(self) -> int:
        return len(self._works)

    def get(self, token: str) -> W | None:
        """The work under that token, if it is still kept."""
        with self._lock:
            self._sweep()
            work = self._works.get(token)
            if work is not None:
                work.used = time.monotonic()
                self._works.move_to_end(token)
            return work

    def open(self, token: str, visitor: str = "") -> tuple[str, W]:
        """The work under that token, or a new one under a new token.

        visitor: names whose browser asks. Two pictures given at once both come without a token, and get one.
        """
        if visitor and not token:
            token = next((mine for mine, work in list(self._works.items()) if work.visitor == visitor), "")
        work = self.get(token)
        if work is not None:
            return token, work
        with self._lock:
            token, work = secrets.token_urlsafe(16), self.new()
            work.visitor = visitor
            self._works[token] = work
            self._sweep()
            self._look_later()
            return token, work

    def drop(self, token: str) -> None:
        """Forget it and stop what runs for it."""
        with self._lock:
            work = self._works.pop(token, None)
        if work is not None:
            work.stop()

    def _look_later(self) -> None:
        """Look through the shelf again when the first work may have to go."""
        if self._watch is None and self._works:
            soonest = min(work.used for work in self._works.values()) + self.lifetime - time.monotonic()
            self._watch = threading.Timer(max(soonest, self.lifetime / 30), self._look)
            self._watch.daemon = True
            self._watch.start()

    def _look(self) -> None:
        with self._lock:
            self._watch = None
            self._sweep()
            self._look_later()

    def _sweep(self) -> None:
        now = time.monotonic()
        idle = [token for token, work in self._works.items() if not work.running]
        for token in [token for token in idle if now - self._works[token].used > self.lifetime]:
            self._works.pop(token).stop()
        held = sum(work.nbytes for work in self._works.values())
        while len(self._works) > 1 and (len(self._works) > self.most or held > self.most_bytes):
            _, work = self._works.popitem(last=False)
            work.stop()
            held -= work.nbytes
