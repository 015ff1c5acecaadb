"""Which network tells real pictures from made ones? The 70x70 PatchGAN of Isola et al. 2017, section 3.2.2.

It judges overlapping patches, not the picture as a whole, so it runs at any size and looks at texture.
"""

from __future__ import annotations

from torch import Tensor, nn


class PatchGAN(nn.Module):
    """One score for each patch of 70x70 pixels: (N, 3, H, W) -> (N, 1, H/8 - 2, W/8 - 2), unbounded.

    H and W are at least 32. `width` is the first layer's number of channels: 64 in the paper.
    Instance normalisation, as CycleGAN has it, makes batches of one picture possible.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        for factor, stride in ((2, 2), (4, 2), (8, 1)):
            before = width * factor // 2
            layers += [nn.Conv2d(before, width * factor, 4, stride, 1), nn.InstanceNorm2d(width * factor)]
            layers += [nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width * 8, 1, 4, 1, 1))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # section 6.2: a Gaussian of 0.02
                nn.init.normal_(module.weight, 0.0, 0.02)

    def forward(self, picture: Tensor) -> Tensor:
        return self.layers(picture)
