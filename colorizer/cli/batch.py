"""How are many photographs made into new ones? Their names, one after the other, failures and progress.

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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorizer import interrupts
from colorizer.cli.credentials import Signer
from colorizer.errors import ColorizerError, SettingsError, WeightsError
from colorizer.photo import FORMATS, SUFFIXES, Photo, format_named, with_caption, writer_of

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Result:
    """What became of a photograph: the new one, the settings to write into its file, and a note to the person
    beside the photograph's own."""

    photo: Photo
    settings: Mapping[str, object]
    note: str = ""

    def captioned(self, text: str | None) -> Result:
        """The same with a line of text below the picture, if there is one."""
        if text is None:
            return self
        return Result(with_caption(self.photo, text), {**self.settings, "caption": text}, self.note)


class Batch:
    """A command's photographs, and where results go; ColorizerError when a name, the format or the quality
    can't be, before any network is loaded. ending: of the results' names, "-colorized"."""

    def __init__(self, args: argparse.Namespace, ending: str) -> None:
        self.format, self.quality = check_output(args.format, args.quality), args.quality
        self.signer = Signer(args.credentials, args.key) if args.credentials or args.key else None
        self.caption: str | None = args.caption
        blank = Result(Photo.from_array(np.zeros((1, 9999), np.uint8)), {})
        blank.captioned(self.caption)  # a line that can't be is refused while there is no work to lose
        sources, self.failures = find_sources(args.inputs, Path(args.output), ending)
        self.targets = plan(args.inputs, sources, args.output, self.format, ending)

    def run(self, work: Callable[[Photo, Progress], Result], done: str) -> int:
        """Do the work to every photograph; 0 only if every result was saved. done: "coloured"."""

        def make(source: Path, progress: Progress) -> list[str]:
            began, target = time.perf_counter(), self.targets[source]
            if os.path.exists(target) and os.path.exists(source) and target.samefile(source):
                raise ColorizerError("The result would replace the photograph itself. Name another with -o.")
            result = work(Photo.open(source), progress).captioned(self.caption)
            result.photo.save(target, format=self.format, quality=self.quality, settings=result.settings)
            if self.signer:
                self.signer.sign(target, source, result.settings)
            notes = filter(None, (*result.photo.metadata.notes, result.note))
            seconds = time.perf_counter() - began
            return [f"{source} -> {target} ({seconds:.1f} s)", *(f"    {note}" for note in notes)]

        failures = self.failures + for_each(list(self.targets), make)
        total = self.failures + len(self.targets)
        if failures and total > 1:
            print(f"{failures} of {total} could not be {done}.", file=sys.stderr)
        return 1 if failures else 0


def check_output(format: str | None, quality: int) -> str | None:
    """The format as FORMATS spells it; ColorizerError when it or the quality can't be, before any work."""
    if not 1 <= quality <= 100:
        raise SettingsError(f"quality is {quality}, but must be a whole number from 1 to 100.")
    return None if format is None else format_named(format)


def find_sources(inputs: Iterable[str], output: Path, ending: str) -> tuple[list[Path], int]:
    """The photographs that these files and folders stand for, and how many inputs stand for none.

    Of a folder, the pictures directly in it count; not hidden files, and not results of an earlier run (their
    names have that ending) when the new ones go into the same folder.
    """
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
            failures += name_failure(path, f"The folder can't be read ({error.strerror}).")
            continue
        pictures = [item for item in inside if item.suffix.lower() in SUFFIXES and item.name[0] != "."]
        if os.path.isdir(output) and output.samefile(path):
            pictures = [item for item in pictures if not result.search(item.stem)]
        sources.update(dict.fromkeys(pictures))
        if not pictures:
            failures += name_failure(path, "There is no photograph in this folder.")
    return list(sources), failures


def plan(
    inputs: Sequence[str], sources: Sequence[Path], output: str, format: str | None, ending: str
) -> dict[Path, Path]:
    """Each photograph's result; no two are one file, and none is a photograph that was given.

    In a folder, a result is named after its photograph, with the ending: dog.jpg -> dog{ending}.png.
    """
    folder = Path(output)
    alone = len(inputs) == 1 and not os.path.isdir(inputs[0])
    if alone and not os.path.isdir(folder) and not output.endswith(("/", os.sep)):
        writer_of(folder, format)
        if not os.path.isdir(folder.parent):
            raise ColorizerError(f"There is no folder “{folder.parent}”. Make it, or name another with -o.")
        return {source: folder for source in sources}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"The results need a folder, and “{output}” can't be one ({error.strerror})."
        raise ColorizerError(f"{reason} Name another with -o.") from None
    taken = {_key(source) for source in sources}
    targets = {}
    for source in sources:
        number, name = 1, source.stem + ending
        while _key(target := folder / (name + FORMATS[format or "PNG"])) in taken:
            number += 1
            name = f"{source.stem}{ending}-{number}"
        taken.add(_key(target))
        targets[source] = target
    return targets


def _key(path: Path) -> str:
    """Equal for two paths that a file system may take for one (some don't tell A from a)."""
    return os.path.realpath(path).casefold()


def for_each(sources: Sequence[Path], action: Callable[[Path, Progress], Iterable[str]]) -> int:
    """Do it to every photograph and say what it returns; how many failed, each named on stderr.

    A WeightsError goes on to the caller: it would be the same for every photograph.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries warn programmers; a person reads our sentences
    failures = 0
    for number, source in enumerate(sources, 1):

        def progress(share: float, text: str, head: str = f"[{number}/{len(sources)}] {source.name}") -> None:
            interrupts.check()
            _overwrite(f"{head} {share:4.0%} {text}")

        progress(0.0, "")
        said: Iterable[str] = ()
        try:
            said = action(source, progress)
        except WeightsError:
            raise
        except ColorizerError as error:
            failures += name_failure(source, str(error))
        except MemoryError:
            failures += name_failure(source, "There is not enough memory for this photograph.")
        except Exception as error:  # a surprise in one photograph must not stop the others
            reason = f"It failed in an unforeseen way ({type(error).__name__}: {error})."
            failures += name_failure(source, reason)
        finally:
            _overwrite("")
        for line in said:
            print(printable(line), flush=True)
    return failures


def name_failure(path: Path, reason: str) -> int:
    """Name on stderr what has failed; 1, to count it."""
    _overwrite("")
    print(printable(f"{path}: {reason}"), file=sys.stderr, flush=True)
    return 1


def printable(text: str) -> str:
    """The text without what would steer the terminal: a file's name may hold any character."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _overwrite(line: str) -> None:
    """The one line on a terminal that says what is being done; silent where stderr is no terminal."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{printable(line)[:width]}", end="", file=sys.stderr, flush=True)
