"""Which photographs are meant, and what are their results called?"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from colorizer import interrupts
from colorizer.cli.terminal import name_failure, overwrite
from colorizer.errors import ColorizerError, PhotoError
from colorizer.photo import FORMATS, LIMITS, SUFFIXES, check_file, writer_of
from colorizer.photo.sources import Source, is_zip, zipped
from colorizer.predictors import results


def expanded(inputs: Iterable[str]) -> list[Path]:
    """Files and folders; a pattern (*.jpg) becomes what it stands for, as not every shell does that."""
    paths: list[str] = []
    for word in inputs:
        found = sorted(glob.glob(word, recursive=True)) if not os.path.lexists(word) else []
        paths += found or [word]
    return [Path(path) for path in paths]


def find_sources(
    inputs: Sequence[Path], output: Path, ending: str, recursive: bool = False
) -> tuple[list[Source], int]:
    """The photographs that these files, folders and zips stand for, and how many inputs stand for none.

    Of a folder, the pictures directly in it count, and those below it if `recursive`; not hidden ones, and
    not results of an earlier run (their names have that ending) when the new ones go into the same folder.
    """
    result, into = re.compile(rf"{re.escape(ending)}(-\d+)?$"), os.path.isdir(output)
    there = [path for path in inputs if is_there(path)]
    sources: dict[object, Source] = {}
    failures, passed, made = len(inputs) - len(there), 0, 0

    def unreadable(error: OSError) -> None:
        nonlocal failures
        failures += name_failure(error.filename, f"The folder can't be read ({error.strerror}).")

    def inside(top: Path) -> Iterator[Source]:
        nonlocal passed, made
        into_itself = into and output.samefile(top)
        for place, folders, files in os.walk(top, onerror=unreadable):
            paths = [Path(place, name) for name in sorted(folders + files) if name[0] != "."]
            below = [path for path in paths if path.is_dir() and not path.is_symlink()]
            below = [path for path in below if not (into and output.samefile(path))]
            folders[:] = [path.name for path in below] if recursive else []
            passed += 0 if recursive else len(below)
            for path in paths:
                if path.suffix.lower() not in SUFFIXES or not (path.is_file() or path.is_symlink()):
                    continue
                if into_itself and result.search(path.stem):
                    made += 1
                else:
                    yield Source(path, Path(place).relative_to(top))

    for path in there:
        kind, before = "folder" if os.path.isdir(path) else "zip", failures
        try:
            found = [*inside(path)] if kind == "folder" else zipped(path) if is_zip(path) else [Source(path)]
        except PhotoError as error:
            failures += name_failure(path, str(error))
            continue
        for source in found:
            place = source.member.header_offset if source.member else None
            sources.setdefault((os.path.abspath(source.path), place), source)
        if not found and failures == before:
            failures += name_failure(path, f"There is no photograph in this {kind}.")
    if passed:
        text = f"{passed} folder{'s' * (passed > 1)} below passed over; --recursive takes in what is there."
        print(text, file=sys.stderr)
    if made:
        print(f"{made} named like results of an earlier run (“{ending}”) passed over.", file=sys.stderr)
    return list(sources.values()), failures


def is_there(path: Path) -> bool:
    """Whether there is such a file, folder or zip; one that isn't is named."""
    try:
        if not os.path.exists(path):  # unlike Path.exists, False for a path that may not be looked at
            check_file(path, LIMITS)
    except PhotoError as error:
        name_failure(path, str(error))
        return False
    return True


def plan(
    inputs: Sequence[Path],
    sources: Sequence[Source],
    output: str,
    format: str | None,
    ending: str,
    go_on: bool = False,
) -> dict[Source, Path]:
    """Each photograph's result; no two are one file, and none is a photograph that was given.

    In a folder, a result is named after its photograph, with the ending: dog.jpg -> dog{ending}.png. If work
    is to go on, one that is there is recognised by what its file says, and no other's name is taken.
    """
    folder, suffix = Path(output), FORMATS[format or "PNG"]
    alone = len(inputs) == 1 and not os.path.isdir(inputs[0]) and not is_zip(inputs[0])
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
    taken = {_key(source.path) for source in sources}
    numbered = re.compile(rf"(.*{re.escape(ending)})(-\d+)?{re.escape(suffix)}", re.DOTALL)
    targets = {}

    @cache
    def results_in(place: Path) -> dict[str, list[Path]]:
        """What earlier runs left there, by names without numbers."""
        found = defaultdict(list)
        for name in sorted(os.listdir(place)) if go_on and os.path.isdir(place) else ():
            if match := numbered.fullmatch(name):
                found[match[1]].append(place / name)
        return found

    for done, source in enumerate(sources):
        place, name = folder / source.folder, source.stem + ending
        overwrite(f"{done} of {len(sources)} photographs looked for among the results")
        interrupts.check()
        there = [path for path in results_in(place)[name] if _key(path) not in taken]
        paths = (place / one for one in results.numbered(name, suffix))
        free = (path for path in paths if not (go_on and os.path.lexists(path)))
        mine = results.result_of(source, there)
        targets[source] = mine or next(path for path in free if _key(path) not in taken)
        taken.add(_key(targets[source]))
    overwrite("")
    return targets


def _key(path: Path) -> str:
    """Equal for two paths that a file system may take for one (some don't tell A from a)."""
    return os.path.realpath(path).casefold()
