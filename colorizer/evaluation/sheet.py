"""What do the results look like? A contact sheet: grey above coloured, above true where there is a truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from tqdm import tqdm

from colorizer.errors import ColorizerError
from colorizer.evaluation.pictures import lightness_alone, list_photos
from colorizer.photo import Photo, to_bits
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.settings import ColorizeSettings

GAP = 6
LABEL = 20
TALLEST = 65_500  # of a JPEG
BACKGROUND = (32, 32, 32)

Colorize = Callable[[Photo, ColorizeSettings], Photo]


def panels(photo: Photo, colorize: Colorize, settings: ColorizeSettings, side: int) -> list[np.ndarray]:
    """What one photo shows, uint8 (h, w, 3) each: before, after, and the truth where the photo is coloured.

    A coloured photo is given to the colorizer as its lightness alone; a grey or toned one as it is.
    """
    copy = photo.preview(2 * side)
    coloured = photo.tone == "coloured"
    before = lightness_alone(copy) if coloured else copy
    after = to_bits(colorize(Photo.from_array(before, name=photo.name), settings).rgb, 8)
    return [before, after, copy] if coloured else [before, after]


def arrange(pictures: Sequence[tuple[str, list[Image.Image]]], columns: int, side: int) -> Image.Image:
    """Named columns of cells (side, side) in bands of `columns`, each as high as its highest column."""
    bands = [pictures[first : first + columns] for first in range(0, len(pictures), columns)]
    heights = [LABEL + max(len(cells) for _, cells in band) * (side + GAP) + GAP for band in bands]
    width = min(columns, len(pictures)) * (side + GAP) + GAP
    sheet = Image.new("RGB", (width, sum(heights)), BACKGROUND)
    font, top = ImageFont.load_default(size=13), 0
    for band, height in zip(bands, heights, strict=True):
        for number, (name, cells) in enumerate(band):
            x = GAP + number * (side + GAP)
            label = Image.new("RGB", (side, LABEL), BACKGROUND)  # cuts off what is too long
            ImageDraw.Draw(label).text((0, 3), name, fill=(230, 230, 230), font=font)
            sheet.paste(label, (x, top))
            for row, cell in enumerate(cells):
                sheet.paste(cell, (x, top + LABEL + row * (side + GAP)))
        top += height
    return sheet


def write_sheet(
    data: Path,
    out: Path,
    *,
    settings: ColorizeSettings | None = None,
    columns: int = 5,
    side: int = 256,
    limit: int | None = None,
    colorize: Colorize | None = None,
) -> Path:
    """Colour the pictures of a folder and write them to `out` (.jpg, .png) in bands of `columns`.

    ColorizerError for a folder without pictures, a sheet too tall for a JPEG, an `out` that can't be written.
    """
    if columns < 1 or side < 32:
        raise ColorizerError(
            f"A sheet of {columns} columns of {side} px can't be made. Give more --columns or --side."
        )
    if out.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise ColorizerError(f"“{out}” is neither .jpg nor .png. Give -o a name that ends in one of them.")
    paths = list_photos(data, limit)
    bands = -(-len(paths) // columns)
    if bands * (LABEL + 3 * (side + GAP) + GAP) > TALLEST:
        raise ColorizerError(
            f"A sheet of {len(paths)} pictures in {columns} columns is too tall. "
            "Give more --columns, or a --limit."
        )
    settings, colorize = settings or ColorizeSettings(), colorize or Colorizer.load().colorize
    pictures = []
    for path in tqdm(paths, unit="picture"):
        shown = map(Image.fromarray, panels(Photo.open(path), colorize, settings, side))
        cells = [ImageOps.pad(cell, (side, side), Image.Resampling.LANCZOS, BACKGROUND) for cell in shown]
        pictures.append((path.name, cells))
    try:
        arrange(pictures, columns, side).save(out, quality=92)
    except OSError as error:
        raise ColorizerError(f"“{out}” can't be written ({error}). Choose another -o file.") from None
    return out
