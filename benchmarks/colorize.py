"""How fast is colouring, and how much memory does it take?

`python benchmarks/colorize.py` prints the table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measuring import Found, fresh, peak_mib, print_table, processor, timed

SMALL = (1152, 864)  # 1 megapixel
LARGE = (4000, 3000)  # 12 megapixels


# Jobs: each is what one fresh process does; what it returns goes to the parent as JSON.


def make_photo(path: str, width: str, height: str) -> Found:
    """A grey photograph with grain, as a JPEG: scikit-image's astronaut, scaled up."""
    import numpy as np
    from PIL import Image
    from skimage.data import astronaut

    image = (
        Image.fromarray(astronaut()).convert("L").resize((int(width), int(height)), Image.Resampling.BICUBIC)
    )
    grain = np.random.default_rng(0).normal(0, 3, (int(height), int(width)))
    grey = (np.asarray(image) + grain).clip(0, 255).astype(np.uint8)
    Image.fromarray(grey).save(path, quality=92)
    return {}


def small(path: str, model: str, runs: str) -> Found:
    """Analyse and render one photo again and again."""
    import torch

    from colorizer.photo import Photo
    from colorizer.predictors.colorize import Colorizer
    from colorizer.predictors.settings import ColorizeSettings

    photo, colorizer = Photo.open(path), Colorizer.load()
    settings = ColorizeSettings(model=model)
    first = timed(lambda: colorizer.analyse(photo, settings))
    analysis = colorizer.analyse(photo, settings)
    colorizer.render(analysis, settings)
    return {
        "threads": torch.get_num_threads(),
        "first analysis, weights read": [first],
        "analysis": [timed(lambda: colorizer.analyse(photo, settings)) for _ in range(int(runs))],
        "re-rendering": [timed(lambda: colorizer.render(analysis, settings)) for _ in range(int(runs))],
    }


def end_to_end(path: str, model: str, out: str) -> Found:
    """Open, colour and save one photo, with all that a first photo costs."""
    import_seconds = time.perf_counter()
    from colorizer.photo import Photo
    from colorizer.predictors.colorize import Colorizer
    from colorizer.predictors.settings import ColorizeSettings

    import_seconds = time.perf_counter() - import_seconds
    imported = peak_mib()
    began = time.perf_counter()
    photo = Photo.open(path)
    opened = time.perf_counter()
    result = Colorizer.load().colorize(photo, ColorizeSettings(model=model))
    coloured = time.perf_counter()
    result.save(out)
    saved = time.perf_counter()
    return {
        "import": import_seconds,
        "open": opened - began,
        "colour": coloured - opened,
        "save": saved - coloured,
        "open to saved": saved - began,
        "peak, imports alone": imported,
        "peak": peak_mib(),
    }


JOBS: dict[str, Callable[..., Found]] = {
    "make-photo": make_photo,
    "small": small,
    "end-to-end": end_to_end,
}


def measure(model: str, runs: int) -> tuple[dict[str, list[float]], int]:
    """All figures by name (seconds, and MiB for those that start with "peak"), and the number of threads."""
    with tempfile.TemporaryDirectory() as folder:
        photos = {}
        for name, (width, height) in (("small", SMALL), ("large", LARGE)):
            photos[name] = Path(folder) / f"{name}.jpg"
            fresh(__file__, "make-photo", photos[name], width, height)
        found = fresh(__file__, "small", photos["small"], model, runs)
        threads = found.pop("threads")
        figures: dict[str, list[float]] = {f"1 MP, {name}": values for name, values in found.items()}
        for _ in range(runs):
            for name, value in fresh(
                __file__, "end-to-end", photos["large"], model, Path(folder) / "out.jpg"
            ).items():
                figures.setdefault(f"12 MP, {name}", []).append(value)
    return figures, threads


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="unet", help="unet, course-unet or autoencoder (default: unet)")
    parser.add_argument("--runs", type=int, default=5, help="repetitions of each measurement (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--job", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        print(json.dumps(JOBS[args.job[0]](*args.job[1:])))
        return 0
    if args.runs < 1:
        parser.error(f"--runs is {args.runs}, but at least one is needed")
    figures, threads = measure(args.model, args.runs)
    print_table(figures, threads)
    if args.json:
        about = {"processor": processor(), "threads": threads, "model": args.model, "figures": figures}
        args.json.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
