"""Which networks enlarge a picture four times? SRGAN's generator and discriminator (Ledig et al. 2017, 2.1).

The generator keeps SRGAN's shape: 9x9 convolution, residual blocks at the small size with a long skip, two
pixel shuffles, last convolution. It departs from it where that is better or faster: no batch normalisation
and scaled residuals (EDSR, Lim et al. 2017), fewer channels where the picture is large, a 3x3 convolution at
the end, and bicubic enlargement beside it all, so that the network learns only what bicubic lacks.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from colorizer.networks.resampling import enlarge

RESIDUAL = 0.2  # of what a block computes is added; keeps deep networks stable without normalisation
WIDTHS = (64, 32, 24)
BLOCKS = 16


class ResidualBlock(nn.Module):
    """x + 0.2 conv(relu(conv(x))), 3x3."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(x, self.second(F.relu(self.first(x), inplace=True)), alpha=RESIDUAL)


class UpBlock(nn.Module):
    """3x3 convolution, pixel shuffle x2 (Shi et al. 2016), leaky ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 4 * outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(F.pixel_shuffle(self.conv(x), 2), 0.1, inplace=True)


class Generator(nn.Module):
    """(N, 3, H, W) in 0..1 -> (N, 3, 4H, 4W), about 0..1; any H and W.

    widths: channels at the small size, at twice and at four times it.
    """

    def __init__(self, blocks: int = BLOCKS, widths: tuple[int, int, int] = WIDTHS) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, widths[0], 9, padding=4)
        self.blocks = nn.ModuleList(ResidualBlock(widths[0]) for _ in range(blocks))
        self.merge = nn.Conv2d(widths[0], widths[0], 3, padding=1)
        self.up2 = UpBlock(widths[0], widths[1])
        self.up4 = UpBlock(widths[1], widths[2])
        self.tail = nn.Conv2d(widths[2], 3, 3, padding=1)
        nn.init.normal_(self.tail.weight, 0.0, 1e-3)  # it starts as bicubic enlargement
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        y = head = F.leaky_relu(self.head(x - 0.5), 0.1, inplace=True)
        for block in self.blocks:
            y = block(y)
        y = self.up4(self.up2(self.merge(y) + head))
        return self.tail(y) + enlarge(x)

    @classmethod
    def from_state(cls, state: dict[str, Tensor]) -> Generator:
        """Build the network that a state dict belongs to, by its names and shapes."""
        blocks = len({name.split(".")[1] for name in state if name.startswith("blocks.")})
        double, large = (state[f"{name}.conv.weight"].shape[0] // 4 for name in ("up2", "up4"))
        network = cls(blocks, (state["head.weight"].shape[0], double, large))
        network.load_state_dict(state)
        return network


class Discriminator(nn.Module):
    """(N, 3, H, W) in 0..1 -> (N, 1, H/16, W/16), a score for every patch.

    Eight 3x3 convolutions, every second with stride 2, as in the paper; then 1x1 convolutions instead of
    dense layers, so that it takes any size (H and W at least 16), and spectral normalisation (Miyato et al.
    2018) instead of batch normalisation.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for factor in (1, 2, 4, 8):
            for stride in (1, 2):
                conv = nn.Conv2d(inputs, width * factor, 3, stride, 1)
                layers += [spectral_norm(conv), nn.LeakyReLU(0.2, inplace=True)]
                inputs = width * factor
        layers += [spectral_norm(nn.Conv2d(inputs, 2 * inputs, 1)), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(2 * inputs, 1, 1))

    def forward(self, picture: Tensor) -> Tensor:
        return self.layers(picture * 2 - 1)
