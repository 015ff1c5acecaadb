"""How fast is a photograph painted, and how much memory does that take?

`python benchmarks/stylize.py` prints the table.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from measuring import Figures, Found, fresh, make_photo, options, parsed, peak_mib, report, timed

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
    from colorizer.predictors.precision import autocast, channels_last, prepared

    place = torch.device("cpu")
    generator = prepared(Generator(int(width), int(blocks)), place)
    picture = channels_last(torch.rand(1, 3, 512, 512), place)
    with torch.inference_mode(), autocast(place):
        generator(picture)
        took = [timed(lambda: generator(picture)) for _ in range(int(runs))]
    return {"took": took, "millions": sum(value.numel() for value in generator.parameters()) / 1e6}


def main() -> None:
    args = parsed(options(__doc__, runs=3), paint, network)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for width, height, brush in SIZES:
            photo = Path(folder) / f"{width}.jpg"
            fresh(make_photo, photo, width, height)
            found = fresh(paint, photo, brush or "", args.runs)
            threads = found.pop("threads")
            figures |= {f"{width}x{height}, {name}": values for name, values in found.items()}
    for channels, blocks in NETWORKS:
        found = fresh(network, channels, blocks, args.runs)
        kind = f"{channels} channels, {blocks} blocks, {found['millions']:.1f} million weights"
        figures[f"512x512, network of {kind}"] = found["took"]
    report(args, figures, threads)


if __name__ == "__main__":
    main()
