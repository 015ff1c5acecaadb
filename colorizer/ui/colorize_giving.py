"""What is to be known about a photograph before it is coloured?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from colorizer.photo import Photo
from colorizer.ui.giving_events import GivingEvents, Updates
from colorizer.ui.lines import notices_html
from colorizer.ui.texts import say

if TYPE_CHECKING:
    from colorizer.ui.colorize_tab import ColorizeParts

SMALL_SIDE = 256
LARGE_MEGAPIXELS = 24


class ColorizeGiving(GivingEvents):
    """Tells of a tone or of colours of its own, and of an unusual size."""

    parts: ColorizeParts

    @property
    def outputs(self) -> list[Any]:
        """The components that these handlers change."""
        return [*super().outputs, self.parts.notice, self.parts.notice_text, self.parts.keep_some]

    def _said(self, photo: Photo, code: str) -> Updates:
        sentences, button = [], gr.Button(visible=False)
        if photo.tone != "grey":
            sentences.append(say(code, photo.tone))
            offer = "keep_tone" if photo.tone == "toned" else "keep_colours"
            button = gr.Button(say(code, offer), visible=True)
        if max(photo.width, photo.height) < SMALL_SIDE:
            sentences.append(say(code, "small", width=photo.width, height=photo.height))
        if photo.megapixels > LARGE_MEGAPIXELS:
            sentences.append(say(code, "large", megapixels=photo.megapixels))
        return {
            self.parts.notice: gr.Column(visible=bool(sentences)),
            self.parts.notice_text: notices_html(sentences),
            self.parts.keep_some: button,
        }

    def _unsaid(self) -> Updates:
        return {self.parts.notice: gr.Column(visible=False)}
