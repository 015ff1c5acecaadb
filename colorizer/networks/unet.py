"""Which network colours a photograph? A U-Net that predicts a distribution over ab colours.

U-Net: Ronneberger et al. 2015. Classification of colour: Zhang et al. 2016. Hints as extra input channels:
Zhang et al. 2017, section 3. A whole-picture descriptor added to the local ones: Iizuka et al. 2016.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizer.colour.bins import ab_bins
from colorizer.networks.efficientnet_lite import CHANNELS, EfficientNetLite0

MULTIPLE = 32  # height and width of the input must be multiples of this
STRIDE = 4  # the distribution is predicted at this fraction of the input's size


def conv_block(inputs: int, outputs: int) -> nn.Sequential:
    """3x3 convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class UpBlock(nn.Module):
    """Enlarge x2, join the encoder's map of that size, convolve twice."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.join = conv_block(inputs + skip, outputs)
        self.refine = conv_block(outputs, outputs)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = F.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=False)
        return self.refine(self.join(torch.cat((x, skip), dim=1)))


class ColorUNet(nn.Module):
    """Lightness and hints in, logits over the ab bins out.

    Input (N, 4, H, W), H and W multiples of 32: L scaled to -1..1, then the hints: a / 110, b / 110 and a
    mask that is 1 where a hint is given; the three are zero without hints (see `network_input`).
    Output (N, Q, H/4, W/4): logits over `bins` (Q, 2), the ab centres. They travel in the
    state dict, and so does `prior` (Q,), how common each bin is in the photographs trained on.
    """

    bins: Tensor
    prior: Tensor

    def __init__(self, bins: Tensor | None = None, widths: tuple[int, int, int] = (256, 128, 96)) -> None:
        super().__init__()
        self.register_buffer("bins", ab_bins() if bins is None else bins)
        self.register_buffer("prior", torch.full((len(self.bins),), 1 / len(self.bins)))
        _, quarter, eighth, sixteenth, deepest = CHANNELS
        self.encoder = EfficientNetLite0(inputs=4)
        self.scene = nn.Linear(deepest, widths[0])
        self.deepest = nn.Conv2d(deepest, widths[0], 1)
        self.up16 = UpBlock(widths[0], sixteenth, widths[0])
        self.up8 = UpBlock(widths[0], eighth, widths[1])
        self.up4 = UpBlock(widths[1], quarter, widths[2])
        self.classify = nn.Conv2d(widths[2], len(self.bins), 1)

    def features(self, x: Tensor) -> Tensor:
        """What the last layer decides from: (N, widths[2], H/4, W/4)."""
        _, quarter, eighth, sixteenth, deepest = self.encoder(x)
        scene = self.scene(deepest.mean(dim=(2, 3)))[:, :, None, None]
        y = F.relu(self.deepest(deepest) + scene)
        return self.up4(self.up8(self.up16(y, sixteenth), eighth), quarter)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.features(x))

    @classmethod
    def from_state(cls, state: dict[str, Tensor]) -> ColorUNet:
        """Build the network that a state dict belongs to: bins and widths are read from its shapes."""
        widths = tuple(state[f"{name}.join.0.weight"].shape[0] for name in ("up16", "up8", "up4"))
        network = cls(state["bins"].float(), widths)  # type: ignore[arg-type]
        network.load_state_dict(state)
        return network


def network_input(lightness: Tensor, hints: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
    """L (N, 1, H, W) in 0..100, hints ab (N, 2, H, W), mask (N, 1, H, W) of 0 and 1 -> (N, 4, H, W)."""
    scaled = lightness / 50.0 - 1.0
    if hints is None or mask is None:
        return torch.cat((scaled, scaled.new_zeros(scaled.shape[0], 3, *scaled.shape[2:])), dim=1)
    return torch.cat((scaled, hints * mask / 110.0, mask), dim=1)
