"""Which tabs does the page have, and how is it served?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from colorizer.predictors.album import MOST_GIVEN
from colorizer.predictors.stylize import offered as directions
from colorizer.predictors.upscale import offered as upscalers
from colorizer.ui import about, album, colorize, dull, history, monet, parts, restore, running, style, upscale
from colorizer.ui.api import Page, build_api
from colorizer.ui.running import Tab
from colorizer.ui.served import ROUTES
from colorizer.ui.texts import I18N, both, label
from colorizer.ui.theme import CSS, HEAD, theme

FILES_KEPT = 50 * 60  # seconds; looked at every SWEEP seconds, so that nothing is older than an hour
SWEEP = 5 * 60
SESSIONS = 32  # Gradio copies the page for each, 0.5 MiB; a program's call is one, and 10,000 would be kept


def build_page() -> gr.Blocks:
    """The page, ready to launch with `appearance()`."""
    builders: dict[str, Callable[[Sequence[str]], Tab]] = {
        "restore": restore.build,
        "colorize": colorize.build,
    }
    if running.offered(upscalers):
        builders["upscale"] = upscale.build
    if running.offered(directions):
        builders["monet"] = monet.build
    builders["style"] = style.build
    targets = [name for name in builders if name != "restore"]  # it begins with what is old
    others = {name: [other for other in targets if other != name] for name in builders}
    claim = "claim_painting" if "monet" in builders else "claim"
    tabs: dict[str, Tab] = {}
    with Page(
        title="Colorizer", analytics_enabled=False, delete_cache=(SWEEP, FILES_KEPT), fill_width=True
    ) as page:
        gr.HTML(f"<h1>{both('name')}</h1><p>{both(claim)}</p>", elem_id="header")
        # Outside of the tabs, so that the browser looks it up when the page is opened.
        album_name = gr.BrowserState("", storage_key="colorizer-album")
        # Wrapped, because a tab in a menu has no button that a link could press.
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            for name, build in builders.items():
                with in_tab(name):
                    tabs[name] = build(others[name])
            with in_tab("album"):
                albums = album.build(album_name)
            if "upscale" not in builders:
                with in_tab("upscale"):
                    upscale.build_empty()
            if dull.all_there():
                with in_tab("dull"):
                    dull.build()
            with in_tab("about"):
                about.build()
        for name, target in tabs.items():
            arrivals = [parts.wire_sending(tabs[source], target) for source in tabs if name in others[source]]
            if name in album.OPENED:
                arrivals.append(album.wire_opening(albums, target))
            if target.arrive:
                for arrived in arrivals:
                    target.arrive(arrived)
        history.wire(page, tabs)
        build_api(painting="monet" in tabs)
        page.load(None, None, None, js="() => window.pageReady()", **running.QUIET)
    return page


def in_tab(name: str) -> gr.Tab:
    """A tab whose id is its name in the address; page.js finds its button by elem_id."""
    return gr.Tab(label(f"tab_{name}"), id=name, elem_id=f"tab-{name}")


def appearance() -> dict[str, Any]:
    """What `launch` has to know of the page's looks, words, limits and addresses."""
    return {
        "theme": theme(),
        "css": CSS,
        "head": HEAD,
        "i18n": I18N,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "max_file_size": MOST_GIVEN,
        "state_session_capacity": SESSIONS,
        "app_kwargs": {"routes": ROUTES},
    }
