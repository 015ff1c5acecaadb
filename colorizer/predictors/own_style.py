"""How does a photograph take on the style of a painting that somebody brings, or a sample become a texture?

Nothing is learnt beforehand: the picture itself is optimised (see style_steps.py) until a network's features
of it occur together as those of the painting do. It begins as the photograph; a texture begins as the
sample's own pixels, shuffled. Either can be stopped at any step and keeps what it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from colorizer.colour.filling import fill_hidden
from colorizer.colour.palette import in_the_palette_of
from colorizer.errors import SettingsError
from colorizer.photo import Photo
from colorizer.predictors.memory import Cache, keep_freed_memory
from colorizer.predictors.settings import RestyleSettings
from colorizer.predictors.style_features import FEATURE_NAMES, StyleFeatures, available, load_features
from colorizer.predictors.style_steps import descend, distance, fitted, grown, levels_for, resized, style_of
from colorizer.predictors.tiling import Progress, tell, to_pixels, to_tensor

SHORTEST = 32  # pixels of a result's short side
SEEN_SIDE = 2048  # a larger picture is reduced to that before anything else: it is seen smaller anyway
DECADES = 3.0  # of the style's weight, from strength 0 to 1
PREVIEW_EVERY = 4  # steps

Preview = Callable[[np.ndarray], None]
Stop = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Restyled:
    """A result, and how it came about.

    steps: those that were done, of settings.steps. features: the kind that was used. before, after: the style
    distance of the photograph (of a texture: of the shuffled pixels) and of the result, at the result's size;
    see style_steps.distance.
    """

    photo: Photo
    settings: RestyleSettings
    steps: int
    features: str
    before: float
    after: float
    task: str = "restyle"

    @property
    def network(self) -> str:
        """The name of the network that compared styles."""
        return FEATURE_NAMES[self.features]

    @property
    def factor(self) -> float:
        """How many times smaller the style distance has become."""
        return self.before / max(self.after, 1e-12)

    @property
    def whole(self) -> bool:
        """Whether it was let run to its end."""
        return self.steps == self.settings.steps

    def made_by(self, painting: Photo) -> dict[str, object]:
        """Everything needed to make it again, with the painting's name."""
        return {
            "task": self.task,
            **self.settings.as_dict(),
            "painting": painting.metadata.name,
            "features": self.features,
            "steps_done": self.steps,
            "style_distance": [round(self.before, 6), round(self.after, 6)],
        }


class StyleTransfer:
    """Gives a photograph the style of a painting: `StyleTransfer.load().paint(photo, painting).photo`.

    At 768 pixels, the largest size, it takes about 2.7 GB of memory on top of the program's own.
    """

    def __init__(self, features: StyleFeatures | None = None, device: str = "cpu") -> None:
        """features: used whatever the settings say."""
        self.features, self.device = features, device
        self._loaded: Cache[str, StyleFeatures] = Cache()
        keep_freed_memory()

    @classmethod
    def load(cls, *, device: str = "cpu") -> StyleTransfer:
        """A painter; weights are read when they are first needed."""
        return cls(device=device)

    def paint(
        self,
        photo: Photo | None,
        painting: Photo,
        settings: RestyleSettings | None = None,
        *,
        progress: Progress | None = None,
        preview: Preview | None = None,
        stop: Stop | None = None,
    ) -> Restyled:
        """The photo in the painting's style, its long side settings.size; transparency and depth stay.
        Without a photo, a texture.

        progress: told the share done and a sentence after every step; it may raise to stop. preview: given
        the picture (h, w, 3) uint8 every few steps. stop: asked after every step; once it says True, what is
        reached is the result.
        SettingsError: a picture is too thin. WeightsError: features that aren't there.
        """
        settings = settings or RestyleSettings()
        size = size_of(photo or painting, settings)
        features = self.network(settings)
        model = fitted(self._tensor(painting), round(settings.brush * settings.size))
        levels = levels_for(*size, settings.steps)
        if photo is None:
            weight, given = None, shuffled(model, size, settings.seed)
            # Noise at the coarsest size: a large one made smaller would be an even grey.
            start = shuffled(model, levels[0].size, settings.seed)
        else:
            weight = features.weight * 10 ** (DECADES * (settings.strength - 0.5))
            start = given = resized(self._tensor(photo), size)
            if settings.keep_colours:
                model = in_the_palette_of(model, given)
            elif features.recolour:
                start = in_the_palette_of(given, model)
        for reached in descend(features, start, model, settings.brush, weight, levels):
            if preview and (reached.step % PREVIEW_EVERY == 0 or reached.step == 1):
                preview(to_pixels(reached.picture[0], np.dtype(np.uint8)))
            tell(progress, reached.share, f"Step {reached.step} of {settings.steps}")
            if stop and stop():
                break
        picture = reached.picture
        if photo is None:
            picture = resized(picture, size)
        elif picture.shape != start.shape:  # it was stopped on the way to the result's size
            picture = grown(picture, resized(start, picture.shape[-2:]), start, True)
        goal = style_of(features, model)
        before, after = (float(distance(style_of(features, one), goal)) for one in (given, picture))
        made = _like(photo or Photo(painting.rgb, None, painting.metadata), picture)
        task = "texture" if photo is None else "restyle"
        return Restyled(made, settings, reached.step, features.kind, before, after, task)

    def texture(
        self,
        sample: Photo,
        settings: RestyleSettings | None = None,
        *,
        progress: Progress | None = None,
        preview: Preview | None = None,
        stop: Stop | None = None,
    ) -> Restyled:
        """A texture like the sample, in its shape and without its transparency; all else as `paint`."""
        return self.paint(None, sample, settings, progress=progress, preview=preview, stop=stop)

    def network(self, settings: RestyleSettings) -> StyleFeatures:
        """The features that the settings ask for; WeightsError as load_features()."""
        kind = available() if settings.features == "auto" else settings.features
        return self.features or self._loaded.get(kind, lambda: load_features(kind, self.device))

    def _tensor(self, photo: Photo) -> Tensor:
        """(1, 3, h, w) in 0..1; where it is transparent, what is visible beside."""
        rgb = photo.preview(SEEN_SIDE)
        if photo.alpha is not None:
            mask = Photo(np.repeat(photo.alpha[..., None], 3, 2)).preview(SEEN_SIDE)
            rgb = fill_hidden(rgb, mask[..., 0])
        return to_tensor(rgb).to(self.device)


def size_of(photo: Photo, settings: RestyleSettings) -> tuple[int, int]:
    """Height and width of the result; SettingsError where it would be too thin."""
    scale = settings.size / max(photo.width, photo.height)
    height, width = max(1, round(photo.height * scale)), max(1, round(photo.width * scale))
    if min(height, width) < SHORTEST:
        raise SettingsError(
            f"A picture of {photo.width} × {photo.height} would become {width} × {height}, but both sides "
            f"must have {SHORTEST} pixels at least. Crop it, or choose a larger size."
        )
    return height, width


def shuffled(sample: Tensor, size: tuple[int, int], seed: int) -> Tensor:
    """Noise (1, 3, h, w) of a sample's own pixels."""
    random = torch.Generator().manual_seed(seed)
    colours = sample.flatten(2)[0]
    chosen = torch.randint(colours.shape[1], (size[0] * size[1],), generator=random)
    return colours[:, chosen.to(colours.device)].reshape(1, 3, *size)


def _like(photo: Photo, picture: Tensor) -> Photo:
    """The picture (1, 3, h, w) as a photo with all else that the given one has."""
    alpha = None
    if photo.alpha is not None:
        mask = to_tensor(photo.alpha[..., None].repeat(3, 2))
        alpha = to_pixels(resized(mask, picture.shape[-2:])[0], photo.rgb.dtype)[..., 0]
    return photo.resized_to(to_pixels(picture[0], photo.rgb.dtype), alpha)
