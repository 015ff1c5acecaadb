"""What do rebalancing, temperature and saturation trade? PSNR and colourfulness of 80 settings of the U-Net.

`python benchmarks/curve.py --data photos/val --limit 40` prints the table. The network runs once a picture;
every setting is then a rendering of what it said.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from measuring import options

REBALANCE = (0.0, 0.25, 0.5, 0.75, 1.0)
TEMPERATURE = (0.2, 0.38, 0.6, 1.0)
SATURATION = (0.8, 1.0, 1.2, 1.4)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of photographs")
    parser.add_argument("--limit", type=int, metavar="N", help="only so many, evenly spread over the folder")
    args = parser.parse_args()

    from colorizer import Colorizer, ColorizeSettings, Photo
    from colorizer.evaluation.metrics import colourfulness, psnr
    from colorizer.evaluation.pictures import lightness_alone, list_photos, read_square
    from colorizer.evaluation.table import Column, Row, Tally, markdown_table

    colorizer, true = Colorizer.load(), Tally()
    grid = itertools.product(REBALANCE, TEMPERATURE, SATURATION)
    tallies = {ColorizeSettings(rebalance=r, temperature=t, saturation=s): Tally() for r, t, s in grid}
    for path in list_photos(args.data, args.limit):
        truth = read_square(path)
        true.figures.append({"colourfulness": colourfulness(truth)})
        analysis = colorizer.analyse(Photo.from_array(lightness_alone(truth)))
        for settings, tally in tallies.items():
            result = colorizer.render(analysis, settings).rgb
            tally.figures.append({"psnr": psnr(result, truth), "colourfulness": colourfulness(result)})
        print(path, file=sys.stderr)

    def best(row: Row) -> str:
        """A star where no other setting reaches both a higher PSNR and a higher colourfulness."""
        beaten = any(
            other["psnr"] > row["psnr"] and other["colourfulness"] > row["colourfulness"] for other in rows
        )
        return "" if beaten else "*"

    rows = [settings.as_dict() | tally.means() for settings, tally in tallies.items()]
    rows.sort(key=lambda row: row["colourfulness"])
    columns: dict[str, Column] = {
        **{name: f"{{{name}:g}}" for name in ("rebalance", "temperature", "saturation")},
        "PSNR-RGB": "{psnr:.2f} dB",
        "colourfulness": "{colourfulness:.1f}",
        "": best,
    }
    print(f"True pictures: colourfulness {true.means()['colourfulness']:.1f}.\n")
    print(markdown_table(rows, columns))


if __name__ == "__main__":
    main()
