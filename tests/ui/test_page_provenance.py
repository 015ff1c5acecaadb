"""Does what is taken home say what was done to it, in its metadata and, if wanted, below the picture?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from page import called, give, made, taken_home

from colorizer.photo import Photo, with_caption
from colorizer.photo.provenance import HISTORY, TYPE, marks_in
from colorizer.ui.texts import TEXTS


def test_a_chain_of_tabs_is_told_in_the_file_and_in_french_below_the_picture(visit, small: Path) -> None:
    page = visit(locale="fr-FR")
    give(page, small)
    made(page, "colour")
    assert Photo.open(taken_home(page).path()).height == 100
    page.click("#send-upscale")
    page.wait_for_selector("#upscale-stage img")
    made(page, "enlarge", "upscale-")
    page.locator("#upscale-caption input").check()
    photo = Photo.open(taken_home(page, "upscale-").path())
    assert photo.width == 600 and 410 < photo.height < 480
    first, second = photo.metadata.steps
    assert (first["task"], second["task"]) == ("colorize", "upscale")
    assert second["caption"] == "Mise en couleur, Agrandissement"
    marks = marks_in(photo.metadata.xmp)
    assert marks[TYPE].endswith("compositeWithTrainedAlgorithmicMedia")
    assert len(marks[HISTORY].splitlines()) == 2


@pytest.mark.parametrize("endpoint", ["/colorize", "/upscale", "/stylize"])
def test_an_endpoint_s_file_is_marked(url: str, small: Path, endpoint: str) -> None:
    path, made_by = called(url, endpoint, small, format="WebP")
    (step,) = Photo.open(path).metadata.steps
    assert step.items() <= made_by.items() and len(step["sha256"]) >= 1
    assert "Colorizer" in marks_in(Photo.open(path).metadata.xmp)[HISTORY]


def test_the_lines_can_be_written() -> None:
    lines = [pair for key, pair in TEXTS.items() if key.startswith("caption_")]
    assert len(lines) > 4
    for line in (text for pair in lines for text in pair):
        with_caption(Photo.from_array(np.zeros((2, 200), np.uint8)), line)
