"""Are grey, toned and coloured pictures told apart, as scanned and as compressed?"""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from skimage import color, data

from colorizer.photo import Photo

SEPIA = np.array([1.351, 1.203, 0.937])  # grey through the usual sepia matrix
CYANOTYPE = np.array([0.55, 0.85, 1.05])

GREY = {"camera": data.camera, "coins": data.coins, "moon": data.moon, "brick": data.brick, "page": data.page}
COLOURED = {
    "astronaut": data.astronaut,
    "cat": data.chelsea,
    "coffee": data.coffee,
    "rocket": data.rocket,
    "stain": data.immunohistochemistry,
    "retina": data.retina,
    "galaxies": data.hubble_deep_field,
}


def jpeg(pixels: np.ndarray, quality: int = 75) -> Photo:
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).round().astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return Photo.from_array(np.asarray(Image.open(buffer).convert("RGB")))


def toned(grey: np.ndarray, tone: np.ndarray, strength: float) -> np.ndarray:
    return np.clip(grey[..., None] * (1 - strength + strength * tone), 0, 255)


def as_grey(name: str) -> np.ndarray:
    return color.rgb2gray(COLOURED[name]()) * 255 if name in COLOURED else GREY[name]().astype(float)


@pytest.mark.parametrize("name", GREY)
def test_grey_is_grey(name):
    assert Photo.from_array(GREY[name]()).tone == "grey"
    assert Photo.from_array(GREY[name]().astype(np.uint16) * 257).tone == "grey"


@pytest.mark.parametrize("name", COLOURED)
@pytest.mark.parametrize("quality", [30, 90])
def test_coloured_is_coloured(name, quality):
    assert jpeg(COLOURED[name](), quality).tone == "coloured"


@pytest.mark.parametrize("name", ["camera", "astronaut", "coffee"])
@pytest.mark.parametrize("strength", [0.35, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("quality", [40, 90])
@pytest.mark.parametrize("tone", [SEPIA, CYANOTYPE], ids=["sepia", "cyanotype"])
def test_prints_are_toned(name, strength, quality, tone):
    assert jpeg(toned(as_grey(name), tone, strength), quality).tone == "toned"


@pytest.mark.parametrize("name", ["camera", "astronaut", "coffee"])
@pytest.mark.parametrize("cast", [(1.02, 1, 0.98), (1, 1, 0.96), (0.98, 1, 1.01)])
def test_a_slight_cast_of_the_scanner_is_grey(name, cast):
    assert jpeg(as_grey(name)[..., None] * np.array(cast), 60).tone == "grey"


def test_noise_of_the_colours_is_grey():
    grey = as_grey("camera")[..., None]
    assert jpeg(grey + np.random.default_rng(0).integers(-12, 13, (*grey.shape[:2], 3)), 60).tone == "grey"


@pytest.mark.parametrize("name", ["camera", "astronaut", "coffee"])
def test_a_print_that_faded_on_one_side_is_toned(name):
    grey = as_grey(name)
    fade = np.linspace(0.5, 1, grey.shape[1])[None, :, None]
    assert jpeg(grey[..., None] * (1 - fade) + toned(grey, SEPIA, 1) * fade, 85).tone == "toned"


def test_one_red_balloon_is_colour():
    picture = np.repeat(as_grey("coins")[..., None], 3, axis=2)
    picture[40:80, 100:140] = (200, 30, 30)
    assert jpeg(picture).tone == "coloured"


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_paper_is_grey(value):
    assert Photo.from_array(np.full((20, 30, 3), value, np.uint8)).tone == "grey"
