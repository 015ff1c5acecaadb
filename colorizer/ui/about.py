"""What does the About tab tell? Texts from about/, and the models' cards from the weights folder."""

from __future__ import annotations

import re
from pathlib import Path

import gradio as gr

from colorizer import weights
from colorizer.errors import ColorizerError
from colorizer.ui import cards
from colorizer.ui.texts import I18N, LANGUAGES, french

FOLDER = Path(__file__).parent / "about"
TASKS = ("mend", "colorize", "upscale", "stylize")  # what the page does


def build() -> None:
    """Lay the tab out inside the current Blocks."""
    for code in LANGUAGES:
        I18N.translations[code]["about_text"] = about_markdown(code)
    with gr.Column(elem_classes="about"):
        gr.Markdown(I18N("about_text"), elem_id="about-text")
        for title, body in model_cards():
            with gr.Accordion(title, open=False, elem_classes="model-card"):
                gr.Markdown(body)


def about_markdown(code: str) -> str:
    """The text in that language, with the credits of the examples filled in."""
    which = LANGUAGES.index(code)
    credits = "\n".join(
        f"- *{example.titles[which]}*, {example.photographer}, {example.year}, {example.licence}"
        for example in cards.EXAMPLES
    )
    text = (FOLDER / f"{code}.md").read_text(encoding="utf-8").replace("{credits}", credits)
    return french_prose(text) if code == "fr" else text


def french_prose(markdown: str) -> str:
    """Unbreakable spaces where French wants them, outside of code."""
    parts = re.split(r"(```.*?```)", markdown, flags=re.DOTALL)
    return "".join(part if part.startswith("```") else french(part) for part in parts)


def model_cards() -> list[tuple[str, str]]:
    """Title and Markdown of every model's card that lies beside its weights, in the manifest's order."""
    try:
        entries = weights.entries().values()
    except ColorizerError:
        return []
    found = []
    for entry in entries:
        path = weights.weights_dir() / entry.card
        if entry.task in TASKS and entry.card and path.is_file():
            text = with_pictures(path.read_text(encoding="utf-8"), path.parent)
            found.append(split_card(text, f"{entry.name} {entry.version}"))
    return found


def with_pictures(text: str, folder: Path) -> str:
    """A card whose JPEGs are part of the text: on the page there is no folder beside it."""

    def inside(link: re.Match[str]) -> str:
        path = folder / link[2]
        return f"![{link[1]}]({cards.embedded(path.read_bytes())})" if path.is_file() else link[0]

    return re.sub(r"!\[([^\]]*)\]\(([\w-]+\.jpg)\)", inside, text)


def split_card(text: str, fallback: str) -> tuple[str, str]:
    """A card's first heading as its title, and the rest without the front matter."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL).strip()
    heading, _, rest = text.partition("\n")
    return (heading.lstrip("# ").strip(), rest.strip()) if heading.startswith("#") else (fallback, text)
