"""How is a photo made four times as wide and high? A network goes over it in tiles and adds likely detail.

The result can be corrected so that reducing it gives the photo back: what it lacks then is enlarged and
added, several times over (back-projection, Irani and Peleg 1991). Grey photos stay grey, transparency is
enlarged apart, and memory stays bounded whatever the size.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from colorizer import weights
from colorizer.colour.compose import is_grey
from colorizer.colour.filling import fill_hidden
from colorizer.errors import PhotoTooLarge, SettingsError
from colorizer.networks.resampling import FACTOR, enlarge, resize, shrink
from colorizer.networks.srgan import Generator
from colorizer.photo import LIMITS as OPENED
from colorizer.photo import Limits, Photo
from colorizer.predictors.memory import Cache, keep_freed_memory
from colorizer.predictors.precision import autocast, channels_last, used
from colorizer.predictors.settings import UpscaleSettings
from colorizer.predictors.tiling import Box, Progress, Tiling, run, to_tensor
from colorizer.predictors.upscale_models import Network, Offer, offered, read_network, settled

__all__ = ["Box", "Offer", "offered", "settled"]  # of other modules; the rest is defined here

# Of a result; its sides are limited so that it can be opened here again.
LIMITS = Limits(max_pixels=48_000_000, max_side=OPENED.max_side)
# In pixels of the given photo. 40 beyond its core is the most that could matter to the network, but what lies
# farther away than 8 changes results, correction included, by less than 0.5/255: nothing needs blending.
TILING = Tiling(256, 8, 0)
ALPHA_TILING = Tiling(512, 4, 0)  # bicubic interpolation reaches 2 pixels
REACH = 2  # pixels of the small picture that reducing looks at beyond the one it makes
STRIP_PIXELS = 1 << 16  # of the small picture, that are reduced and compared at once
TIMED_SIDE = 96  # of the tile that is timed; a pixel takes as long in larger ones
ALLOCATOR = 96 << 20  # bytes that were measured beyond those of the arrays
TIMES = {2: "twice", 3: "three times", 4: "four times"}


@dataclass(frozen=True, eq=False)
class Upscaled:
    """A result, what it was made with (every value filled in), and how far it is from the photo when it is
    reduced again: the mean difference in 255ths of white. precision: as precision.used tells it."""

    photo: Photo
    settings: UpscaleSettings
    weights: tuple[str, ...]
    error: float
    precision: str = "float32"

    @property
    def made_by(self) -> dict[str, object]:
        """Everything needed to make it again."""
        told = {**weights.told(*self.weights), "precision": self.precision}
        return {"task": "upscale", **told, **self.settings.as_dict()}


@dataclass(frozen=True)
class Forecast:
    """What enlarging will give and cost: size, time, and the memory beside the photo's own, at most."""

    width: int
    height: int
    seconds: float
    bytes: int


class Upscaler:
    """Makes photos larger: `Upscaler.load().upscale(Photo.open("dog.jpg")).save("dog-x4.png")`."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self._networks: Cache[object, Network] = Cache()
        self._paces: dict[object, float] = {}  # seconds for a pixel, lately
        keep_freed_memory()

    @classmethod
    def load(cls, *, device: str = "cpu") -> Upscaler:
        """An upscaler; weights are read when they are first needed."""
        return cls(device)

    def upscale(
        self, photo: Photo, settings: UpscaleSettings | None = None, progress: Progress | None = None
    ) -> Photo:
        """The photo at four times its width and height, in its own depth. Errors as `run`."""
        return self.run(photo, settings, progress).photo

    def run(
        self,
        photo: Photo,
        settings: UpscaleSettings | None = None,
        progress: Progress | None = None,
        factor: int = FACTOR,
    ) -> Upscaled:
        """As `upscale`, with what is worth knowing beside the photo. `factor`: 2, 3 or 4; below 4, each tile
        is reduced from four times.

        Before any work: PhotoTooLarge beyond LIMITS, SettingsError or WeightsError where weights are missing.
        """
        check_size(photo.metadata.name, photo.width, photo.height, factor)
        settings = settled(settings)
        box, began = (0, 0, photo.width, photo.height), time.perf_counter()
        given, rgb, alpha = self._enlarge(photo, box, settings, progress, factor)
        if known := self._paces.get(kind := (settings.model, settings.consistency)):
            seen, tried = TILING.pixels(photo.width, photo.height), TIMED_SIDE**2
            self._paces[kind] = (known * tried + time.perf_counter() - began) / (tried + seen)
        error = remaining_error(rgb, given)
        differs = f"it differs from the photo by {error:.2f}/255 on average"
        result = photo.resized_to(rgb, alpha, f"Enlarged {TIMES[factor]}; reduced again, {differs}.")
        return Upscaled(result, settings, self.network(settings)[1], error, used(self.device))

    def crop(self, photo: Photo, box: Box, settings: UpscaleSettings | None = None) -> Photo:
        """That box (left, top, right, bottom; in pixels of the photo) of the result, to 1/255, and only the
        time that it takes. Only the box must be within LIMITS. SettingsError: it isn't inside the photo."""
        left, top, right, bottom = box
        if not (0 <= left < right <= photo.width and 0 <= top < bottom <= photo.height):
            raise SettingsError(
                f"The box {box} is not inside the photo of {photo.width} x {photo.height} pixels. Choose "
                "left, top, right and bottom within it."
            )
        check_size(photo.metadata.name, right - left, bottom - top)
        _, rgb, alpha = self._enlarge(photo, box, settled(settings))
        return photo.resized_to(rgb, alpha)

    def forecast(
        self, photo: Photo, settings: UpscaleSettings | None = None, factor: int = FACTOR
    ) -> Forecast:
        """What `run` will give and cost; errors as `run`.

        The first one for a model times it on a small tile; from then on, what runs take counts as well.
        """
        width, height = photo.width, photo.height
        depth = (3 if photo.alpha is None else 4) * photo.bits // 8
        check_size(photo.metadata.name, width, height, factor)
        settings = settled(settings)
        network, _ = self.network(settings)
        widths = [conv.out_channels for conv in (network.head, network.up2.conv, network.up4.conv)]
        kind = (settings.model, settings.consistency)
        if kind not in self._paces:
            self._paces[kind] = pace(self._function(network, settings))
        # A tile takes most where the network is widest: at the last pixel shuffle, in and out.
        floats = 2 * widths[0] + widths[1] + 8 * widths[2] + 96
        workspace = 4 * floats * TILING.largest(width, height) + ALLOCATOR
        return Forecast(
            factor * width,
            factor * height,
            self._paces[kind] * TILING.pixels(width, height),
            factor**2 * width * height * depth + workspace,
        )

    def network(self, settings: UpscaleSettings) -> Network:
        """The network of settled settings, and the names and versions of its weights."""
        model, detail = settings.model, settings.detail
        assert detail is not None
        return self._networks.get((model, detail), lambda: read_network(model, detail, self.device))

    def _enlarge(
        self,
        photo: Photo,
        box: Box,
        settings: UpscaleSettings,
        progress: Progress | None = None,
        factor: int = FACTOR,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """The box of the photo as the network was given it, and its pixels and alpha enlarged."""
        rgb, alpha, large_alpha = photo.rgb, photo.alpha, None
        if alpha is not None:
            rgb = fill_hidden(rgb, alpha, TILING.overlap)
            larger = partial(_times, factor=factor)
            large_alpha = run(larger, alpha[..., None], ALPHA_TILING, scale=factor, box=box)[..., 0]
        grey = is_grey(photo.rgb if alpha is None else photo.rgb[alpha > 0])
        seen = rgb[..., :1] if grey else rgb
        work = self._function(self.network(settings)[0], settings, factor)
        large = run(work, seen, TILING, scale=factor, box=box, progress=progress, text="Enlarging")
        left, top, right, bottom = box
        return rgb[top:bottom, left:right], large.repeat(3, axis=2) if grey else large, large_alpha

    def _function(
        self, network: Generator, settings: UpscaleSettings, factor: int = FACTOR
    ) -> Callable[[Tensor], Tensor]:
        """What is done to a tile (1, 1 or 3, h, w) in 0..1; one channel stands for three equal ones."""

        def function(tile: Tensor) -> Tensor:
            small = tile.to(self.device)
            with autocast(self.device):
                large = network(channels_last(small.expand(-1, 3, -1, -1), self.device))
            large = large.float()
            if small.shape[1] == 1:
                large = large.mean(1, keepdim=True)
            large = back_project(large, small, settings.consistency or 0).cpu()
            return large if factor == FACTOR else _times(large, factor / FACTOR)

        return function


def largest_factor(width: int, height: int) -> int:
    """How many times a photo of that size can be enlarged within LIMITS: 4, 3, 2, or 1, not at all."""
    most = min((LIMITS.max_pixels / (width * height)) ** 0.5, LIMITS.max_side / max(width, height))
    return max(1, min(FACTOR, int(most)))


def _times(x: Tensor, factor: float) -> Tensor:
    """(N, C, H, W) -> that many times as high and wide, to whole pixels."""
    return resize(x, round(factor * x.shape[-2]), round(factor * x.shape[-1]))


def check_size(name: str, width: int, height: int, factor: int = FACTOR) -> None:
    """PhotoTooLarge when `factor` times that width and height is beyond LIMITS."""
    pixels, side = LIMITS.max_pixels // factor**2, LIMITS.max_side // factor
    scale = min((pixels / (width * height)) ** 0.5, side / max(width, height))
    if scale < 1:
        raise PhotoTooLarge(
            f"“{name}” has {width} x {height} pixels; the limit is {pixels / 1e6:g} megapixels, which become "
            f"{LIMITS.max_pixels / 1e6:g}, and {side} pixels a side. Crop it, or make it smaller first, to "
            f"{max(1, int(width * scale))} x {max(1, int(height * scale))} at the most."
        )


@torch.inference_mode()
def pace(function: Callable[[Tensor], Tensor]) -> float:
    """Seconds that a function of tiles (1, 3, h, w) takes for one pixel of them."""
    tile = torch.full((1, 3, TIMED_SIDE, TIMED_SIDE), 0.5)
    took = []
    for _ in range(2):  # the first time, kernels are chosen
        began = time.perf_counter()
        function(tile)
        took.append(time.perf_counter() - began)
    return min(took) / TIMED_SIDE**2


def back_project(large: Tensor, small: Tensor, times: int) -> Tensor:
    """(N, C, 4H, 4W) and (N, C, H, W), both in 0..1 -> the large one corrected that often, in 0..1."""
    large = large.clamp(0, 1)
    for _ in range(times):
        large = (large + enlarge(small - shrink(large))).clamp_(0, 1)
    return large


@torch.inference_mode()
def remaining_error(large: np.ndarray, small: np.ndarray) -> float:
    """How far (F H, F W, 3), reduced, is from (H, W, 3) on average, in 255ths of white."""
    height, width = small.shape[:2]
    factor = len(large) // height
    rows = max(1, STRIP_PIXELS // width)
    total = 0.0
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        begin, end = max(0, top - REACH), min(height, bottom + REACH)
        reduced = _times(to_tensor(large[begin * factor : end * factor]), 1 / factor)
        reduced = reduced[..., top - begin : bottom - begin, :]
        total += float((reduced - to_tensor(small[top:bottom])).abs().sum(dtype=torch.float64))
    return 255 * total / small.size


def tile_count(photo: Photo) -> int:
    """In how many tiles a photo is enlarged, whatever the network."""
    return TILING.count(photo.width, photo.height)
