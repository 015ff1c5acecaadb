"""What happens when somebody gives a photograph, whatever is to become of it?

Every handler says what changes on the page as {component: update}; what it doesn't name stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from colorizer.errors import ColorizerError
from colorizer.photo import Photo
from colorizer.ui import cards, files
from colorizer.ui.lines import progress_html, trouble_html
from colorizer.ui.texts import FRENCH_ERRORS, language, say, sentence
from colorizer.ui.work import Shelf, Work

if TYPE_CHECKING:
    from colorizer.ui.workbench import Parts

Updates = dict[Any, Any]

GIVEN_SIDE = 1024  # of the copy that stands in for a file that browsers don't show


class GivingEvents:
    """The handlers of the picture field, over a tab's components and its visitors' works.

    A tab says with `_said` what is to be known about the photograph, and with `_unsaid` how that goes away.
    """

    parts: Parts
    french = FRENCH_ERRORS  # what its errors are in French

    def __init__(self, parts: Parts, shelf: Shelf[Any]) -> None:
        self.parts, self.shelf = parts, shelf

    @property
    def image(self) -> gr.Image:
        """The picture field."""
        return self.parts.image

    @property
    def outputs(self) -> list[Any]:
        """The components that these handlers change."""
        return [self.parts.token, self.image, self.parts.line]

    def give(self, upload: dict[str, Any] | None, token: str, request: gr.Request) -> Iterator[Updates]:
        """A file has arrived, untouched."""
        if not upload:
            yield {self.parts.line: gr.skip()}
            return
        code = language(request)
        if not files.is_upload(upload["path"]):
            yield {self.parts.line: trouble_html(say(code, "nothing_given"))}
            return
        work = self.shelf.get(token)
        if work is not None:
            self._put(work, None)  # until the new one is open, the button waits
        yield {self.parts.line: progress_html(say(code, "opening"))}
        yield self._open(upload["path"], token, code)

    def give_example(self, token: str, event: gr.EventData, request: gr.Request) -> Updates:
        """A card was clicked."""
        path = str(cards.EXAMPLES[int(event.example)].path)
        return {self.image: path, **self._open(path, token, language(request))}

    def clear(self, token: str) -> Updates:
        """The photograph was taken off the page; the result stays."""
        work = self.shelf.get(token)
        if work is not None:
            self._put(work, None)
        return {**self._unsaid(), self.parts.line: ""}

    def receive(self, photo: Photo, token: str, code: str) -> Updates:
        """A photograph comes from another tab; a copy of it stands in the picture field."""
        return self._accept(photo, token, code, stand_in=True)

    def _open(self, path: str, token: str, code: str) -> Updates:
        try:
            photo = Photo.open(path)
        except ColorizerError as error:
            return self._refuse(error, token, code)
        return self._accept(photo, token, code, photo.metadata.format not in files.BROWSERS_SHOW)

    def _accept(self, photo: Photo, token: str, code: str, stand_in: bool) -> Updates:
        try:
            said = self._said(photo, code)
        except ColorizerError as error:
            return self._refuse(error, token, code)
        token, work = self.shelf.open(token)
        side = max(photo.width, photo.height)
        self._put(work, photo, min(side, GIVEN_SIDE) if stand_in else side)
        updates = {self.parts.token: token, self.parts.line: "", **said}
        if stand_in:
            # As a component: Gradio loses sight of files that come as plain values, and never deletes them.
            updates[self.image] = gr.Image(files.write_shown(photo.preview(GIVEN_SIDE), "given"))
        return updates

    def _refuse(self, error: ColorizerError, token: str, code: str) -> Updates:
        token, work = self.shelf.open(token)
        self._put(work, None)
        return {
            self.parts.token: token,
            self.image: None,
            **self._unsaid(),
            self.parts.line: trouble_html(sentence(code, error, self.french)),
        }

    def _put(self, work: Work[Any], photo: Photo | None, side: int = 0) -> None:
        """Remember the picture in the field, which shows it `side` pixels long, or that there is none."""
        work.given, work.given_side = photo, side

    def _said(self, photo: Photo, code: str) -> Updates:
        """What is to be known about a photograph; raises the ColorizerError for which it can't be taken."""
        return {}

    def _unsaid(self) -> Updates:
        return {}
