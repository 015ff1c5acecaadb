"""What if Ctrl-C comes at a bad moment? Inside a destructor, or what a C library calls (libvips's log),
Python prints the KeyboardInterrupt and goes on.

So Ctrl-C is also noted and isn't printed, and long work asks now and then with `check`. Work that has
something to save first, and processes that have to stop at the same place, want it to be noted and nothing
else (`only_note`).
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_asked, _quiet, _patient = threading.Event(), threading.Event(), threading.Event()


@contextmanager
def noted() -> Iterator[None]:
    """Within it, Ctrl-C raises KeyboardInterrupt as always, and is remembered as well.

    Elsewhere than in the main thread, or where Ctrl-C is ignored (nohup), nothing changes.
    """
    _forget()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        again = _asked.is_set()
        _asked.set()
        if not _quiet.is_set() or (again and not _patient.is_set()):
            signal.default_int_handler(number, frame)

    lost = sys.unraisablehook
    sys.unraisablehook = lambda what: None if what.exc_type is KeyboardInterrupt else lost(what)
    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = lost
        _forget()


def _forget() -> None:
    for event in (_asked, _quiet, _patient):
        event.clear()


def only_note(always: bool = False) -> None:
    """Until `noted` ends, the first Ctrl-C (with `always`, any) raises nothing; who works has to ask."""
    _quiet.set()
    if always:
        _patient.set()


def asked() -> bool:
    """Whether Ctrl-C came since `noted` began."""
    return _asked.is_set()


def check() -> None:
    """KeyboardInterrupt if Ctrl-C came since `noted` began and the work still goes on."""
    if asked():
        raise KeyboardInterrupt
