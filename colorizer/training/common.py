"""What do all trainers share? Stages, learning rate, averaged weights, checkpoints and the log."""

from __future__ import annotations

import copy
import csv
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from colorizer import weights
from colorizer.errors import ColorizerError

T = TypeVar("T")


class CheckpointError(ColorizerError):
    """A checkpoint can't be resumed from."""


@dataclass(frozen=True)
class Stage:
    """A part of a run at one crop size."""

    side: int
    batch: int
    steps: int

    @classmethod
    def parse_all(cls, text: str) -> tuple[Stage, ...]:
        """Read “128x32:2000,256x8:500” as 2000 steps of 32 crops of 128 px, then 500 of 8 of 256 px."""
        try:
            parts = [part.replace("x", ":").split(":") for part in text.split(",")]
            stages = tuple(cls(*(int(number) for number in part)) for part in parts)
        except (ValueError, TypeError):
            raise ColorizerError(
                f"“{text}” is not a list of stages. Write SIDExBATCH:STEPS, as in 128x32:2000,256x8:500."
            ) from None
        for stage in stages:
            positive = min(stage.side, stage.batch, stage.steps) >= 1
            # A single crop of 32 px would leave batch normalisation one value at the deepest.
            if not positive or stage.side % 32 or stage.side * stage.batch < 64:
                raise ColorizerError(
                    f"A stage of {stage.side}x{stage.batch}:{stage.steps} can't be run. Sides are multiples "
                    "of 32, batches and steps are 1 or more, a batch of one is of 64 pixels or more."
                )
        return stages


def cosine_rate(step: int, total: int, peak: float, warmup: int = 100) -> float:
    """Linear warm-up to `peak`, then half a cosine down to nothing."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


def load_initial(init: str, from_state: Callable[[dict[str, Tensor]], T]) -> T:
    """The network of a weight file to start from; WeightsError when it is missing or another network's."""
    return weights.fitted(from_state, weights.load(init)[0], init)


class Average:
    """A network's weights, exponentially averaged; they follow faster at the start, at once with decay 0."""

    def __init__(self, network: nn.Module, decay: float = 0.998) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

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
        raise ColorizerError(
            f"There is no device “{name}” here that torch can use. Choose --device cpu."
        ) from None
    return device


def save_checkpoint(path: Path, **parts: object) -> None:
    """Write tensors, numbers and strings; the file appears whole or, with a CheckpointError, not at all."""
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(parts, temporary)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # torch has its own error for a full disk
        temporary.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or "is the disk full?"
        raise CheckpointError(f"“{path}” can't be written ({reason}). The last checkpoint is kept.") from None


def load_checkpoint(path: Path, kind: str) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote (tensors, plain values); CheckpointError for another model's."""
    try:
        parts = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch raises many kinds for a damaged file, with texts of many lines
        parts = None
    if not isinstance(parts, Mapping) or "kind" not in parts:
        raise CheckpointError(
            f"“{path}” is not a checkpoint that can be resumed. Choose another --out folder."
        )
    if parts["kind"] != kind:
        raise CheckpointError(
            f"“{path}” belongs to a “{parts['kind']}” run, not to “{kind}”. Choose another --out folder."
        )
    return dict(parts)


class CsvLog:
    """Appends rows of figures to a CSV file; the first row fixes the columns, also for a resumed run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, row: dict[str, object]) -> None:
        columns = list(row)
        if self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as file:
                columns = next(csv.reader(file), columns)
        new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=columns, restval="", extrasaction="ignore")
            if new:
                writer.writeheader()
            writer.writerow(row)
