"""What does the colorizer's encoder look like? EfficientNet-Lite0, cut off before its classifier.

Tan and Le 2019 (EfficientNet), in the "lite" form without squeeze-and-excitation and with ReLU6.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

# kernel, stride of the first block, expansion, channels out, number of blocks
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
CHANNELS = (16, 24, 40, 112, 320)  # at 1/2, 1/4, 1/8, 1/16 and 1/32 of the input's size


def normalised(conv: nn.Conv2d, *after: nn.Module) -> nn.Sequential:
    """A convolution, batch normalisation as TensorFlow has it, and what comes after."""
    return nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.01), *after)


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME pads it: the ImageNet weights were trained that way.

    With stride 2 and even sizes the surplus pixel goes to the right and below.
    """

    def forward(self, x: Tensor) -> Tensor:
        surplus = self.kernel_size[0] - self.stride[0]
        before, after = surplus // 2, surplus - surplus // 2
        if before != after:
            x, before = F.pad(x, (before, after, before, after)), 0
        return F.conv2d(x, self.weight, self.bias, self.stride, before, 1, self.groups)


class InvertedResidual(nn.Module):
    """Expand by a 1x1 convolution, filter each channel, project back; add the input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.expand: nn.Module = nn.Identity()
        if expansion > 1:
            self.expand = normalised(nn.Conv2d(inputs, width, 1, bias=False), nn.ReLU6(inplace=True))
        depthwise = SameConv2d(width, width, kernel, stride, groups=width, bias=False)
        self.depthwise = normalised(depthwise, nn.ReLU6(inplace=True))
        self.project = normalised(nn.Conv2d(width, outputs, 1, bias=False))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    """(N, inputs, H, W), H and W multiples of 32 -> five maps at 1/2 to 1/32 with CHANNELS channels."""

    def __init__(self, inputs: int = 3) -> None:
        super().__init__()
        self.stem = normalised(SameConv2d(inputs, 32, 3, 2, bias=False), nn.ReLU6(inplace=True))
        self.stages = nn.ModuleList()
        channels = 32
        for kernel, stride, expansion, outputs, count in STAGES:
            blocks = [InvertedResidual(channels, outputs, kernel, stride, expansion)]
            blocks += [InvertedResidual(outputs, outputs, kernel, 1, expansion) for _ in range(count - 1)]
            self.stages.append(nn.Sequential(*blocks))
            channels = outputs

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = [self.stem(x)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return [maps[stage] for stage in (1, 2, 3, 5, 7)]  # the last at each size
