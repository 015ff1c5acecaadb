"""How does a person come back? To earlier settings by Undo, to earlier results by their list, and to the same
settings another day, or on somebody else's machine, by a link."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from colorizer.errors import ColorizerError
from colorizer.predictors.settings import Settings
from colorizer.ui import earlier, files, parts, running
from colorizer.ui.running import LINE, QUIET, Reply, Tab, Updates, listen
from colorizer.ui.texts import language, progress_line, say, trouble_line
from colorizer.ui.work import Work

ASIDE = ("mode", "others", "damage", "cycle", "whole")  # what belongs to a result as long as it is fresh
LONGEST = 200  # letters of an address that are repeated


def wire(page: gr.Blocks, tabs: Mapping[str, Tab]) -> None:
    """Each tab's ways back, and what the page's address says."""
    for tab in tabs.values():
        names = ("photo", *LINE, *tab.said, *parts.STAGE, *tab.chosen, *ASIDE, "palette", "take_home")
        changed = [name for name in dict.fromkeys(names) if name in tab]
        asks = [getattr(other["earlier"], earlier.ASKS[tab.name]) for other in tabs.values()]
        back = [
            listen(tab, tab["undo"].click, undo, changed, trigger_mode="multiple"),
            listen(tab, asks, open_again, changed, trigger_mode="multiple"),
        ]
        if tab.correct:
            parts.wire_cancel(tab, back)
        listen(tab, tab["earlier_box"].expand, unfold, ["earlier"], queue=False)
        asked = listen(tab, tab["link"].click, link, ["query"], queue=False)
        script = f"query => window.copyLink('{tab.prefix}link-box', query)"
        asked.success(None, [tab["query"]], None, js=script, **QUIET)
    wire_address(page, tabs)


# To what was on the page


def undo(
    tab: Tab, work: Work | None, code: str, visitor: str, status: str, controls: Mapping[str, Any]
) -> Iterator[Updates]:
    """Back to the settings of the result on the page; from there, to what was before it."""
    work, shown = running.shown(work, status)
    if controls != shown.controls:
        yield dict(shown.controls)
    elif not shown.past:
        raise Reply("undo_nothing")
    elif isinstance(shown.past[-1], int):
        yield from opened(tab, work, code, visitor, shown.past[-1])
    elif tab.correct:
        settings, then = shown.past[-1]
        work = replace(work, hints=getattr(settings, "hints", ()))
        veiled = replace(shown, veiled=then.get("confidence", False))
        for updates in tab.correct(work, code, veiled, settings):
            if "work" in updates:
                before = replace(updates["work"].shown, controls=then, past=shown.past[:-1])
                updates |= {**then, "work": replace(updates["work"], shown=before)}
            yield updates


def unfold(code: str, visitor: str) -> Updates:
    """The list of earlier results is opened."""
    return {"earlier": earlier.listed(visitor, code)}


def open_again(
    tab: Tab, work: Work | None, code: str, visitor: str, event: gr.EventData
) -> Iterator[Updates]:
    """One of a list was clicked, which was made in this tab."""
    yield from opened(tab, work, code, visitor, int(event.picture))


def opened(tab: Tab, work: Work | None, code: str, visitor: str, number: int) -> Iterator[Updates]:
    """An earlier result with its photograph and its settings."""
    yield {"line": progress_line(say(code, "opening"))}
    try:
        one = next(one for one in earlier.kept(visitor) if one.number == number)
        shown = one.shown()
    except (StopIteration, OSError, ColorizerError):
        raise Reply("earlier_gone") from None
    shown = replace(shown, files=files.kept_pair(shown.files, shown.of, shown.photo))
    updates: Updates = {}
    if "canvas" not in tab and not (work and work.given is shown.of):
        updates = parts.accepted(tab, work, code, shown.of)
    hints = getattr(shown.settings, "hints", ())
    work = replace(updates.get("work") or work or Work(), shown=shown, hints=hints, variants=())
    updates |= {name: gr.update(visible=False) for name in ASIDE if name in tab}
    updates |= {"mode": gr.Radio("compare", visible=False)} if "mode" in tab else {}
    there = {"take_home": gr.Row(visible=True), "work": work, "line": ""}
    yield {**updates, **parts.on_stage(shown.files, shown.status), **shown.controls, **there}


# By a link


def settings_of(tab: Tab, controls: Mapping[str, Any]) -> Settings:
    """What the controls say, but for how it is shown."""
    made = tab.settings(**controls)
    return made[0] if isinstance(made, tuple) else made


def usual(tab: Tab) -> Updates:
    """What the controls say at first."""
    return {name: tab[name].value for name in tab.chosen}


def link(tab: Tab, controls: Mapping[str, Any]) -> Updates:
    """The address of the tab, with the settings that differ from the usual ones, by the endpoints' names."""
    standard = settings_of(tab, usual(tab)).as_dict()
    chosen = settings_of(tab, controls).as_dict().items()
    new = {name: value for name, value in chosen if value not in (standard[name], None)}
    texts = {name: f"{value:g}" if type(value) is float else value for name, value in new.items()}
    return {"query": urlencode({"tab": tab.name, **texts})}


def wire_address(page: gr.Blocks, tabs: Mapping[str, Tab]) -> None:
    """The controls are set to what the address says with which the page is opened."""

    def arrive(request: gr.Request) -> dict[Any, Any]:
        given = {name: text for name, text in request.query_params.items() if not name.startswith("__")}
        tab = tabs.get(given.pop("tab", "restore"))
        if tab is None or not given:
            return {outputs[0]: gr.skip()}
        controls, wrong = read(tab, given)
        if wrong:
            text = say(language(request), "link_ignored", what=", ".join(wrong)[:LONGEST])
            controls["line"] = trouble_line(text)
        return {tab[name]: value for name, value in controls.items()}

    outputs = [tab[name] for tab in tabs.values() for name in ("line", *tab.chosen)]
    page.load(arrive, None, outputs, queue=False, **QUIET)


def read(tab: Tab, given: Mapping[str, str]) -> tuple[Updates, list[str]]:
    """What the controls say for the settings in an address, and those of them that no control can say."""
    standard, known, wrong = settings_of(tab, usual(tab)), dict[str, Any](), list[str]()

    def controls_of(settings: Settings) -> Updates:
        alike = {name: getattr(settings, name) for name in tab.chosen if hasattr(settings, name)}
        return usual(tab) | alike | tab.controls(settings)

    for name, text in given.items():
        try:
            value = parsed(text, standard.as_dict()[name])
            controls = controls_of(type(standard)(**{name: value}))
            said = {control: tab[control].preprocess(value) for control, value in controls.items()}
            back = settings_of(tab, said).as_dict()[name]
            if not (math.isclose(back, value) if isinstance(value, float) else back == value):
                raise ValueError
            known[name] = value
        except (KeyError, ValueError, ColorizerError, gr.Error):
            wrong.append(f"{name}={text}")
    return controls_of(type(standard)(**known)), wrong


def parsed(text: str, like: object) -> bool | float | str:
    """The text as a value of that kind; KeyError or ValueError where it is none."""
    if isinstance(like, bool):
        return {"true": True, "false": False}[text.lower()]
    return float(text) if isinstance(like, int | float) else text
