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

    def __post_init__(self) -> None:
        if not (self.side >= 1 and self.multiple >= 1 and 0 <= self.blend <= self.overlap):
            raise ValueError(f"no picture can be cut with a blend beyond the overlap, or nothing: {self}")

    def count(self, width: int, height: int) -> int:
        """How many tiles a picture of that size is cut into."""
        return len(parts(width, 0, width, self)) * len(parts(height, 0, height, self))

    def pixels(self, width: int, height: int) -> int:
        """How many pixels the network sees in all, overlaps counted as often as they are seen."""
        across, down = (parts(length, 0, length, self) for length in (width, height))
        return sum(part.size for part in across) * sum(part.size for part in down)

    def largest(self, width: int, height: int) -> int:
        """How many pixels the largest tile has, overlaps included."""
        across, down = (parts(length, 0, length, self) for length in (width, height))
        return max(part.size for part in across) * max(part.size for part in down)


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


def parts(length: int, low: int, high: int, tiling: Tiling) -> list[Part]:
    """Cut low..high of an axis of that length into as few and as equal cores as possible."""
    unit = tiling.multiple
    most = max(tiling.side, 4 * tiling.blend + 2 * unit) // unit
    units = -(-(high - low) // unit)
    count = -(-units // most)
    cuts = [low + number * units // count * unit for number in range(count)] + [high]
    found = []
    for start, stop in pairwise(cuts):
        begin = max(0, (start - tiling.overlap) // unit * unit)
        end = -(-min(length, stop + tiling.overlap) // unit) * unit
        found.append(Part(begin - low, end - low, start - low, stop - low, start == low, stop == high))
    return found


def mirrored(indices: np.ndarray, length: int) -> np.ndarray:
    """Any indices as indices of an axis of that length, mirrored at its edges: c b a | a b c | c b a."""
    turned = indices % (2 * length)
    return np.where(turned < length, turned, 2 * length - 1 - turned)


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
    rows, columns = parts(height, top, bottom, tiling), parts(width, left, right, tiling)
    down = [mirrored(np.arange(top + row.begin, top + row.end), height) for row in rows]
    across = [mirrored(np.arange(left + column.begin, left + column.end), width) for column in columns]
    result = np.empty(((bottom - top) * scale, (right - left) * scale, channels), picture.dtype)
    above = torch.empty(channels, 2 * scale * tiling.blend, result.shape[1])
    _tell(progress, 0.0, text)
    done, total = 0, len(rows) * len(columns)
    for row, ys in zip(rows, down, strict=True):
        beside = torch.empty(0)
        for column, xs in zip(columns, across, strict=True):
            output = function(to_tensor(picture[np.ix_(ys, xs)]))[0]
            piece = _Piece(output.float().cpu(), row, column, tiling, scale)
            beside = piece.fade_in(2, beside)
            piece.cut(2)
            above[..., piece.across] = piece.fade_in(1, above[..., piece.across])
            piece.cut(1)
            result[piece.down, piece.across] = to_pixels(piece.values, picture.dtype)
            done += 1
            _tell(progress, done / total, text)
    return result


class _Piece:
    """One tile's result (C, h, w): its core and the seams around it; the part of it that is finished goes to
    `down` and `across`."""

    def __init__(self, output: Tensor, row: Part, column: Part, tiling: Tiling, scale: int) -> None:
        self.values, self.seam, self.scale = output, scale * tiling.blend, scale
        self.parts = {1: row, 2: column}
        self.down, self.across = self._place(1), self._place(2)

    def _place(self, axis: int) -> slice:
        """The finished pixels in the result; the seam to the next tile waits for that tile."""
        part = self.parts[axis]
        begin, end = part.start * self.scale, part.stop * self.scale
        return slice(begin - (0 if part.first else self.seam), end - (0 if part.last else self.seam))

    def _seam(self, axis: int, core: int) -> Tensor:
        """What this tile makes of the pixels on both sides of where its core begins or ends."""
        begin = (core - self.parts[axis].begin) * self.scale - self.seam
        return self.values.narrow(axis, begin, 2 * self.seam)

    def fade_in(self, axis: int, before: Tensor) -> Tensor:
        """Blend the first seam along an axis with what the tile before made of it; returns the last seam."""
        part = self.parts[axis]
        if self.seam and not part.first:
            ramp = (torch.arange(2 * self.seam) + 0.5) / (2 * self.seam)
            seam = self._seam(axis, part.start)
            seam.copy_(torch.lerp(before, seam, ramp[:, None] if axis == 1 else ramp))
        return before if part.last else self._seam(axis, part.stop).clone()

    def cut(self, axis: int) -> None:
        """Keep the finished pixels only."""
        place = self.down if axis == 1 else self.across
        begin = place.start - self.parts[axis].begin * self.scale
        self.values = self.values.narrow(axis, begin, place.stop - place.start)


def to_tensor(pixels: np.ndarray) -> Tensor:
    """(h, w, C) uint8 or uint16 -> (1, C, h, w) float32 in 0..1, channels last in memory."""
    values = pixels.astype(np.float32)
    values /= np.iinfo(pixels.dtype).max
    return torch.from_numpy(values).movedim(-1, 0)[None]


def to_pixels(values: Tensor, dtype: np.dtype) -> np.ndarray:
    """(C, h, w) about 0..1 -> (h, w, C) uint8 or uint16, clamped and rounded."""
    levels = int(np.iinfo(dtype).max)
    return (values.clamp(0, 1) * levels).round_().movedim(0, -1).to(torch.int32).numpy().astype(dtype)


def _tell(progress: Progress | None, share: float, text: str) -> None:
    if progress is not None:
        progress(share, text)
