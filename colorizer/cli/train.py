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
from functools import partial
from importlib import import_module
from pathlib import Path

from colorizer.cli.options import Subparsers, T, add_command, read_settings
from colorizer.errors import ColorizerError

Flag = tuple[str, type, str]  # name, what it takes (bool: nothing), help

SOURCES = "a folder, a .zip, or hub:OWNER/NAME[:SPLIT]"
STAGES = "SIDExBATCH:STEPS, ...: 128x32:2000,256x8:500, or shares of --minutes: 128x32:80%%,256x8:20%%"
VGG = ("vgg", Path, "a file of VGG-19's weights (COLORIZER_VGG's, or torchvision's, downloaded once)")

# model -> a module of colorizer.training, its options and its function; the model in words
MODELS = {
    "colorizer": ("colorizer Options train", "the U-Net that predicts a distribution over colours"),
    "course-unet": ("regression CourseUNetOptions train_course_unet", "the course's U-Net, by squared error"),
    "autoencoder": ("regression AutoEncoderOptions train_autoencoder", "the deep-colorization auto-encoder"),
    "srresnet": ("srgan SRResNetOptions train_srresnet", "the x4 upscaler by pixel error"),
    "srgan": ("srgan SRGANOptions train_srgan", "the x4 upscaler by perception, from srresnet on"),
    "mend": ("mend MendOptions train_mend", "the network that finds scratches and dust on a print"),
    "cyclegan": ("cyclegan CycleGANOptions train_cyclegan", "photographs to paintings and back, unpaired"),
}
# A default that differs between models isn't told.
SHARED: tuple[Flag, ...] = (
    ("val", Path, "the same, of pictures that are never learnt from, for figures and a sheet"),
    ("stages", str, STAGES),
    ("rate", float, "the learning rate at its highest"),
    ("decay", float, "of the averaged weights; 0: no averaging"),
    ("seed", int, "of the first weights, crops and all else that is drawn at random (1)"),
    ("init", str, "a weight file, or the name of a shipped model, to start from"),
    ("device", str, "cpu, cuda, cuda:1 ... (cuda where there is one); under accelerate, its choice counts"),
    ("accumulate", int, "batches that make one step (1), where memory is short; see the README"),
    ("every", int, "steps between checkpoints with validation"),
    ("minutes", float, "how long all stages take, or when to stop for now; 0: no limit (default)"),
    ("compile", bool, "compile the network first: slower start"),
)
FLAGS: dict[str, tuple[Flag, ...]] = {
    "colorizer": (
        ("rebalance", float, "weight rare colours: 0 none (default) to 1; 0.5 is the paper's mixture"),
        ("hints", float, "share of the crops that get colour hints (0.3)"),
        ("aged", float, "share of the crops that are made to look like old prints (0.4)"),
        ("adversarial", float, "weight of a discriminator's opinion; 0: none (default)"),
    ),
    "autoencoder": (("translate", float, "pictures are moved by up to this share of their side (0.2)"),),
    "srresnet": (("blocks", int, "residual blocks (16)"),),
    "srgan": (
        VGG,
        ("pixel", float, "weight of the pixel error (5)"),
        ("discriminators", str, "what they see: features of VGG-19 (default) or patches"),
        ("perceptual", float, "weight of the difference in VGG-19's features (1.5)"),
        ("adversarial", float, "weight of the discriminator's opinion (0.35)"),
        ("grid", float, "weight of the grid of 4 pixels in the error, squared (10000)"),
        ("local-grid", float, "the same in windows of 16 pixels (0), say 500"),
        ("photo", bool, "learn from blurred, noisy, compressed pictures"),
    ),
    "cyclegan": (
        ("width", int, "channels at full size (32; the paper's 64)"),
        ("blocks", int, "residual blocks (9)"),
        ("chroma", float, "bound of how colours change, say 0.15 (0: that of --init, or none)"),
        ("cycle", float, "weight of the way there and back (10)"),
        ("identity", float, "weight of leaving paintings as they are, times --cycle (0.5)"),
        ("grid", float, "weight of what is alike at every fourth pixel (0), say 10000"),
        ("local-grid", float, "the same in windows of 16 pixels (0), say 20000"),
        ("preserve", float, "weight of what --init's networks make, in place of all but the grids (0)"),
        ("discriminators", str, "what they see: patches (default), features of VGG-19 or both"),
        ("adversarial", float, "weight of the discriminators (1)"),
        ("discriminator-rate", float, "the discriminators' rate, times the generators' (1)"),
        ("warm", int, "steps of style transfer before the way there and back comes in (0)"),
        ("only-back", bool, "leave the painter as it is; the way back learns from what it paints"),
        ("style", float, "weight of the paintings' style in style transfer (1)"),
        ("content", float, "weight of the photograph's content in style transfer (1)"),
        ("keep-style", float, "weight of style transfer beside the discriminators (0)"),
        VGG,
        ("init", str, "the --out folder of another run, or “shipped”, to start from"),
    ),
}


def add_commands(subparsers: Subparsers) -> None:
    """Add `train` with one command a model."""
    train = subparsers.add_parser("train", help="train a model on pictures")
    models = train.add_subparsers(metavar="MODEL", required=True)
    for name, (trainer, text) in MODELS.items():
        parser = add_command(models, name, partial(_run, trainer), text)
        unpaired = name == "cyclegan"
        folder = partial(parser.add_argument, type=Path, required=True, metavar="DIR")
        folder(*["--photos"] * unpaired, "--data", dest="data", help=f"pictures to learn from: {SOURCES}")
        if unpaired:
            folder("--paintings", help=f"paintings to learn from: {SOURCES}")
        folder("--out", help="folder for weights, log and checkpoint; resumes a run")
        flags = {flag: (kind, about) for flag, kind, about in (*SHARED, *FLAGS.get(name, ()))}
        if unpaired:
            del flags["compile"]  # these networks are not compiled
        for flag, (kind, about) in flags.items():
            add = partial(parser.add_argument, f"--{flag}", default=argparse.SUPPRESS, help=about)
            if kind is bool:
                add(action="store_true")
            else:
                add(type=kind, metavar=kind.__name__.upper())


def read_options(args: argparse.Namespace, kind: type[T]) -> T:
    """The options that the flags given stand for; ColorizerError when a value is out of its range."""
    from colorizer.training.common import Stage

    if hasattr(args, "stages"):
        args.stages = Stage.parse_all(args.stages)
    return read_settings(args, kind)


def _run(names: str, args: argparse.Namespace) -> int:
    """Train with a trainer's module, options and function of these names; prints the path of the weights."""
    module, options, train = names.split()
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
