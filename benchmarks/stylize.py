"""How fast is a photograph painted, and how much memory does that take?

`python benchmarks/stylize.py` prints the table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measuring import Found, fresh, peak_mib, print_table, timed
from upscale import make_photo

# The network sees the first two as they are, the last as large as the page would have it.
SIZES = ((512, 512, 1.0), (2048, 2048, 1.0), (6000, 4000, None))
# Channels and residual blocks: what is shipped, what the options begin with, and the paper's.
NETWORKS = ((32, 6), (32, 9), (64, 9))


def paint(path: str, brush: str, runs: str) -> Found:
    """Paint one photo again and again."""
    import torch

    from colorizer.photo import Photo
    from colorizer.predictors.settings import StylizeSettings
    from colorizer.predictors.stylize import Stylizer

    photo, stylizer = Photo.open(path), Stylizer.load()
    settings = StylizeSettings(brush=float(brush) if brush else None)
    stylizer.network(settings.direction)
    took = [timed(lambda: stylizer.stylize(photo, settings)) for _ in range(int(runs))]
    return {"threads": torch.get_num_threads(), "painting": took, "peak": [peak_mib()]}


def network(width: str, blocks: str, runs: str) -> Found:
    """A network with random weights, of 512x512 pixels; its millions of parameters."""
    import torch

    from colorizer.networks.cyclegan import Generator
    from colorizer.predictors.precision import autocast

    generator = Generator(int(width), int(blocks)).eval().to(memory_format=torch.channels_last)
    picture = torch.rand(1, 3, 512, 512).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), autocast(picture.device):
        generator(picture)
        took = [timed(lambda: generator(picture)) for _ in range(int(runs))]
    return {"took": took, "millions": sum(value.numel() for value in generator.parameters()) / 1e6}


JOBS: dict[str, Callable[..., Found]] = {"make-photo": make_photo, "paint": paint, "network": network}


def measure(runs: int) -> tuple[dict[str, list[float]], int]:
    """All figures by name (seconds, and MiB for the peaks), and the number of threads."""
    figures: dict[str, list[float]] = {}
    threads = 0
    with tempfile.TemporaryDirectory() as folder:
        for width, height, brush in SIZES:
            photo = Path(folder) / f"{width}.jpg"
            fresh(__file__, "make-photo", photo, width, height)
            found = fresh(__file__, "paint", photo, brush or "", runs)
            threads = found.pop("threads")
            figures |= {f"{width}x{height}, {name}": values for name, values in found.items()}
    for width, blocks in NETWORKS:
        found = fresh(__file__, "network", width, blocks, runs)
        name = (
            f"512x512, network of {width} channels, {blocks} blocks, {found['millions']:.1f} million weights"
        )
        figures[name] = found["took"]
    return figures, threads


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="repetitions (default: 3)")
    parser.add_argument("--job", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        print(json.dumps(JOBS[args.job[0]](*args.job[1:])))
        return 0
    if args.runs < 1:
        parser.error(f"--runs is {args.runs}, but at least one is needed")
    print_table(*measure(args.runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
