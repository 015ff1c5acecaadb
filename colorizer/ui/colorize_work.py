"""What does the server remember of a photograph that is coloured? What the network said, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from colorizer.photo import Photo
from colorizer.predictors.colorize import Analysis
from colorizer.predictors.settings import ColorizeSettings
from colorizer.ui.work import Work


@dataclass(frozen=True)
class Coloured:
    """The result on the page: what it was made of and with, and the file that stands on the slider's left."""

    ending: ClassVar[str] = "-colorized"
    analysis: Analysis
    settings: ColorizeSettings
    result: Photo
    before: str

    @property
    def made_by(self) -> Mapping[str, object]:
        """Everything needed to make it again."""
        return self.analysis.made_by(self.settings)

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All that stays in memory for it."""
        return self.analysis.photo, self.result


@dataclass
class ColorizeWork(Work[Coloured]):
    """`variants`: the numbers behind the pictures of the gallery; `variant`: the one chosen."""

    variants: tuple[int, ...] = ()
    variant: int = 0
