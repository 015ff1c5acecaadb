"""How does a network run fastest here? Channels last, and in bf16 where the hardware gains by it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn

from colorizer.errors import SettingsError

N = TypeVar("N", bound=nn.Module)
_forced = ""
GAIN = 0.8  # of the time that float32 takes, or less: what bf16 has to be worth, and more than timing errs


def prepared(network: N, device: torch.device) -> N:
    """The network as it is used: on its device, channels last, in evaluation mode, and never learning."""
    return network.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)


def channels_last(x: Tensor, device: torch.device) -> Tensor:
    """(N, C, H, W) as a prepared network wants it."""
    return x.to(device).contiguous(memory_format=torch.channels_last)


def autocast(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """The precision that `used` names."""
    fast = used(device) == "bf16"
    return torch.autocast(device.type, torch.bfloat16) if fast else contextlib.nullcontext()


def used(device: torch.device) -> str:
    """“bf16” where it is fast, on CUDA and some processors, else “float32”; or what is `forced`."""
    return _forced or ("bf16" if device.type == "cuda" or has_bf16() else "float32")


@contextlib.contextmanager
def forced(precision: str) -> Iterator[None]:
    """Within it, in all threads, “bf16” or “float32”, whatever is faster; any other word changes nothing."""
    global _forced
    before, _forced = _forced, precision if precision in ("bf16", "float32") else _forced
    try:
        yield
    finally:
        _forced = before


@contextlib.contextmanager
def shared_cores(workers: int) -> Iterator[None]:
    """Within it, each of so many threads that begin there computes with its share of the cores."""
    cores = torch.get_num_threads()
    torch.set_num_threads(max(1, cores // workers))
    try:
        yield
    finally:
        torch.set_num_threads(cores)


@cache
def has_bf16() -> bool:
    """Whether this processor convolves faster in bf16 than in float32.

    Without bf16 arithmetic it is emulated and slow. With it, much is gained where there are matrix units
    (AMX), and nothing on some that have instructions only; so it is tried, once, for a fifth of a second.
    COLORIZER_BF16=0 or 1 in the environment decides instead; SettingsError: it is something else.
    """
    if decided := os.environ.get("COLORIZER_BF16"):
        if decided not in ("0", "1"):
            raise SettingsError(f"COLORIZER_BF16 is “{decided}”, but must be 0 or 1, or not set at all.")
        return decided == "1"
    check = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(check and check()) and _seconds(torch.bfloat16) < GAIN * _seconds(torch.float32)


@torch.inference_mode()
def _seconds(kind: torch.dtype) -> float:
    """What a convolution like those of the networks takes, at its fastest."""
    conv = torch.nn.Conv2d(128, 128, 3, padding=1, dtype=kind).to(memory_format=torch.channels_last)
    x = torch.zeros(1, 128, 64, 64, dtype=kind).contiguous(memory_format=torch.channels_last)
    taken = []
    for _ in range(4):
        began = time.perf_counter()
        conv(x)
        taken.append(time.perf_counter() - began)
    return min(taken)
