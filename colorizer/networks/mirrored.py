"""How does a picture go on beyond its edges? Mirrored, before a convolution sees it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def padded(x: Tensor, width: int, skip: int = 1) -> Tensor:
    """(N, C, H, W) -> (N, C, H + 2 width, W + 2 width), mirrored.

    skip: 1 when the outermost row is the mirror and not repeated (mode "reflect"), 0 when it is; with a width
    of 1 that is mode "replicate".
    """
    if x.is_cuda and torch.is_grad_enabled():
        return _joined(x, width, skip)
    return F.pad(x, (width,) * 4, mode="reflect" if skip else "replicate")


def _joined(x: Tensor, width: int, skip: int) -> Tensor:
    """The same for a graphics card's gradients, which PyTorch's padding sums pixel by pixel, and in a layout
    that convolutions have to turn round."""
    for axis in (3, 2):
        starts = (skip, x.shape[axis] - width - skip)
        first, last = (x.narrow(axis, start, width).flip(axis) for start in starts)
        x = torch.cat((first, x, last), axis)
    return x


class MirroredConv(nn.Conv2d):
    """A convolution of a mirrored picture, with weights as nn.Conv2d's; odd kernels keep the size, or with a
    stride the share of it that the stride leaves."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(padded(x, self.kernel_size[0] // 2), self.weight, self.bias, self.stride)
