"""Does whoever runs the page see what it does, without anybody's files, and whether it is ready?"""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest

from colorizer.errors import PhotoTooLarge
from colorizer.photo import Photo
from colorizer.predictors.settings import ColorizeSettings
from colorizer.ui import running
from colorizer.ui.served import logged


def test_a_line_in_the_log_tells_what_how_large_and_how_long(page_weights, draw, caplog):
    photo = Photo.open(draw("grandmother.png", 60, 40))
    with caplog.at_level("INFO", "colorizer"):
        running.make(photo, ColorizeSettings())
    (line,) = caplog.messages
    assert line.startswith("make colorize 60 x 40: done, ") and line.endswith(" s")
    assert "grandmother" not in caplog.text


def test_a_mistake_is_a_line_as_well(caplog):
    @logged
    def enlarge(photo: Photo) -> None:
        raise PhotoTooLarge("“grandmother.png” is too large.")

    with caplog.at_level("INFO", "colorizer"), pytest.raises(PhotoTooLarge):
        enlarge(Photo.from_array(np.zeros((2, 3), np.uint8)))
    assert "enlarge 3 x 2: PhotoTooLarge, 0.0 s" in caplog.text
    assert "Traceback" not in caplog.text and "grandmother" not in caplog.text


def test_the_page_says_whether_it_is_ready(url, monkeypatch, tmp_path):
    with urlopen(f"{url}health") as answer:
        assert json.load(answer) == {"ready": True, "missing": []}
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path))
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{url}health")
    assert refused.value.code == 503
    assert json.load(refused.value) == {"ready": False, "missing": ["manifest.json"]}
