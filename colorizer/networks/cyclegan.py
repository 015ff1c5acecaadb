"""Which network paints a photograph, and photographs a painting? CycleGAN's generator (Zhu et al. 2017, 7.2).

It is Johnson et al. 2016's: a picture is made four times smaller, changed by residual blocks there, and made
large again - here by interpolation before each convolution, because transposed convolutions leave a
checkerboard (Odena et al. 2016). What comes out is added to the picture as it looks four times smaller:
colours and large shapes are there from the start, while every edge has to be painted anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MULTIPLE = 4  # height and width of what goes in are multiples of this
DARKEST = 0.02  # and 1 - DARKEST the lightest that a picture counts as, where its logit is taken
WIDTH, BLOCKS = 32, 9
EPSILON = 1e-5

# Mean and standard deviation (1, C, 1, 1) at every instance normalisation, in the order of the network.
Statistics = Sequence[tuple[Tensor, Tensor]]


class _Norms:
    """Instance normalisation (Ulyanov et al. 2016) with statistics of the picture itself, which are noted, or
    with given ones, so that every tile of a picture is treated alike."""

    def __init__(self, given: Statistics | None) -> None:
        self.given: Iterator[tuple[Tensor, Tensor]] | None = None if given is None else iter(given)
        self.noted: list[tuple[Tensor, Tensor]] = []
        self.note = False

    def __call__(self, x: Tensor) -> Tensor:
        mean, deviation = _measured(x) if self.given is None else next(self.given)
        if self.note:
            self.noted.append((mean, deviation))
        return torch.addcmul((-mean / deviation).to(x.dtype), x, (1 / deviation).to(x.dtype))


def _measured(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (N, C, 1, 1) of (N, C, H, W) over its places.

    F.instance_norm does the same and more slowly: it wants the channels apart, the convolutions together.
    """
    places = x.float().movedim(1, -1).flatten(1, 2)
    mean = places.mean(1)
    variance = ((places * places).mean(1) - mean * mean).clamp_min(0)
    return mean[..., None, None], (variance + EPSILON).sqrt()[..., None, None]


class _Block(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), 3x3, mirrored at the edges."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")
        self.second = nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")

    def forward(self, x: Tensor, norm: _Norms) -> Tensor:
        return x + norm(self.second(F.relu(norm(self.first(x)), inplace=True)))


class Generator(nn.Module):
    """(N, 3, H, W) in 0..1 -> the same, painted (or photographed); H and W are multiples of 4, 8 at least.

    width: channels at full size; 64 in the paper, twice as many at half and four times at a quarter of it.
    """

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, width, 7, padding=3, padding_mode="reflect")
        self.down2 = nn.Conv2d(width, 2 * width, 3, 2, 1)
        self.down4 = nn.Conv2d(2 * width, 4 * width, 3, 2, 1)
        self.blocks = nn.ModuleList(_Block(4 * width) for _ in range(blocks))
        self.up2 = nn.Conv2d(4 * width, 2 * width, 3, padding=1, padding_mode="reflect")
        self.up = nn.Conv2d(2 * width, width, 3, padding=1, padding_mode="reflect")
        self.tail = nn.Conv2d(width, 3, 7, padding=3, padding_mode="reflect")
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # section 7.2: a Gaussian of 0.02
                nn.init.normal_(module.weight, 0.0, 0.002 if module is self.tail else 0.02)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor, statistics: Statistics | None = None) -> Tensor:
        """With `statistics`, those take the place of the picture's own."""
        return self._run(picture, _Norms(statistics))

    def measure(self, picture: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The statistics of one picture (1, 3, H, W), to treat its tiles with."""
        norms = _Norms(None)
        norms.note = True
        self._run(picture, norms)
        return norms.noted

    def _run(self, picture: Tensor, norm: _Norms) -> Tensor:
        y = F.relu(norm(self.head(picture * 2 - 1)), inplace=True)
        y = F.relu(norm(self.down2(y)), inplace=True)
        y = F.relu(norm(self.down4(y)), inplace=True)
        for block in self.blocks:
            y = block(y, norm)
        y = F.relu(norm(self.up2(_doubled(y))), inplace=True)
        y = F.relu(norm(self.up(_doubled(y))), inplace=True)
        return torch.sigmoid(_coarse(picture) + self.tail(y))

    @property
    def reach(self) -> int:
        """How many pixels around it a result depends on, statistics aside."""
        return 3 + 1 + 2 + 4 * (2 * len(self.blocks) + 1 + 1) + 2 * 1 + 3

    @classmethod
    def from_state(cls, state: dict[str, Tensor]) -> Generator:
        """Build the network that a state dict belongs to: width and blocks are read from its names and
        shapes."""
        blocks = len({name.split(".")[1] for name in state if name.startswith("blocks.")})
        network = cls(state["head.weight"].shape[0], blocks)
        network.load_state_dict(state)
        return network


def _coarse(picture: Tensor) -> Tensor:
    """The logit of a picture, as blurred as if it had been four times smaller."""
    small = F.avg_pool2d(picture, MULTIPLE).clamp(DARKEST, 1 - DARKEST)
    return F.interpolate(torch.logit(small), scale_factor=MULTIPLE, mode="bilinear", align_corners=False)


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Generators(nn.Module):
    """Both directions, as they are trained."""

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.to_painting = Generator(width, blocks)
        self.to_photo = Generator(width, blocks)
