"""How fast is colouring, and how much memory does it take?

`python benchmarks/colorize.py` prints the table.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from measuring import Figures, Found, fresh, make_photo, options, parsed, peak_mib, report, timed

SMALL = (1152, 864)  # 1 megapixel
LARGE = (4000, 3000)  # 12 megapixels
GRAIN = 3  # standard deviation, in 255ths of white


def again_and_again(path: str, model: str, runs: str) -> Found:
    """Analyse and render one photo."""
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
    began = time.perf_counter()
    from colorizer.photo import Photo
    from colorizer.predictors.colorize import Colorizer
    from colorizer.predictors.settings import ColorizeSettings

    imports, imported = time.perf_counter() - began, peak_mib()
    began = time.perf_counter()
    photo = Photo.open(path)
    opened = time.perf_counter()
    result = Colorizer.load().colorize(photo, ColorizeSettings(model=model))
    coloured = time.perf_counter()
    result.save(out)
    saved = time.perf_counter()
    return {
        "import": imports,
        "open": opened - began,
        "colour": coloured - opened,
        "save": saved - coloured,
        "open to saved": saved - began,
        "peak, imports alone": imported,
        "peak": peak_mib(),
    }


def main() -> None:
    parser = options(__doc__, runs=5)
    parser.add_argument("--model", default="unet", help="unet, course-unet or autoencoder (default: unet)")
    args = parsed(parser, again_and_again, end_to_end)
    with tempfile.TemporaryDirectory() as folder:
        small, large, out = (Path(folder) / name for name in ("small.jpg", "large.jpg", "out.jpg"))
        for path, size in ((small, SMALL), (large, LARGE)):
            fresh(make_photo, path, *size, GRAIN)
        found = fresh(again_and_again, small, args.model, args.runs)
        threads = found.pop("threads")
        figures: Figures = {f"1 MP, {name}": values for name, values in found.items()}
        for _ in range(args.runs):
            for name, value in fresh(end_to_end, large, args.model, out).items():
                figures.setdefault(f"12 MP, {name}", []).append(value)
    report(args, figures, threads)


if __name__ == "__main__":
    main()
