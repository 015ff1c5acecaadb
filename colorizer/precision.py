"""In which precision does a network run fastest here? bf16 where the hardware has it, else float32."""

from __future__ import annotations

import contextlib

import torch


def autocast(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """bf16 where it is fast: on CUDA, and on processors with bf16 arithmetic; else plain float32."""
    fast = device.type == "cuda" or has_bf16()
    return torch.autocast(device.type, torch.bfloat16) if fast else contextlib.nullcontext()


def has_bf16() -> bool:
    """Whether this processor multiplies bf16 in hardware (without it, bf16 is emulated and slow)."""
    check = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(check and check())
