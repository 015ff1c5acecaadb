"""How are many photographs made into new ones? Nothing is ever written over a photograph that was given."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from colorizer.cli.credentials import Signer
from colorizer.cli.naming import expanded, find_sources, plan
from colorizer.cli.terminal import Progress, for_each, reason
from colorizer.errors import ColorizerError, SettingsError
from colorizer.photo import Photo, format_named
from colorizer.photo.sources import Source
from colorizer.predictors import results
from colorizer.predictors.results import Result

MOST_JOBS = 64


class Batch:
    """A command's photographs, and where results go; ColorizerError when a name, the format or a number
    can't be, before any network is loaded. ending: of the results' names, "-colorized"."""

    def __init__(self, args: argparse.Namespace, ending: str) -> None:
        self.format, self.quality = check_output(args.format, args.quality), args.quality
        self.signer = Signer(args.credentials, args.key) if args.credentials or args.key else None
        self.caption: str | None = args.caption
        blank = Result(Photo.from_array(np.zeros((1, 9999), np.uint8)), {})
        blank.captioned(self.caption)  # a line that can't be is refused while there is no work to lose
        if not 1 <= args.jobs <= MOST_JOBS:
            raise SettingsError(f"--jobs is {args.jobs}, but must be a whole number from 1 to {MOST_JOBS}.")
        self.jobs, self.folder, self.manifest = args.jobs, Path(args.output), args.manifest
        inputs = expanded(args.inputs)
        sources, self.failures = find_sources(inputs, self.folder, ending, args.recursive)
        self.targets = plan(inputs, sources, args.output, self.format, ending, args.skip_existing)
        there = (
            one
            for one, target in self.targets.items()
            if os.path.exists(target) and (self.folder.is_dir() or results.result_of(one, [target]))
        )
        self.there = set(there) if args.skip_existing else set()
        if self.manifest and not results.is_ours(self.folder / results.MANIFEST):
            raise ColorizerError(
                f"“{self.folder / results.MANIFEST}” is another program's. Name another folder with -o."
            )
        if self.manifest and not self.folder.is_dir():
            raise ColorizerError(
                f"A manifest needs a folder of results, and “{self.folder}” is none. Name one with -o."
            )

    def run(self, work: Callable[[Photo, Progress], Result], done: str) -> int:
        """Do the work to every photograph; 0 only if every result was saved. done: "coloured"."""
        told: dict[Source, dict[str, Any]] = {}

        def make(source: Source, progress: Progress) -> list[str]:
            target = self.targets[source]
            try:
                if os.path.exists(target) and os.path.exists(source.path) and target.samefile(source.path):
                    raise ColorizerError(
                        "The result would replace the photograph itself. Name another with -o."
                    )
                with suppress(OSError):  # saving will say why
                    target.parent.mkdir(parents=True, exist_ok=True)
                result, told[source] = results.make(
                    source,
                    target,
                    lambda photo: work(photo, progress).captioned(self.caption),
                    self.format,
                    self.quality,
                )
                if self.signer:
                    with source.file() as given:
                        self.signer.sign(target, given, result.settings)
            except Exception as error:
                told[source] = results.told(source, error=reason(error))
                raise
            notes = filter(None, (*result.photo.metadata.notes, result.note))
            head = f"{source} -> {target} ({told[source]['seconds']:.1f} s)"
            return [head, *(f"    {note}" for note in notes)]

        if self.there:
            print(f"{len(self.there)} of {len(self.targets)} results are there already and stay as they are.")
        from colorizer.predictors.precision import shared_cores  # brings torch

        to_do = [source for source in self.targets if source not in self.there]
        try:
            with shared_cores(self.jobs):
                failures = self.failures + for_each(to_do, make, self.jobs)
        finally:
            if self.manifest:
                self._write_manifest(told)
        total = self.failures + len(self.targets)
        if failures and total > 1:
            print(f"{failures} of {total} could not be {done}.", file=sys.stderr)
        return 1 if failures else 0

    def _write_manifest(self, told: dict[Source, dict[str, Any]]) -> None:
        """List every photograph, also those that were done before and those that weren't reached."""
        for source, target in self.targets.items():
            if source in self.there:
                told[source] = results.told_by_file(source, target)
        missed = "It was not reached."
        pictures = (told.get(source) or results.told(source, error=missed) for source in self.targets)
        results.write_manifest(self.folder, pictures)


def check_output(format: str | None, quality: int) -> str | None:
    """The format as FORMATS spells it; ColorizerError when it or the quality can't be, before any work."""
    if not 1 <= quality <= 100:
        raise SettingsError(f"quality is {quality}, but must be a whole number from 1 to 100.")
    return None if format is None else format_named(format)
