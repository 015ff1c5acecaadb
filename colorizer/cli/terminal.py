"""What is done to one photograph after the other, or to some at a time, and what is said of each?"""

from __future__ import annotations

import shutil
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Protocol, TypeVar

from colorizer import interrupts
from colorizer.errors import ColorizerError, WeightsError

Progress = Callable[[float, str], None]


class Named(Protocol):
    """What a photograph is as long as it is only spoken of."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)
T = TypeVar("T")
_terminal = threading.RLock()  # several photographs may have something to say


def for_each(sources: Sequence[N], action: Callable[[N, Progress], Iterable[str]]) -> int:
    """Do it to every photograph and say what it returns; how many failed, each named on stderr."""
    failures = 0
    for source, (said, failure) in zip(sources, outcomes(sources, action), strict=True):
        failures += say_of(source, said or (), failure)
    return failures


def outcomes(
    sources: Sequence[N], action: Callable[[N, Progress], T], jobs: int = 1
) -> Iterator[tuple[T | None, str]]:
    """Do it to every photograph, to `jobs` of them at once: in their order what it returns, or why it failed.

    A WeightsError goes on to the caller: it would be the same for every photograph.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries warn programmers; a person reads our sentences
    first, total = 1, len(sources)  # `first`: of those that aren't finished; its progress is shown

    def attempt(number: int, source: N) -> tuple[T | None, str]:
        def progress(share: float, text: str) -> None:
            interrupts.check()
            if number == first:
                overwrite(f"[{number}/{total}] {source.name} {share:4.0%} {text}")

        progress(0.0, "")
        return attempted(action, source, progress)

    pool = ThreadPoolExecutor(jobs)
    try:
        each = (map if jobs == 1 else pool.map)(attempt, count(1), sources)
        for outcome in each:
            first += 1
            yield outcome
    finally:
        pool.shutdown(cancel_futures=True)
        overwrite("")


def attempted(
    action: Callable[[N, Progress], T], source: N, progress: Progress = lambda share, text: None
) -> tuple[T | None, str]:
    """What the action returns, or why it failed. WeightsError as it is."""
    try:
        return action(source, progress), ""
    except WeightsError:
        raise
    except Exception as error:  # a surprise in one photograph must not stop the others
        return None, reason(error)


def say_of(source: object, lines: Iterable[str], failure: str = "") -> int:
    """Say what became of a photograph; 1 if it failed, to count it."""
    with _terminal:
        overwrite("")
        for line in lines:
            print(printable(line), flush=True)
    return name_failure(source, failure) if failure else 0


def reason(error: Exception) -> str:
    """Why a photograph failed, as a sentence."""
    if isinstance(error, ColorizerError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this photograph."
    return f"It failed in an unforeseen way ({type(error).__name__}: {error})."


def name_failure(path: object, reason: str) -> int:
    """Name on stderr what has failed; 1, to count it."""
    with _terminal:
        overwrite("")
        print(printable(f"{path}: {reason}"), file=sys.stderr, flush=True)
    return 1


def printable(text: str) -> str:
    """The text without what would steer the terminal: a file's name may hold any character."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def overwrite(line: str) -> None:
    """The one line on a terminal that says what is being done; silent where stderr is no terminal."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        with _terminal:
            print(f"\r\x1b[K{printable(line)[:width]}", end="", file=sys.stderr, flush=True)
