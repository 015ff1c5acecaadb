"""What happens when somebody gives a photograph and a painting, in two fields or by a click on an example?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from colorizer.photo import Photo
from colorizer.ui import cards
from colorizer.ui.giving_events import GivingEvents, Updates
from colorizer.ui.style_work import StyleWork
from colorizer.ui.texts import language
from colorizer.ui.work import Shelf, Work

if TYPE_CHECKING:
    from colorizer.ui.style_tab import StyleParts


class FieldOfTwo(GivingEvents):
    """One of the tab's two fields."""

    parts: StyleParts

    def give(self, upload: dict[str, Any] | None, token: str, request: gr.Request) -> Iterator[Updates]:
        """A file has arrived, perhaps beside one in the other field that has no token yet either."""
        if upload:
            token, _ = self.shelf.open(token, request.session_hash or "")
        yield from super().give(upload, token, request)


class StyleGiving(FieldOfTwo):
    """The photograph's field, and the examples."""

    def __init__(self, parts: StyleParts, shelf: Shelf[StyleWork], painting: PaintingGiving) -> None:
        super().__init__(parts, shelf)
        self.painting = painting

    @property
    def outputs(self) -> list[Any]:
        """The components that these handlers change."""
        return [*super().outputs, self.parts.canvas, self.parts.mode, self.parts.photo_box]

    def give_example(self, token: str, event: gr.EventData, request: gr.Request) -> Updates:
        """A card was clicked: both of its pictures are given."""
        code = language(request)
        photo, painting = (str(cards.EXAMPLES[one].path) for one in cards.PAIRS[int(event.example)])
        first = self._open(photo, token, code)
        second = self.painting._open(painting, first[self.parts.token], code)
        return {
            **first,
            **second,
            self.image: photo,
            self.parts.canvas: painting,
            self.parts.mode: "photo",
            self.parts.photo_box: gr.Column(visible=True),
        }

    def receive(self, photo: Photo, token: str, code: str) -> Updates:
        """A photograph comes from another tab, and is to be painted."""
        shown = {self.parts.mode: "photo", self.parts.photo_box: gr.Column(visible=True)}
        return {**super().receive(photo, token, code), **shown}


class PaintingGiving(FieldOfTwo):
    """The painting's field."""

    @property
    def image(self) -> gr.Image:
        """The picture field."""
        return self.parts.canvas

    def _put(self, work: Work[Any], photo: Photo | None, side: int = 0) -> None:
        if isinstance(work, StyleWork):
            work.painting = photo
