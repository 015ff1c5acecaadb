"""How are tensors written to a file and read back? As safetensors, which unlike pickles hold no programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor

from colorizer.errors import WeightsError
from colorizer.weights.manifest import PULL, write_whole

SUFFIX = ".safetensors"
HALF_MAX = torch.finfo(torch.float16).max
N = TypeVar("N")


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a .safetensors file, floating ones as float32 on the CPU, and its metadata; WeightsError
    when it is missing, damaged, or anything else."""
    if not path.is_file():
        raise WeightsError(f"There is no weight file “{path}”. Check the path.")
    try:
        with safe_open(path, framework="pt") as file:
            state = {name: file.get_tensor(name) for name in list(file.keys())}
            metadata = dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"“{path}” can't be read: it is damaged or something else under this name ({error}). "
            f"Weights are read from {SUFFIX} files only."
        ) from error
    floats = {name: value.float() for name, value in state.items() if value.is_floating_point()}
    return state | floats, metadata


def fitted(from_state: Callable[[dict[str, Tensor]], N], state: dict[str, Tensor], name: str) -> N:
    """The network that `from_state` makes of a state dict; WeightsError, with the name or file that it came
    from, when it belongs to another kind of network."""
    try:
        return from_state(state)
    except (KeyError, IndexError, RuntimeError, ValueError):
        raise WeightsError(
            f"“{name}” holds the weights of another network. Name another file, or fetch the shipped ones "
            f"anew with `{PULL}`."
        ) from None


def save(path: str | Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors and metadata (version, ...) as safetensors, floating tensors as float16 where all values
    fit (up to 65504), else as float32; WeightsError when the file can't be written."""
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        raise WeightsError(f"“{path}” is not written: weights are saved as {SUFFIX} files only.")
    tensors = {name: _compact(value) for name, value in state.items()}
    # save_file() would make a file for its owner alone
    content = serialise(tensors, {name: str(value) for name, value in metadata.items()})
    write_whole(path, lambda target: target.write_bytes(content))


def _compact(value: Tensor) -> Tensor:
    value = value.detach().cpu()
    if value.is_floating_point():
        finite = value[value.isfinite()]
        fits = finite.numel() == 0 or float(finite.abs().max()) <= HALF_MAX
        value = value.to(torch.float16 if fits else torch.float32)
    return value.clone(memory_format=torch.contiguous_format)  # safetensors refuses tensors that share memory
