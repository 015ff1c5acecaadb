"""What happens when somebody gives a photograph?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from colorizer.errors import ColorizerError
from colorizer.photo import Photo
from colorizer.ui import cards, files
from colorizer.ui.lines import notices_html, progress_html, trouble_html
from colorizer.ui.texts import language, say, sentence
from colorizer.ui.work import Shelf

if TYPE_CHECKING:
    from colorizer.ui.colorize_tab import ColorizeParts

Updates = dict[Any, Any]

SMALL_SIDE = 256
LARGE_MEGAPIXELS = 24
GIVEN_SIDE = 1024  # of the copy that stands in for a file that browsers don't show


class GivingEvents:
    """The handlers of the picture field, over the components `parts` and the visitors' works on `shelf`."""

    def __init__(self, parts: ColorizeParts, shelf: Shelf) -> None:
        self.parts, self.shelf = parts, shelf

    def give(self, upload: dict[str, Any] | None, token: str, request: gr.Request) -> Iterator[Updates]:
        """A file has arrived, untouched."""
        if not upload:
            return
        code = language(request)
        if not files.is_upload(upload["path"]):
            yield {self.parts.line: trouble_html(say(code, "nothing_given"))}
            return
        yield {self.parts.line: progress_html(say(code, "opening"))}
        yield self._open(upload["path"], token, code)

    def give_example(self, token: str, event: gr.EventData, request: gr.Request) -> Updates:
        """A card was clicked."""
        path = str(cards.EXAMPLES[int(event.example)].path)
        return {self.parts.image: path, **self._open(path, token, language(request))}

    def clear(self, token: str) -> Updates:
        """The photograph was taken off the page; the result stays."""
        work = self.shelf.get(token)
        if work is not None:
            work.given = None
        return {self.parts.notice: gr.Column(visible=False), self.parts.line: ""}

    def _open(self, path: str, token: str, code: str) -> Updates:
        token, work = self.shelf.open(token)
        try:
            work.given = photo = Photo.open(path)
        except ColorizerError as error:
            work.given = None
            return {
                self.parts.token: token,
                self.parts.image: None,
                self.parts.notice: gr.Column(visible=False),
                self.parts.line: trouble_html(sentence(code, error)),
            }
        updates = {self.parts.token: token, self.parts.line: "", **self._notices(photo, code)}
        if photo.metadata.format not in files.BROWSERS_SHOW:
            updates[self.parts.image] = files.write_shown(photo.preview(GIVEN_SIDE), "given")
        return updates

    def _notices(self, photo: Photo, code: str) -> Updates:
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
