"""What does a picture look like to a network that knows things? VGG-19's features, for perceptual losses.

Johnson et al. 2016 and Ledig et al. 2017, 2.2.1, compare pictures by what VGG-19 (Simonyan and Zisserman
2015) makes of them. Its weights are torchvision's where they can be downloaded, or a file of one's own.
"""

from __future__ import annotations

import logging
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer import weights
from colorizer.errors import ColorizerError, WeightsError

log = logging.getLogger("colorizer.training")

# The convolutions up to conv3_4; pooling stands before the second and the third block.
BLOCKS = ((64, 64), (128, 128), (256, 256, 256, 256))
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VGGFeatures(nn.Module):
    """(N, 3, H, W) in 0..1 -> (N, 256, H/4, W/4), conv3_4 before its ReLU. It never learns."""

    def __init__(self) -> None:
        super().__init__()
        self.input = nn.Conv2d(3, 3, 1)  # what the first layer wants of RGB in 0..1
        self.convs = nn.ModuleList()
        inputs = 3
        for width in (width for block in BLOCKS for width in block):
            self.convs.append(nn.Conv2d(inputs, width, 3, padding=1, padding_mode="reflect"))
            inputs = width

    def forward(self, picture: Tensor) -> Tensor:
        return self.layers(picture, (len(self.convs) - 1,))[0]

    def layers(self, picture: Tensor, wanted: tuple[int, ...]) -> list[Tensor]:
        """What the convolutions of these numbers, 0 to 7 and ascending, give: after their ReLU, but the last
        before it. Nothing is computed beyond the last one wanted."""
        x, found = self.input(picture), []
        starts = {sum(map(len, BLOCKS[:block])) for block in range(1, len(BLOCKS))}
        for number, conv in enumerate(self.convs[: max(wanted) + 1]):
            x = conv(F.max_pool2d(x, 2) if number in starts else x)
            if number < len(self.convs) - 1:
                x = F.relu(x, inplace=True)
            if number in wanted:
                found.append(x)
        return found


def widths_of(layer: int) -> tuple[int, int]:
    """How many channels the convolution of this number, 0 to 7, has, and how many times smaller it is."""
    block = next(number for number in range(len(BLOCKS)) if layer < sum(map(len, BLOCKS[: number + 1])))
    return BLOCKS[block][0], 2**block


def load_vgg(file: Path | None = None) -> tuple[VGGFeatures, str]:
    """The features and where their weights came from, in words.

    `file`: safetensors with ConvB_N.weight and .bias, and Conv0 for the input. Without one, torchvision's
    weights are downloaded; ColorizerError when they can't be.
    """
    network = VGGFeatures()
    if file is not None:
        state, source = _from_file(file), f"the file {file.name}"
    else:
        state, source = _from_torchvision(), "torchvision's VGG19_Weights.IMAGENET1K_V1"
    network.load_state_dict(state)
    return network.eval().requires_grad_(False), source


def _from_file(file: Path) -> dict[str, Tensor]:
    given, _ = weights.load(file)
    names = [f"Conv{b + 1}_{n + 1}" for b, block in enumerate(BLOCKS) for n in range(len(block))]
    try:
        state = {f"input.{part}": given[f"Conv0.{part}"] for part in ("weight", "bias")}
        for number, name in enumerate(names):
            state |= {f"convs.{number}.{part}": given[f"{name}.{part}"] for part in ("weight", "bias")}
    except KeyError as error:
        raise WeightsError(f"“{file}” holds no VGG-19: {error} is missing. Name another file.") from None
    return state


def _from_torchvision() -> dict[str, Tensor]:
    try:
        from torchvision.models import VGG19_Weights, vgg19

        layers = vgg19(weights=VGG19_Weights.IMAGENET1K_V1).features
    except (ImportError, OSError) as error:
        raise ColorizerError(
            f"VGG-19's weights can't be had from torchvision ({error}). Name a file of them with --vgg."
        ) from None
    convs = [layer for layer in layers if isinstance(layer, nn.Conv2d)][: sum(map(len, BLOCKS))]
    deviation = torch.tensor(DEVIATION)
    state = {
        "input.weight": torch.diag(1 / deviation)[..., None, None],
        "input.bias": -torch.tensor(MEAN) / deviation,
    }
    for number, conv in enumerate(convs):
        state |= {f"convs.{number}.{name}": value.detach() for name, value in conv.state_dict().items()}
    return state
