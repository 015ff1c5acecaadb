"""What is a style, in numbers? How often features of a picture occur together, wherever that is.

Gatys et al. 2016: the Gram matrices of VGG's feature maps. A network that gives every photograph the Gram
matrices of paintings paints (Johnson et al. 2016); here they are the mean ones of many paintings.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from colorizer.networks.vgg import VGGFeatures
from colorizer.predictors.style_features import gram, share

STYLE = (1, 3, 5, 7)  # relu1_2, relu2_2, relu3_2, conv3_4; without the last, strokes become a weave
CONTENT = 7


@torch.no_grad()
def mean_style(vgg: VGGFeatures, pictures: Iterable[Tensor]) -> list[Tensor]:
    """The mean Gram matrices (C, C), one a layer of STYLE, of pictures (N, 3, H, W) in 0..1."""
    total: list[Tensor] = []
    count = 0
    for batch in pictures:
        found = [gram(layer).sum(0) for layer in vgg.layers(batch, STYLE)]
        total = [one + other for one, other in zip(total, found, strict=True)] if total else found
        count += len(batch)
    return [matrix / count for matrix in total]


def compared(layers: list[Tensor], goal: Tensor, style: list[Tensor]) -> tuple[Tensor, Tensor]:
    """How far pictures are from a style, and in content from what they were made of, by their features (those
    of STYLE) and the given ones' (that of CONTENT).

    Both are shares: 1 is as far as a picture without any features. The style's is the mean over its layers,
    and of the batch as a whole: each picture may keep colours of its own.
    """
    far = [share(gram(layer).mean(0), matrix) for layer, matrix in zip(layers, style, strict=True)]
    return torch.stack(far).mean(), share(layers[STYLE.index(CONTENT)].float(), goal.float())
