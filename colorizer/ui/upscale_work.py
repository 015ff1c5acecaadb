"""What does the server remember of a photograph that is enlarged? The place looked at, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from colorizer.photo import Photo
from colorizer.predictors.upscale import Upscaled
from colorizer.ui.work import Work


@dataclass(frozen=True)
class Enlarged:
    """The result on the page: what it was made of, the two files on the slider, and the line below."""

    ending: ClassVar[str] = "-x4"
    photo: Photo
    made: Upscaled
    files: tuple[str, str]
    status: str

    @property
    def result(self) -> Photo:
        """At full size."""
        return self.made.photo

    @property
    def made_by(self) -> Mapping[str, object]:
        """Everything needed to make it again."""
        return self.made.made_by

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All that stays in memory for it."""
        return self.photo, self.result


@dataclass
class UpscaleWork(Work[Enlarged]):
    """`place`: the point of a photo around which a part is shown, with that photo; else it is the middle."""

    place: tuple[Photo, int, int] | None = None
