"""What do the benchmarks share? Each measurement runs in a process of its own, started from one that imports
nothing heavy: Linux hands a process's peak memory on to its children, so a large parent would show up there.
"""

from __future__ import annotations

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

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package need not be installed


def peak_mib() -> float:
    """The largest resident size of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def fresh(script: str, job: str, *words: object) -> Found:
    """Run a job of a script in a new process: what it found; its error, and the end, if it fails."""
    command = [sys.executable, script, "--job", job, *map(str, words)]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"The measurement “{job}” failed; its message stands above.")
    found: Found = json.loads(process.stdout.splitlines()[-1])
    return found


def processor() -> str:
    """The processor's name, as Linux tells it, else as Python does."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def spread(values: list[float], unit: str, scale: float, digits: int) -> str:
    figures = (min(values), statistics.median(values), max(values))
    return " / ".join(f"{figure * scale:.{digits}f}" for figure in figures) + f" {unit}"


def print_table(figures: dict[str, list[float]], threads: int) -> None:
    """The machine, and minimum, median and maximum of every figure: seconds, or MiB where it is a peak."""
    print(f"{processor()}, {os.cpu_count()} cores, {threads} threads, Python {platform.python_version()}\n")
    print("| measurement | minimum / median / maximum |\n|---|---|")
    for name, values in figures.items():
        memory = "peak" in name
        print(f"| {name} | {spread(values, 'MiB', 1, 0) if memory else spread(values, 'ms', 1000, 0)} |")
