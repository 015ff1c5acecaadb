"""What do the tests of training share? Drawn pictures, options of tiny runs, and how a run is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from colorizer.errors import ColorizerError
from colorizer.training import colorizer, cyclegan, mend, options, regression, srgan

stages = options.Stage.parse_all
TRAINERS = {
    "unet": (options.ColorizerOptions, colorizer.train),
    "course-unet": (options.CourseUNetOptions, regression.train_course_unet),
    "autoencoder": (options.AutoEncoderOptions, regression.train_autoencoder),
    "mend": (options.MendOptions, mend.train_mend),
    "srresnet": (options.SRResNetOptions, srgan.train_srresnet),
    "srgan": (options.SRGANOptions, srgan.train_srgan),
    "cyclegan": (options.CycleGANOptions, cyclegan.train_cyclegan),
}


def draw(path: Path, seed: int, size: tuple[int, int] = (96, 88)) -> Path:
    """A smooth coloured picture with some noise."""
    random = np.random.default_rng(seed)
    corners = Image.fromarray(random.integers(0, 256, (3, 3, 3), dtype=np.uint8))
    pixels = np.asarray(corners.resize(size, Image.Resampling.BICUBIC)).astype(int)
    Image.fromarray((pixels + random.integers(-8, 9, pixels.shape)).clip(0, 255).astype(np.uint8)).save(path)
    return path


def train(given) -> Path:
    return next(run for kind, run in TRAINERS.values() if type(given) is kind)(given)


def state_of(out: Path) -> dict:
    """The checkpoint of a folder."""
    (path,) = out.glob("*.checkpoint")
    return torch.load(path, weights_only=True)


def same(one: dict, other: dict) -> bool:
    """Whether two state dicts hold the same values."""
    assert one.keys() == other.keys()
    return all(torch.equal(value, other[name]) for name, value in one.items())


def logged(out: Path) -> list[dict[str, str]]:
    (path,) = out.glob("*.csv")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def refused(words: str, options) -> None:
    """The run is refused with these words in one line, and nothing in its folder changes."""
    files = {path: path.read_bytes() for path in options.out.rglob("*") if path.is_file()}
    with pytest.raises(ColorizerError, match=words) as error:
        train(options)
    assert "\n" not in str(error.value)
    assert files == {path: path.read_bytes() for path in options.out.rglob("*") if path.is_file()}


def randoms(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng(number) for number in range(count)]
