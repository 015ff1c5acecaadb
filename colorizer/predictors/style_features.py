"""What is compared when a picture takes on the style of another? The features of a network that knows things.

VGG-19's, as Gatys et al. chose them, or else EfficientNet-Lite0's. The latter is a residual network with few
and clipped channels, of which plain Gram matrices work badly (Wang et al. 2021, Rethinking and Improving the
Robustness of Image Style Transfer). What helps here: the wide, rectified maps inside its blocks instead of
what they add up; a picture seen half as large again, as the first layer halves it; the colours themselves;
and to begin in the painting's palette. Strokes come out weaker and patchier all the same.

The style itself is how often features occur together, wherever that is: the Gram matrices of Gatys et al.
2015 (Texture Synthesis Using Convolutional Neural Networks), section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from colorizer.errors import WeightsError
from colorizer.networks.efficientnet_lite import EfficientNetLite0, InvertedResidual
from colorizer.networks.vgg import VGGFeatures
from colorizer.predictors.perception import VGG_PULL, frozen, imagenet_network, read_vgg, vgg_there

FEATURE_NAMES = {"vgg19": "VGG-19", "lite0": "EfficientNet-Lite0"}
VGG_STYLE = (1, 3, 5, 7)  # relu1_2, relu2_2, relu3_2, conv3_4
LITE_SCALE = 1.5
LITE_STAGES = 4  # as far as 1/16 of the size that it sees
LITE_CONTENT = 5  # of its maps: the first wide one at 1/8
NOTHING = 1e-8  # features that are as good as none


@dataclass(frozen=True)
class StyleFeatures:
    """A network's features of pictures (1, 3, H, W) in 0..1.

    maps: the feature maps (1, C, h, w) whose Gram matrices are the style, and the one that is the content.
    weight: of the style beside the content, at half strength. smooth: of the differences between neighbouring
    pixels. recolour: whether the picture should begin in the painting's palette.
    """

    kind: str
    maps: Callable[[Tensor], tuple[list[Tensor], Tensor]]
    weight: float
    smooth: float
    recolour: bool


def gram(features: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, C): how strongly each two channels are active together, on average."""
    flat = features.flatten(2).float()
    return flat @ flat.transpose(1, 2) / flat.shape[-1]


def share(value: Tensor, goal: Tensor) -> Tensor:
    """How far a value is from its goal, squared, in proportion to the goal: 1 is as far as nothing at all."""
    return ((value - goal) ** 2).mean() / (goal**2).mean().clamp(min=NOTHING)


def load_features(kind: str, device: str = "cpu") -> StyleFeatures:
    """The features of that kind, "vgg19" or "lite0".

    WeightsError: the file of weights is damaged, or there is none.
    """
    if kind == "lite0":
        return lite_features(imagenet_network().to(device))
    file = vgg_there()
    if file is None:
        raise WeightsError(f"VGG-19's weights aren't here. Fetch them (548 MB) with `{VGG_PULL}`.")
    return vgg_features(frozen(read_vgg(file)).to(device))


def available() -> str:
    """The kind that "auto" stands for now: VGG-19 where its weights are already there. Nothing is read."""
    return "lite0" if vgg_there() is None else "vgg19"


def vgg_features(network: VGGFeatures) -> StyleFeatures:
    """Of VGG-19: four layers' style, and the content of the deepest."""

    def maps(picture: Tensor) -> tuple[list[Tensor], Tensor]:
        *early, deepest = network.layers(picture, VGG_STYLE)
        return [*early, F.relu(deepest)], deepest

    return StyleFeatures("vgg19", maps, 10.0, 0.0, False)


def lite_features(network: EfficientNetLite0) -> StyleFeatures:
    """Of EfficientNet-Lite0: the colours' and the wide maps' style, and the content of a deep one."""

    def maps(picture: Tensor) -> tuple[list[Tensor], Tensor]:
        seen = F.interpolate(picture, scale_factor=LITE_SCALE, mode="bilinear", align_corners=False)
        x = network.stem((seen * 255 - 127) / 128)
        found = [x]
        for number, stage in enumerate(network.stages[:LITE_STAGES]):
            for place, block in enumerate(cast("Iterable[InvertedResidual]", stage)):
                wide = block.expand(x)
                if number and place < 2:
                    found.append(wide)
                y = block.project(block.depthwise(wide))
                x = x + y if block.residual else y
        colours = colour_maps(picture)
        return [colours, colours, *found], found[LITE_CONTENT]

    return StyleFeatures("lite0", maps, 20.0, 5.0, True)


def colour_maps(picture: Tensor) -> Tensor:
    """(1, 3, H, W) -> (1, 10, H, W): one, the colours in -1..1 and their products, whose Gram matrix holds
    the palette's moments up to the fourth."""
    rgb = 2 * picture - 1
    products = [rgb[:, i] * rgb[:, j] for i in range(3) for j in range(i, 3)]
    return torch.cat((torch.ones_like(rgb[:, :1]), rgb, torch.stack(products, 1)), 1)
