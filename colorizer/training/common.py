"""What do all trainers share? Stages, learning rate, averaged weights, checkpoints and the log."""

from __future__ import annotations

import copy
import csv
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from colorizer import weights
from colorizer.errors import ColorizerError

T = TypeVar("T")


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


def cosine_rate(step: int, total: int, peak: float, done: float | None = None, warmup: int = 100) -> float:
    """Linear warm-up to `peak`, then half a cosine down to nothing.

    done: which share of the run is over, where it isn't laid out for `total` steps.
    """
    if done is None:
        done = max(0, step - warmup) / max(1, total - warmup)
    return peak * min(1.0, (step + 1) / warmup) * 0.5 * (1 + math.cos(math.pi * done))


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


def load_initial(init: str, from_state: Callable[[dict[str, Tensor]], T]) -> T:
    """The network of a weight file to start from; WeightsError when it is missing or another network's."""
    return weights.fitted(from_state, weights.load(init)[0], init)


class Average:
    """A network's weights, exponentially averaged; they follow faster at the start, at once with decay 0.

    torch's AveragedModel would need as many lines to do that, and name the weights otherwise.
    """

    def __init__(self, network: nn.Module, decay: float = 0.998) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.updates = decay, 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        new = network.state_dict()
        for name, value in self.network.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(new[name].to(value.dtype), 1 - decay)
            else:
                value.copy_(new[name])


def find_device(name: str) -> torch.device:
    """The device of that name ("cpu", "cuda", "cuda:1"); ColorizerError when there is none."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise ColorizerError(f"There is no device “{name}” here. Choose --device cpu.") from None
    return device


def save_checkpoint(path: Path, **parts: object) -> None:
    """Write tensors, numbers and strings; the file appears whole or, with a ColorizerError, not at all."""
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(parts, temporary)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # torch has its own error for a full disk
        temporary.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or "is the disk full?"
        raise ColorizerError(f"“{path}” can't be written ({reason}). The last checkpoint is kept.") from None


def load_checkpoint(path: Path, kind: str) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote (tensors, plain values); ColorizerError for another model's."""
    try:
        parts = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch raises many kinds for a damaged file, with texts of many lines
        parts = None
    if not isinstance(parts, Mapping) or "kind" not in parts:
        raise ColorizerError(f"“{path}” is not a checkpoint to go on from. Choose another --out folder.")
    if parts["kind"] != kind:
        raise ColorizerError(
            f"“{path}” belongs to a “{parts['kind']}” run, not to “{kind}”. Choose another --out folder."
        )
    return dict(parts)


def append_row(path: Path, row: Mapping[str, object]) -> None:
    """One more row of a CSV file; the first fixes the columns, also for a resumed run."""
    with path.open("a+", newline="", encoding="utf-8") as file:
        file.seek(0)
        columns = next(csv.reader(file), [])
        writer = csv.DictWriter(file, columns or list(row), restval="", extrasaction="ignore")
        if not columns:
            writer.writeheader()
        writer.writerow(row)
