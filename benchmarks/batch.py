"""How many photographs a second does a batch do, and what does restoring cost beside enlarging alone?

`python benchmarks/batch.py` prints the table; --cluster takes a Dask cluster of 1 and of 2 workers, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from measuring import Figures, fresh, make_photo, options, parsed, report

SIZE, PRINT = (1732, 1155), (1152, 868)  # 2 megapixels, and 1
GRAIN = 3  # standard deviation, in 255ths of white


def seconds(*words: object) -> float:
    """What a command takes from its start to its end."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "colorizer", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def with_cluster(workers: int, words: Sequence[object]) -> float:
    """The same by a cluster on this machine, whose workers have read their networks already."""
    from distributed import LocalCluster

    cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
    with closing(cluster):
        address = cluster.scheduler_address
        seconds(*words, "--cluster", address)
        return seconds(*words, "--cluster", address)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--photos", type=int, default=40, help="in the batch (default: 40)")
    parser.add_argument("--cluster", action="store_true", help="needs requirements-cluster.txt")
    args = parsed(parser, make_photo)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        fresh(make_photo, folder / "print.png", *PRINT, GRAIN)
        for number in range(args.photos):
            fresh(make_photo, folder / "in" / f"{number}.jpg", SIZE[0] + number % 7, SIZE[1], GRAIN)
        for task in ("upscale", "restore"):
            words = (task, folder / "print.png", "-o", folder / "large.png", "--model", "photo")
            figures[f"1 MP, {task}, start included"] = [seconds(*words)]
        batch = ("colorize", folder / "in", "-o", folder / "out", "--format", "JPEG")
        for jobs in (1, 2):
            figures[f"{args.photos} of 2 MP, colorize --jobs {jobs}"] = [seconds(*batch, "--jobs", jobs)]
        for workers in (1, 2) if args.cluster else ():
            taken = with_cluster(workers, batch)
            figures[f"{args.photos} of 2 MP, colorize --cluster of {workers}"] = [taken]
    report(args, figures, threads=os.cpu_count() or 1)


if __name__ == "__main__":
    main()
