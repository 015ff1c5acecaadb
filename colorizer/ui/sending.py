"""How does a result get from one tab to another, without a file and without loss?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.events import Dependency

from colorizer.photo import Photo
from colorizer.ui.giving_events import GivingEvents, Updates
from colorizer.ui.lines import progress_html, trouble_html
from colorizer.ui.texts import language, say
from colorizer.ui.work import Shown
from colorizer.ui.workbench import HEAVY, QUIET


def wire_sending(source: GivingEvents, target: GivingEvents, tab: str) -> Dependency:
    """The source's button sends its result to the target, on the tab of that name: its arrival."""

    def send(token: str, target_token: str, request: gr.Request) -> Iterator[Updates]:
        code, work = language(request), source.shelf.get(token)
        if work is None or work.shown is None:
            yield {target.parts.line: trouble_html(say(code, "put_away"))}
            return
        yield {target.parts.line: progress_html(say(code, "opening"))}
        yield target.receive(named(work.shown), target_token, code)

    button = source.parts.sends[tab]
    button.click(None, None, None, js=f"() => window.goToTab('{tab}')", **QUIET)
    tokens: list[Any] = [source.parts.token, target.parts.token]
    return button.click(send, tokens, target.outputs, **HEAVY, **QUIET)


def named(shown: Shown) -> Photo:
    """The result under the name that its file would have: what comes of it says all that was done."""
    photo = shown.result
    return replace(photo, metadata=replace(photo.metadata, name=f"{photo.name}{shown.ending}.png"))
