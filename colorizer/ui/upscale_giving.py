"""What is to be known about a photograph before it is enlarged? What it gives and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from colorizer.photo import Photo
from colorizer.ui import engine
from colorizer.ui.giving_events import GivingEvents, Updates
from colorizer.ui.lines import forecast_html
from colorizer.ui.texts import FRENCH_UPSCALE_ERRORS

if TYPE_CHECKING:
    from colorizer.ui.upscale_tab import UpscaleParts


class UpscaleGiving(GivingEvents):
    """Foretells size, time and memory."""

    parts: UpscaleParts
    french = FRENCH_UPSCALE_ERRORS

    @property
    def outputs(self) -> list[Any]:
        """The components that these handlers change."""
        return [*super().outputs, self.parts.forecast]

    def _said(self, photo: Photo, code: str) -> Updates:
        return {self.parts.forecast: forecast_html(code, engine.forecast(photo))}

    def _unsaid(self) -> Updates:
        return {self.parts.forecast: ""}
