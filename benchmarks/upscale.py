"""How fast is enlarging, and how much memory does it take?

`python benchmarks/upscale.py` prints the table.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from measuring import Figures, Found, fresh, make_photo, options, parsed, peak_mib, report, timed

SIZES = ((256, 256), (1024, 768), (2000, 1500))  # 1, 12.6 and 48 megapixels of result


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


def main() -> None:
    parser = options(__doc__, runs=3)
    parser.add_argument("--sizes", type=int, choices=(1, 2, 3), default=3, help="only so many of the sizes")
    args = parsed(parser, enlarge)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for width, height in SIZES[: args.sizes]:
            photo = Path(folder) / f"{width}.jpg"
            fresh(make_photo, photo, width, height)
            found = fresh(enlarge, photo, args.runs if width < 2000 else 1)
            threads = found.pop("threads")
            figures |= {f"{width}x{height}, {name}": values for name, values in found.items()}
    report(args, figures, threads)


if __name__ == "__main__":
    main()
