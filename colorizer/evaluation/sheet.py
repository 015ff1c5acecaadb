"""What do the results look like? A contact sheet: grey above coloured, above true where there is a truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from colorizer.errors import ColorizerError
from colorizer.evaluation.pictures import lightness_alone, list_photos
from colorizer.photo import Photo, to_bits
from colorizer.predictors.album import BACKGROUND, GAP, LABEL, arrange
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.settings import ColorizeSettings

TALLEST = 65_500  # of a JPEG

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
