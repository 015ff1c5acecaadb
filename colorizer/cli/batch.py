"""How are many photographs made into new ones? Nothing is ever written over a photograph that was given."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from colorizer.cli.cluster import Cluster
from colorizer.cli.credentials import Signer
from colorizer.cli.hints import GivenHints
from colorizer.cli.naming import expanded, find_sources, plan
from colorizer.cli.terminal import Progress, outcomes, say_of
from colorizer.errors import ColorizerError, SettingsError
from colorizer.photo import Photo, format_named
from colorizer.photo.sources import Source
from colorizer.predictors import results
from colorizer.predictors.results import Job, Result
from colorizer.predictors.settings import ColorizeSettings, RestoreSettings, Settings

if TYPE_CHECKING:
    from colorizer.predictors.tasks import Predictors

MOST_JOBS = 64
DONE = {"restore": "restored", "colorize": "coloured", "upscale": "enlarged", "stylize": "painted"}
DONE |= {"restyle": "painted", "texture": "made into a texture"}


@dataclass(frozen=True)
class Order:
    """What is to be made of every photograph; it may be sent to another machine."""

    settings: Settings
    hints: GivenHints | None
    painting: Photo | None
    caption: str | None
    format: str | None
    quality: int
    signer: Signer | None

    def make(self, predictors: Predictors, job: Job, progress: Progress) -> tuple[list[str], dict[str, Any]]:
        """Make and save a result: notes to the person, and what a manifest tells of it."""
        source, target = job.source, job.target
        if os.path.exists(target) and os.path.exists(source.path) and target.samefile(source.path):
            raise ColorizerError("The result would replace the photograph itself. Name another with -o.")
        with suppress(OSError):  # saving will say why
            target.parent.mkdir(parents=True, exist_ok=True)

        def work(photo: Photo) -> Result:
            settings = self.settings
            if self.hints and isinstance(settings, ColorizeSettings | RestoreSettings):
                settings = replace(settings, hints=self.hints.on(photo))
            made = predictors.make(photo, settings, progress, self.painting)
            return made.captioned(self.caption)

        result, told = results.make(source, target, work, self.format, self.quality)
        if self.signer:
            with source.file() as given:
                self.signer.sign(target, given, result.settings)
        return [*filter(None, (*result.photo.metadata.notes, result.note))], told


class Batch:
    """A command's photographs, and where results go; ColorizerError when a name, the format or a number
    can't be, before any network is loaded."""

    def __init__(self, args: argparse.Namespace, task: str) -> None:
        self.args, self.done, ending = args, DONE[task], results.ENDINGS[task]
        self.format = check_output(args.format, args.quality)
        self.signer = Signer(args.credentials, args.key) if args.credentials or args.key else None
        blank = Result(Photo.from_array(np.zeros((1, 9999), np.uint8)), {})
        blank.captioned(args.caption)  # a line that can't be is refused while there is no work to lose
        if not 1 <= args.jobs <= MOST_JOBS:
            raise SettingsError(f"--jobs is {args.jobs}, but must be a whole number from 1 to {MOST_JOBS}.")
        self.folder = Path(args.output)
        inputs = expanded(args.inputs)
        sources, self.failures = find_sources(inputs, self.folder, ending, args.recursive)
        self.targets = plan(inputs, sources, args.output, self.format, ending, args.skip_existing)
        there = (
            one
            for one, target in self.targets.items()
            if os.path.exists(target) and (self.folder.is_dir() or results.result_of(one, [target]))
        )
        self.there = set(there) if args.skip_existing else set()
        if args.manifest and not results.is_ours(self.folder / results.MANIFEST):
            raise ColorizerError(
                f"“{self.folder / results.MANIFEST}” is another program's. Name another folder with -o."
            )
        if args.manifest and not self.folder.is_dir():
            raise ColorizerError(
                f"A manifest needs a folder of results, and “{self.folder}” is none. Name one with -o."
            )
        self.cluster = Cluster(args, self.targets) if args.cluster is not None else None

    def run(self, settings: Settings, hints: GivenHints | None, painting: Photo | None) -> int:
        """Make a result of every photograph; 0 only if each was saved."""
        from colorizer.predictors.precision import shared_cores  # brings torch
        from colorizer.predictors.tasks import Predictors

        args, told = self.args, dict[Source, dict[str, Any]]()
        order = Order(settings, hints, painting, args.caption, self.format, args.quality, self.signer)
        predictors, failures = Predictors(), self.failures
        predictors.check(settings)  # what has no weights is said once, not for every photograph
        if self.there:
            print(f"{len(self.there)} of {len(self.targets)} results are there already and stay as they are.")
        jobs = [Job(*pair) for pair in self.targets.items() if pair[0] not in self.there]
        try:
            with shared_cores(args.jobs), self.cluster or nullcontext():
                work = partial(order.make, predictors)
                made = self.cluster.outcomes(jobs, work) if self.cluster else outcomes(jobs, work, args.jobs)
                for job, (answer, failure) in zip(jobs, made, strict=True):
                    notes, about = answer or ([], results.told(job.source, error=failure))
                    told[job.source] = about | {"name": str(job.source)}  # not as a worker calls it
                    head = [f"{job.source} -> {job.target} ({about['seconds']:.1f} s)"] if answer else []
                    failures += say_of(job.source, head + [f"    {note}" for note in notes], failure)
        finally:
            if args.manifest:
                self._write_manifest(told)
        total = self.failures + len(self.targets)
        if failures and total > 1:
            print(f"{failures} of {total} could not be {self.done}.", file=sys.stderr)
        return 1 if failures else 0

    def _write_manifest(self, told: dict[Source, dict[str, Any]]) -> None:
        """List every photograph: those that were done, now or before, and those that weren't reached."""
        for source, target in self.targets.items():
            untold = source not in told and os.path.exists(target)
            if untold and (source in self.there or results.result_of(source, [target])):
                told[source] = results.told_by_file(source, target)
        pictures = (told.get(source) or results.told(source, error=results.MISSED) for source in self.targets)
        results.write_manifest(self.folder, pictures)


def check_output(format: str | None, quality: int) -> str | None:
    """The format as FORMATS spells it; ColorizerError when it or the quality can't be, before any work."""
    if not 1 <= quality <= 100:
        raise SettingsError(f"quality is {quality}, but must be a whole number from 1 to 100.")
    return None if format is None else format_named(format)
