"""How is a photo made four times as wide and high? A network goes over it in tiles and adds likely detail.

The result can be corrected so that reducing it gives the photo back. Grey photos stay grey, transparency is
enlarged apart, and memory stays bounded whatever the size.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from colorizer.colour.compose import is_grey
from colorizer.colour.filling import fill_hidden
from colorizer.errors import SettingsError
from colorizer.networks.resampling import FACTOR, enlarge
from colorizer.networks.srgan import Generator
from colorizer.photo import Photo
from colorizer.predictors.back_projection import back_project, remaining_error
from colorizer.predictors.memory import keep_freed_memory
from colorizer.predictors.precision import autocast
from colorizer.predictors.settings import UpscaleSettings
from colorizer.predictors.tiling import Box, Progress, Tiling, run
from colorizer.predictors.upscale_cost import LIMITS, Forecast, check_size, pace, workspace
from colorizer.predictors.upscale_models import Networks, Offer, offered, settled

__all__ = ["LIMITS", "Box", "Forecast", "Offer", "Upscaled", "Upscaler", "offered", "settled"]

SIDE = 256  # longest side of a tile's core, in pixels of the given photo
# How far beyond its core a tile sees; Generator.reach, 40, is the most that could matter, but what lies
# farther away than this changes results, correction included, by less than 0.5/255: nothing needs blending.
OVERLAP = 8
ALPHA_TILING = Tiling(512, 4, 0)  # bicubic interpolation reaches 2 pixels
ALPHA_SHARE = 0.02  # of the time, for the progress


@dataclass(frozen=True, eq=False)
class Upscaled:
    """A result, what it was made with (every value filled in), and how far it is from the photo when it is
    reduced again: the mean difference in 255ths of white."""

    photo: Photo
    settings: UpscaleSettings
    weights: tuple[str, ...]
    error: float

    @property
    def made_by(self) -> dict[str, str | float | int | None]:
        """Everything needed to make it again."""
        return {"task": "upscale", "weights": ", ".join(self.weights), **self.settings.as_dict()}


class Upscaler:
    """Makes photos larger: `Upscaler.load().upscale(Photo.open("dog.jpg")).save("dog-x4.png")`."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self._networks = Networks(self.device)
        self._paces: dict[tuple[int, int, int], float] = {}
        self._lock = threading.Lock()
        keep_freed_memory()

    @classmethod
    def load(cls, *, device: str = "cpu") -> Upscaler:
        """An upscaler; weights are read when they are first needed."""
        return cls(device)

    def upscale(
        self, photo: Photo, settings: UpscaleSettings | None = None, progress: Progress | None = None
    ) -> Photo:
        """The photo at four times its width and height, in its own depth, with its metadata and a note on the
        error that remains. Errors as `run`."""
        return self.run(photo, settings, progress).photo

    def run(
        self, photo: Photo, settings: UpscaleSettings | None = None, progress: Progress | None = None
    ) -> Upscaled:
        """As `upscale`, with what is worth knowing beside the photo.

        Before any work: PhotoTooLarge beyond LIMITS, SettingsError or WeightsError where weights are missing.
        """
        check_size(photo.metadata.name, photo.width, photo.height)
        settings = settled(settings)
        network, names = self._networks.get(settings)
        whole = (0, 0, photo.width, photo.height)
        given, rgb, alpha = self._enlarge(photo, whole, network, settings, progress)
        error = remaining_error(rgb, given)
        note = f"Enlarged four times; reduced again, it differs from the photo by {error:.2f}/255 on average."
        result = photo.resized_to(rgb, alpha, note)
        return Upscaled(result, settings, names, error)

    def crop(
        self,
        photo: Photo,
        box: Box,
        settings: UpscaleSettings | None = None,
        progress: Progress | None = None,
    ) -> Photo:
        """That box (left, top, right, bottom; in pixels of the photo) of the result, to 1/255, and only the
        time that it takes. Only the box must be within LIMITS. SettingsError: it isn't inside the photo."""
        left, top, right, bottom = box
        if not (0 <= left < right <= photo.width and 0 <= top < bottom <= photo.height):
            raise SettingsError(
                f"The box {box} is not inside the photo of {photo.width} x {photo.height} pixels. Choose "
                "left, top, right and bottom within it."
            )
        check_size(photo.metadata.name, right - left, bottom - top)
        settings = settled(settings)
        network, _ = self._networks.get(settings)
        _, rgb, alpha = self._enlarge(photo, box, network, settings, progress)
        return photo.resized_to(rgb, alpha)

    def forecast(self, photo: Photo | tuple[int, int], settings: UpscaleSettings | None = None) -> Forecast:
        """What `run` will give and cost, for a photo or a (width, height) of 8 bits; errors as `run`.

        The first one for a kind of network times that network on a small tile.
        """
        name, width, height, planes, depth = "The photo", *_size(photo), 3, 1
        if isinstance(photo, Photo):
            name, planes, depth = photo.metadata.name, 3 if photo.alpha is None else 4, photo.bits // 8
        check_size(name, width, height)
        settings = settled(settings)
        network, _ = self._networks.get(settings)
        tiling = _tiling(network)
        seconds = self._pace(network, settings) * tiling.pixels(width, height)
        needed = FACTOR**2 * width * height * planes * depth + workspace(network, tiling, width, height)
        return Forecast(FACTOR * width, FACTOR * height, seconds, needed)

    def _pace(self, network: Generator, settings: UpscaleSettings) -> float:
        """Seconds a pixel that the network sees; measured once for a kind of network."""
        key = (len(network.blocks), network.head.out_channels, settings.consistency or 0)
        with self._lock:
            if key not in self._paces:
                self._paces[key] = pace(self._function(network, settings))
            return self._paces[key]

    def _function(self, network: Generator, settings: UpscaleSettings) -> Callable[[Tensor], Tensor]:
        """What is done to a tile (1, 1 or 3, h, w) in 0..1; one channel stands for three equal ones."""

        def function(tile: Tensor) -> Tensor:
            small = tile.to(self.device)
            colours = small.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
            with autocast(self.device):
                large = network(colours)
            large = large.float()
            if small.shape[1] == 1:
                large = large.mean(1, keepdim=True)
            return back_project(large, small, settings.consistency or 0).cpu()

        return function

    def _enlarge(
        self,
        photo: Photo,
        box: Box,
        network: Generator,
        settings: UpscaleSettings,
        progress: Progress | None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """The box of the photo as the network was given it, and its pixels and alpha four times enlarged."""
        tiling = _tiling(network)
        rgb, alpha, inner = _surroundings(photo, box, 2 * tiling.overlap)
        if alpha is not None:
            rgb = fill_hidden(rgb, alpha, tiling.overlap)
        grey = _is_grey(photo)
        large = run(
            self._function(network, settings),
            rgb[..., :1] if grey else rgb,
            tiling,
            scale=FACTOR,
            box=inner,
            progress=_part(progress, 0.0, 1.0 if alpha is None else 1 - ALPHA_SHARE),
            text="Enlarging",
        )
        large = large.repeat(3, axis=2) if grey else large
        left, top, right, bottom = inner
        given = rgb[top:bottom, left:right]
        if alpha is None:
            return given, large, None
        rest = _part(progress, 1 - ALPHA_SHARE, 1.0)
        transparency = run(
            enlarge, alpha[..., None], ALPHA_TILING, scale=FACTOR, box=inner, progress=rest, text="Enlarging"
        )
        return given, large, transparency[..., 0]


def tile_count(photo: Photo) -> int:
    """In how many tiles a photo is enlarged, whatever the network."""
    return Tiling(SIDE, OVERLAP, 0).count(photo.width, photo.height)


def _tiling(network: Generator) -> Tiling:
    return Tiling(SIDE, min(network.reach, OVERLAP), 0)


def _size(photo: Photo | tuple[int, int]) -> tuple[int, int]:
    return photo if isinstance(photo, tuple) else (photo.width, photo.height)


def _surroundings(photo: Photo, box: Box, margin: int) -> tuple[np.ndarray, np.ndarray | None, Box]:
    """Pixels and alpha of the box and of what is around it, and where in them the box is."""
    left, top, right, bottom = box
    x, y = max(0, left - margin), max(0, top - margin)
    cut = (slice(y, bottom + margin), slice(x, right + margin))
    alpha = None if photo.alpha is None else photo.alpha[cut]
    return photo.rgb[cut], alpha, (left - x, top - y, right - x, bottom - y)


def _is_grey(photo: Photo) -> bool:
    """Whether all that is visible of a photo is grey."""
    return is_grey(photo.rgb) or (photo.alpha is not None and is_grey(photo.rgb[photo.alpha > 0]))


def _part(progress: Progress | None, low: float, high: float) -> Progress | None:
    """A progress whose 0..1 are low..high of another."""
    return None if progress is None else lambda share, text: progress(low + share * (high - low), text)
