"""How are the models measured, and shown, from the terminal? `python -m colorizer evaluate TASK --data DIR`

What needs the networks is imported when a command runs, so that --help answers at once.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from colorizer.errors import ColorizerError

if TYPE_CHECKING:
    from colorizer.predictors.settings import ColorizeSettings

Subparsers = argparse._SubParsersAction


def add_evaluate_commands(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Add `evaluate` with colorize, upscale, stylize and sheet; each sets `run` (arguments in, exit status
    out)."""
    evaluate = subparsers.add_parser(
        "evaluate", help="measure the models on a folder of pictures, or show them"
    )
    tasks = evaluate.add_subparsers(dest="evaluate_task", required=True)
    _add_colorize(tasks)
    _add_upscale(tasks)
    _add_stylize(tasks)
    _add_sheet(tasks)


def _add_colorize(tasks: Subparsers[argparse.ArgumentParser]) -> None:
    parser = tasks.add_parser(
        "colorize",
        help="compare coloured results with the true pictures",
        description="Colour the lightness of each picture and compare with the picture: a Markdown table.",
    )
    _add_data(parser)
    parser.add_argument(
        "--models", default="autoencoder,course-unet,unet", help="names, with commas (default: all)"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="a weight file for the U-Net, instead of the shipped one"
    )
    parser.add_argument(
        "--aged", action="store_true", help="give the models artificially aged prints of the pictures"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--curve",
        type=Path,
        metavar="FILE.svg",
        help="instead of the report, draw PSNR against colourfulness for many settings of the U-Net",
    )
    _add_settings(parser)
    parser.set_defaults(run=run_colorize)


def _add_upscale(tasks: Subparsers[argparse.ArgumentParser]) -> None:
    parser = tasks.add_parser(
        "upscale",
        help="compare enlarged pictures with the true ones",
        description="Reduce each picture four times, enlarge it again and compare: a Markdown table.",
    )
    _add_data(parser)
    parser.add_argument(
        "--worn", action="store_true", help="blur, noise and compress the small pictures at random"
    )
    parser.add_argument(
        "--consistency", type=int, metavar="N", help="back-projection, 0..4 (default: each model's own)"
    )
    parser.add_argument(
        "--vgg",
        type=Path,
        metavar="FILE",
        help="VGG-19's weights, for a column with the distance of features",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.set_defaults(run=run_upscale)


def _add_stylize(tasks: Subparsers[argparse.ArgumentParser]) -> None:
    from colorizer.predictors.settings import DIRECTIONS

    parser = tasks.add_parser(
        "stylize",
        help="compare painted photographs with paintings",
        description="Paint each picture and compare the set with the paintings: a Markdown table.",
    )
    _add_data(parser)
    parser.add_argument(
        "--paintings", type=Path, required=True, metavar="DIR", help="what the results should look like"
    )
    parser.add_argument("--direction", choices=DIRECTIONS, default=DIRECTIONS[0], help="default photo2monet")
    parser.add_argument(
        "--inception",
        action="store_true",
        help="measure with Inception-v3, downloaded by torchvision, instead of EfficientNet-Lite0",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.set_defaults(run=run_stylize)


def _add_sheet(tasks: Subparsers[argparse.ArgumentParser]) -> None:
    parser = tasks.add_parser(
        "sheet",
        help="write a contact sheet of results",
        description="One picture of many: grey above coloured, above the truth where the input is coloured.",
    )
    _add_data(parser)
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FILE", help="the sheet, .jpg or .png"
    )
    parser.add_argument("--columns", type=int, default=5, help="pictures side by side (default: 5)")
    parser.add_argument(
        "--side", type=int, default=256, help="size of a picture on the sheet in px (default: 256)"
    )
    parser.add_argument("--model", default="unet", help="unet, course-unet or autoencoder (default: unet)")
    _add_settings(parser)
    parser.set_defaults(run=run_sheet)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of photographs")
    parser.add_argument("--limit", type=int, metavar="N", help="only so many, evenly spread over the folder")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("settings (default: the product's)")
    group.add_argument("--size", type=int, metavar="N", help="long side that the network sees, 128..512")
    group.add_argument("--saturation", type=float, metavar="X", help="factor on the chroma, 0..2")
    group.add_argument("--temperature", type=float, metavar="X", help="of the annealed mean, 0.1..1")
    group.add_argument("--rebalance", type=float, metavar="X", help="how far rare colours are favoured, 0..1")


def _settings(args: argparse.Namespace, model: str = "unet") -> ColorizeSettings:
    from colorizer.predictors.settings import ColorizeSettings

    names = ("size", "saturation", "temperature", "rebalance")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    return ColorizeSettings(model=model, **given)


def _check_folder(path: Path | None) -> None:
    """Better before the work than after it."""
    if path is not None and not path.absolute().parent.is_dir():
        raise ColorizerError(
            f"There is no folder “{path.parent}” to write “{path.name}” into. Make it first."
        )


def run_colorize(args: argparse.Namespace) -> int:
    """`evaluate colorize`: print the report (or draw the curve); 0, or a ColorizerError."""
    settings = _settings(args)
    for path in (args.json, args.curve):
        _check_folder(path)
    if args.curve:
        return _run_curve(args, settings)
    from colorizer.evaluation.report import evaluate_colorize, markdown, write_json
    from colorizer.predictors.colorize import Colorizer

    models = tuple(dict.fromkeys(name.strip() for name in args.models.split(",") if name.strip()))
    files = {"unet": args.weights} if args.weights else None
    rows = evaluate_colorize(
        args.data,
        models=models,
        settings=settings,
        limit=args.limit,
        aged=args.aged,
        colorize=Colorizer.load(files=files).colorize,
    )
    print(f"{rows[0].pictures} pictures\n\n{markdown(rows)}")
    if args.json:
        write_json(args.json, [asdict(row) for row in rows], settings)
    return 0


def run_upscale(args: argparse.Namespace) -> int:
    """`evaluate upscale`: print the table; 0, or a ColorizerError."""
    _check_folder(args.json)
    from colorizer.evaluation.report import write_rows
    from colorizer.evaluation.upscaling import evaluate_upscale, markdown_upscale, vgg_features

    rows = evaluate_upscale(
        args.data,
        limit=args.limit,
        consistency=args.consistency,
        worn=args.worn,
        describe=vgg_features(args.vgg) if args.vgg else None,
    )
    print(f"{rows[0].pictures} pictures\n\n{markdown_upscale(rows)}")
    if args.json:
        write_rows(args.json, [asdict(row) for row in rows], {"worn": args.worn})
    return 0


def run_stylize(args: argparse.Namespace) -> int:
    """`evaluate stylize`: print the table; 0, or a ColorizerError."""
    _check_folder(args.json)
    from colorizer.evaluation.report import write_rows
    from colorizer.evaluation.stylizing import evaluate_stylize, inception_features, markdown_stylize
    from colorizer.predictors.settings import StylizeSettings

    rows = evaluate_stylize(
        args.data,
        args.paintings,
        settings=StylizeSettings(args.direction),
        limit=args.limit,
        extract=inception_features() if args.inception else None,
    )
    measured = "Inception-v3 (torchvision)" if args.inception else "EfficientNet-Lite0"
    print(f"{rows[0].pictures} pictures, features of {measured}\n\n{markdown_stylize(rows)}")
    if args.json:
        write_rows(args.json, [asdict(row) for row in rows], {"features": measured})
    return 0


def _run_curve(args: argparse.Namespace, settings: ColorizeSettings) -> int:
    from colorizer.evaluation.curve import markdown, trace_curve
    from colorizer.evaluation.plot import check_name, write_curve
    from colorizer.evaluation.report import write_json

    check_name(args.curve)
    points = trace_curve(args.data, settings=settings, limit=args.limit)
    print(markdown(points))
    write_curve(args.curve, points)
    if args.json:
        write_json(args.json, [asdict(point) for point in points], settings)
    return 0


def run_sheet(args: argparse.Namespace) -> int:
    """`evaluate sheet`: write the contact sheet; 0, or a ColorizerError."""
    from colorizer.evaluation.sheet import write_sheet

    _check_folder(args.out)
    settings = _settings(args, args.model)
    out = write_sheet(
        args.data, args.out, settings=settings, columns=args.columns, side=args.side, limit=args.limit
    )
    print(out)
    return 0
