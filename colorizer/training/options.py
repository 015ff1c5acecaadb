"""What can a training run be told? A frozen dataclass a model; fields that say what they are for are options.

Nothing heavy is imported here, because --help reads this file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from colorizer.errors import ColorizerError

COUNTS = ("accumulate", "every", "width", "blocks")  # options that are 1 or more; other numbers are 0 or more


def told(default: Any, text: str) -> Any:  # noqa: ANN401
    """A field with that default, of which --help says so much."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Stage:
    """A part of a run at one crop size: so many steps, or so many percent of the run's minutes."""

    side: int
    batch: int
    steps: int = 0
    percent: int = 0

    @classmethod
    def parse_all(cls, text: str) -> tuple[Stage, ...]:
        """Read “128x32:2000,256x8:500” as 2000 steps of 32 crops of 128 px, then 500 of 8 of 256 px, and
        “128x32:80%,256x8:20%” as such shares of the time. ColorizerError for anything else."""
        found = [re.fullmatch(r"(\d+)x(\d+):([1-9]\d*)(%?)", part.strip()) for part in text.split(",")]
        stages = [
            cls(int(match[1]), int(match[2]), **{"percent" if match[4] else "steps": int(match[3])})
            for match in filter(None, found)
        ]
        # A single crop of 32 px would leave batch normalisation one value at the deepest.
        fit = all(stage.side % 32 == 0 and stage.side * stage.batch >= 64 for stage in stages)
        shares = [stage.percent for stage in stages]
        if len(stages) < len(found) or not fit or (any(shares) and (sum(shares) != 100 or not all(shares))):
            raise ColorizerError(
                f"“{text}” is not a list of stages. Write SIDExBATCH:STEPS, as in 128x32:2000,256x8:500, or "
                "shares of --minutes that make 100%, as in 128x32:80%,256x8:20%. Sides are multiples of 32, "
                "and a batch of one is of 64 pixels or more."
            )
        return tuple(stages)


@dataclass(frozen=True)
class CropSettings:
    """How a training crop is cut from a picture."""

    smallest: float = 0.55  # share of the picture's short side that a crop has at least
    stretch: float = 1.15  # width to height, at most
    flip: bool = True
    # JPEGs are decoded at this many times the crop's side at least; 1 / smallest is sharpest.
    decode: float = 1.0


STAGES = "SIDExBATCH:STEPS, ...: 128x32:2000,256x8:500, or shares of --minutes: 128x32:80%,256x8:20%"
VGG = {"help": "a file of VGG-19's weights (COLORIZER_VGG's, or torchvision's, downloaded once)"}
VAL = {"help": "the same, of pictures never learnt from, for figures and a sheet"}


@dataclass(frozen=True)
class RunOptions:
    """What every run has to know. ColorizerError when a value is out of its range."""

    data: Path
    out: Path
    val: Path | None = field(default=None, metadata=VAL)
    stages: tuple[Stage, ...] = told((Stage(128, 32, 2600),), STAGES)
    rate: float = told(4e-4, "the learning rate at its highest")
    decay: float = told(0.998, "of the averaged weights; 0: no averaging")
    seed: int = told(1, "of the first weights, crops and all else that is drawn at random")
    init: str = told("", "a weight file, or the name of a shipped model, to start from")
    device: str = told("", "cpu, cuda, cuda:1 ... (cuda where there is one); accelerate's choice counts")
    accumulate: int = told(1, "batches that make one step, where memory is short; see the README")
    every: int = told(400, "steps between checkpoints with validation")
    minutes: float = told(0.0, "how long all stages take, or when to stop for now; 0: no limit")
    crops: CropSettings = CropSettings()

    def __post_init__(self) -> None:
        for item in fields(self):
            value, least = getattr(self, item.name), 1 if item.name in COUNTS else 0
            if isinstance(value, int | float):
                self.check(item.name, value >= least, f"{least} or more")
        self.check("rate", self.rate > 0, "more than 0")
        self.check("decay", self.decay < 1, "from 0 to below 1")
        self.check("stages", bool(self.stages), "at least one")
        self.check("minutes", self.minutes > 0 or not self.timed, "more than 0 for stages in percent")

    @property
    def timed(self) -> bool:
        """Whether the run is laid out over its minutes, not over its steps."""
        return any(stage.percent for stage in self.stages)

    def check(self, name: str, fits: bool, expected: str) -> None:
        """ColorizerError, naming the flag, its value and what is expected, unless the value fits."""
        if not fits:
            flag = "--" + name.replace("_", "-")
            raise ColorizerError(f"{flag} is {getattr(self, name)}, but has to be {expected}.")

    @property
    def largest_crop(self) -> int:
        """The side of the largest crops."""
        return max(stage.side for stage in self.stages)


@dataclass(frozen=True)
class ColorizerOptions(RunOptions):
    """The classification U-Net."""

    rebalance: float = told(0.0, "weight rare colours, from 0 (not) to 1; 0.5 is the paper's mixture")
    hints: float = told(0.3, "share of the crops that get colour hints")
    aged: float = told(0.4, "share of the crops that are made to look like old prints")
    crops: CropSettings = CropSettings(decode=1 / CropSettings.smallest)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("rebalance", "hints", "aged"):
            self.check(name, getattr(self, name) <= 1, "from 0 to 1")


@dataclass(frozen=True)
class CourseUNetOptions(RunOptions):
    """Random crops, mirrored half of the time. The stages are about eight minutes of two processor cores."""

    stages: tuple[Stage, ...] = (Stage(64, 32, 700), Stage(128, 16, 220))
    rate: float = 2e-3
    decay: float = 0.99
    every: int = 460
    crops: CropSettings = CropSettings(decode=2.0)


@dataclass(frozen=True)
class AutoEncoderOptions(RunOptions):
    """The whole square of a picture, moved at random by up to `translate` of its side.

    Most steps are at half the size, where they cost a fraction; the last ones at the size that it is used at.
    """

    stages: tuple[Stage, ...] = (Stage(64, 32, 500), Stage(128, 16, 250))
    rate: float = 1e-3
    decay: float = 0.99
    every: int = 375
    crops: CropSettings = CropSettings(smallest=1.0, stretch=1.0)
    translate: float = told(0.2, "pictures are moved by up to this share of their side")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("translate", self.translate < 1, "from 0 to below 1")


@dataclass(frozen=True)
class MendOptions(RunOptions):
    """Crops of any pictures, grey or coloured."""

    stages: tuple[Stage, ...] = (Stage(192, 16, 4000),)
    rate: float = 1e-3
    every: int = 500
    crops: CropSettings = CropSettings(smallest=0.6)


@dataclass(frozen=True)
class SRResNetOptions(RunOptions):
    """Pixel error on crops of sharp pictures; sides in the stages are those of the large crop."""

    stages: tuple[Stage, ...] = (Stage(128, 16, 20000),)
    decay: float = 0.999
    every: int = 500
    blocks: int = told(16, "residual blocks")


@dataclass(frozen=True)
class SRGANOptions(RunOptions):
    """Perceptual and adversarial loss on top of a network trained by pixel error.

    Features are compared before the last ReLU, as in ESRGAN (Wang et al. 2018, 3.2), and a little at two
    shallow layers, as in Real-ESRGAN (Wang et al. 2021, 4.1). They reward a faint grid of 4 pixels over
    everything, so that has a loss of its own. A discriminator that counts more than they do weaves. (Of the
    paper's, 0.1 is about as much as 1.) With the paper's, and without `perceptual`, no VGG-19 is needed.
    """

    stages: tuple[Stage, ...] = (Stage(96, 16, 4000),)
    rate: float = 1e-4
    every: int = 250
    init: str = "srresnet"
    vgg: Path | None = field(default=None, metadata=VGG)
    discriminators: str = told("features", "what they see: features of VGG-19 or patches, as the paper's")
    pixel: float = told(5.0, "weight of the pixel error")
    perceptual: float = told(1.5, "weight of the difference in VGG-19's features")
    adversarial: float = told(0.35, "weight of the discriminator's opinion")
    grid: float = told(10_000.0, "weight of the grid of 4 pixels in the error, squared")
    local_grid: float = told(0.0, "the same in windows of 16 pixels, as it may differ there; say 500")
    photo: bool = told(False, "learn from blurred, noisy, compressed pictures")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("discriminators", self.discriminators in ("patches", "features"), "patches or features")


@dataclass(frozen=True)
class CycleGANOptions(RunOptions):
    """Two folders that have nothing to do with each other; `data` is that of the photographs.

    The rate falls by a cosine, not in a line as the paper's, like that of all trainers here. A resumed run
    sees what it would have seen, but with an empty history.
    """

    paintings: Path = Path()
    stages: tuple[Stage, ...] = (Stage(256, 1, 200_000),)
    rate: float = 2e-4
    decay: float = 0.999
    every: int = 1000
    init: str = told("", "the --out folder of another run, or “shipped”, to start from")
    width: int = told(32, "channels at full size (the paper's: 64)")
    blocks: int = told(9, "residual blocks")
    cycle: float = told(10.0, "weight of the way there and back")
    identity: float = told(0.5, "weight of leaving paintings as they are, times --cycle")
    grid: float = told(0.0, "weight of what is alike at every fourth pixel, no stroke; say 10000")
    local_grid: float = told(0.0, "the same in windows of 16 pixels, beyond what strokes explain; say 20000")
    preserve: float = told(0.0, "weight of what --init's networks make, in place of all but the grids")
    discriminators: str = told("patches", "what they see: patches, features of VGG-19 (learn sooner) or both")
    adversarial: float = told(1.0, "weight of the discriminators")
    discriminator_rate: float = told(1.0, "the discriminators' rate, times the generators'")
    warm: int = told(0, "steps of style transfer before the way there and back comes in")
    only_back: bool = told(False, "leave the painter as it is; the way back learns from what it paints")
    style: float = told(1.0, "weight of the paintings' style in style transfer")
    content: float = told(1.0, "weight of the photograph's content in style transfer")
    vgg: Path | None = field(default=None, metadata=VGG)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("discriminator_rate", self.discriminator_rate > 0, "more than 0")
        kinds = ("patches", "features", "both")
        self.check("discriminators", self.discriminators in kinds, "patches, features or both")
        self.check("preserve", not self.preserve or bool(self.init), "0 where there is no --init to preserve")
