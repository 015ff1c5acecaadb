"""What does VGG-19 look like? Its convolutions up to conv3_4, which is as far as pictures are compared here.

Simonyan and Zisserman 2015, configuration E, without its classifier.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.networks.mirrored import MirroredConv

# The convolutions up to conv3_4; pooling stands before the second and the third block.
BLOCKS = ((64, 64), (128, 128), (256, 256, 256, 256))


class VGGFeatures(nn.Module):
    """(N, 3, H, W) in 0..1 -> (N, 256, H/4, W/4), conv3_4 before its ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.input = nn.Conv2d(3, 3, 1)  # what the first layer wants of RGB in 0..1
        self.convs = nn.ModuleList()
        inputs = 3
        for width in (width for block in BLOCKS for width in block):
            self.convs.append(MirroredConv(inputs, width, 3))
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
