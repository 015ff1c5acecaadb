"""How often do the features of a picture occur together, wherever that is? Its style, in numbers.

Gatys, Ecker and Bethge 2015 (Texture Synthesis Using Convolutional Neural Networks), section 3: the Gram
matrices of a network's feature maps.
"""

from __future__ import annotations

from torch import Tensor

NOTHING = 1e-8  # features that are as good as none


def gram(features: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, C): how strongly each two channels are active together, on average."""
    flat = features.flatten(2).float()
    return flat @ flat.transpose(1, 2) / flat.shape[-1]


def share(value: Tensor, goal: Tensor) -> Tensor:
    """How far a value is from its goal, squared, in proportion to the goal: 1 is as far as nothing at all."""
    return ((value - goal) ** 2).mean() / (goal**2).mean().clamp(min=NOTHING)
