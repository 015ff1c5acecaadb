"""Which pictures can be tried before one is given? Old photographs and two paintings, on large cards."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image

from colorizer.ui.texts import both, in_both

FOLDER = Path(__file__).parent / "examples"
THUMBNAIL_SIDE = 800
INSET_SIDE = 300


@dataclass(frozen=True)
class Example:
    """A picture that comes with the page; `titles` in English and French."""

    file: str
    titles: tuple[str, str]
    year: str
    photographer: str
    licence: str = "CC0"

    @property
    def path(self) -> Path:
        """The file."""
        return FOLDER / self.file


EXAMPLES = (
    Example("alpine-landscape.jpg", ("Alpine Landscape", "Paysage alpin"), "1865–1870", "Adolphe Braun"),
    Example(
        "boats-in-river-nagasaki.jpg",
        ("Boats in River, Nagasaki", "Bateaux sur la rivière, Nagasaki"),
        "1865",
        "Felice Beato",
    ),
    Example(
        "abandoned-dust-bowl-home.jpg",
        ("Abandoned Dust Bowl Home", "Maison abandonnée du Dust Bowl"),
        "1935–1940",
        "Dorothea Lange",
    ),
    Example("strokes-blue.jpg", ("Strokes, Blue", "Touches bleues"), "2026", "Colorizer"),
    Example("strokes-red.jpg", ("Strokes, Red", "Touches rouges"), "2026", "Colorizer"),
)
PHOTOGRAPHS = (0, 1, 2)  # of EXAMPLES
PAIRS = ((1, 3), (0, 4))  # a photograph, and the painting whose style it can take on

# A card says which one was clicked; the page looks the number up and never takes a path from the browser.
CLICK = """
element.addEventListener('click', event => {
  const card = event.target.closest('[data-example]');
  if (card) trigger('click', {example: Number(card.dataset.example)});
});
"""


def thumbnail(path: Path, side: int = THUMBNAIL_SIDE) -> str:
    """A small copy as a data URI, so that the page needs no further request and no path of this machine."""
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    small.thumbnail((side, side))
    return as_jpeg(small)


def as_jpeg(picture: Image.Image) -> str:
    """The picture as an address that holds it."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=82)
    return embedded(buffer.getvalue())


def embedded(jpeg: bytes) -> str:
    """The bytes of a JPEG as the address of a picture."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def cards_html(numbers: Iterable[int]) -> str:
    """The cards of those examples as HTML, in both languages."""
    cards = []
    for number in numbers:
        example = EXAMPLES[number]
        cards.append(
            f'<button type="button" class="card" data-example="{number}">'
            f'<img src="{thumbnail(example.path)}" alt="{escape(example.titles[0])}">'
            f'<span class="caption"><b>{in_both(example.titles)}</b>'
            f"<small>{example.photographer}, {example.year} · {example.licence}</small></span></button>"
        )
    return _invitation(cards)


def pair_cards_html() -> str:
    """The cards of the pairs: the photograph, with the painting in its corner."""
    cards = []
    for number, (photo, painting) in enumerate(PAIRS):
        one, other = EXAMPLES[photo], EXAMPLES[painting]
        cards.append(
            f'<button type="button" class="card pair" data-example="{number}">'
            f'<img src="{thumbnail(one.path)}" alt="{escape(one.titles[0])}">'
            f'<img class="inset" src="{thumbnail(other.path, INSET_SIDE)}" alt="{escape(other.titles[0])}">'
            f'<span class="caption"><b>{in_both(one.titles)} + {in_both(other.titles)}</b>'
            f"<small>{one.photographer}, {one.year} · {one.licence}; "
            f"{other.photographer} · {other.licence}</small></span></button>"
        )
    return _invitation(cards)


def _invitation(cards: Iterable[str]) -> str:
    return f'<p class="invite">{both("examples")}</p><div class="cards">{"".join(cards)}</div>'
