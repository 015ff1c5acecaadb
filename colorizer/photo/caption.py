"""How does a photo get a line of text below it? On a white strip in its own depth, in the font of Pillow."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from colorizer.errors import SettingsError
from colorizer.photo.encode import to_bits
from colorizer.photo.photo import Photo

LETTERS, LEAST = 0.035, 6  # the letters' size as a share of the width, and in pixels at the least
ROOM, HEIGHT = 0.96, 2.2  # of the width that the line may take; of the strip beside the letters


def with_caption(photo: Photo, text: str) -> Photo:
    """The photo with that line below it, where alpha is opaque.

    SettingsError: the font lacks one of its letters, or it is empty or too long for the width.
    """
    text, size = " ".join(text.split()), max(LEAST, LETTERS * photo.width)
    font = ImageFont.load_default(size)
    drawn = {letter: bytes(font.getmask(letter)) for letter in (*text, "\U0010ffff")}
    nothing = drawn.pop("\U0010ffff")
    if lacking := "".join(letter for letter in drawn if drawn[letter] == nothing and letter != " "):
        why = f"the font lacks “{lacking[:20]}”. Use the letters and signs of English, without accents"
        raise SettingsError(f"“{text[:40]}” can't be written below the picture: {why}.")
    size *= min(1.0, ROOM * photo.width / max(1.0, font.getlength(text)))
    if not text or size < LEAST:
        why = "too long for its width" if text else "empty"
        raise SettingsError(f"The line “{text[:40]}” below the picture is {why}. Write another.")
    strip = Image.new("L", (photo.width, round(HEIGHT * size)), 255)
    middle = (strip.width / 2, strip.height / 2)
    ImageDraw.Draw(strip).text(middle, text, 0, ImageFont.load_default(size), anchor="mm")
    white = to_bits(np.asarray(strip), photo.bits)
    opaque, alpha = np.full_like(white, np.iinfo(white.dtype).max), photo.alpha
    rgb = np.concatenate((photo.rgb, white[..., None].repeat(3, axis=2)))
    return photo.resized_to(rgb, None if alpha is None else np.concatenate((alpha, opaque)))
