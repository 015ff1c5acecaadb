"""How is a batch done on many machines? `--cluster ADDRESS` hands it to the workers of a Dask scheduler.

Photographs and results are named by their paths, so they lie on a disk that all machines share. When a worker
dies, Dask gives what it was doing to another one; a result appears whole, whoever makes it.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from colorizer.cli.terminal import Progress, attempted, overwrite
from colorizer.errors import ColorizerError, SettingsError
from colorizer.photo.sources import Source
from colorizer.predictors.results import Job

PATIENCE = 30  # seconds that are waited for the scheduler, and then for the first worker
AHEAD = 4  # photographs a worker's thread that are handed out before the first of them is done
T = TypeVar("T")


class Cluster:
    """Workers that are there already; ColorizerError where there are none, or can't do this batch."""

    def __init__(self, args: argparse.Namespace, sources: Iterable[Source]) -> None:
        self.address = args.cluster
        if args.jobs > 1 or args.credentials:
            raise SettingsError(
                "--cluster has as many --jobs as its workers have threads, and takes no --credentials, whose "
                "key would leave this machine. Leave them out."
            )
        if not re.fullmatch(r"(\w+://)?[^/\s]+:\d+", self.address):
            raise SettingsError(f"--cluster is “{self.address}”, but must be like tcp://that-machine:8786.")
        if packed := next((one for one in sources if one.member), None):
            raise ColorizerError(f"A cluster takes no zip, such as “{packed.path}”. Unpack it.")
        try:
            self.dask = import_module("distributed")
        except ImportError:
            raise ColorizerError("--cluster needs: pip install -r requirements-cluster.txt") from None
        for name in logging.root.manager.loggerDict:
            if name.partition(".")[0] == "distributed":  # what goes wrong is said in our words
                logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self.client = self.dask.Client(self.address, timeout=PATIENCE, set_as_default=False)
        except Exception as error:  # whatever may be wrong with an address
            why = " ".join(str(error).split())[:120]
            raise ColorizerError(
                f"There is no Dask scheduler at “{self.address}” ({why}). Start one with: dask scheduler"
            ) from None

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()  # which takes back what isn't begun

    def outcomes(
        self, jobs: Sequence[Job], action: Callable[[Job, Progress], T]
    ) -> Iterator[tuple[T | None, str]]:
        """Do it to every photograph: in their order what it returns, or why it failed."""
        try:
            self.client.wait_for_workers(1, timeout=PATIENCE)
        except self.dask.TimeoutError:
            raise ColorizerError(
                f"“{self.address}” has no workers. Start one with: dask worker {self.address}"
            ) from None
        try:
            for run in (self.client.run_on_scheduler, self.client.run):
                run(exec, "import colorizer.cli.cluster")
        except ImportError:
            raise ColorizerError(
                f"The machines at “{self.address}” don't know this program. On each: pip install '.[cluster]'"
            ) from None
        begun: deque[Future[tuple[T | None, str]]] = deque()
        for number, job in enumerate(jobs):
            begun.append(self.client.submit(attempted, action, _everywhere(job), pure=False))
            if len(begun) > AHEAD * sum(self.client.nthreads().values()):
                overwrite(f"[{number + 1 - len(begun)}/{len(jobs)}]")
                yield self._outcome(begun.popleft())
        while begun:
            overwrite(f"[{len(jobs) - len(begun)}/{len(jobs)}]")
            yield self._outcome(begun.popleft())

    def _outcome(self, future: Future[tuple[T | None, str]]) -> tuple[T | None, str]:
        """What came of one; ColorizerError when the scheduler is gone."""
        try:
            while True:
                with suppress(self.dask.TimeoutError):
                    return future.result(PATIENCE)
                if not self.client.nthreads():
                    overwrite(f"There is no worker any more; waiting for one: dask worker {self.address}")
        except self.dask.KilledWorker:
            return None, "Every worker that tried it died. It may need more memory than they have."
        except (self.dask.CancelledError, self.dask.client.FutureCancelledError, OSError):
            text = "is gone. Start it again and go on with --skip-existing."
            raise ColorizerError(f"The scheduler at “{self.address}” {text}") from None


def _everywhere(job: Job) -> Job:
    """The same, whatever folder a process is in."""
    path, target = (Path(os.path.abspath(name)) for name in (job.source.path, job.target))
    return Job(replace(job.source, path=path), target)
