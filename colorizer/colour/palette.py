"""How does a picture get another's colours, dark ones where it was dark? By optimal transport.

Pitié, Kokaram and Dahyot 2007 (Automated colour grading using colour distribution transfer), section 3: seen
along one direction at a time, the colours are matched in order; after some turns of the axes they agree.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

TURNS = 30


def in_the_palette_of(picture: Tensor, other: Tensor) -> Tensor:
    """A picture (1, 3, H, W) in 0..1 with the colours of the other, in the same range."""
    random = torch.Generator().manual_seed(0)
    colours, wanted = picture[0].flatten(1), other[0].flatten(1)
    for _ in range(TURNS):
        axes = torch.linalg.qr(torch.randn(3, 3, generator=random)).Q.to(picture.device)
        mine, theirs = axes @ colours, (axes @ wanted).sort(dim=1).values
        order = mine.argsort(dim=1)
        ranked = F.interpolate(theirs[None], size=mine.shape[1], mode="linear", align_corners=True)[0]
        colours = axes.T @ torch.empty_like(mine).scatter_(1, order, ranked)
    return colours.reshape(picture.shape).clamp(0, 1)
