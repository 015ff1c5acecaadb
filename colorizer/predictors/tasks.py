"""What becomes of a photograph in each task? One way for all who have settings and want a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import cache, cached_property
from typing import Any

from colorizer import weights
from colorizer.photo import FORMATS, LIMITS, Photo
from colorizer.predictors import restore, upscale
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.mend import Mender
from colorizer.predictors.own_style import Stop, StyleTransfer
from colorizer.predictors.restore import Restored, Restorer
from colorizer.predictors.results import Result
from colorizer.predictors.settings import (
    ColorizeSettings,
    RestoreSettings,
    RestyleSettings,
    Settings,
    StylizeSettings,
    UpscaleSettings,
)
from colorizer.predictors.stylize import Stylizer
from colorizer.predictors.tiling import Progress
from colorizer.predictors.upscale import Upscaled, Upscaler


def offered() -> dict[str, Any]:
    """Which networks are there, and the limits of pictures. WeightsError when the manifest can't be read."""
    there = [{"name": e.name, "task": e.task, "version": e.version} for e in weights.entries().values()]
    pictures = {"given": asdict(LIMITS), "made by upscale": asdict(upscale.LIMITS), "formats": list(FORMATS)}
    return {"models": there, "pictures": pictures}


class Predictors:
    """One of each, made when it is first asked for; each reads its weights when they are first needed.

    Sent to another process, it becomes the one that this process has.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.device = device

    def __reduce__(self) -> tuple[Callable[[str], Predictors], tuple[str]]:
        return _of_this_process, (self.device,)

    @cached_property
    def colorizer(self) -> Colorizer:
        return Colorizer.load(device=self.device)

    @cached_property
    def mender(self) -> Mender:
        return Mender.load(device=self.device)

    @cached_property
    def upscaler(self) -> Upscaler:
        return Upscaler.load(device=self.device)

    @cached_property
    def restorer(self) -> Restorer:
        return Restorer(self.mender, self.colorizer, self.upscaler)

    @cached_property
    def stylizer(self) -> Stylizer:
        return Stylizer.load(device=self.device)

    @cached_property
    def style_transfer(self) -> StyleTransfer:
        return StyleTransfer.load(device=self.device)

    def check(self, settings: Settings) -> None:
        """WeightsError or SettingsError where these settings have no weights, whatever the photograph."""
        if isinstance(settings, RestoreSettings):
            restore.check(settings)
        elif isinstance(settings, UpscaleSettings):
            upscale.settled(settings)
        elif isinstance(settings, StylizeSettings):
            self.stylizer.network(settings.direction)
        elif isinstance(settings, RestyleSettings):
            self.style_transfer.network(settings)

    def make(
        self,
        photo: Photo,
        settings: Settings,
        progress: Progress | None = None,
        painting: Photo | None = None,
        stop: Stop | None = None,
    ) -> Result:
        """The photo after the task that the settings are of, with all that is needed to make it again.

        painting: whose style it takes on, by RestyleSettings; without one, a texture of the photo. stop: as
        StyleTransfer.paint has it. progress may raise to stop. Errors are those of the task.
        """
        if isinstance(settings, ColorizeSettings):
            analysis = self.colorizer.analyse(photo, settings, progress)
            coloured = photo.tone == "coloured" and settings.strength > 0
            note = "It already had colours; --strength below 1 keeps some of them." if coloured else ""
            return Result(
                self.colorizer.render(analysis, settings, progress), analysis.made_by(settings), note
            )
        if isinstance(settings, StylizeSettings):
            painted = self.stylizer.paint(photo, settings, progress)
            return Result(self.stylizer.render(painted, settings), painted.made_by(settings))
        if isinstance(settings, RestyleSettings):
            given, model = (photo, painting) if painting else (None, photo)
            styled = self.style_transfer.paint(given, model, settings, progress=progress, stop=stop)
            note = f"{styled.factor:.3g} times nearer to the style than at the beginning"
            return Result(styled.photo, styled.made_by(model), f"{note}, by {styled.network}.")
        made: Restored | Upscaled
        if isinstance(settings, RestoreSettings):
            made = self.restorer.run(photo, settings, progress)
        else:
            assert isinstance(settings, UpscaleSettings)
            made = self.upscaler.run(photo, settings, progress)
        return Result(made.photo, made.made_by)


@cache
def _of_this_process(device: str) -> Predictors:
    return Predictors(device)
