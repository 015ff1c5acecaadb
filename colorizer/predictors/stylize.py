"""How does a photo of any size become a painting, or a painting a photo? A network sees it in tiles, at a
size that its brush strokes suit, and treats all tiles alike.

What the network does depends on the mean and spread of its features over the picture: they are measured once,
on a small copy of the whole, and used for every tile. Then comes a share of the photo's finest detail, which
the network does not paint. Mixing and colours come last, and cost little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor

from colorizer import weights
from colorizer.colour.compose import with_colours_of
from colorizer.colour.filling import fill_hidden
from colorizer.errors import SettingsError
from colorizer.networks.cyclegan import MULTIPLE, Generator
from colorizer.photo import Photo
from colorizer.predictors.memory import Cache, keep_freed_memory
from colorizer.predictors.precision import autocast, channels_last, prepared, used
from colorizer.predictors.settings import DIRECTIONS, STYLIZE_RANGES, StylizeSettings
from colorizer.predictors.tiling import Progress, Tiling, run, to_tensor

SEEN_SIDE = 320  # the short side, in pixels, at which the network sees a picture where no brush is chosen
WHOLE_SIDE = 512  # up to which the network sees a picture at once, and of the copy that statistics come from
TILING = Tiling(512, 32, 16, MULTIPLE)  # at most 2/255 from what 1024 and 64 give
DETAIL = 0.5  # of the photo's own finest detail, where strokes are enlarged
STRIP = 1 << 20  # pixels that are finished at once
SMALLEST = 16  # pixels; a smaller picture is mirrored to that size for the network


@dataclass(frozen=True)
class Finish:
    """A share of the given picture's finest detail: what that loses when made `finest` times smaller."""

    detail: float
    finest: int


# Chosen by KID and by eye, on the held-out landscapes and on paintings.
FINISHES = dict(zip(DIRECTIONS, (Finish(0.5, 2), Finish(1.0, 4)), strict=True))


@dataclass(frozen=True, eq=False)
class Painting:
    """What the network made of a photo, in its size and type: pixels that results are rendered from.
    precision: as precision.used tells it."""

    photo: Photo
    rgb: np.ndarray
    settings: StylizeSettings
    weights: str
    precision: str = "float32"

    def made_by(self, settings: StylizeSettings) -> dict[str, object]:
        """Everything needed to make what is rendered under these settings again."""
        used = {"direction": self.settings.direction, "brush": self.settings.brush}
        told = weights.told(self.weights)
        return {"task": "stylize", **told, "precision": self.precision, **settings.as_dict(), **used}


@dataclass(frozen=True, eq=False)
class Cycle:
    """There and back: three pictures (h, w, 3) uint8, and how far the last is from the first, of 255."""

    given: np.ndarray
    translated: np.ndarray
    back: np.ndarray
    difference: float


def offered() -> tuple[str, ...]:
    """The directions that have weights; WeightsError when the manifest can't be read."""
    there = weights.entries()
    return tuple(direction for direction in DIRECTIONS if direction in there)


class Stylizer:
    """Paints photos: `Stylizer.load().stylize(Photo.open("pond.jpg")).save("pond-monet.png")`."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self._networks: Cache[str, tuple[Generator, str]] = Cache()
        keep_freed_memory()

    @classmethod
    def load(cls, *, device: str = "cpu") -> Stylizer:
        """A painter; weights are read when they are first needed."""
        return cls(device)

    def stylize(
        self, photo: Photo, settings: StylizeSettings | None = None, progress: Progress | None = None
    ) -> Photo:
        """The photo painted, in its own size, depth and transparency. Errors as `paint`."""
        settings = settings or StylizeSettings()
        return self.render(self.paint(photo, settings, progress), settings)

    def paint(
        self, photo: Photo, settings: StylizeSettings | None = None, progress: Progress | None = None
    ) -> Painting:
        """The expensive step: what the network makes of a photo, whatever the strength.

        SettingsError: the direction has no weights yet. WeightsError: they can't be read.
        """
        settings = settings or StylizeSettings()
        network, name = self.network(settings.direction)
        brush = settings.brush or suited_brush(photo)
        rgb = photo.rgb if photo.alpha is None else fill_hidden(photo.rgb, photo.alpha)
        small = _shrunk(rgb, 1 / brush) if brush > 1 else rgb
        painted = self._paint(network, small, FINISHES[settings.direction], progress)
        if painted.shape != rgb.shape:
            painted = _with_detail(_fitted(painted, rgb), rgb, _fitted(small, rgb), DETAIL)
        return Painting(photo, painted, replace(settings, brush=brush), name, used(self.device))

    def render(self, painting: Painting, settings: StylizeSettings) -> Photo:
        """The cheap step: strength and colours of what was painted (its direction and brush stay)."""
        photo, rgb = painting.photo, painting.rgb
        if settings.keep_colours:
            rgb = with_colours_of(rgb, photo.rgb)
        if settings.strength < 1:
            rgb = cv2.addWeighted(rgb, settings.strength, photo.rgb, 1 - settings.strength, 0)
        return photo.with_rgb(rgb)

    def cycle(self, photo: Photo, direction: str = DIRECTIONS[0], side: int = WHOLE_SIDE) -> Cycle:
        """A photo there and back again, at most `side` pixels long."""
        given = photo.preview(side)
        there, back = direction, DIRECTIONS[1 - DIRECTIONS.index(direction)]
        translated = self._paint(self.network(there)[0], given, FINISHES[there])
        again = self._paint(self.network(back)[0], translated, FINISHES[back])
        return Cycle(given, translated, again, float(np.abs(again.astype(np.int16) - given).mean()))

    def network(self, direction: str) -> tuple[Generator, str]:
        """The network of a direction, and the name and version of its weights."""
        known = weights.entries()
        if direction not in known:
            raise SettingsError(
                f"There are no weights for the direction “{direction}” yet. Train some with "
                "`python -m colorizer train cyclegan` and enter them with `python -m colorizer weights add`."
            )

        def read() -> tuple[Generator, str]:
            network = weights.fitted(Generator.from_state, weights.load(direction)[0], direction)
            return prepared(network, self.device), f"{direction} {known[direction].version}"

        return self._networks.get(direction, read)

    @torch.inference_mode()
    def _paint(
        self, network: Generator, rgb: np.ndarray, finish: Finish, progress: Progress | None = None
    ) -> np.ndarray:
        """(h, w, 3) uint8 or uint16 -> the same, painted: at once where it is small, else in tiles that share
        the statistics of a small copy."""
        height, width = rgb.shape[:2]
        tiling = Tiling(WHOLE_SIDE, 0, 0, MULTIPLE)
        if max(height, width) > WHOLE_SIDE:
            tiling, network = TILING, self._held(network, rgb)

        def function(tile: Tensor) -> Tensor:
            with autocast(self.device):
                return network(channels_last(tile, self.device)).float()

        painted = run(function, _at_least(rgb, SMALLEST), tiling, progress=progress, text="Painting")
        return finished(painted[:height, :width], rgb, finish)

    def _held(self, network: Generator, rgb: np.ndarray) -> Generator:
        """The network with the statistics of a small copy of the picture."""
        small = _shrunk(rgb, WHOLE_SIDE / max(rgb.shape[:2]))
        height, width = (max(SMALLEST, length // MULTIPLE * MULTIPLE) for length in small.shape[:2])
        small = _at_least(small, SMALLEST)[:height, :width]
        with autocast(self.device):
            return network.hold(channels_last(to_tensor(small), self.device))


def suited_brush(photo: Photo) -> float:
    """How many times smaller the network should see a photo, to paint it in strokes of the usual width."""
    _, most = STYLIZE_RANGES["brush"]
    return float(min(most, max(1.0, min(photo.width, photo.height) / SEEN_SIDE)))


def finished(painted: np.ndarray, given: np.ndarray, finish: Finish) -> np.ndarray:
    """What the network made of a picture, with detail; `painted` may be changed itself."""
    plain = _fitted(_shrunk(given, 1 / finish.finest), given, cv2.INTER_LINEAR)
    return _with_detail(np.ascontiguousarray(painted), given, plain, finish.detail)


def _with_detail(painted: np.ndarray, given: np.ndarray, plain: np.ndarray, share: float) -> np.ndarray:
    """`painted`, changed: it gains a share of what `given` has and `plain`, made of a small copy, lacks."""
    levels = int(np.iinfo(painted.dtype).max)
    rows = max(1, STRIP // painted.shape[1])
    for top in range(0, len(painted), rows):
        strip = slice(top, top + rows)
        added = given[strip].astype(np.float32)
        added -= plain[strip]
        added *= share
        added += painted[strip]
        np.rint(added.clip(0, levels, out=added), out=added)
        painted[strip] = added
    return painted


def _shrunk(rgb: np.ndarray, scale: float) -> np.ndarray:
    """A smaller copy of the picture, a pixel at least."""
    height, width = (max(1, round(length * scale)) for length in rgb.shape[:2])
    return cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)


def _fitted(small: np.ndarray, rgb: np.ndarray, interpolation: int = cv2.INTER_CUBIC) -> np.ndarray:
    """A small picture at the size of another."""
    return cv2.resize(small, (rgb.shape[1], rgb.shape[0]), interpolation=interpolation)


def _at_least(rgb: np.ndarray, side: int) -> np.ndarray:
    """The picture, mirrored at its right and lower edge until both sides are that long."""
    height, width = (max(0, side - length) for length in rgb.shape[:2])
    if not height and not width:
        return rgb
    return cv2.copyMakeBorder(rgb, 0, height, 0, width, cv2.BORDER_REFLECT)
