"""What does the server remember of a photograph that is painted? The painting, and the result on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from colorizer.photo import Photo
from colorizer.predictors.settings import StylizeSettings
from colorizer.predictors.stylize import Painting
from colorizer.ui.work import Job, Work


@dataclass(frozen=True)
class Painted:
    """The result on the page: what the network painted, with which settings it is shown, and the file that
    stands on the slider's left."""

    ending: ClassVar[str] = "-painted"
    painting: Painting
    settings: StylizeSettings
    result: Photo
    before: str

    @property
    def made_by(self) -> Mapping[str, object]:
        """Everything needed to make it again."""
        return self.painting.made_by(self.settings)

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All that stays in memory for it."""
        return self.painting.photo, self.painting.photo.with_rgb(self.painting.rgb), self.result


@dataclass
class MonetWork(Work[Painted]):
    """`errand`: the way there and back that is being shown."""

    errand: Job = field(default_factory=Job)

    def start_errand(self) -> Job:
        """Stop the one that is under way and begin anew."""
        self.errand.stop()
        self.errand = Job()
        return self.errand

    def stop(self) -> None:
        """Stop all that runs for this visitor."""
        super().stop()
        self.errand.stop()
