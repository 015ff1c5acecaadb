"""How fast is enlarging, and how much memory does it take?

`python benchmarks/upscale.py` prints the table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measuring import Found, fresh, peak_mib, print_table, processor, timed

SIZES = ((256, 256), (1024, 768), (2000, 1500))  # 1, 12.6 and 48 megapixels of result


def make_photo(path: str, width: str, height: str) -> Found:
    """A colour photograph as a JPEG: scikit-image's astronaut, scaled."""
    from PIL import Image
    from skimage.data import astronaut

    Image.fromarray(astronaut()).resize((int(width), int(height)), Image.Resampling.BICUBIC).save(path)
    return {}


def enlarge(path: str, runs: str) -> Found:
    """Enlarge one photo again and again."""
    import torch

    from colorizer.photo import Photo
    from colorizer.predictors.upscale import Upscaler

    photo, upscaler = Photo.open(path), Upscaler.load()
    first = timed(lambda: upscaler.crop(photo, (0, 0, 8, 8)))
    forecast = upscaler.forecast(photo)
    took = [timed(lambda: upscaler.upscale(photo)) for _ in range(int(runs))]
    return {
        "threads": torch.get_num_threads(),
        "weights read": [first],
        "foretold": [forecast.seconds],
        "enlarging": took,
        "a megapixel of the result": [seconds / (16 * photo.megapixels) for seconds in took],
        "peak": [peak_mib()],
    }


JOBS: dict[str, Callable[..., Found]] = {"make-photo": make_photo, "enlarge": enlarge}


def measure(largest: int, runs: int) -> tuple[dict[str, list[float]], int]:
    """All figures by name (seconds, and MiB for the peaks), and the number of threads."""
    figures: dict[str, list[float]] = {}
    threads = 0
    with tempfile.TemporaryDirectory() as folder:
        for width, height in SIZES[:largest]:
            photo = Path(folder) / f"{width}.jpg"
            fresh(__file__, "make-photo", photo, width, height)
            found = fresh(__file__, "enlarge", photo, runs if width < 2000 else 1)
            threads = found.pop("threads")
            figures |= {f"{width}x{height}, {name}": values for name, values in found.items()}
    return figures, threads


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, choices=(1, 2, 3), default=3, help="only so many of the sizes")
    parser.add_argument(
        "--runs", type=int, default=3, help="repetitions, but one of the largest (default: 3)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--job", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        print(json.dumps(JOBS[args.job[0]](*args.job[1:])))
        return 0
    if args.runs < 1:
        parser.error(f"--runs is {args.runs}, but at least one is needed")
    figures, threads = measure(args.sizes, args.runs)
    print_table(figures, threads)
    if args.json:
        about = {"processor": processor(), "threads": threads, "figures": figures}
        args.json.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
