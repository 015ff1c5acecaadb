"""Which network finds the scratches and the dust of a print? A small U-Net that marks every pixel.

U-Net: Ronneberger et al. 2015. The picture is first folded (space to depth, Shi et al. 2016 the other way
round), so that the widest maps are half as large: thin lines stay, and 1 megapixel takes a fifth of a second.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.networks.unet import UpBlock, conv_block

FOLD = 2
WIDTHS = (24, 48, 96, 128)  # at 1/2, 1/4, 1/8 and 1/16 of the picture's size
MULTIPLE = FOLD * 2 ** (len(WIDTHS) - 1)  # height and width of the input must be multiples of this


class DamageUNet(nn.Module):
    """Lightness (N, 1, H, W) in 0..1 -> logits (N, 1, H, W) of its being damaged; H, W multiples of 16."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        inputs = (FOLD**2, *widths[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(conv_block(before, width), conv_block(width, width))
            for before, width in zip(inputs, widths, strict=True)
        )
        self.up = nn.ModuleList(
            UpBlock(deeper, width, width) for width, deeper in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.mark = nn.Conv2d(widths[0], FOLD**2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y, maps = F.pixel_unshuffle(x - 0.5, FOLD), []
        for number, block in enumerate(self.down):
            y = block(F.max_pool2d(y, 2) if number else y)
            maps.append(y)
        for block, skip in zip(self.up, maps[-2::-1], strict=True):
            y = block(y, skip)
        return F.pixel_shuffle(self.mark(y), FOLD)

    @classmethod
    def from_state(cls, state: dict[str, Tensor]) -> DamageUNet:
        """Build the network that a state dict belongs to: its widths are read from the shapes."""
        depth = len({name.split(".")[1] for name in state if name.startswith("down.")})
        network = cls(tuple(state[f"down.{level}.0.0.weight"].shape[0] for level in range(depth)))
        network.load_state_dict(state)
        return network
