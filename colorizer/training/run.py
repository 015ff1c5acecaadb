"""How does a training run start, resume, log and save? The loop around every trainer's own step.

A trainer builds its networks, makes a `Run` of them, and writes its step as the body of a plain loop:

    for step, crops in run.steps():
        run.descend(loss of the crops)

or, where a network learns from pairs of what it is given and what it should make of it, as `run.learn(...)`.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from accelerate.utils import reduce
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from colorizer import interrupts, weights
from colorizer.errors import ColorizerError
from colorizer.training import common
from colorizer.training.data import CropStream, Draws
from colorizer.training.engine import Engine, Part
from colorizer.training.options import RunOptions
from colorizer.training.sources import fingerprint
from colorizer.training.validation import Validation

log = logging.getLogger("colorizer.training")

LATE, ASKED = 1, 2  # why a run stops: --minutes are over, or Ctrl-C came


class Run:
    """One resumable run: its checkpoint, its averaged weights, its log, and the weight files that it ends in.

    The network is averaged, and validated where there is --val. more: further networks and optimisers by
    name, as the checkpoint holds them. files: the names of weight files and which module of the network each
    holds (default: OUT/KIND.safetensors, all of it). ColorizerError when OUT holds another's run.
    """

    def __init__(
        self,
        kind: str,
        options: RunOptions,
        engine: Engine,
        loader: CropStream,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        validation: Callable[[Path, torch.device], Validation],
        more: Mapping[str, Part] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.kind, self.options, self.engine, self.loader = kind, options, engine, loader
        self.validation = validation(options.val, engine.device) if options.val else None
        self.fingerprint = fingerprint(loader.paths)
        self.network, self.optimiser = network, optimiser
        self.average = common.Average(network, options.decay)
        self.parts: dict[str, Part] = {"network": network, "optimiser": optimiser, **(more or {})}
        lengths = (stage.steps or stage.percent for stage in options.stages)
        self.ends = list(itertools.accumulate(lengths))  # in steps, or in percent
        self.checkpoint, files = options.out / f"{kind}.checkpoint", files or {kind: ""}
        self.results = {options.out / f"{name}.safetensors": part for name, part in files.items()}
        self.result = next(iter(self.results))
        self.step, self.saved, self.seen = 0, 0, 0  # `seen`: crops of all processes
        self.before = 0.0  # minutes, until this process began
        self.losses: list[Tensor] = []
        self.places = range(0)  # of the crops at hand, in the stream
        log.info("%d pictures (%s), on %s", len(loader.paths), self.fingerprint, engine)
        state = engine.from_main(self._open_folder)
        if state is not None:
            self._resume(state)
        self.began = monotonic()
        self.done = self._find_done()

    def _open_folder(self) -> dict[str, Any] | None:
        """The checkpoint in OUT to go on from, or None for a start in a folder that holds no result yet."""
        if self.checkpoint.exists():
            return common.load_checkpoint(self.checkpoint, self.kind)
        for file in filter(Path.exists, self.results):
            raise ColorizerError(
                f"“{file}” is there already, without a checkpoint to go on from. Choose another --out folder."
            )
        try:
            self.options.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            out, reason = self.options.out, error.strerror
            raise ColorizerError(f"The folder “{out}” can't be made ({reason}).") from None
        return None

    def _resume(self, state: dict[str, Any]) -> None:
        try:
            for name, part in self.parts.items():
                part.load_state_dict(state[name])
            self.average.network.load_state_dict(state["average"])
            self.average.updates = self.step = self.saved = int(state["step"])
            self.before, self.seen = float(state["minutes"]), int(state["seen"])
        except (KeyError, RuntimeError, ValueError):
            raise ColorizerError(
                f"“{self.checkpoint}” belongs to a network of another shape. Choose another --out folder."
            ) from None
        log.info("resumed at step %d after %.0f minutes", self.step, self.before)

    @property
    def minutes(self) -> float:
        """How long the run has taken so far, over all its parts."""
        return self.before + (monotonic() - self.began) / 60

    def steps(self) -> Iterator[tuple[int, np.ndarray]]:
        """The number of each step to do and this process's crops (N, S, S, 3) uint8, `accumulate` times a
        step; saves now and then, and at the end.

        Where stages are in steps, crops and rates depend on the step alone, so a resumed run goes on as if it
        had never stopped. Where they are in percent, the time taken decides the rate and the stage.
        """
        options, engine, total = self.options, self.engine, self.ends[-1]
        optimisers = [part for part in self.parts.values() if isinstance(part, torch.optim.Optimizer)]
        silent = {} if engine.main else {"disable": True}  # otherwise TQDM_DISABLE decides
        unit = "%" if options.timed else "step"
        bar = tqdm(total=total, initial=round(self.done), unit=unit, mininterval=10, **silent)
        interrupts.only_note(always=engine.processes > 1)  # what was learnt is saved first, by all
        with contextlib.closing(self.loader), bar:
            for crops in self._crops():
                share = self.done / total if options.timed else None
                rate = common.cosine_rate(self.step, total, options.rate, share)
                for optimiser in optimisers:
                    common.set_rate(optimiser, rate)
                yield self.step, crops
                if engine.part > 0:
                    continue
                late = not options.timed and 0 < options.minutes < (monotonic() - self.began) / 60
                stop = engine.largest(ASKED if interrupts.asked() else LATE if late else 0)
                self.done = self._find_done()
                bar.update(round(self.done) - bar.n)
                if stop or self.step % options.every == 0:
                    self.save()
                if stop == ASKED:
                    raise KeyboardInterrupt
                if stop == LATE:
                    return
        if engine.from_main(lambda: self.saved != self.step or not self.result.exists()):
            self.save()

    def _find_done(self) -> float:
        """How far the run has come, in the unit of `ends`; the same on all processes."""
        if not self.options.timed:
            return self.step
        return min(100.0, self.engine.largest(round(1e5 * self.minutes / self.options.minutes)) / 1e3)

    def _crops(self) -> Iterator[np.ndarray]:
        """This process's slices of the batches that are still to come."""
        for stage, end in zip(self.options.stages, self.ends, strict=True):
            stride = stage.batch * self.engine.processes
            start = self.seen + self.engine.number * stage.batch
            batches = self.loader.batches(start, stage.batch, stage.side, stride)
            while self.done < end:
                self.places = range(start, start + stage.batch)
                self.seen, start = self.seen + stride, start + stride
                yield next(batches)

    def draws(self, kind: int) -> Draws:
        """The random numbers for the crops at hand; each `kind` of use has its own."""
        return Draws.of(self.options.seed, kind, self.step, self.places)

    def learn(
        self,
        make_pair: Callable[[np.ndarray, Draws], tuple[Tensor, Tensor]],
        loss_of: Callable[[Tensor, Tensor, Tensor], Tensor],
        kind: int = 11,
    ) -> Path:
        """Runs to the end, where a network learns from pairs; returns the path of the averaged weights.

        make_pair: crops and the random numbers of that `kind` -> what is given, and the truth.
        loss_of: (given, answer in float32, truth) -> the loss.
        """
        for _, crops in self.steps():
            pair = make_pair(crops, self.draws(kind))
            given, truth = (part.to(self.engine.device, memory_format=torch.channels_last) for part in pair)
            with self.engine.autocast():
                answer = self.network(given)
            self.descend(loss_of(given, answer.float(), truth))
        return self.result

    def descend(self, loss: Tensor) -> None:
        """The network learns from a batch's loss; where that ends a step, the averaged weights follow."""
        self.engine.descend(loss, self.network, self.optimiser)
        self.losses = [*self.losses[-199:], loss.detach()]
        if self.engine.ends_step():
            self.average.update(self.network)
            self.step += 1

    def save(self) -> None:
        """Validate the averaged weights; write the log, the checkpoint, the options and the weight files.

        The main process does, the others wait. ColorizerError when the run has gone astray, before anything
        good is overwritten.
        """
        mean = reduce(torch.stack(self.losses).mean(), "mean") if self.losses else 0.0  # of all processes
        self.engine.from_main(lambda: self._save(round(float(mean), 4)))
        self.saved = self.step

    def _save(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise ColorizerError(
                f"At step {self.step} the loss is no longer a number. The checkpoint of step {self.saved} is "
                "kept: lower --rate and choose another --out folder, or go on from there."
            )
        figures: dict[str, float] = {}
        if self.validation:
            figures, sheet = self.validation(self.average.network)
            Image.fromarray(sheet).save(self.options.out / f"{self.kind}-sheet.jpg", quality=90)
        spent = self.minutes
        row: dict[str, object] = {"step": self.step, "minutes": round(spent, 1), "loss": loss}
        row |= {name: round(value, 3) for name, value in figures.items()}
        common.append_row(self.options.out / f"{self.kind}.csv", row)
        shown = "".join(f", {name} {value:.2f}" for name, value in figures.items())
        share = 100 * self.done / self.ends[-1]
        log.info("step %d (%.0f %%), %.0f min: loss %.4f%s", self.step, share, spent, loss, shown)
        state: dict[str, object] = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"average": self.average.network.state_dict(), "step": self.step, "seen": self.seen}
        for file in self.results:
            file.unlink(missing_ok=True)  # no weights stay beside a checkpoint of other ones
        common.save_checkpoint(self.checkpoint, kind=self.kind, minutes=spent, **state)
        lines = [f"{item.name}: {getattr(self.options, item.name)}\n" for item in fields(self.options)]
        lines.append(f"processes: {self.engine.processes}\n")
        (self.options.out / f"{self.kind}-options.txt").write_text("".join(lines), encoding="utf-8")
        about = {"architecture": self.kind, "data": self.fingerprint, "steps": str(self.step)}
        for file, part in self.results.items():
            weights.save(file, self.average.network.get_submodule(part).state_dict(), about)
