"""How does a training run start, resume, log and save? The loop around every trainer's own step.

A trainer builds its networks, makes a `Run` of them, and writes its step as the body of a plain loop:

    for step, crops in run.steps():
        ...
        run.record(loss)
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from colorizer import interrupts, weights
from colorizer.errors import ColorizerError
from colorizer.training import common
from colorizer.training.data import CropLoader, CropSettings, fingerprint
from colorizer.training.draws import Draws
from colorizer.training.engine import Engine
from colorizer.training.sources import Picture

log = logging.getLogger("colorizer.training")

LATE, ASKED = 1, 2  # why a run stops: --minutes are over, or Ctrl-C came

Validation = Callable[
    [nn.Module], tuple[dict[str, float], np.ndarray]
]  # figures, and a sheet (H, W, 3) uint8


class Loader(Protocol):
    """Where a run's crops come from."""

    def batches(self, start: int, count: int, batch: int, side: int, stride: int) -> Iterator[np.ndarray]:
        """`count` batches (N, S, S, 3) uint8, the first from the `start`-th crop of the stream on, each
        `stride` crops after the one before."""

    def close(self) -> None:
        """The run is over."""


@dataclass(frozen=True)
class RunOptions:
    """What every run has to know. ColorizerError when a value is out of its range."""

    data: Path
    out: Path
    val: Path | None = None
    stages: tuple[common.Stage, ...] = (common.Stage(128, 32, 2600),)
    rate: float = 4e-4
    weight_decay: float = 0.01
    decay: float = 0.998  # of the averaged weights; 0: no averaging
    seed: int = 1
    init: str = ""  # a weight file to start from
    device: str = "cuda" if torch.cuda.is_available() else "cpu"
    compile: bool = False
    accumulate: int = 1  # batches that make one step
    every: int = 400  # steps between checkpoints with validation
    minutes: float = 0.0  # stop (resumably) after so long; 0: no limit
    crops: CropSettings = field(default_factory=CropSettings)

    def __post_init__(self) -> None:
        self.check("rate", self.rate > 0, "more than 0")
        self.check("weight_decay", self.weight_decay >= 0, "0 or more")
        self.check("decay", 0 <= self.decay < 1, "from 0 to below 1")
        self.check("seed", self.seed >= 0, "0 or more")
        self.check("accumulate", self.accumulate >= 1, "1 or more")
        self.check("every", self.every >= 1, "1 or more")
        self.check("minutes", self.minutes >= 0, "0 or more")
        self.check("stages", bool(self.stages), "at least one")

    def check(self, name: str, fits: bool, expected: str) -> None:
        """ColorizerError, naming the flag, its value and what is expected, unless the value fits."""
        if not fits:
            flag = "--" + name.replace("_", "-")
            raise ColorizerError(f"{flag} is {getattr(self, name)}, but has to be {expected}.")

    def largest_batch(self, engine: Engine) -> int:
        """How many crops a step sees at the most, on all processes together."""
        return max(stage.batch for stage in self.stages) * engine.processes * self.accumulate


def prepare(options: RunOptions) -> Engine:
    """Seed torch and find the other processes; comes before the networks, whose first weights hang on the
    seed, and so are the same on all."""
    torch.manual_seed(options.seed)
    torch.set_flush_denormal(
        True
    )  # on a processor, weights decaying to denormal numbers slow every step down
    torch.backends.cudnn.benchmark = True  # crops are of few sizes, so looking for the fastest way pays
    return Engine(options.device, options.accumulate)


class Run:
    """One resumable run: its checkpoint, its averaged weights, its log, and the weight file that it ends in.

    `parts` are the networks and optimisers by name, as the checkpoint holds them; "network" is the one that
    is averaged, validated and written to OUT/KIND.safetensors. CheckpointError when OUT holds another's run.
    """

    def __init__(
        self,
        kind: str,
        options: RunOptions,
        engine: Engine,
        paths: Sequence[Picture],
        parts: Mapping[str, nn.Module | torch.optim.Optimizer],
        validation: Validation | None = None,
        loader: Loader | None = None,
    ) -> None:
        self.kind, self.options, self.engine = kind, options, engine
        self.paths, self.parts, self.validation = paths, parts, validation
        network = parts["network"]
        assert isinstance(network, nn.Module)
        self.network, self.average = network, common.Average(network, options.decay)
        self.optimisers = [part for part in parts.values() if isinstance(part, torch.optim.Optimizer)]
        self.total = sum(stage.steps for stage in options.stages)
        self.checkpoint, self.result = options.out / f"{kind}.checkpoint", options.out / f"{kind}.safetensors"
        self.loader = loader
        self.rows = common.CsvLog(options.out / f"{kind}.csv")
        self.step, self.saved, self.minutes = 0, 0, 0.0
        self.losses: list[Tensor] = []
        self.places = range(0)  # of the crops at hand, in the stream
        state = engine.from_main(self._open_folder)
        if state is not None:
            self._resume(state)
        self.began = time.monotonic()

    def _open_folder(self) -> dict[str, Any] | None:
        """The checkpoint in OUT to go on from, or None for a start in a folder that holds no result yet."""
        state = None
        if self.checkpoint.exists():
            state = common.load_checkpoint(self.checkpoint, self.kind)
        else:
            self._refuse_existing(self.result)
        try:
            self.options.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ColorizerError(
                f"The folder “{self.options.out}” can't be made ({error.strerror})."
            ) from None
        return state

    def _refuse_existing(self, file: Path) -> None:
        if file.exists():
            raise ColorizerError(
                f"“{file}” is there already, without a checkpoint to go on from. Choose another --out folder."
            )

    def _write(self, about: dict[str, str]) -> None:
        """The weight file."""
        weights.save(self.result, self.average.network.state_dict(), about)

    def _resume(self, state: dict[str, Any]) -> None:
        try:
            for name, part in self.parts.items():
                if name in state or name in ("network", "optimiser"):
                    part.load_state_dict(state[name])
                else:
                    log.info("the checkpoint holds no %s: it starts afresh", name.replace("_", " "))
            self.average.network.load_state_dict(state["average"])
            self.average.updates = self.step = self.saved = int(state["step"])
            self.minutes = float(state["minutes"])
        except (KeyError, RuntimeError, ValueError):
            raise common.CheckpointError(
                f"“{self.checkpoint}” belongs to a network of another shape. Choose another --out folder."
            ) from None
        log.info("resumed at step %d after %.0f minutes", self.step, self.minutes)

    def steps(self) -> Iterator[tuple[int, np.ndarray]]:
        """The number of each step to do and this process's crops (N, S, S, 3) uint8, `accumulate` times a
        step; saves now and then, and at the end.

        Crops and rates depend on the step alone, so a resumed run goes on as if it had never stopped.
        """
        options, engine = self.options, self.engine
        loader: Loader = self.loader or CropLoader(self.paths, options.seed, options.crops)
        silent = {} if engine.main else {"disable": True}  # otherwise TQDM_DISABLE decides
        bar = tqdm(total=self.total, initial=self.step, unit="step", mininterval=10, **silent)
        interrupts.only_note(always=engine.processes > 1)  # what was learnt is saved first, by all
        with contextlib.closing(loader), bar:
            for crops in self._crops(loader):
                for optimiser in self.optimisers:
                    common.set_rate(optimiser, common.cosine_rate(self.step, self.total, options.rate))
                yield self.step, crops
                if engine.part > 0:
                    continue
                late = 0 < options.minutes < (time.monotonic() - self.began) / 60
                stop = engine.most(ASKED if interrupts.asked() else LATE if late else 0)
                bar.update()
                if stop or self.step % options.every == 0:
                    self.save()
                if stop == ASKED:
                    raise KeyboardInterrupt
                if stop == LATE:
                    return
        if engine.from_main(lambda: self.saved != self.step or not self.result.exists()):
            self.save()

    def _crops(self, loader: Loader) -> Iterator[np.ndarray]:
        """This process's slices of the batches that are still to come."""
        first, seen, engine = 0, 0, self.engine
        for stage in self.options.stages:
            stride = stage.batch * engine.processes
            skip = min(stage.steps, max(0, self.step - first))
            start = seen + skip * stride * engine.accumulate + engine.number * stage.batch
            count = (stage.steps - skip) * engine.accumulate
            for crops in loader.batches(start, count, stage.batch, stage.side, stride):
                self.places = range(start, start + stage.batch)
                yield crops
                start += stride
            first, seen = first + stage.steps, seen + stage.steps * stride * engine.accumulate

    def draws(self, kind: int) -> Draws:
        """The random numbers for the crops at hand; each `kind` of use has its own."""
        return Draws.of(self.options.seed, kind, self.step, self.places)

    def record(self, loss: Tensor) -> None:
        """Notes a batch's loss; when it ends a step, the averaged weights follow the network."""
        self.losses = [*self.losses[-199:], loss.detach()]
        if self.engine.ends_step():
            self.average.update(self.network)
            self.step += 1

    def save(self) -> None:
        """Validate the averaged weights; write the log, the checkpoint, the options and the weight file.

        The main process does, the others wait. ColorizerError when the run has gone astray, before anything
        good is overwritten.
        """
        mean = self.engine.mean(torch.stack(self.losses).mean()) if self.losses else 0.0
        self.engine.from_main(lambda: self._save(round(float(mean), 4)))
        self.saved = self.step

    def _save(self, loss: float) -> None:
        spent = self.minutes + (time.monotonic() - self.began) / 60
        if not math.isfinite(loss):
            raise ColorizerError(
                f"At step {self.step} the loss is no longer a number. The checkpoint of step {self.saved} is "
                "kept: lower --rate and choose another --out folder, or go on from there."
            )
        figures: dict[str, float] = {}
        if self.validation:
            figures, sheet = self.validation(self.average.network)
            Image.fromarray(sheet).save(self.options.out / f"{self.kind}-sheet.jpg", quality=90)
        row: dict[str, object] = {"step": self.step, "minutes": round(spent, 1), "loss": loss}
        self.rows.write(row | {name: round(value, 3) for name, value in figures.items()})
        shown = "".join(f", {name} {value:.2f}" for name, value in figures.items())
        log.info("step %d of %d, %.0f min: loss %.4f%s", self.step, self.total, spent, loss, shown)
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state["average"] = self.average.network.state_dict()
        self.result.unlink(missing_ok=True)  # no weights stay beside a checkpoint of other ones
        common.save_checkpoint(self.checkpoint, kind=self.kind, step=self.step, minutes=spent, **state)
        lines = [f"{item.name}: {getattr(self.options, item.name)}\n" for item in fields(self.options)]
        lines.append(f"processes: {self.engine.processes}\n")
        (self.options.out / f"{self.kind}-options.txt").write_text("".join(lines), encoding="utf-8")
        about = {"architecture": self.kind, "data": fingerprint(self.paths), "steps": str(self.step)}
        self._write(about)
