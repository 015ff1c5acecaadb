"""What do the benchmarks share? Each measurement runs in a process of its own, started from one that imports
nothing heavy: Linux hands a process's peak memory on to its children, so a large parent would show up there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Found = dict[str, Any]  # what a job measured, as it travels in JSON
Job = Callable[..., Found]  # what one process does; its arguments arrive as words
Figures = dict[str, list[float]]  # seconds by what took them, and MiB where it is a peak

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package need not be installed


def options(about: str | None, runs: int = 0) -> argparse.ArgumentParser:
    """A parser for a benchmark with that docstring; --runs where something is repeated."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    if runs:
        repetitions = f"repetitions of each measurement (default: {runs})"
        parser.add_argument("--runs", type=positive, default=runs, help=repetitions)
    return parser


def positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"it is {text}, but at least 1 is needed")
    return int(text)


def parsed(parser: argparse.ArgumentParser, *jobs: Job) -> argparse.Namespace:
    """The options that were given; where that is a job, it is done, and the process ends."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--job", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        job, *words = args.job
        print(json.dumps({job.__name__: job for job in jobs}[job](*words)))
        sys.exit(0)
    return args


def fresh(job: Job, *words: object) -> Found:
    """Run a job in a new process: what it found; its error, and the end, if it fails."""
    command = [sys.executable, job.__code__.co_filename, "--job", job.__name__, *map(str, words)]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"The measurement “{job.__name__}” failed; its message stands above.")
    found: Found = json.loads(process.stdout.splitlines()[-1])
    return found


def make_photo(path: str, width: str, height: str, grain: str = "0") -> Found:
    """Scikit-image's astronaut, scaled, as a JPEG; grey where it has grain, as an old photograph would."""
    import numpy as np
    from PIL import Image
    from skimage.data import astronaut

    image = Image.fromarray(astronaut()).convert("L" if float(grain) else "RGB")
    image = image.resize((int(width), int(height)), Image.Resampling.BICUBIC)
    if float(grain):
        noise = np.random.default_rng(0).normal(0, float(grain), (int(height), int(width)))
        image = Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))
    image.save(path, quality=92)
    return {}


def peak_mib() -> float:
    """The largest resident size of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def processor() -> str:
    """The processor's name, as Linux tells it, else as Python does."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def print_machine(threads: int) -> None:
    print(f"{processor()}, {os.cpu_count()} cores, {threads} threads, Python {platform.python_version()}\n")


def report(args: argparse.Namespace, figures: Figures, threads: int) -> None:
    """The machine, and minimum, median and maximum of every figure; all of it in a file, where one is
    wanted."""
    print_machine(threads)
    print("| measurement | minimum / median / maximum |\n|---|---|")
    for name, values in figures.items():
        unit, scale = ("MiB", 1) if "peak" in name else ("ms", 1000)
        spread = (min(values), statistics.median(values), max(values))
        print(f"| {name} | {' / '.join(f'{value * scale:.0f}' for value in spread)} {unit} |")
    if args.json:
        chosen = {name: value for name, value in vars(args).items() if name not in ("json", "job")}
        about = {"processor": processor(), "threads": threads, **chosen, "figures": figures}
        args.json.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parsed(options(__doc__), make_photo)
