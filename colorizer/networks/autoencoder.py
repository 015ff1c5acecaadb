"""What does the deep-colorization auto-encoder look like? Five strided convolutions, five transposed ones.

Lightness of 128x128 pixels in, ab of the same size out, trained by squared error. It is here for comparison:
without the U-Net's skip connections, all that it knows of a picture passes through 4x4 places.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

SIDE = 128  # the height and width that it is trained at
WIDTHS = (64, 128, 256, 512, 1024)


class AutoEncoder(nn.Module):
    """Scaled lightness in, scaled ab out; 12.5 million parameters at the usual widths.

    Input (N, 1, H, W): L / 50 - 1. Output (N, 2, H, W) in -1..1: a / 128 and b / 128. H and W are 128;
    other multiples of 32 run too, but it has never seen them.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        encoder: list[nn.Module] = []
        decoder: list[nn.Module] = []
        for inputs, outputs in pairwise((1, *widths)):
            encoder += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        for inputs, outputs in pairwise(reversed(widths)):
            decoder += [nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, 1), nn.BatchNorm2d(outputs)]
            decoder += [nn.ReLU(inplace=True)]
        self.encoder = nn.Sequential(*encoder)
        self.decoder = nn.Sequential(*decoder, nn.ConvTranspose2d(widths[0], 2, 3, 2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.decoder(self.encoder(x)))

    def predict_ab(self, lightness: Tensor) -> Tensor:
        """L (N, 1, 128, 128) in 0..100 -> ab (N, 2, 128, 128) in -128..128, Lab units."""
        return self(lightness / 50.0 - 1.0) * 128.0

    @classmethod
    def from_state(cls, state: dict[str, Tensor]) -> AutoEncoder:
        """Build the network that a state dict belongs to: its widths are read from its shapes."""
        names = [name for name, value in state.items() if name.startswith("encoder.") and value.dim() == 4]
        names.sort(key=lambda name: int(name.split(".")[1]))  # a safetensors file lists them by alphabet
        network = cls(tuple(state[name].shape[0] for name in names))
        network.load_state_dict(state)
        return network
