"""What do the commands share that make new photographs out of given ones? Names, failures and progress.

A photograph that fails is named on stderr with the reason, and the others still run. Nothing is ever written
over a photograph that was given.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from colorizer import interrupts
from colorizer.errors import ColorizerError, SettingsError, WeightsError

if TYPE_CHECKING:
    from colorizer.photo import Photo

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Result:
    """What became of a photograph: the new one, the settings to write into its file, and what a person should
    know about it."""

    photo: Photo
    settings: Mapping[str, object]
    notes: tuple[str, ...]


Work = Callable[["Photo", Progress], Result]


@dataclass(frozen=True)
class Task:
    """A command in words: what is added to a result's name, and what was not done to one that failed."""

    ending: str  # "-colorized": grandmother.jpg -> grandmother-colorized.png
    done: str  # "coloured"


def add_batch_arguments(parser: argparse.ArgumentParser) -> None:
    """IN..., --output."""
    parser.add_argument("inputs", nargs="+", metavar="IN", help="photographs, or folders of them")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="a file for one photograph, else a folder"
    )


def add_format_arguments(parser: argparse.ArgumentParser) -> None:
    """--format, --quality."""
    parser.add_argument(
        "--format", type=str.upper, help="of the results; default: what OUT's name says, or PNG"
    )
    parser.add_argument("--quality", type=int, default=95, metavar="N", help="of JPEG; 1 to 100, default 95")


def run_batch(args: argparse.Namespace, task: Task, prepare: Callable[[], Work]) -> int:
    """Do the work that `prepare` returns to every photograph; 0 only if every result was saved.

    prepare: loads what the work needs, after names and formats were checked.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries warn programmers; a person reads our sentences
    format = check_output(args.format, args.quality)
    sources, failures = find_sources(args.inputs, Path(args.output), task.ending)
    jobs = plan(args.inputs, sources, args.output, format, task.ending)
    work = prepare()
    progress = ProgressLine(sys.stderr, len(jobs))
    total = len(jobs) + failures
    for job in jobs:
        interrupts.check()
        failures += not _run(job, work, progress, args.quality)
    if failures and total > 1:
        print(f"{failures} of {total} could not be {task.done}.", file=sys.stderr)
    return 1 if failures else 0


@dataclass(frozen=True)
class Job:
    """One photograph, and where its result goes; format is None where the target's name decides."""

    source: Path
    target: Path
    format: str | None


def check_output(format: str | None, quality: int) -> str | None:
    """The format as FORMATS spells it; ColorizerError when it or the quality can't be, before any work."""
    from colorizer.photo import format_named

    if not 1 <= quality <= 100:
        raise SettingsError(f"quality is {quality}, but must be a whole number from 1 to 100.")
    return None if format is None else format_named(format)


def find_sources(inputs: Iterable[str], output: Path, ending: str) -> tuple[list[Path], int]:
    """The photographs that these files and folders stand for, and how many inputs stand for none.

    Of a folder, the pictures directly in it count; not hidden files, and not results of an earlier run (their
    names have that ending) when the new ones go into the same folder.
    """
    from colorizer.photo import SUFFIXES

    result = re.compile(rf"{re.escape(ending)}(-\d+)?$")
    sources: dict[Path, None] = {}
    failures = 0
    for path in map(Path, inputs):
        if not os.path.isdir(path):  # unlike Path.is_dir, False for a path that may not be looked at
            sources[path] = None
            continue
        try:
            inside = sorted(item for item in path.iterdir() if item.is_file() or item.is_symlink())
        except OSError as error:
            failures += _fail(path, f"The folder can't be read ({error.strerror}).")
            continue
        same = os.path.isdir(output) and output.samefile(path)
        found = [
            item
            for item in inside
            if item.suffix.lower() in SUFFIXES
            and not item.name.startswith(".")
            and not (same and result.search(item.stem))
        ]
        sources.update(dict.fromkeys(found))
        if not found:
            failures += _fail(path, "There is no photograph in this folder.")
    return list(sources), failures


def plan(inputs: list[str], sources: list[Path], output: str, format: str | None, ending: str) -> list[Job]:
    """Which result goes where; no two into one file, and none over a photograph that was given.

    In a folder, a result is named after its photograph, with the ending: dog.jpg -> dog{ending}.png.
    """
    from colorizer.photo import FORMATS

    folder = Path(output)
    alone = len(inputs) == 1 and not os.path.isdir(inputs[0])
    if alone and not os.path.isdir(folder) and not output.endswith(("/", os.sep)):
        check_target(folder, format)
        return [Job(source, folder, format) for source in sources]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        reason = f"“{output}” is a file, but the results need a folder. Name another with -o."
        raise ColorizerError(reason) from None
    except OSError as error:
        raise ColorizerError(f"The folder “{output}” can't be made ({error.strerror}).") from None
    format = format or "PNG"
    taken = {_key(source) for source in sources}
    jobs = []
    for source in sources:
        number, name = 1, source.stem + ending
        while _key(target := folder / (name + FORMATS[format])) in taken:
            number += 1
            name = f"{source.stem}{ending}-{number}"
        taken.add(_key(target))
        jobs.append(Job(source, target, format))
    return jobs


def check_target(target: Path, format: str | None) -> None:
    """ColorizerError when no result can be written there, before any work."""
    from colorizer.photo import writer_of

    writer_of(target, format)
    if not os.path.isdir(target.parent):
        raise ColorizerError(f"There is no folder “{target.parent}”. Make it first, or name another with -o.")


def _key(path: Path) -> str:
    """Equal for two paths that a file system may take for one (some don't tell A from a)."""
    return os.path.realpath(path).casefold()


def _run(job: Job, work: Work, progress: ProgressLine, quality: int) -> bool:
    """Whether there is a result now; a photograph that has none has been named on stderr."""
    began = time.perf_counter()
    progress.begin(job.source)
    try:
        notes = _make(job, work, progress, quality)
    except WeightsError:
        raise  # it would be the same for every photograph
    except Exception as error:  # a surprise in one photograph must not stop the others
        reason = reason_of(error)
    else:
        seconds = time.perf_counter() - began
        progress.clear()
        print(printable(f"{job.source} -> {job.target} ({seconds:.1f} s)"), flush=True)
        for note in notes:
            print(printable(f"    {note}"), flush=True)
        return True
    finally:
        progress.clear()
    return not _fail(job.source, reason)


def reason_of(error: Exception) -> str:
    """Why a photograph failed, in a sentence."""
    if isinstance(error, ColorizerError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this photograph."
    return f"It failed in an unforeseen way ({type(error).__name__}: {error})."


def _make(job: Job, work: Work, progress: Progress, quality: int) -> tuple[str, ...]:
    """Make and save one result; what a person should know about it."""
    from colorizer.photo import Photo

    if os.path.exists(job.target) and os.path.exists(job.source) and job.target.samefile(job.source):
        raise ColorizerError("The result would replace the photograph itself. Choose another name with -o.")
    result = work(Photo.open(job.source), progress)
    result.photo.save(job.target, format=job.format, quality=quality, settings=result.settings)
    return result.notes


def _fail(path: Path, reason: str) -> bool:
    print(printable(f"{path}: {reason}"), file=sys.stderr, flush=True)
    return True


def printable(text: str) -> str:
    """The text without what would steer the terminal: a file's name may hold any character."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


class ProgressLine:
    """One line on a terminal that says what is being done; silent where the stream is no terminal."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self.stream = stream
        self.total = total
        self.number = 0
        self.name = ""

    def begin(self, source: Path) -> None:
        self.number += 1
        self.name = source.name
        self(0.0, "")

    def __call__(self, share: float, text: str) -> None:
        interrupts.check()
        if self.stream.isatty():
            line = printable(f"[{self.number}/{self.total}] {self.name} {share:4.0%} {text}")
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[K{line[:width]}")
            self.stream.flush()

    def clear(self) -> None:
        if self.stream.isatty():
            self.stream.write("\r\x1b[K")
            self.stream.flush()
