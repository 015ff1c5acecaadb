"""Does what is taken home say what was done to it, in its metadata and, if wanted, below the picture?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from page import give, made, taken_home

from colorizer.photo import Photo, with_caption
from colorizer.photo.provenance import HISTORY, TYPE, marks_in
from colorizer.ui.texts import TEXTS


def test_a_result_is_sent_on_and_back_and_the_file_tells_of_it_in_french_too(visit, small: Path) -> None:
    page = visit(locale="fr-FR")
    give(page, small)
    made(page, "colour")
    assert Photo.open(taken_home(page).path()).height == 100
    page.click("#send-upscale")
    page.wait_for_url("**/?tab=upscale")
    page.wait_for_selector("#upscale-stage img")
    made(page, "enlarge", "upscale-")
    page.locator("#upscale-caption input").check()
    file = taken_home(page, "upscale-")
    assert file.suggested_filename == "dog-colorized-x4.png"
    photo = Photo.open(file.path())
    assert photo.width == 600 and 410 < photo.height < 480
    first, second = photo.metadata.steps
    assert (first["task"], second["task"]) == ("colorize", "upscale")
    assert second["caption"] == "Mise en couleur, Agrandissement"
    marks = marks_in(photo.metadata.xmp)
    assert marks[TYPE].endswith("compositeWithTrainedAlgorithmicMedia")
    assert len(marks[HISTORY].splitlines()) == 2

    page.click("#upscale-send-colorize")
    page.wait_for_url("**/?tab=colorize")
    page.wait_for_function("() => !document.querySelector('#line progress')")
    page.click("#colour")
    page.wait_for_function("() => document.querySelector('#status').innerText.includes('600 × 400')")


def test_the_lines_can_be_written() -> None:
    lines = [pair for key, pair in TEXTS.items() if key.startswith("caption_")]
    assert len(lines) > 4
    for line in (text for pair in lines for text in pair):
        with_caption(Photo.from_array(np.zeros((2, 200), np.uint8)), line)
