"""What does the server remember of a picture that takes on a style? Both pictures given, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colorizer.photo import Photo
from colorizer.predictors.own_style import Restyled
from colorizer.ui.work import Ask, Work

MODES = ("photo", "texture")
ENDINGS = {"photo": "-styled", "texture": "-texture"}


@dataclass(frozen=True)
class Styled:
    """The result on the page: how it came about, of which painting, and what stands on the slider's left."""

    mode: str
    restyled: Restyled
    given: Photo
    painting: Photo
    before: str

    @property
    def result(self) -> Photo:
        """At full size."""
        return self.restyled.photo

    @property
    def ending(self) -> str:
        """Of its file's name."""
        return ENDINGS[self.mode]

    @property
    def made_by(self) -> Mapping[str, object]:
        """Everything needed to make it again."""
        return self.restyled.made_by(self.painting)

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All that stays in memory for it."""
        return self.given, self.painting, self.result


@dataclass
class StyleWork(Work[Styled]):
    """`painting`: the picture in the other field. `kept`: what was asked for, whose result is wanted although
    it was stopped."""

    painting: Photo | None = None
    kept: Ask | None = None

    @property
    def nbytes(self) -> int:
        """Memory that the pictures take."""
        return super().nbytes + (self.painting.rgb.nbytes if self.painting else 0)

    def subjects(self, mode: str) -> tuple[Photo, ...]:
        """The photograph (for a texture, the sample) and the painting, once all is there that is needed."""
        photo = self.painting if mode == "texture" else self.given
        return (photo, self.painting) if photo and self.painting else ()
