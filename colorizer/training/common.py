"""What do all trainers share? Learning rate, averaged weights, checkpoints and the log."""

from __future__ import annotations

import copy
import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from colorizer import weights
from colorizer.errors import ColorizerError, WeightsError
from colorizer.weights.manifest import write_whole

T = TypeVar("T")


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


def save_checkpoint(path: Path, **parts: object) -> None:
    """Write tensors, numbers and strings; the file appears whole or, with a ColorizerError, not at all."""
    try:
        write_whole(path, lambda target: torch.save(parts, target))
    except (WeightsError, RuntimeError) as error:  # torch has its own error for a full disk
        reason = getattr(error.__cause__, "strerror", None) or "is the disk full?"
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
