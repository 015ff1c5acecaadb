"""How does a person train a model? `python -m colorizer train MODEL --data DIR --out DIR ...`

Every flag is a field of that model's options, of the same name; what isn't given keeps the default that
stands there. `accelerate launch -m colorizer train ...` trains in several processes (see training/engine.py).
The trainers are imported only when one runs, because nothing that serves a request needs them.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from colorizer.errors import ColorizerError

if TYPE_CHECKING:
    from colorizer.training.run import RunOptions

Parsers = Any  # argparse has no public name for what add_subparsers() returns
SOURCES = "a folder, a .zip, or hub:OWNER/NAME[:SPLIT]"
WEIGHTS = "a weight file, or the name of a shipped model, to start from"
VGG = "a file of VGG-19's weights; without it COLORIZER_VGG's, or torchvision's, downloaded once"
Chosen = TypeVar("Chosen", bound="RunOptions")


def add_train_commands(subparsers: Parsers) -> None:
    """Add `train` with one command a model; each sets `run`, from the parsed arguments to an exit status."""
    train = subparsers.add_parser("train", help="train a model on pictures")
    models = train.add_subparsers(metavar="MODEL", required=True)

    colorizer = _add_model(
        models,
        "colorizer",
        "the U-Net that predicts a distribution over colours",
        ("colorizer", "Options", "train"),
    )
    _add(colorizer, "--encoder-rate", float, "share of the rate for the pretrained encoder (0.5)")
    _add(
        colorizer,
        "--rebalance",
        float,
        "weight rare colours: 0 none (default) to 1; 0.5 is the paper's mixture",
    )
    _add(colorizer, "--regression", float, "weight of the smooth L1 of the decoded colour (0.1)")
    _add(colorizer, "--hints", float, "share of the crops that get colour hints (0.3)")
    _add(colorizer, "--aged", float, "share of the crops that are made to look like old prints (0.4)")
    _add(colorizer, "--adversarial", float, "weight of a discriminator's opinion; 0: none (default)")

    _add_model(
        models,
        "course-unet",
        "the course's U-Net, by squared error",
        ("regression", "CourseUNetOptions", "train_course_unet"),
    )

    autoencoder = _add_model(
        models,
        "autoencoder",
        "the deep-colorization auto-encoder",
        ("regression", "AutoEncoderOptions", "train_autoencoder"),
    )
    _add(autoencoder, "--translate", float, "pictures are moved by up to this share of their side (0.2)")

    srresnet = _add_model(
        models, "srresnet", "the x4 upscaler by pixel error", ("srgan", "SRResNetOptions", "train_srresnet")
    )
    _add(srresnet, "--blocks", int, "residual blocks (16)")

    srgan = _add_model(
        models,
        "srgan",
        "the x4 upscaler by perception, from srresnet on",
        ("srgan", "SRGANOptions", "train_srgan"),
    )
    _add(srgan, "--vgg", Path, VGG)
    _add(srgan, "--pixel", float, "weight of the pixel error (5)")
    _add(srgan, "--discriminators", str, "what they see: features of VGG-19 (default) or patches", "--judges")
    _add(srgan, "--perceptual", float, "weight of the difference in VGG-19's features (1.5)")
    _add(srgan, "--adversarial", float, "weight of the discriminator's opinion (0.35)")
    _add(srgan, "--grid", float, "weight of the grid of 4 pixels in the error, squared (10000)")
    _add(srgan, "--local-grid", float, "the same in windows of 16 pixels (0), say 500")
    srgan.add_argument(
        "--photo",
        action="store_true",
        default=argparse.SUPPRESS,
        help="learn from blurred, noisy, compressed pictures",
    )

    cyclegan = _add_model(
        models,
        "cyclegan",
        "photographs to paintings and back, unpaired",
        ("cyclegan", "CycleGANOptions", "train_cyclegan"),
        data=("--photos", "--data"),
        init="the --out folder of another run, or “shipped”, to start from",
        compiles=False,
    )
    cyclegan.add_argument(
        "--paintings", type=Path, required=True, metavar="DIR", help=f"paintings to learn from: {SOURCES}"
    )
    _add(cyclegan, "--width", int, "channels at full size (32; the paper's 64)")
    _add(cyclegan, "--blocks", int, "residual blocks (9)")
    _add(cyclegan, "--chroma", float, "bound of how colours change, say 0.15 (0: that of --init, or none)")
    _add(cyclegan, "--cycle", float, "weight of the way there and back (10)")
    _add(cyclegan, "--identity", float, "weight of leaving paintings as they are, times --cycle (0.5)")
    _add(cyclegan, "--grid", float, "weight of what is alike at every fourth pixel (0), say 10000")
    _add(cyclegan, "--local-grid", float, "the same in windows of 16 pixels (0), say 20000")
    _add(
        cyclegan,
        "--preserve",
        float,
        "weight of what the networks of --init make, in place of all but the grids (0): to lose a grid",
        "--stay",
    )
    _add(cyclegan, "--noise", float, "added to what goes back, so that nothing is hidden in it (0.03)")
    _add(
        cyclegan,
        "--discriminators",
        str,
        "what they see: patches (default), features of VGG-19 or both",
        "--judges",
    )
    _add(cyclegan, "--adversarial", float, "weight of the discriminators (1)")
    _add(
        cyclegan,
        "--discriminator-rate",
        float,
        "the discriminators' rate, times the generators' (1)",
        "--judge-rate",
    )
    _add(cyclegan, "--warm", int, "steps of style transfer before the way there and back comes in (0)")
    cyclegan.add_argument(
        "--only-back",
        action="store_true",
        default=argparse.SUPPRESS,
        help="leave the painter as it is; the way back learns from what it paints",
    )
    _add(cyclegan, "--style", float, "weight of the paintings' style in style transfer (1)")
    _add(cyclegan, "--content", float, "weight of the photograph's content in style transfer (1)")
    _add(cyclegan, "--keep-style", float, "weight of style transfer beside the discriminators (0)")
    _add(cyclegan, "--vgg", Path, VGG)


def _add(
    parser: argparse.ArgumentParser, flag: str, kind: Callable[[str], object], text: str, *old: str
) -> None:
    """A flag, and the names that it had before."""
    name = kind.__name__.upper()
    parser.add_argument(flag, *old, type=kind, default=argparse.SUPPRESS, help=text, metavar=name)


def _add_model(
    models: Parsers,
    name: str,
    text: str,
    trainer: tuple[str, str, str],
    *,
    data: tuple[str, ...] = ("--data",),
    init: str = WEIGHTS,
    compiles: bool = True,
) -> argparse.ArgumentParser:
    """A command with the flags that all models share; `trainer` names a module of colorizer.training, its
    options and its function. `init`: what --init takes. A default that differs between models isn't told."""
    parser: argparse.ArgumentParser = models.add_parser(name, help=text, description=f"Train {text}.")
    parser.add_argument(
        *data, dest="data", type=Path, required=True, metavar="DIR", help=f"pictures to learn from: {SOURCES}"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for weights, log and checkpoint; resumes a run",
    )
    _add(parser, "--val", Path, "the same, of pictures that are never learnt from, for figures and a sheet")
    _add(
        parser,
        "--stages",
        str,
        "SIDExBATCH:STEPS, separated by commas, as in 128x32:2000,256x8:500, or shares of --minutes, as in "
        "128x32:80%%,256x8:20%%; batches are those of a process",
    )
    _add(parser, "--rate", float, "the learning rate at its highest")
    _add(parser, "--weight-decay", float, "AdamW's weight decay")
    _add(parser, "--decay", float, "of the averaged weights; 0: no averaging")
    _add(parser, "--seed", int, "of the first weights, crops and all else that is drawn at random (1)")
    _add(parser, "--init", str, init)
    _add(
        parser,
        "--device",
        str,
        "cpu, cuda, cuda:1 ... (cuda where there is one); under accelerate, its choice counts",
    )
    _add(parser, "--accumulate", int, "batches that make one step (1), where memory is short; see the README")
    _add(parser, "--every", int, "steps between checkpoints with validation")
    _add(
        parser,
        "--minutes",
        float,
        "how long all stages take, where they are shares; else stop after so long; 0: no limit (default). "
        "Either way the same command goes on",
    )
    if compiles:
        parser.add_argument(
            "--compile",
            action="store_true",
            default=argparse.SUPPRESS,
            help="compile the network first: slower start",
        )
    parser.set_defaults(run=partial(_run, *trainer))
    return parser


def read_options(args: argparse.Namespace, kind: type[Chosen]) -> Chosen:
    """The options that the flags given stand for; ColorizerError when a value is out of its range."""
    from colorizer.training.common import Stage

    given = {field.name: getattr(args, field.name) for field in fields(kind) if hasattr(args, field.name)}
    if "stages" in given:
        given["stages"] = Stage.parse_all(given["stages"])
    return kind(**given)


def _run(module: str, options: str, train: str, args: argparse.Namespace) -> int:
    """Train with the named options and function of a trainer; prints the path of the weights."""
    try:
        launch = import_module("colorizer.training.launch")
        if launch.left_to_start():
            return int(launch.start(sys.argv[1:]))
        engine = import_module("colorizer.training.engine")
        trainer = import_module(f"colorizer.training.{module}")
    except ModuleNotFoundError as error:
        raise ColorizerError(
            f"Training needs {error.name}, which isn't installed. Run `pip install -r requirements-dev.txt`."
        ) from None
    main = os.environ.get("RANK", "0") == "0"  # of several processes
    level = logging.INFO if main else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    with engine.as_one():
        result = getattr(trainer, train)(read_options(args, getattr(trainer, options)))
    if main:
        print(result)
    return 0
