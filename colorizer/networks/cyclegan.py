"""Which network paints a photograph, and photographs a painting? CycleGAN's generator (Zhu et al. 2017, 7.2).

It is Johnson et al. 2016's: a picture is made four times smaller, changed by residual blocks there, and made
large again - here by interpolation before each convolution, because transposed convolutions leave a
checkerboard (Odena et al. 2016). What comes out is added to the picture as it looks four times smaller:
colours and large shapes are there from the start, while every edge has to be painted anew. How far its
colours may get from the picture's can be bounded, so that no lawn has to flower.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import BackwardCFunction

from colorizer.colour.lab import NTSC_LUMA
from colorizer.networks.mirrored import MirroredConv, padded

MULTIPLE = 4  # height and width of what goes in are multiples of this
DARKEST = 0.02  # and 1 - DARKEST the lightest that a picture counts as, where its logit is taken
WIDTH, BLOCKS = 32, 9
EPSILON = 1e-5
DARK = 0.2  # of the bound of colours, in black; it grows with luma to the whole in white

Norm = Callable[[Tensor], Tensor]


def _measured(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (N, C, 1, 1) of (N, C, H, W) over its places.

    F.instance_norm does the same and more slowly: it wants the channels apart, the convolutions together.
    """
    kind = torch.promote_types(x.dtype, torch.float32)
    mean = x.mean((2, 3), keepdim=True, dtype=kind)
    length = torch.linalg.vector_norm(x, 2, (2, 3), keepdim=True, dtype=kind)
    variance = length * length / x[0, 0].numel() - mean * mean
    return mean, (variance.clamp_min(0) + EPSILON).sqrt()


def _scaled(x: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    return torch.addcmul((-mean / deviation).to(x.dtype), x, (1 / deviation).to(x.dtype))


class _Normalised(torch.autograd.Function):
    """Instance normalisation (Ulyanov et al. 2016); its gradient takes a third of the steps of autograd's."""

    @staticmethod
    def forward(ctx: BackwardCFunction, x: Tensor) -> Tensor:
        mean, deviation = _measured(x)
        ctx.save_for_backward(x, mean, deviation)
        return _scaled(x, mean, deviation)

    @staticmethod
    def backward(ctx: BackwardCFunction, *gradients: Tensor) -> Tensor:
        """(g - mean(g) - y mean(g y)) / deviation, with y = (x - mean) / deviation, in terms of g and x."""
        gradient, x, mean, deviation = *gradients, *ctx.saved_tensors
        level, along = (
            part.mean((2, 3), keepdim=True, dtype=mean.dtype) for part in (gradient, gradient * x)
        )
        slope = (along - mean * level) / deviation**3
        start = mean * slope - level / deviation
        kept = torch.addcmul(start.to(x.dtype), gradient, (1 / deviation).to(x.dtype))
        return kept.addcmul_(x, -slope.to(x.dtype))


class _Block(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), 3x3, mirrored at the edges."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = MirroredConv(width, width, 3)
        self.second = MirroredConv(width, width, 3)

    def forward(self, x: Tensor, norm: Norm) -> Tensor:
        return x + norm(self.second(F.relu(norm(self.first(x)), inplace=True)))


class LargeConv(nn.Conv2d):
    """A 3x3 convolution of what is first made twice as large by bilinear interpolation; edges are repeated.

    A pixel of the large picture depends on 3x3 pixels of the small one, in four ways by its place in a square
    of 2x2. So a convolution of the small picture computes all four, and the large one is made but once.
    While it learns, one comes after the other: so rounding, which Adam enlarges, doesn't hang on how a batch
    is shared out.
    """

    PHASES = torch.tensor(  # 0 and 1 of a small pixel: how much each of three taps takes of each small pixel
        [
            [[0.75, 0.25, 0.0], [0.25, 0.75, 0.0], [0.0, 0.75, 0.25]],
            [[0.25, 0.75, 0.0], [0.0, 0.75, 0.25], [0.0, 0.25, 0.75]],
        ]
    )

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            large = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            return F.conv2d(padded(large, 1, skip=0), self.weight, self.bias)
        phases = self.PHASES.to(self.weight)
        kernel = torch.einsum("pua,qvb,ocuv->opqcab", phases, phases, self.weight).flatten(0, 2)
        assert self.bias is not None
        bias = self.bias.repeat_interleave(4)
        return F.pixel_shuffle(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, bias), 2)


class Generator(nn.Module):
    """(N, 3, H, W) in 0..1 -> the same, painted (or photographed); H and W are multiples of 4, 8 at least.

    width: channels at full size; 64 in the paper, twice as many at half and four times at a quarter of it.
    chroma: what the distance of its colours from the picture's nears in white and doesn't reach; 0: no bound.
    """

    chroma: Tensor | None

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS, chroma: float = 0.0) -> None:
        super().__init__()
        self.held = False
        self.register_buffer("chroma", torch.tensor(chroma) if chroma else None)  # not learnt
        self.head = MirroredConv(3, width, 7)
        self.down2 = MirroredConv(width, 2 * width, 3, 2)  # zeros there would show as dots at the edges
        self.down4 = MirroredConv(2 * width, 4 * width, 3, 2)
        self.blocks = nn.ModuleList(_Block(4 * width) for _ in range(blocks))
        self.up2 = LargeConv(4 * width, 2 * width)
        self.up = LargeConv(2 * width, width)
        self.tail = MirroredConv(width, 3, 7)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # section 7.2: a Gaussian of 0.02
                nn.init.normal_(module.weight, 0.0, 0.002 if module is self.tail else 0.02)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor) -> Tensor:
        return self._run(picture, nn.Identity() if self.held else _Normalised.apply)

    @torch.no_grad()
    def hold(self, picture: Tensor) -> Generator:
        """A copy of the network that treats whatever it is given, say the tiles of a picture, as this one
        treats that picture (1, 3, H, W): by its statistics, which become a part of the convolutions."""
        found: list[tuple[Tensor, Tensor]] = []

        def noting(x: Tensor) -> Tensor:
            found.append(_measured(x))
            return _scaled(x, *found[-1])

        self._run(picture, noting)
        copied = copy.deepcopy(self)
        copied.held = True
        convs = [module for module in copied.modules() if isinstance(module, nn.Conv2d)]  # in working order
        for conv, (mean, deviation) in zip(convs[:-1], found, strict=True):
            conv.weight.div_(deviation.view(-1, 1, 1, 1))
            assert conv.bias is not None
            conv.bias.sub_(mean.flatten()).div_(deviation.flatten())
        return copied

    def _run(self, picture: Tensor, norm: Norm) -> Tensor:
        y = F.relu(norm(self.head(picture * 2 - 1)), inplace=True)
        y = F.relu(norm(self.down2(y)), inplace=True)
        y = F.relu(norm(self.down4(y)), inplace=True)
        for block in self.blocks:
            y = block(y, norm)
        y = F.relu(norm(self.up2(y)), inplace=True)
        y = F.relu(norm(self.up(y)), inplace=True)
        made = torch.sigmoid(_coarse(picture) + self.tail(y))
        return made if self.chroma is None else _near(made, picture, self.chroma)

    @classmethod
    def from_state(cls, state: dict[str, Tensor]) -> Generator:
        """Build the network that a state dict belongs to, by its names and shapes."""
        blocks = len({name.split(".")[1] for name in state if name.startswith("blocks.")})
        network = cls(state["head.weight"].shape[0], blocks, float(state.get("chroma", 0.0)))
        network.load_state_dict(state)
        return network


def _coarse(picture: Tensor) -> Tensor:
    """The logit of a picture, as blurred as if it had been four times smaller."""
    small = F.avg_pool2d(picture, MULTIPLE).clamp(DARKEST, 1 - DARKEST)
    return F.interpolate(torch.logit(small), scale_factor=MULTIPLE, mode="bilinear", align_corners=False)


def _near(made: Tensor, picture: Tensor, bound: Tensor) -> Tensor:
    """What was made, in its own lightness, with colours less than `bound` from those of the picture around;
    in the dark, where colours show more, less than a share of it.

    Colours are RGB less luma, and count as a vector's three parts. Small differences stay as they are.
    """
    luma, colours = _parted(made)
    around = _parted(picture)[1]
    for _ in range(2):
        around = F.avg_pool2d(around, 7, 1, 3, count_include_pad=False)
    far = colours - around
    bound = bound * (DARK + (1 - DARK) * luma)
    far = far / (1 + (far * far).sum(1, keepdim=True) / bound**2).sqrt()
    return (luma + around + far).clamp(0, 1)


def _parted(picture: Tensor) -> tuple[Tensor, Tensor]:
    """Luma (N, 1, H, W), as ITU-R BT.601 has it, and what else there is of the colours (N, 3, H, W)."""
    luma = (picture * picture.new_tensor(NTSC_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return luma, picture - luma


class Generators(nn.Module):
    """Both directions, as they are trained."""

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.to_painting = Generator(width, blocks)
        self.to_photo = Generator(width, blocks)
