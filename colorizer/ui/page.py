"""Which tabs does the page have, and how is it served?"""

from __future__ import annotations

from typing import Any

import gradio as gr

from colorizer.photo import LIMITS
from colorizer.ui import colorize
from colorizer.ui.texts import I18N, both, label
from colorizer.ui.theme import CSS, HEAD, theme

FILES_KEPT = 50 * 60  # seconds; looked at every SWEEP seconds, so that nothing is older than an hour
SWEEP = 5 * 60
BUILDERS = {"colorize": colorize.build}


def build_page() -> gr.Blocks:
    """The page, ready to launch with `appearance()`."""
    others = {name: [other for other in BUILDERS if other != name] for name in BUILDERS}
    built: dict[str, Tab] = {}
    with gr.Blocks(
        title="Colorizer", analytics_enabled=False, delete_cache=(SWEEP, FILES_KEPT), fill_width=True
    ) as page:
        gr.HTML(f"<h1>{both('name')}</h1><p>{both('claim')}</p>", elem_id="header")
        # Wrapped, because a tab in a menu has no button that a link could press.
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            for name, build in BUILDERS.items():
                # A tab's id is its name in the address; page.js finds its button by elem_id.
                with gr.Tab(label(f"tab_{name}"), id=name, elem_id=f"tab-{name}"):
                    built[name] = build(others[name])
        for name, source in built.items():
            for other in others[name]:
                parts.wire_sending(source, built[other])
    return page


def appearance() -> dict[str, Any]:
    """What `launch` has to know of the page's looks, words and limits."""
    return {
        "theme": theme(),
        "css": CSS,
        "head": HEAD,
        "i18n": I18N,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "max_file_size": LIMITS.max_bytes,
    }
