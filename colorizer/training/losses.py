"""What is minimised beside pixel errors? A network's own pattern, and the distance from a style.

Gatys et al. 2016: a style is the Gram matrices of VGG's feature maps. A network that gives every photograph
the Gram matrices of paintings paints (Johnson et al. 2016); here they are the mean ones of many paintings.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from colorizer.networks.vgg import VGGFeatures
from colorizer.predictors.style_features import gram, share

STYLE = (1, 3, 5, 7)  # relu1_2, relu2_2, relu3_2, conv3_4; without the last, strokes become a weave
CONTENT = 7


@torch.no_grad()
def mean_style(vgg: VGGFeatures, pictures: Iterable[Tensor]) -> list[Tensor]:
    """The mean Gram matrices (C, C), one a layer of STYLE, of pictures (1, 3, H, W) in 0..1."""
    total, count = [torch.zeros(())] * len(STYLE), 0
    for picture in pictures:
        found = (gram(layer)[0] for layer in vgg.layers(picture, STYLE))
        total = [matrix + other.to(matrix.device) for other, matrix in zip(total, found, strict=True)]
        count += 1
    return [matrix / count for matrix in total]


def compared(layers: list[Tensor], goal: Tensor, style: list[Tensor]) -> tuple[Tensor, Tensor]:
    """How far pictures are from a style, and in content from what they were made of, by their features (those
    of STYLE) and the given ones' (that of CONTENT).

    Both are shares: 1 is as far as a picture without any features. The style's is the mean over its layers,
    and of the batch as a whole: each picture may keep colours of its own.
    """
    far = [share(gram(layer).mean(0), matrix) for layer, matrix in zip(layers, style, strict=True)]
    return torch.stack(far).mean(), share(layers[STYLE.index(CONTENT)].float(), goal.float())


def grid_pattern(pictures: Tensor, period: int) -> Tensor:
    """What pictures (N, 3, H, W) have in common at each place of squares of `period` pixels: (3, period *
    period), its mean over the places taken away. H and W are multiples of `period`."""
    pattern = _places(pictures, period).mean((0, 3, 4))
    return pattern - pattern.mean(1, keepdim=True)


def local_pattern(pictures: Tensor, period: int, window: int = 4) -> Tensor:
    """As `grid_pattern`, but in every window of so many squares a side, overlapping by half: (N, 3,
    period * period, h, w). A pattern that is dark here and bright there has no share in the whole's."""
    pattern = F.avg_pool2d(_places(pictures, period).flatten(1, 2), window, window // 2).unflatten(1, (3, -1))
    return pattern - pattern.mean(2, keepdim=True)


def _places(pictures: Tensor, period: int) -> Tensor:
    """(N, 3, H, W) -> (N, 3, period * period, H / period, W / period): each place of all squares apart."""
    return F.pixel_unshuffle(pictures, period).unflatten(1, (3, -1))


def detail(made: Tensor) -> Tensor:
    """The detail of pictures (N, 3, H, W)."""
    return made - F.avg_pool2d(made, 9, 1, 4, count_include_pad=False)


def excess_pattern(pictures: Tensor, period: int, window: int = 4) -> Tensor:
    """How much stronger a `local_pattern` is, squared, than strokes would have it by chance, which is a share
    of their variance; the mean over windows."""
    pattern = (local_pattern(pictures, period, window) ** 2).mean(2)
    variance = F.avg_pool2d(pictures * pictures, period * window, period * window // 2)
    return F.relu(pattern - variance / window**2).mean()
