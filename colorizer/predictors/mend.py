"""How do scratches and dust go from a print? A network marks them, and what is around grows over them.

The marks are pixels that a person can look at and correct; what isn't marked stays as it is, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from skimage.filters import apply_hysteresis_threshold
from torch import Tensor

from colorizer import weights
from colorizer.colour.compose import is_grey
from colorizer.errors import SettingsError
from colorizer.networks.damage import MULTIPLE, DamageUNet
from colorizer.photo import Photo, to_bits
from colorizer.predictors.precision import autocast, channels_last, prepared
from colorizer.predictors.settings import MendSettings
from colorizer.predictors.tiling import Progress, Tiling, run

NAME = "mend"
SEEN_SIDE = (
    2048  # pixels of the long side, at most, at which damage is looked for: as fine as what was learnt
)
TILING = Tiling(512, 96, 0, MULTIPLE)
GROWN = 1  # pixels that marks are wider than what was found: damage fades out at its edges
BLOCK, AROUND = 1024, 48  # pixels that are filled at once, and what is seen around them
RADIUS = 3  # pixels that each new one is made of, at most so far away (Telea 2004)


@dataclass(frozen=True, eq=False)
class Mended:
    """A result, the marks (H, W) bool that were filled, and the name and version of what found them."""

    photo: Photo
    marks: np.ndarray
    weights: str


class Mender:
    """Mends prints: `Mender.load().mend(Photo.open("dog.jpg")).photo.save("dog-mended.png")`."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = torch.device(device)

    @classmethod
    def load(cls, *, device: str = "cpu") -> Mender:
        """A mender; weights are read when they are first needed."""
        return cls(device)

    @cached_property
    def network(self) -> tuple[DamageUNet, str]:
        """The network, and the name and version of its weights. SettingsError: there are none yet."""
        if NAME not in (known := weights.entries()):
            raise SettingsError(
                "There are no weights for mending yet. Train some with `python -m colorizer train mend` and "
                "enter them with `python -m colorizer weights add`, or leave mending out."
            )
        network = weights.fitted(DamageUNet.from_state, weights.load(NAME)[0], NAME)
        return prepared(network, self.device), f"{NAME} {known[NAME].version}"

    def find(
        self, photo: Photo, settings: MendSettings | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Where the print is damaged: (H, W) bool."""
        sensitivity = (settings or MendSettings()).sensitivity
        grey = cv2.cvtColor(photo.preview(SEEN_SIDE), cv2.COLOR_RGB2GRAY)
        share = run(self._share, grey[..., None], TILING, progress=progress, text="Looking for damage")[
            ..., 0
        ]
        sure = 255 * (1 - 0.8 * sensitivity**2)  # how likely the most likely pixel of a mark is at least
        marks = (
            apply_hysteresis_threshold(share, sure / 2, sure) if sensitivity else np.zeros(grey.shape, bool)
        )
        size, wide = (photo.width, photo.height), 2 * GROWN + 1
        grown = cv2.dilate(marks.astype(np.uint8), np.ones((wide, wide), np.uint8))
        return cv2.resize(grown, size, interpolation=cv2.INTER_NEAREST).astype(bool)

    def mend(
        self,
        photo: Photo,
        settings: MendSettings | None = None,
        progress: Progress | None = None,
        marks: np.ndarray | None = None,
    ) -> Mended:
        """The photo with its damage filled; `marks` (H, W) bool: a person's, instead of those found.

        Pixels that are not marked stay as they are, to the bit. SettingsError: no weights, or marks of
        another size.
        """
        settings = settings or MendSettings()
        if marks is None:
            marks = self.find(photo, settings, progress)
        elif marks.shape != photo.rgb.shape[:2]:
            raise SettingsError(
                f"The marks have {marks.shape[1]} x {marks.shape[0]} pixels, but the photograph has "
                f"{photo.width} x {photo.height}. Mark a copy of the same size."
            )
        share = marks.mean()
        note = f"Scratches and dust were filled in: {share:.2%} of the picture." if share else ""
        return Mended(photo.with_rgb(filled(photo.rgb, marks), note), marks, self.network[1])

    def _share(self, tile: Tensor) -> Tensor:
        with autocast(self.device):
            logits = self.network[0](channels_last(tile, self.device))
        return logits.float().sigmoid().cpu()


def filled(rgb: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 or uint16 with new pixels where marks (H, W) bool are, grown from around them; the same
    array where there are none.

    Telea 2004 (fast marching), in blocks, so that memory stays bounded.
    """
    if not marks.any():
        return rgb
    result, channels, photo_bits = rgb.copy(), 1 if is_grey(rgb) else 3, 8 * rgb.itemsize
    height, width = marks.shape
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            core = slice(top, top + BLOCK), slice(left, left + BLOCK)
            if not marks[core].any():
                continue
            y, x = max(0, top - AROUND), max(0, left - AROUND)
            seen = slice(y, top + BLOCK + AROUND), slice(x, left + BLOCK + AROUND)
            holes, inside = marks[seen].astype(np.uint8), marks[core]
            for channel in range(channels):  # one by one, as OpenCV fills three channels only in 8 bits
                plane = to_bits(np.ascontiguousarray(rgb[seen][..., channel]), 16)  # in 8, plains get lighter
                new = cv2.inpaint(plane, holes, RADIUS, cv2.INPAINT_TELEA)[top - y :, left - x :]
                new = new[: inside.shape[0], : inside.shape[1]]
                target = result[core] if channels == 1 else result[core][..., channel : channel + 1]
                target[inside] = to_bits(new, photo_bits)[inside][:, None]
    return result
