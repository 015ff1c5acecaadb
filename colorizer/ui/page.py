"""Which tabs does the page have, and how is it served?"""

from __future__ import annotations

from typing import Any

import gradio as gr

from colorizer.photo import LIMITS
from colorizer.ui.about_tab import build_about_tab
from colorizer.ui.api import build_api
from colorizer.ui.colorize_tab import build_colorize_tab
from colorizer.ui.colorize_work import ColorizeWork
from colorizer.ui.dull_tab import all_there, build_dull_tab
from colorizer.ui.giving_events import GivingEvents
from colorizer.ui.monet_tab import build_monet_tab, directions
from colorizer.ui.monet_work import MonetWork
from colorizer.ui.sending import wire_sending
from colorizer.ui.style_tab import build_style_tab
from colorizer.ui.style_work import StyleWork
from colorizer.ui.texts import I18N, both, label
from colorizer.ui.theme import CSS, HEAD, theme
from colorizer.ui.upscale_tab import build_no_upscale_tab, build_upscale_tab, offers
from colorizer.ui.upscale_work import UpscaleWork
from colorizer.ui.work import Shelf

FILES_KEPT = 50 * 60  # seconds; looked at every SWEEP seconds, so that nothing is older than an hour
SWEEP = 5 * 60


def build_page() -> gr.Blocks:
    """The page, ready to launch with `appearance()`."""
    models, choices = offers(), directions()
    tabs = {"colorize": True, "upscale": bool(models), "monet": bool(choices), "style": True}
    others = {tab: [other for other, there in tabs.items() if there and other != tab] for tab in tabs}
    givings: dict[str, GivingEvents] = {}
    with gr.Blocks(
        title="Colorizer", analytics_enabled=False, delete_cache=(SWEEP, FILES_KEPT), fill_width=True
    ) as page:
        gr.HTML(
            f"<h1>{both('name')}</h1><p>{both('claim_painting' if choices else 'claim')}</p>",
            elem_id="header",
        )
        # Wrapped, because a tab in a menu has no button that a link could press.
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            # A tab's id is its name in the address; page.js finds its button by elem_id.
            with gr.Tab(label("tab_colorize"), id="colorize", elem_id="tab-colorize"):
                givings["colorize"] = build_colorize_tab(Shelf(ColorizeWork), others["colorize"])
            with gr.Tab(label("tab_upscale"), id="upscale", elem_id="tab-upscale"):
                if models:
                    givings["upscale"], look = build_upscale_tab(
                        Shelf(UpscaleWork), models, others["upscale"]
                    )
                else:
                    build_no_upscale_tab()
            if choices:
                with gr.Tab(label("tab_monet"), id="monet", elem_id="tab-monet"):
                    givings["monet"] = build_monet_tab(Shelf(MonetWork), choices, others["monet"])
            with gr.Tab(label("tab_style"), id="style", elem_id="tab-style"):
                givings["style"] = build_style_tab(Shelf(StyleWork), others["style"])
            if all_there():
                with gr.Tab(label("tab_dull"), id="dull", elem_id="tab-dull"):
                    build_dull_tab()
            with gr.Tab(label("tab_about"), id="about", elem_id="tab-about"):
                build_about_tab()
        for tab, source in givings.items():
            for other in others[tab]:
                arrived = wire_sending(source, givings[other], other)
                if other == "upscale":
                    look(arrived)
        build_api(painting=bool(choices))
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
