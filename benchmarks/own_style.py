"""How long does it take until a photograph has the style of a painting, and how near does it come?

`python benchmarks/own_style.py` prints the table, for every network that is there.
"""

from __future__ import annotations

import json
from pathlib import Path

from measuring import ROOT, Found, fresh, options, parsed, peak_mib, print_machine, timed

EXAMPLES = ROOT / "colorizer" / "ui" / "examples"
PAIRS = (
    ("boats-in-river-nagasaki.jpg", "strokes-blue.jpg"),
    ("alpine-landscape.jpg", "strokes-red.jpg"),
)


def restyle(photo: str, painting: str, features: str, size: str, steps: str, output: str) -> Found:
    """Paint one photograph once; the weights are read before the clock starts."""
    import torch

    from colorizer.photo import Photo
    from colorizer.predictors.own_style import StyleTransfer
    from colorizer.predictors.settings import RestyleSettings

    settings = RestyleSettings(features=features, size=int(size), steps=int(steps))
    painter = StyleTransfer.load()
    painter.network(settings)
    given, model, results = Photo.open(photo), Photo.open(painting), []
    seconds = timed(lambda: results.append(painter.paint(given, model, settings)))
    (made,) = results
    if output:
        made.photo.save(output)
    found: Found = {"seconds": seconds, "steps": made.steps, "before": made.before, "after": made.after}
    return {**found, "network": made.network, "peak": peak_mib(), "threads": torch.get_num_threads()}


def there() -> Found:
    """The kinds of features that can be measured here."""
    from colorizer.predictors.perception import vgg_there

    return {"kinds": ["vgg19", "lite0"] if vgg_there() else ["lite0"]}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--size", type=int, default=384, help="long side in pixels (default: 384)")
    parser.add_argument("--steps", type=int, default=110, help="default: 110")
    parser.add_argument("--photos", nargs="*", default=[], help="instead of the page's examples")
    parser.add_argument("--paintings", nargs="*", default=[], help="one for each of the photos")
    parser.add_argument("--save", type=Path, help="a folder for the results")
    args = parsed(parser, there, restyle)
    pairs = [(EXAMPLES / photo, EXAMPLES / painting) for photo, painting in PAIRS]
    if args.photos:
        pairs = [(Path(one), Path(other)) for one, other in zip(args.photos, args.paintings, strict=True)]
    rows = []
    for kind in fresh(there)["kinds"]:
        for photo, painting in pairs:
            output = args.save / f"{photo.stem}-{painting.stem}-{kind}.png" if args.save else ""
            found = fresh(restyle, photo, painting, kind, args.size, args.steps, output)
            rows.append({"pictures": f"{photo.stem}, {painting.stem}", **found})
    print_machine(rows[0]["threads"])
    print("| photograph, painting | features | time | steps | style distance | smaller by | peak |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        before, after = row["before"], row["after"]
        print(
            f"| {row['pictures']} | {row['network']} | {row['seconds']:.1f} s | {row['steps']} "
            f"| {before:.3g} to {after:.2g} | {before / after:.0f} times | {row['peak']:.0f} MiB |"
        )
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
