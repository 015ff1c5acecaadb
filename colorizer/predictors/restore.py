"""How is an old photograph restored in one pass? Its lightness is mended and enlarged; colour comes last.

Colour is predicted from the mended photograph and laid onto the enlarged one, so that it follows the edges at
the final size: nothing is coloured first and enlarged then. A photograph that keeps its own colours goes
through as it is.
"""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from PIL import Image

from colorizer import weights
from colorizer.colour.compose import compose, is_grey
from colorizer.colour.guided import LocalLines
from colorizer.errors import SettingsError
from colorizer.photo import Photo
from colorizer.predictors import prints, upscale
from colorizer.predictors.colorize import Analysis, Colorizer
from colorizer.predictors.mend import NAME as MEND
from colorizer.predictors.mend import Mender
from colorizer.predictors.precision import used
from colorizer.predictors.settings import ColorizeSettings, MendSettings, RestoreSettings, UpscaleSettings
from colorizer.predictors.tiling import Progress, tell
from colorizer.predictors.upscale import Forecast, Upscaler

STEPS = {"mend": 1, "enlarge": 18, "colour": 1}  # and how long each takes, in proportion
TEXTS = {"mend": "Mending", "enlarge": "Enlarging", "colour": "Colouring"}
PACES = {"mend": 1.0, "colour": 0.1}  # seconds a megapixel, of what goes in and of what comes out, at first
LONGEST_MARKS = 32_000  # letters; a JPEG's EXIF block has room for twice as many
NO_CHROMA = LocalLines(torch.zeros(1, 2, 1, 1), torch.zeros(1, 2, 1, 1))
WORN = {"clean": "clean", "photo": "noisy or compressed"}


@dataclass(frozen=True)
class Findings:
    """What a photo says of itself before it is restored.

    coloured: it has colours. pitch: of its halftone screen in pixels, 0 where there is none. noise,
    blockiness: as `prints.wear` has them. factor: how many times it can be enlarged, 1..4.
    """

    coloured: bool
    pitch: float
    noise: float
    blockiness: float
    factor: int

    @property
    def model(self) -> str:
        """The network that such a photo wants to be enlarged by."""
        worn = self.noise > prints.NOISE or self.blockiness > prints.BLOCKINESS or self.pitch
        return "photo" if worn else "clean"


@dataclass(frozen=True, eq=False)
class Restored:
    """A result, the settings with every choice made, and the weights' names and versions.

    marks: (H, W) bool, what was mended of the photo given; None where mending was left out. analysis: what
    the network said, with the enlarged lightness for its photo; None where colouring was left out.
    """

    photo: Photo
    settings: RestoreSettings
    weights: tuple[str, ...]
    marks: np.ndarray | None = None
    analysis: Analysis | None = None
    precision: str = "float32"

    @property
    def made_by(self) -> dict[str, object]:
        """Everything needed to make it again."""
        told = {**weights.told(*self.weights), "precision": self.precision}
        return {"task": "restore", **told, **self.settings.as_dict()}


class Restorer:
    """Restores photographs: `Restorer.load().restore(Photo.open("grandmother.jpg")).save("restored.png")`."""

    def __init__(self, mender: Mender, colorizer: Colorizer, upscaler: Upscaler) -> None:
        self.mender, self.colorizer, self.upscaler = mender, colorizer, upscaler
        self._mend_pace = PACES["mend"]

    @classmethod
    def load(cls, *, device: str = "cpu") -> Restorer:
        """A restorer; each network's weights are read when it is first needed."""
        return cls(Mender.load(device=device), Colorizer.load(device=device), Upscaler.load(device=device))

    def restore(
        self, photo: Photo, settings: RestoreSettings | None = None, progress: Progress | None = None
    ) -> Photo:
        """The restored photo, in its own depth. Errors as `run`."""
        return self.run(photo, settings, progress).photo

    def run(
        self, photo: Photo, settings: RestoreSettings | None = None, progress: Progress | None = None
    ) -> Restored:
        """As `restore`, with what is worth knowing beside the photo. WeightsError where weights are missing.

        `progress` may raise at any step to stop.
        """
        found = look(photo)
        settings, sentences = settled(settings or RestoreSettings(), found)
        progresses = dict(_shared(settings, progress))
        smooth = found.pitch and settings.screen != "keep"

        def even(dotted: Photo) -> Photo:
            return prints.smoothed(dotted, found.pitch) if smooth else dotted

        photo = prints.negative(photo) if settings.negative else photo
        photo = prints.unfaded(photo, settings.fading) if settings.fading else photo
        photo = even(photo) if settings.screen == "smooth" else photo
        made_of: list[str] = []
        marks = analysis = None
        if settings.mend:
            mending, tell_mend, began = MendSettings(settings.mend), progresses["mend"], time.perf_counter()
            marks = unpacked(settings.marks, photo) if settings.marks else None
            marks = self.mender.find(even(photo), mending, tell_mend) if marks is None else marks
            mended = self.mender.mend(photo, mending, tell_mend, marks)
            took = time.perf_counter() - began
            self._mend_pace = (self._mend_pace + took) / (1 + photo.megapixels)  # a mean with what was known
            photo, made_of = mended.photo, [mended.weights]
        if settings.colour == "always":
            analysis = self.colorizer.analyse(even(photo), colouring(settings))
            made_of.append(f"unet {analysis.version}")
            if settings.enlarge > 1 and not is_grey(photo.rgb):
                photo = photo.with_rgb(compose(photo.rgb, NO_CHROMA, 0.0))
        for sentence in sentences:
            photo = photo.with_rgb(photo.rgb, sentence)
        if settings.enlarge > 1:
            made = self.upscaler.run(photo, _enlarging(settings), progresses["enlarge"], settings.enlarge)
            photo, settings = made.photo, replace(settings, detail=made.settings.detail)
            made_of += made.weights
        analysis = analysis and replace(analysis, photo=photo)
        restored = Restored(photo, settings, tuple(made_of), marks, analysis, used(self.upscaler.device))
        return self.recolour(restored, settings, progresses.get("colour"))

    def recolour(
        self, restored: Restored, settings: RestoreSettings, progress: Progress | None = None
    ) -> Restored:
        """What was coloured in another saturation or with other hints; the networks rest."""
        if restored.analysis is None:
            return restored
        tell(progress, 0.0, TEXTS["colour"])
        photo = self.colorizer.render(restored.analysis, colouring(settings), progress)
        changed = replace(restored.settings, saturation=settings.saturation, hints=settings.hints)
        return replace(restored, photo=photo, settings=changed)

    def forecast(self, photo: Photo, settings: RestoreSettings | None = None) -> Forecast:
        """What `run` will give and cost: size, time, and the memory beside the photo's own, at most."""
        settings, _ = settled(settings or RestoreSettings(), look(photo))
        found = Forecast(photo.width, photo.height, 0.0, upscale.ALLOCATOR)
        if settings.enlarge > 1:
            found = self.upscaler.forecast(photo, _enlarging(settings), settings.enlarge)
        seconds, copy = found.seconds, found.width * found.height * 3 * photo.bits // 8
        if settings.mend:
            seconds += self._mend_pace * photo.megapixels
        if settings.colour == "always":
            seconds += PACES["colour"] * found.width * found.height / 1e6
        return replace(found, seconds=seconds, bytes=found.bytes + copy)


def packed(marks: np.ndarray) -> str:
    """Marks (h, w) bool as a PNG in base64, small enough for a file's metadata: reduced where they are not,
    and then a pixel is marked if any of its own is."""
    while True:
        text = base64.b64encode(_png(marks)).decode()
        if len(text) < LONGEST_MARKS:
            return text
        half = (-(-marks.shape[1] // 2), -(-marks.shape[0] // 2))
        marks = cv2.resize(marks.astype(np.float32), half, interpolation=cv2.INTER_AREA) > 0


def _png(marks: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(marks).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def unpacked(text: str, photo: Photo) -> np.ndarray:
    """Such marks at the photo's size, (H, W) bool; SettingsError where the text isn't what `packed` gives."""
    try:
        marks = np.asarray(Image.open(io.BytesIO(base64.b64decode(text)), formats=["PNG"]).convert("L"))
    except (ValueError, OSError, Image.DecompressionBombError):
        raise SettingsError("marks is no picture as this program writes it. Leave it out.") from None
    size = (photo.width, photo.height)
    return cv2.resize(marks, size, interpolation=cv2.INTER_NEAREST) > 127


def check(settings: RestoreSettings) -> None:
    """SettingsError or WeightsError where enlarging in these settings has no weights, whatever the photo."""
    if settings.enlarge > 1:
        first = [offer.defaults for offer in upscale.offered()][:1]
        upscale.settled(*first if settings.model == "auto" else [_enlarging(settings)])


def look(photo: Photo) -> Findings:
    """What is to be known of a photo before it is restored."""
    factor = upscale.largest_factor(photo.width, photo.height)
    return Findings(photo.tone == "coloured", prints.screen(photo), *prints.wear(photo), factor)


def settled(settings: RestoreSettings, found: Findings) -> tuple[RestoreSettings, list[str]]:
    """The settings with every choice made, and sentences on what the photograph decided."""
    sentences = []
    mend = settings.mend if MEND in weights.entries() else 0.0
    colour, model, detail = settings.colour, settings.model, settings.detail
    factor = min(settings.enlarge, found.factor)
    if colour == "auto":
        colour = "never" if found.coloured else "always"
        if found.coloured:
            sentences.append("It has colours already, and keeps them.")
    if colour == "never":
        if settings.hints:
            sentences.append("Colours set by hand were not used: --colour always takes them.")
        settings = replace(settings, hints=(), saturation=RestoreSettings.saturation)
    if found.pitch and (settings.screen == "smooth" or (settings.screen == "colour" and colour == "always")):
        alone = " for its colours alone, which pure black and white don't show"
        smoothed = f"they were smoothed{alone if settings.screen == 'colour' else ''}"
        sentences.append(f"It is printed in dots, {found.pitch:.1f} pixels apart; {smoothed}.")
    if factor < settings.enlarge:
        instead = f"enlarged {upscale.TIMES[factor]}" if factor > 1 else "not enlarged"
        sentences.append(f"For {upscale.TIMES[settings.enlarge]} as wide it is too large: it was {instead}.")
    if model == "auto" and factor > 1:
        there = {offer.model: offer for offer in upscale.offered()}
        model = next((name for name in (found.model, *there) if name in there), found.model)
        if model in there and detail is not None:
            detail = float(np.clip(detail, *there[model].details))
        measured = f"grain {found.noise:.1f}/255, blocks {max(0, found.blockiness):.0%}"
        sentences.append(f"It was enlarged as a {WORN[model]} picture ({measured}).")
    chosen = replace(settings, mend=mend, colour=colour, model=model, enlarge=factor, detail=detail)
    return chosen, sentences


def colouring(settings: RestoreSettings) -> ColorizeSettings:
    """How the colours are rendered that such a restoration has."""
    return ColorizeSettings(saturation=settings.saturation, hints=settings.hints)


def _enlarging(settings: RestoreSettings) -> UpscaleSettings:
    return UpscaleSettings(settings.model, settings.detail)


def steps(settings: RestoreSettings) -> dict[str, tuple[float, float]]:
    """The steps of settled settings, each with the shares of the work at which it begins and ends."""
    mend, enlarge, colour = settings.mend > 0, settings.enlarge > 1, settings.colour == "always"
    taken = [name for name, asked in zip(STEPS, (mend, enlarge, colour), strict=True) if asked]
    ends = np.cumsum([0, *(STEPS[name] for name in taken)]) / max(1, sum(STEPS[name] for name in taken))
    return {name: (float(ends[k]), float(ends[k + 1])) for k, name in enumerate(taken)}


def _shared(settings: RestoreSettings, progress: Progress | None) -> Iterator[tuple[str, Progress]]:
    """For each step a progress of its own, which tells the name of the step and the share of the whole."""
    for name, (begin, end) in steps(settings).items():

        def step(share: float, _text: str, name: str = name, begin: float = begin, end: float = end) -> None:
            tell(progress, begin + share * (end - begin), TEXTS[name])

        yield name, step
