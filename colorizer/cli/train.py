"""How does a person train a model? `python -m colorizer train MODEL --data DIR --out DIR ...`

Every flag is a field of that model's options (training/options.py), of the same name; what isn't given keeps
the default that stands there. `accelerate launch -m colorizer train ...` trains in several processes (see
training/engine.py). The trainers are imported only when one runs: nothing that serves a request needs them.
"""

from __future__ import annotations

import argparse
import logging
import os
from dataclasses import fields
from functools import partial
from importlib import import_module
from pathlib import Path

from colorizer.cli.options import Subparsers, T, add_command, read_settings
from colorizer.errors import ColorizerError
from colorizer.training import options

SOURCES = "a folder, a .zip, or hub:OWNER/NAME[:SPLIT]"

# model -> a module of colorizer.training and its function, with the options that it takes; the model in words
MODELS: dict[str, tuple[str, type[options.RunOptions], str]] = {
    "colorizer": ("colorizer.train", options.ColorizerOptions, "the U-Net of distributions over colours"),
    "course-unet": ("regression.train_course_unet", options.CourseUNetOptions, "the course's U-Net"),
    "autoencoder": ("regression.train_autoencoder", options.AutoEncoderOptions, "the deep auto-encoder"),
    "srresnet": ("srgan.train_srresnet", options.SRResNetOptions, "the x4 upscaler, by pixel error"),
    "srgan": ("srgan.train_srgan", options.SRGANOptions, "the x4 upscaler, by perception, from srresnet on"),
    "mend": ("mend.train_mend", options.MendOptions, "the network that finds scratches and dust on a print"),
    "cyclegan": ("cyclegan.train_cyclegan", options.CycleGANOptions, "photographs to paintings and back"),
}
KINDS = {"int": int, "float": float, "Path | None": Path}  # how a field's type is written; else it's a text


def add_commands(subparsers: Subparsers) -> None:
    """Add `train` with one command a model."""
    train = subparsers.add_parser("train", help="train a model on pictures")
    models = train.add_subparsers(metavar="MODEL", required=True)
    for name, (trainer, kind, text) in MODELS.items():
        parser = add_command(models, name, partial(_run, trainer, kind), text)
        folder = partial(parser.add_argument, type=Path, required=True, metavar="DIR")
        unpaired = ["--photos"] if name == "cyclegan" else []
        folder(*unpaired, "--data", dest="data", help=f"pictures to learn from: {SOURCES}")
        if unpaired:
            folder("--paintings", help=f"paintings to learn from: {SOURCES}")
        folder("--out", help="folder for weights, log and checkpoint; resumes a run")
        _add_options(parser, kind)


def _add_options(parser: argparse.ArgumentParser, kind: type[options.RunOptions]) -> None:
    """An option for each field of which it, or one of the same name in a class below, says what it is for."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        texts |= {field.name: field.metadata["help"] for field in fields(base) if field.metadata}
    for field in fields(kind):
        if field.name not in texts:
            continue
        add = partial(parser.add_argument, "--" + field.name.replace("_", "-"), default=argparse.SUPPRESS)
        text, default = texts[field.name].replace("%", "%%"), field.default
        if field.type == "bool":
            add(action="store_true", help=text)
            continue
        if isinstance(default, int | float | str) and default != "":
            text += f" (default: {default:g})" if isinstance(default, float) else f" (default: {default})"
        number = KINDS.get(str(field.type), str)
        add(type=number, metavar=number.__name__.upper(), help=text)


def read_options(args: argparse.Namespace, kind: type[T]) -> T:
    """The options that the flags given stand for; ColorizerError when a value is out of its range."""
    if hasattr(args, "stages"):
        args.stages = options.Stage.parse_all(args.stages)
    return read_settings(args, kind)


def _run(trainer: str, kind: type[options.RunOptions], args: argparse.Namespace) -> int:
    """Train with a trainer's module and function of that name; prints the path of the weights."""
    module, function = trainer.split(".")
    try:
        engine = import_module("colorizer.training.engine")
        train = getattr(import_module(f"colorizer.training.{module}"), function)
    except ModuleNotFoundError as error:
        raise ColorizerError(
            f"Training needs {error.name}, which isn't installed. Run `pip install -r requirements-dev.txt`."
        ) from None
    main = os.environ.get("RANK", "0") == "0"  # of several processes
    level = logging.INFO if main else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    with engine.as_one():
        result = train(read_options(args, kind))
    if main:
        print(result)
    return 0
