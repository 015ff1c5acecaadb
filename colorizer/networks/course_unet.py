"""What does the course's U-Net look like? Grey in, a whole Lab picture out, trained by squared error.

The shape is that of Ronneberger et al. 2015, with padded convolutions and the batch normalisation that the
paper predates. It is here for comparison: it shows why squared error, which answers with the mean of all
plausible colours, gives dull pictures.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from colorizer.colour.lab import lab_to_rgb, ntsc_luma
from colorizer.networks.unet import conv_block


def double_conv(inputs: int, outputs: int) -> nn.Sequential:
    """Twice: 3x3 convolution, batch normalisation, ReLU."""
    return nn.Sequential(*conv_block(inputs, outputs), *conv_block(outputs, outputs))


class CourseUNet(nn.Module):
    """NTSC grey in, scaled Lab out.

    Input (N, 1, H, W) in 0..1, H and W multiples of 16 (of 2 to the number of widths less one).
    Output (N, 3, H, W) in -1..1: L / 50 - 1, a / 128 and b / 128 (see `scale_lab`).
    """

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128, 256)) -> None:
        super().__init__()
        pairs = list(pairwise(widths))
        self.first = double_conv(1, widths[0])
        self.shrink = nn.MaxPool2d(2)
        self.down = nn.ModuleList(double_conv(narrow, wide) for narrow, wide in pairs)
        self.enlarge = nn.ModuleList(
            nn.ConvTranspose2d(wide, narrow, 2, 2) for narrow, wide in reversed(pairs)
        )
        self.up = nn.ModuleList(double_conv(2 * narrow, narrow) for narrow, _ in reversed(pairs))
        self.output = nn.Conv2d(widths[0], 3, 1)

    def forward(self, grey: Tensor) -> Tensor:
        maps = [self.first(grey)]
        for block in self.down:
            maps.append(block(self.shrink(maps[-1])))
        x = maps.pop()
        for enlarge, block in zip(self.enlarge, self.up, strict=True):
            x = block(torch.cat((enlarge(x), maps.pop()), dim=1))
        return 2 * torch.sigmoid(self.output(x)) - 1  # 2 / (1 + e^-x) - 1: between -1 and 1, as Lab is scaled

    def predict_ab(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) in 0..100, H and W multiples of 16 -> ab (N, 2, H, W) in Lab units."""
        return self(luma_of_lightness(lightness))[:, 1:] * 128.0

    @classmethod
    def from_state(cls, state: dict[str, Tensor]) -> CourseUNet:
        """Build the network that a state dict belongs to: its widths are read from its shapes."""
        levels = len({name.split(".")[1] for name in state if name.startswith("down.")})
        names = ("first.0.weight", *(f"down.{level}.0.weight" for level in range(levels)))
        network = cls(tuple(state[name].shape[0] for name in names))
        network.load_state_dict(state)
        return network


def luma_of_lightness(lightness: Tensor) -> Tensor:
    """L (N, 1, H, W) in 0..100 -> the NTSC luma in 0..1 of the neutral sRGB colour of that lightness."""
    nothing = torch.zeros_like(lightness)
    return ntsc_luma(lab_to_rgb(torch.cat((lightness, nothing, nothing), dim=1)))


def scale_lab(lab: Tensor) -> Tensor:
    """Lab (N, 3, H, W) -> the network's scale, -1..1: L / 50 - 1, a / 128, b / 128."""
    return torch.cat((lab[:, :1] / 50.0 - 1.0, lab[:, 1:] / 128.0), dim=1)
