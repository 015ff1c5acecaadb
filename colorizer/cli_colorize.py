"""How are photographs coloured from the terminal? `python -m colorizer colorize IN... -o OUT`

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
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from colorizer.errors import ColorizerError, SettingsError, WeightsError
from colorizer.predictors.settings import MODELS, RANGES, ColorizeSettings

if TYPE_CHECKING:
    from colorizer.predictors.colorize import Colorizer

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

ENDING = "-colorized"  # grandmother.jpg -> grandmother-colorized.png
RESULT = re.compile(rf"{ENDING}(-\d+)?$")
HELP = {
    "saturation": "factor on the strength of the colours",
    "temperature": "lower is bolder, higher is calmer (unet)",
    "rebalance": "favour rare colours over common ones (unet)",
    "strength": "0 keeps the photograph's own colours, 1 takes the predicted ones",
    "variant": "0 is the likeliest colouring, the others are alternatives (unet)",
    "size": "long side, in pixels, of the small copy that the network sees",
}


def add_colorize_commands(subparsers: Subparsers) -> None:
    """Add `colorize`; it sets `run` (parsed arguments in, exit status out)."""
    parser = subparsers.add_parser(
        "colorize", help="colour photographs", description="Colour photographs, at their full size."
    )
    parser.add_argument("inputs", nargs="+", metavar="IN", help="photographs, or folders of them")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="a file for one photograph, else a folder"
    )
    defaults = ColorizeSettings()
    parser.add_argument("--model", choices=MODELS, default=defaults.model, help=f"default: {defaults.model}")
    for name, (low, high) in RANGES.items():
        default = getattr(defaults, name)
        text = f"{HELP[name]}; {low:g} to {high:g}, default {default:g}"
        metavar = "N" if isinstance(default, int) else "X"
        parser.add_argument(f"--{name}", type=type(default), default=default, metavar=metavar, help=text)
    parser.add_argument(
        "--format", type=str.upper, help="of the results; default: what OUT's name says, or PNG"
    )
    parser.add_argument("--quality", type=int, default=95, metavar="N", help="of JPEG; 1 to 100, default 95")
    parser.set_defaults(run=run_colorize)


def run_colorize(args: argparse.Namespace) -> int:
    """`colorize`: 0 only if every photograph was coloured and saved."""
    from colorizer.predictors.colorize import Colorizer

    names = [field.name for field in fields(ColorizeSettings)]
    settings = ColorizeSettings(**{name: getattr(args, name) for name in names})
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries warn programmers; a person reads our sentences
    format = check_output(args.format, args.quality)
    sources, failures = find_sources(args.inputs, Path(args.output))
    jobs = plan(args.inputs, sources, args.output, format)
    colorizer = Colorizer.load()
    progress = ProgressLine(sys.stderr, len(jobs))
    total = len(jobs) + failures
    for job in jobs:
        failures += not _run(job, colorizer, settings, progress, args.quality)
    if failures and total > 1:
        print(f"{failures} of {total} could not be coloured.", file=sys.stderr)
    return 1 if failures else 0


@dataclass(frozen=True)
class Job:
    """One photograph, and where its result goes; format is None where the target's name decides."""

    source: Path
    target: Path
    format: str | None


def check_output(format: str | None, quality: int) -> str | None:
    """The format as FORMATS spells it; SettingsError when it or the quality can't be, before any work."""
    from colorizer.photo import FORMATS

    if not 1 <= quality <= 100:
        raise SettingsError(f"quality is {quality}, but must be a whole number from 1 to 100.")
    spelled = {name.casefold(): name for name in FORMATS}
    if format is not None and format.casefold() not in spelled:
        raise SettingsError(f"There is no format “{format}”. Choose one of {', '.join(FORMATS)}.")
    return None if format is None else spelled[format.casefold()]


def find_sources(inputs: Iterable[str], output: Path) -> tuple[list[Path], int]:
    """The photographs that these files and folders stand for, and how many inputs stand for none.

    Of a folder, the pictures directly in it count; not hidden files, and not results of an earlier run when
    the new ones go into the same folder.
    """
    from colorizer.photo import SUFFIXES

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
            and not (same and RESULT.search(item.stem))
        ]
        sources.update(dict.fromkeys(found))
        if not found:
            failures += _fail(path, "There is no photograph in this folder.")
    return list(sources), failures


def plan(inputs: list[str], sources: list[Path], output: str, format: str | None) -> list[Job]:
    """Which result goes where; no two into one file, and none over a photograph that was given."""
    from colorizer.photo import FORMATS

    folder = Path(output)
    alone = len(inputs) == 1 and not os.path.isdir(inputs[0])
    if alone and not os.path.isdir(folder) and not output.endswith(("/", os.sep)):
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
        number, name = 1, source.stem + ENDING
        while _key(target := folder / (name + FORMATS[format])) in taken:
            number += 1
            name = f"{source.stem}{ENDING}-{number}"
        taken.add(_key(target))
        jobs.append(Job(source, target, format))
    return jobs


def _key(path: Path) -> str:
    """Equal for two paths that a file system may take for one (some don't tell A from a)."""
    return os.path.realpath(path).casefold()


def _run(
    job: Job, colorizer: Colorizer, settings: ColorizeSettings, progress: ProgressLine, quality: int
) -> bool:
    """Whether this photograph was coloured; one that wasn't has been named on stderr."""
    began = time.perf_counter()
    progress.begin(job.source)
    try:
        notes = _colour(job, colorizer, settings, progress, quality)
    except WeightsError:
        raise  # it would be the same for every photograph
    except ColorizerError as error:
        reason = str(error)
    except MemoryError:
        reason = "There is not enough memory for this photograph."
    except Exception as error:  # a surprise in one photograph must not stop the others
        reason = f"It failed in an unforeseen way ({type(error).__name__}: {error})."
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


def _colour(
    job: Job, colorizer: Colorizer, settings: ColorizeSettings, progress: ProgressLine, quality: int
) -> list[str]:
    """Colour and save one photograph; what a person should know about the result."""
    from colorizer.photo import Photo

    if os.path.exists(job.target) and os.path.exists(job.source) and job.target.samefile(job.source):
        raise ColorizerError("The result would replace the photograph itself. Choose another name with -o.")
    photo = Photo.open(job.source)
    result = colorizer.colorize(photo, settings, progress)
    result.save(job.target, format=job.format, quality=quality, settings=settings.as_dict())
    notes = list(result.metadata.notes)
    if photo.tone == "coloured" and settings.strength > 0:
        notes.append("It already had colours; --strength below 1 keeps some of them.")
    return notes


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
        if self.stream.isatty():
            line = printable(f"[{self.number}/{self.total}] {self.name} {share:4.0%} {text}")
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[K{line[:width]}")
            self.stream.flush()

    def clear(self) -> None:
        if self.stream.isatty():
            self.stream.write("\r\x1b[K")
            self.stream.flush()
