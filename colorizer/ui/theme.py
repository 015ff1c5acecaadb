"""What does the page look like? Warm greys, one accent colour, the system's fonts; nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils.colors import Color

FOLDER = Path(__file__).parent
CSS = (FOLDER / "page.css").read_text(encoding="utf-8")
SCRIPTS = ("page.js", "zoom.js", "access.js")
HEAD = "".join(f"<script>{(FOLDER / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS)

STONE = Color(
    name="stone",
    c50="#faf9f7", c100="#f3f1ee", c200="#e6e3de", c300="#d3cfc8", c400="#a39e96", c500="#77726a",
    c600="#5a564f", c700="#433f3a", c800="#2b2926", c900="#1f1d1b", c950="#171614",
)  # fmt: skip
INK = Color(
    name="ink",
    c50="#f0f6f8", c100="#dceaef", c200="#bad6e0", c300="#8fbccc", c400="#6ba6bb", c500="#3c7a92",
    c600="#2a6178", c700="#234f62", c800="#1d404f", c900="#173340", c950="#0f232c",
)  # fmt: skip
FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


# What the theme says otherwise than Gradio, in the light and in the dark.
LIGHT_AND_DARK = {
    "body_background_fill": ("*neutral_50", "*neutral_950"),
    "body_text_color": ("*neutral_900", "*neutral_100"),
    "body_text_color_subdued": ("*neutral_600", "*neutral_400"),
    "background_fill_primary": ("white", "*neutral_900"),
    "background_fill_secondary": ("*neutral_100", "*neutral_800"),
    "border_color_primary": ("*neutral_200", "*neutral_700"),
    "block_background_fill": ("white", "*neutral_900"),
    "block_info_text_color": ("*neutral_600", "*neutral_400"),
    "block_label_text_color": ("*neutral_700", "*neutral_200"),
    "block_title_text_color": ("*neutral_900", "*neutral_100"),
    "slider_color": ("*primary_600", "*primary_400"),
    "button_primary_background_fill": ("*primary_600", "*primary_300"),
    "button_primary_background_fill_hover": ("*primary_700", "*primary_200"),
    "button_primary_text_color": ("white", "*primary_950"),
    "button_secondary_background_fill": ("white", "*neutral_800"),
    "button_secondary_background_fill_hover": ("*neutral_100", "*neutral_700"),
    "button_secondary_border_color": ("*neutral_300", "*neutral_600"),
    "button_secondary_text_color": ("*neutral_900", "*neutral_100"),
    "link_text_color": ("*primary_700", "*primary_300"),
}
EVERYWHERE = {
    "block_title_text_weight": "600",
    "block_shadow": "none",
    "color_accent": "*primary_600",
    "button_border_width": "1px",
}


def theme() -> gr.themes.Base:
    """The theme; light and dark."""
    base = gr.themes.Base(
        primary_hue=INK, secondary_hue=INK, neutral_hue=STONE, radius_size="sm", font=FONTS, font_mono=MONO
    )
    light = {name: pair[0] for name, pair in LIGHT_AND_DARK.items()}
    dark = {f"{name}_dark": pair[1] for name, pair in LIGHT_AND_DARK.items()}
    return base.set(**light, **dark, **EVERYWHERE)
