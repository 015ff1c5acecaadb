"""Which pictures can be tried before one is given? Old photographs and two paintings, on large cards."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image

from colorizer.ui.texts import both, in_both

FOLDER = Path(__file__).parent / "examples"
THUMBNAIL_SIDE = 800
INSET_SIDE = 300


Change = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True)
class Example:
    """A picture that comes with the page; `titles` in English and French."""

    file: str
    titles: tuple[str, str]
    year: str
    photographer: str
    licence: str

    @property
    def path(self) -> Path:
        """The file."""
        return FOLDER / self.file


LISTED = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
EXAMPLES = [Example(**about) for about in LISTED]
PHOTOGRAPHS = (0, 1, 2)  # of EXAMPLES
PAIRS = ((1, 3), (0, 4))  # a photograph, and the painting whose style it can take on

# A card says which one was clicked; the page looks the number up and never takes a path from the browser.
CLICK = """
element.addEventListener('click', event => {
  const card = event.target.closest('[data-example]');
  if (card) trigger('click', {example: Number(card.dataset.example)});
});
"""


def thumbnail(path: Path, side: int = THUMBNAIL_SIDE, change: Change | None = None) -> str:
    """A small copy as a data URI, so that the page needs no further request and no path of this machine; of
    what `change` makes of it where there is one."""
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    small.thumbnail((side, side))
    return as_jpeg(change(small) if change else small)


def as_jpeg(picture: Image.Image, quality: int = 82) -> str:
    """The picture as an address that holds it."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return embedded(buffer.getvalue())


def embedded(jpeg: bytes) -> str:
    """The bytes of a JPEG as the address of a picture."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def cards_html(numbers: Iterable[int], change: Change | None = None) -> str:
    """The cards of those examples as HTML, in both languages; `change`: of their pictures."""
    return _invitation(_card(number, number, change=change) for number in numbers)


def pair_cards_html() -> str:
    """The cards of the pairs: the photograph, with the painting in its corner."""
    return _invitation(_card(number, *pair) for number, pair in enumerate(PAIRS))


def _card(number: int, photo: int, painting: int | None = None, change: Change | None = None) -> str:
    """The card that says that number when it is clicked."""
    shown = [EXAMPLES[one] for one in (photo, painting) if one is not None]
    sides = (THUMBNAIL_SIDE, INSET_SIDE)
    pictures = "".join(
        f'<img class="{kind}" src="{thumbnail(one.path, side, change)}" alt="{escape(one.titles[0])}">'
        for one, side, kind in zip(shown, sides, ("", "inset"), strict=False)
    )
    titles = " + ".join(in_both(one.titles) for one in shown)
    credits = "; ".join(f"{one.photographer}, {one.year} · {one.licence}" for one in shown)
    kind = "card" if painting is None else "card pair"
    return (
        f'<button type="button" class="{kind}" data-example="{number}">{pictures}'
        f'<span class="caption"><b>{titles}</b><small>{credits}</small></span></button>'
    )


def _invitation(cards: Iterable[str]) -> str:
    return f'<p class="invite">{both("examples")}</p><div class="cards">{"".join(cards)}</div>'
