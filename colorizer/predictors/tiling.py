"""How does a network go over a picture of any size in bounded memory? In overlapping tiles, blended at seams.

Every tile is a core with an overlap around it that the network sees and that is thrown away again, so that a
result depends on its surroundings as if the network had seen the whole picture. A tile ends where the picture
ends, so that the network does there what it would do to the whole. Finished pixels are written into the
result at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

Progress = Callable[[float, str], None]
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels, as Pillow has it


@dataclass(frozen=True)
class Tiling:
    """How a picture is cut; lengths in pixels of the picture that goes in.

    side: the longest side of a core, raised to what the seams need. overlap: how much more than its core a
    tile sees at each side where there is more; where that is at least what the network sees around a pixel,
    the tiles agree exactly. blend: the width at each side of a seam in which one tile fades into the next; 0
    cuts. It counts as a part of the overlap. multiple: the sides of a tile, and where it begins, are
    multiples of this; for that, the picture is mirrored at its right and lower edge.
    """

    side: int = 192
    overlap: int = 16
    blend: int = 4
    multiple: int = 1

    def parts(self, length: int, low: int = 0, high: int | None = None) -> list[Part]:
        """Cut low..high of an axis of that length, or all of it, into as few and as equal cores as can be."""
        high, unit = length if high is None else high, self.multiple
        most = max(self.side, 4 * self.blend + 2 * unit) // unit
        units = -(-(high - low) // unit)
        count = -(-units // most)
        cuts = [low + number * units // count * unit for number in range(count)] + [high]
        found = []
        for start, stop in pairwise(cuts):
            begin = max(0, (start - self.overlap) // unit * unit)
            end = -(-min(length, stop + self.overlap) // unit) * unit
            found.append(Part(begin - low, end - low, start - low, stop - low, start == low, stop == high))
        return found

    def count(self, width: int, height: int) -> int:
        """How many tiles a picture of that size is cut into."""
        return len(self.parts(width)) * len(self.parts(height))

    def pixels(self, width: int, height: int) -> int:
        """How many pixels the network sees in all, overlaps counted as often as they are seen."""
        return sum(part.size for part in self.parts(width)) * sum(part.size for part in self.parts(height))

    def largest(self, width: int, height: int) -> int:
        """How many pixels the largest tile has, overlaps included."""
        return max(part.size for part in self.parts(width)) * max(part.size for part in self.parts(height))


@dataclass(frozen=True)
class Part:
    """One core along one axis: it makes start..stop of the result and is read, with the overlap, from
    begin..end of the picture. All count from where the box begins, before scaling; `first` and `last` have no
    neighbour before or behind."""

    begin: int
    end: int
    start: int
    stop: int
    first: bool
    last: bool

    @property
    def size(self) -> int:
        return self.end - self.begin


@torch.inference_mode()
def run(
    function: Callable[[Tensor], Tensor],
    picture: np.ndarray,
    tiling: Tiling,
    *,
    scale: int = 1,
    box: Box | None = None,
    progress: Progress | None = None,
    text: str = "Working",
) -> np.ndarray:
    """What `function` makes of a picture (H, W, C) uint8 or uint16, or of a box of it: (scale H, scale W, C)
    of the same type.

    function: (1, C, h, w) float32 in 0..1 -> (1, C, scale h, scale w), clamped to 0..1 here. `progress` is
    told the share done and the text after every tile and may raise to stop.
    """
    height, width, channels = picture.shape
    left, top, right, bottom = box or (0, 0, width, height)
    rows, columns = tiling.parts(height, top, bottom), tiling.parts(width, left, right)
    result = np.empty(((bottom - top) * scale, (right - left) * scale, channels), picture.dtype)
    seam = scale * tiling.blend
    below = torch.empty(channels, 2 * seam, result.shape[1])  # the last seams of a whole row of tiles
    tell(progress, 0.0, text)
    for number, row in enumerate(rows):
        ys = mirrored(np.arange(top + row.begin, top + row.end), height)
        beside = torch.empty(0)
        for place, column in enumerate(columns, 1):
            xs = mirrored(np.arange(left + column.begin, left + column.end), width)
            output = function(to_tensor(picture[np.ix_(ys, xs)]))[0].float().cpu()
            output, across, beside = _joined(output, 2, column, seam, scale, beside)
            output, down, below[..., across] = _joined(output, 1, row, seam, scale, below[..., across])
            result[down, across] = to_pixels(output, picture.dtype)
            tell(progress, (number * len(columns) + place) / (len(rows) * len(columns)), text)
    return result


def _joined(
    output: Tensor, axis: int, part: Part, seam: int, scale: int, before: Tensor
) -> tuple[Tensor, slice, Tensor]:
    """A tile's result (C, h, w) joined, along one axis, to that of the tile before, whose last seam is given.

    What is finished of it, where that belongs in the result, and its own last seam, which waits for the next
    tile. A seam is as wide on both sides of where two cores meet.
    """
    start, stop = ((edge - part.begin) * scale for edge in (part.start, part.stop))
    if seam and not part.first:
        ramp = (torch.arange(2 * seam) + 0.5) / (2 * seam)
        first = output.narrow(axis, start - seam, 2 * seam)
        first.copy_(torch.lerp(before, first, ramp[:, None] if axis == 1 else ramp))
    last = before if part.last else output.narrow(axis, stop - seam, 2 * seam).clone()
    begin, end = start - seam * (not part.first), stop - seam * (not part.last)
    away = part.begin * scale
    return output.narrow(axis, begin, end - begin), slice(begin + away, end + away), last


def mirrored(indices: np.ndarray, length: int) -> np.ndarray:
    """Any indices as indices of an axis of that length, mirrored at its edges: c b a | a b c | c b a."""
    turned = indices % (2 * length)
    return np.where(turned < length, turned, 2 * length - 1 - turned)


def to_tensor(pixels: np.ndarray) -> Tensor:
    """(h, w, C) uint8 or uint16 -> (1, C, h, w) float32 in 0..1, channels last in memory."""
    values = pixels.astype(np.float32)
    values /= np.iinfo(pixels.dtype).max
    return torch.from_numpy(values).movedim(-1, 0)[None]


def to_pixels(values: Tensor, dtype: np.dtype) -> np.ndarray:
    """(C, h, w) about 0..1 -> (h, w, C) uint8 or uint16, clamped and rounded."""
    levels = int(np.iinfo(dtype).max)
    return (values.clamp(0, 1) * levels).round_().movedim(0, -1).to(torch.int32).cpu().numpy().astype(dtype)


def tell(progress: Progress | None, share: float, text: str) -> None:
    """Tell how much is done, to whoever wants to know."""
    if progress is not None:
        progress(share, text)
