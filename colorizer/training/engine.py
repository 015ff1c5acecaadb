"""What do the processes of a run do together? A thin layer over Hugging Face Accelerate.

N processes (started by `accelerate launch` or `torchrun`), each with batches of B, train as one process would
with batches of N B: each cuts its own slice of the crops, gradients are averaged before
every step, and so all hold the same weights all the time. Accelerate's own wrapping of networks would miss
those that are called by their parts, as CycleGAN's are.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

import torch
import torch.distributed.nn.functional  # imported later, it holds the group for ever
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather, reduce
from torch import Tensor, nn

from colorizer.errors import ColorizerError
from colorizer.predictors import precision
from colorizer.training.options import RunOptions

N = TypeVar("N", bound=nn.Module)
T = TypeVar("T")
Part: TypeAlias = nn.Module | torch.optim.Optimizer  # of a checkpoint

LONGEST = 5.0  # of a gradient, so that one odd batch can't ruin a run
PATIENCE = timedelta(hours=2)  # for the others, who may be validating


class Engine:
    """The processes of a run, and where in a step they are; one process unless a launcher started several.

    device: what counts where no launcher has chosen; "": a graphics card where there is one. accumulate: how
    many batches make a step. ColorizerError: there is no such device, or no such precision.
    """

    def __init__(self, device: str = "cpu", accumulate: int = 1) -> None:
        self.precision = os.environ.get("ACCELERATE_MIXED_PRECISION")  # a launcher sets it
        if self.precision not in (None, "no", "bf16"):
            raise ColorizerError(
                f"Networks are not trained in {self.precision}. Choose --mixed_precision bf16 or no."
            )
        launched = self.precision is not None or "LOCAL_RANK" in os.environ
        state = _meet()
        self.device = state.device if launched else _find_device(device)
        self.processes, self.number = state.num_processes, state.process_index
        self.main = self.number == 0
        self.accumulate, self.part = accumulate, 0  # which batch of a step it is

    def __str__(self) -> str:
        return f"{self.processes} processes on {self.device.type}" if self.processes > 1 else str(self.device)

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """The precision that the launcher was asked for; without one, what is fast here."""
        if self.precision is None:
            return precision.autocast(self.device)
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def place(self, network: N) -> N:
        """Bring a network to the device, ready to learn there with the other processes; the same object."""
        network.to(self.device).to(memory_format=torch.channels_last)
        if self.processes > 1:
            share_statistics(network)
        return network

    def descend(self, loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """One step down the mean gradient of the processes' losses, or with `accumulate` a part of a step."""
        if self.part == 0:
            optimiser.zero_grad(set_to_none=True)
        (loss / self.accumulate).backward()
        if self.part < self.accumulate - 1:
            return
        if self.processes > 1:
            gradients = [value.grad for value in network.parameters() if value.grad is not None]
            # In one message, because many small ones are slow.
            means = reduce(torch.cat([gradient.flatten() for gradient in gradients]), "mean")
            parts = means.split([gradient.numel() for gradient in gradients])
            for gradient, mean in zip(gradients, parts, strict=True):
                gradient.copy_(mean.view_as(gradient))
        torch.nn.utils.clip_grad_norm_(network.parameters(), LONGEST)
        optimiser.step()

    def ends_step(self) -> bool:
        """Go on to the next batch; whether the last one ended a step."""
        self.part = (self.part + 1) % self.accumulate
        return self.part == 0

    def largest(self, value: int) -> int:
        """The largest of the processes' values."""
        return int(reduce(torch.tensor(value, device=self.device), "max"))

    def as_a_whole(self, work: Callable[[Tensor], Tensor], part: Tensor) -> Tensor:
        """This process's slice of what `work` makes of all processes' slices of a batch; no gradient."""
        return work(gather(part.detach().contiguous())).chunk(self.processes)[self.number]

    def largest_batch(self, options: RunOptions) -> int:
        """How many crops a step sees at the most, on all processes together."""
        return max(stage.batch for stage in options.stages) * self.processes * self.accumulate

    def from_main(self, work: Callable[[], T]) -> T:
        """What the main process finds, for all, or its ColorizerError; the others wait until it is done."""
        found: list[Any] = [None, None]
        try:
            found[0] = work() if self.main else None
        except ColorizerError as error:
            found[1] = error
        broadcast_object_list(found)
        if found[1] is not None:
            raise found[1]
        return found[0]


def prepare(options: RunOptions) -> Engine:
    """Seed torch and find the other processes; comes before the networks, whose first weights hang on the
    seed, and so are the same on all."""
    torch.manual_seed(options.seed)
    torch.set_flush_denormal(True)  # weights decaying to denormal numbers slow every step of a processor down
    torch.backends.cudnn.benchmark = True  # crops are of few sizes, so looking for the fastest way pays
    return Engine(options.device, options.accumulate)


def _find_device(name: str) -> torch.device:
    try:
        device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise ColorizerError(f"There is no device “{name}” here. Choose --device cpu.") from None
    return device


def _meet() -> PartialState:
    """Wait for the other processes of the run, if a launcher started some. ColorizerError: it was asked for
    several on processors, which Accelerate leaves to MPI, and started one."""
    asked = os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true"
    state = PartialState(cpu=asked or not torch.cuda.is_available(), timeout=PATIENCE)
    if asked and "MASTER_PORT" in os.environ and state.num_processes == 1:
        raise ColorizerError(
            "accelerate launch starts only one process on processors. Start several with "
            "`torchrun --nproc_per_node N -m colorizer train ...`."
        )
    return state


class SharedBatchNorm(nn.BatchNorm2d):
    """Learns from the mean and variance (Ioffe and Szegedy 2015, 3) of all processes' (N, C, H, W) together,
    of which all have as many. As torch's SyncBatchNorm, but on processors too, and without new modules: state
    dicts stay as they are."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        processes = torch.distributed.get_world_size()
        variance, mean = (part.double() for part in torch.var_mean(x.float(), (0, 2, 3), correction=0))
        sums = torch.distributed.nn.functional.all_reduce(torch.stack((mean, variance + mean**2)))
        mean, square = sums / processes
        variance = square - mean**2
        count = x.numel() // x.shape[1] * processes
        with torch.no_grad():
            self.running_mean.lerp_(mean.float(), self.momentum)
            self.running_var.lerp_((variance * count / (count - 1)).float(), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight / (variance + self.eps).sqrt().float()
        shift = self.bias - mean.float() * scale
        return (x * scale[:, None, None] + shift[:, None, None]).to(x.dtype)


def share_statistics(network: nn.Module) -> None:
    """Let a network's batch normalisation, in place, learn from all processes' batches."""
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SharedBatchNorm


_commands = itertools.count()


@contextlib.contextmanager
def as_one() -> Iterator[None]:
    """Around a command: when processes fail, the first to fail says why, and the others end as it does.

    Where all is well, their group goes before the interpreter does, and with it its threads: one that is left
    and wakes to give a tensor back would abort the process, and so fail a run that is done.
    """
    state, command = _meet(), next(_commands)
    try:
        yield
        atexit.register(state.destroy_process_group)
    except (ColorizerError, KeyboardInterrupt) as error:
        if state.num_processes > 1:
            store = torch.distributed.distributed_c10d._get_default_store()
            if store.add(f"colorizer/said/{command}", 1) > 1:
                raise SystemExit(130 if isinstance(error, KeyboardInterrupt) else 1) from None
        raise
