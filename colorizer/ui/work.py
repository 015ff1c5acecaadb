"""What does the server remember of a visitor's photograph, and for how long?

A visitor's browser holds a token a tab and nothing else. The photograph, what the network said of it and the
result stay here, in memory, until the page is closed, the time is up, or too many others came.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from colorizer.errors import Cancelled
from colorizer.photo import Photo

LIFETIME = 30 * 60  # seconds
MOST_VISITORS = 16
MOST_BYTES = 1 << 30  # a tab


class Job:
    """One piece of work that its owner may stop."""

    def __init__(self) -> None:
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

    given: the photograph in the picture field, which shows it `given_side` pixels long. wanted: the one that
    the button was pressed for, and that waits. running: the one that is being worked on. shown: the result on
    the page.
    """

    given: Photo | None = None
    given_side: int = 0
    wanted: Photo | None = None
    running: Photo | None = None
    shown: S | None = None
    job: Job = field(default_factory=Job)  # what the button started
    touch: Job = field(default_factory=Job)  # the quick answer to a touch
    used: float = field(default_factory=time.monotonic)
    visitor: str = ""  # see Shelf.open

    @property
    def nbytes(self) -> int:
        """Memory that the pictures take."""
        photos = [self.given] if self.given else []
        if self.shown:
            photos += self.shown.photos
        return sum(photo.rgb.nbytes for photo in {id(photo): photo for photo in photos}.values())

    def start(self) -> Job:
        """Stop all that runs for this visitor and begin anew."""
        self.stop()
        self.job = Job()
        return self.job

    def take(self) -> Photo | None:
        """The photograph that waits, which is worked on from now on until `finish`."""
        self.running, self.wanted = self.wanted, None
        return self.running

    def finish(self, job: Job) -> None:
        """That job is over; if another has begun since, its photograph stays."""
        if self.job is job:
            self.running = None

    def start_touch(self) -> Job:
        """Stop the quick answer that is being made and begin anew."""
        self.touch.stop()
        self.touch = Job()
        return self.touch

    def stop(self) -> None:
        """Stop all that runs for this visitor."""
        self.job.stop()
        self.touch.stop()


W = TypeVar("W", bound=Work[Any])


class Shelf(Generic[W]):
    """The works of all visitors in one tab, the oldest put away first; `new` makes one."""

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
            return token, work

    def drop(self, token: str) -> None:
        """Forget it and stop what runs for it."""
        with self._lock:
            work = self._works.pop(token, None)
        if work is not None:
            work.stop()

    def _sweep(self) -> None:
        now = time.monotonic()
        for token in [token for token, work in self._works.items() if now - work.used > self.lifetime]:
            self._works.pop(token).stop()
        held = sum(work.nbytes for work in self._works.values())
        while len(self._works) > 1 and (len(self._works) > self.most or held > self.most_bytes):
            _, work = self._works.popitem(last=False)
            work.stop()
            held -= work.nbytes
