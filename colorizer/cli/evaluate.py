"""How are the models measured from the terminal? `python -m colorizer evaluate TASK --data DIR`

What needs the networks is imported when a command runs, so that --help answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from colorizer.cli.options import Subparsers, add_command, add_settings, read_settings
from colorizer.errors import ColorizerError
from colorizer.predictors.settings import DIRECTIONS, ColorizeSettings, Hint, StylizeSettings

# Rows of figures, a text to print, and what the rows' file says about them.
Told = tuple[list[dict[str, Any]], str, dict[str, Any]]
Measure = Callable[[argparse.Namespace], Told]
SETTINGS = ("size", "saturation", "temperature", "rebalance")


def add_commands(subparsers: Subparsers) -> None:
    """Add `evaluate` with colorize, upscale, mend and stylize."""
    text = "measure the models on a folder of pictures"
    tasks = subparsers.add_parser("evaluate", help=text).add_subparsers(metavar="TASK", required=True)

    text = "colour the lightness of each picture and compare with the picture: a Markdown table"
    add = _add_task(tasks, "colorize", measure_colorize, text)
    add("--models", default="autoencoder,course-unet,unet", help="names, with commas (default: all)")
    add("--weights", type=Path, metavar="FILE", help="weights for the U-Net, instead of the shipped ones")
    add("--aged", action="store_true", help="give the models artificially aged prints of the pictures")
    text = "a further row: the U-Net is told N true colours of each picture"
    add("--hints", dest="told", type=int, default=0, metavar="N", help=text)
    add("--reach", type=float, default=Hint.reach, metavar="X", help="of those colours, 0.02 to 1")

    text = "reduce each picture four times, enlarge it again and compare: a Markdown table"
    add = _add_task(tasks, "upscale", measure_upscale, text)
    add("--worn", action="store_true", help="blur, noise and compress the small pictures at random")
    vgg = "VGG-19's weights, for a column with the distance of features"
    add("--vgg", type=Path, metavar="FILE", help=vgg)

    text = "damage each picture, find the damage and fill it: a Markdown table"
    _add_task(tasks, "mend", measure_mend, text)

    text = "paint each picture and compare the set with paintings: a Markdown table"
    add = _add_task(tasks, "stylize", measure_stylize, text)
    add("--paintings", type=Path, required=True, metavar="DIR", help="what the results should look like")
    add("--direction", choices=DIRECTIONS, default=DIRECTIONS[0], help="default photo2monet")


def _add_task(tasks: Subparsers, name: str, measure: Measure, text: str) -> Callable[..., argparse.Action]:
    """A task over a folder of pictures; returns what adds more options to it."""
    parser = add_command(tasks, name, partial(_run, measure), text)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of photographs")
    parser.add_argument("--limit", type=int, metavar="N", help="only so many, evenly spread over the folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    if name == "colorize":
        add_settings(parser.add_argument_group("settings"), ColorizeSettings, SETTINGS)
    return parser.add_argument


def _run(measure: Measure, args: argparse.Namespace) -> int:
    """Measure, print what there is to say, and write the rows where --json says so."""
    path = args.json
    if path and not path.absolute().parent.is_dir():  # better before the work than after it
        raise ColorizerError(f"There is no folder “{path.parent}” for “{path.name}”. Make it first.")
    rows, text, about = measure(args)
    features = f", features of {about['features']}" if "features" in about else ""
    print(f"{rows[0]['pictures']} pictures{features}\n\n{text}")
    if path:
        from colorizer.evaluation.table import write_rows

        write_rows(path, rows, about)
    return 0


def measure_colorize(args: argparse.Namespace) -> Told:
    settings = read_settings(args, ColorizeSettings)
    from colorizer.evaluation import report
    from colorizer.predictors.colorize import Colorizer

    rows = report.evaluate_colorize(
        args.data,
        models=tuple(args.models.split(",")),
        settings=settings,
        limit=args.limit,
        aged=args.aged,
        hints=args.told,
        reach=args.reach,
        colorize=Colorizer.load(files={"unet": args.weights} if args.weights else None).colorize,
    )
    return rows, report.markdown(rows), {"side": report.SIDE, "settings": settings.as_dict()}


def measure_upscale(args: argparse.Namespace) -> Told:
    from colorizer.evaluation import features, upscaling

    vgg = features.load_vgg(args.vgg)[0] if args.vgg else None
    rows = upscaling.evaluate_upscale(args.data, limit=args.limit, worn=args.worn, vgg=vgg)
    return rows, upscaling.markdown(rows), {"worn": args.worn}


def measure_mend(args: argparse.Namespace) -> Told:
    from colorizer.evaluation import mending

    rows = mending.evaluate_mend(args.data, limit=args.limit)
    return rows, mending.markdown(rows), {}


def measure_stylize(args: argparse.Namespace) -> Told:
    from colorizer.evaluation import stylizing

    settings = StylizeSettings(args.direction)
    rows = stylizing.evaluate_stylize(args.data, args.paintings, settings=settings, limit=args.limit)
    return rows, stylizing.markdown(rows), {"features": "EfficientNet-Lite0"}
