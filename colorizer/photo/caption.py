"""How does a photo get a line of text below it? On a white strip in its own depth, in the font of Pillow."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from colorizer.errors import SettingsError
from colorizer.photo.encode import to_bits
from colorizer.photo.photo import Photo

LETTERS, LEAST = 0.035, 6  # the letters' size as a share of the width, and in pixels at the least
ROOM, HEIGHT = 0.96, 2.2  # of the width that the line may take; of the strip beside the letters


def check_caption(text: str) -> None:
    """SettingsError when there is no text, or the font lacks one of its letters."""
    drawn = {letter: ImageFont.load_default(24).getmask(letter) for letter in (*text, "\U0010ffff")}
    nothing = bytes(drawn.pop("\U0010ffff"))
    lacking = [letter for letter in drawn if not letter.isspace() and bytes(drawn[letter]) == nothing]
    if lacking:
        raise SettingsError(
            f"“{text[:40]}” can't be written below the picture: the font lacks “{''.join(lacking[:9])}”. "
            "Use the letters and signs of English, without accents."
        )
    if not text.strip():
        raise SettingsError("The line below the picture is empty. Give it a text, or leave it out.")


def with_caption(photo: Photo, text: str) -> Photo:
    """The photo with that line below it; alpha is opaque there. SettingsError as check_caption(), and when
    the line is too long for the width."""
    check_caption(text)
    text, size = " ".join(text.split()), max(LEAST, LETTERS * photo.width)
    size *= min(1.0, ROOM * photo.width / ImageFont.load_default(size).getlength(text))
    if size < LEAST:
        raise SettingsError(f"“{text[:40]}…” is too long for {photo.width} pixels of width. Shorten it.")
    strip = Image.new("L", (photo.width, round(HEIGHT * size)), 255)
    middle = (strip.width / 2, strip.height / 2)
    ImageDraw.Draw(strip).text(middle, text, 0, ImageFont.load_default(size), anchor="mm")
    white = to_bits(np.asarray(strip), photo.bits)
    rgb = np.concatenate((photo.rgb, np.repeat(white[..., None], 3, axis=2)))
    alpha = photo.alpha
    if alpha is not None:
        alpha = np.concatenate((alpha, np.full_like(white, np.iinfo(white.dtype).max)))
    return photo.resized_to(rgb, alpha)
