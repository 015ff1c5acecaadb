"""How long does it take until a photograph has the style of a painting, and how near does it come?

`python benchmarks/own_style.py` prints the table, for every network that is there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from measuring import ROOT, Found, fresh, peak_mib, processor

EXAMPLES = ROOT / "colorizer" / "ui" / "examples"
PAIRS = (
    ("boats-in-river-nagasaki.jpg", "strokes-blue.jpg"),
    ("alpine-landscape.jpg", "strokes-red.jpg"),
)


def restyle(photo: str, painting: str, features: str, size: str, steps: str, output: str) -> Found:
    """Paint one photograph once; the weights are read before the clock starts."""
    import time

    import torch

    from colorizer.photo import Photo
    from colorizer.predictors.own_style import StyleTransfer
    from colorizer.predictors.settings import RestyleSettings

    settings = RestyleSettings(features=features, size=int(size), steps=int(steps))
    painter = StyleTransfer.load()
    painter.network(settings)
    began = time.perf_counter()
    made = painter.paint(Photo.open(photo), Photo.open(painting), settings)
    seconds = time.perf_counter() - began
    if output:
        made.photo.save(output)
    found: Found = {"seconds": seconds, "steps": made.steps, "before": made.before, "after": made.after}
    return {**found, "network": made.network, "peak": peak_mib(), "threads": torch.get_num_threads()}


def there() -> Found:
    """The kinds of features that can be measured here."""
    from colorizer.predictors.perception import vgg_there

    return {"kinds": ["vgg19", "lite0"] if vgg_there() else ["lite0"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=384, help="long side in pixels (default: 384)")
    parser.add_argument("--steps", type=int, default=110, help="default: 110")
    parser.add_argument("--photos", nargs="*", default=[], help="instead of the page's examples")
    parser.add_argument("--paintings", nargs="*", default=[], help="one for each of the photos")
    parser.add_argument("--save", type=Path, help="a folder for the results")
    parser.add_argument("--job", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        job, *words = args.job
        print(json.dumps(there() if job == "there" else restyle(*words)))
        return 0
    pairs = [(EXAMPLES / photo, EXAMPLES / painting) for photo, painting in PAIRS]
    if args.photos:
        pairs = [(Path(one), Path(other)) for one, other in zip(args.photos, args.paintings, strict=True)]
    rows = []
    for kind in fresh(__file__, "there")["kinds"]:
        for photo, painting in pairs:
            output = args.save / f"{photo.stem}-{painting.stem}-{kind}.png" if args.save else ""
            found = fresh(__file__, "restyle", photo, painting, kind, args.size, args.steps, output)
            rows.append((photo, painting, found))
    threads = rows[0][2]["threads"]
    print(f"{processor()}, {os.cpu_count()} cores, {threads} threads, Python {platform.python_version()}\n")
    print("| photograph, painting | features | time | steps | style distance | smaller by | peak |")
    print("|---|---|---|---|---|---|---|")
    for photo, painting, found in rows:
        before, after = found["before"], found["after"]
        print(
            f"| {photo.stem}, {painting.stem} | {found['network']} | {found['seconds']:.1f} s "
            f"| {found['steps']} | {before:.3g} to {after:.2g} | {before / after:.0f} times "
            f"| {found['peak']:.0f} MiB |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
