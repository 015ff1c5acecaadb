"""Can somebody give a photograph, correct it and take it home? The page in a browser, and its endpoint."""

from __future__ import annotations

import hashlib
import json
import string
import threading
import time
from collections import OrderedDict
from pathlib import Path

import gradio_client
import httpx
import numpy as np
import pillow_heif
import pytest
from page import after, called, changed, client, give, made, moved, taken_home
from PIL import Image
from skimage.color import rgb2lab

from colorizer.errors import Cancelled, ColorizerError, UnreadablePhoto
from colorizer.photo import Photo
from colorizer.ui import about, cards, running, work
from colorizer.ui.texts import TEXTS, sentence
from colorizer.ui.work import Work

# In the browser


def test_a_photograph_is_coloured_corrected_and_taken_home_and_no_picture_is_one_sentence(
    visit, url: str, photograph: Path, tmp_path: Path
) -> None:
    page = visit()
    elsewhere = []
    page.on("request", lambda request: elsewhere.append(request.url))
    give(page, photograph)
    first = made(page, "colour")
    assert "480 × 320" in page.inner_text("#status")
    assert TEXTS["unchanged"][0] in page.inner_text("#status")

    moved(page, "saturation", "End")
    shown = changed(page, first)

    file = taken_home(page)
    assert file.suggested_filename == "grandmother-colorized.png"
    assert not page.locator("#file").is_visible()
    result = np.asarray(Image.open(file.path()).convert("RGB"))
    given = np.asarray(Image.open(photograph).convert("RGB"))
    assert result.shape == given.shape
    difference = rgb2lab(result) - rgb2lab(given)
    assert np.abs(difference[..., 0]).mean() <= 0.5
    assert np.abs(difference[..., 1:]).mean() > 1

    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"This is not a picture.")
    give(page, bad)
    trouble = page.locator("#line .trouble")
    trouble.wait_for()
    assert "bad.jpg" in trouble.inner_text()
    assert "Traceback" not in page.inner_text("body")
    assert page.locator("[data-testid=toast-body]").count() == 0
    assert after(page) == shown
    give(page, photograph)
    page.click("#colour")
    changed(page, shown)
    assert [address for address in elsewhere if not address.startswith((url, "data:", "blob:"))] == []


def test_the_button_may_be_pressed_while_the_photograph_is_being_opened(
    visit, photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, read = threading.Event(), Photo.open

    def slowly(path: str) -> Photo:
        going.wait(20)
        return read(path)

    monkeypatch.setattr(Photo, "open", slowly)
    page = visit()
    page.set_input_files("#photo input[type=file]", photograph)
    page.wait_for_selector(f"#line :text('{TEXTS['opening'][0]}')")
    page.click("#colour")
    page.wait_for_selector("#cancel", state="visible")
    going.set()
    page.wait_for_selector("#stage img")
    page.wait_for_selector("#colour", state="visible")


def test_the_untouched_file_reaches_the_photo(visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = (np.random.default_rng(2).random((300, 320)) * 65535).astype(np.uint16)
    paths = [tmp_path / name for name in ("deep.png", "deep.tif", "phone.heic")]
    for path in paths[:2]:
        Image.fromarray(deep).save(path)
    pillow_heif.from_pillow(Image.fromarray(np.uint8(deep >> 8)).convert("RGB")).save(paths[2])
    seen = []
    read = Photo.open

    def spy(path: str) -> Photo:
        seen.append(hashlib.sha256(Path(path).read_bytes()).hexdigest())
        return read(path)

    monkeypatch.setattr(Photo, "open", spy)
    page = visit()
    for number, path in enumerate(paths, 1):
        give(page, path)
        for _ in range(100):
            if len(seen) >= number:
                break
            page.wait_for_timeout(200)
    assert seen == [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


# From a program


def test_the_endpoint_takes_hints(url: str, photograph: Path) -> None:
    hint = {"x": 0.25, "y": 0.5, "colour": "#c04040", "reach": 0.3}
    path, made_by = called(url, "/colorize", photograph, hints=[hint], size=128, rebalance=0.5)
    assert (made_by["hints"], made_by["size"], made_by["rebalance"]) == ([hint], 128, 0.5)
    red, _, blue = Image.open(path).convert("RGB").getpixel((120, 160))
    assert red > blue + 50
    with pytest.raises(Exception, match="“red” is no colour"):
        called(url, "/colorize", photograph, hints=[hint | {"colour": "red"}])


def test_the_endpoint_can_be_called_without_what_came_later(url: str, photograph: Path) -> None:
    file = gradio_client.handle_file(str(photograph))
    _, made_by = client(url).predict(file, 1.2, 0.38, 1, "unet", 2, "JPEG", api_name="/colorize")
    assert (made_by["saturation"], made_by["variant"], made_by["hints"]) == (1.2, 2, [])

    server = f"{url}gradio_api"
    with photograph.open("rb") as sent:
        (path,) = httpx.post(f"{server}/upload", files={"files": sent}).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    asked = httpx.post(f"{server}/call/colorize", json={"data": [file, 1.2, 0.38, 1, "unet", 2, "JPEG"]})
    answer = httpx.get(f"{server}/call/colorize/{asked.json()['event_id']}", timeout=60).text
    assert json.loads(answer.split("data: ")[1])[1] == made_by


def test_the_endpoint_names_a_file_that_is_no_picture(url: str, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"This is not a picture.")
    with pytest.raises(Exception, match=r"bad\.jpg"):
        called(url, "/colorize", tmp_path / "bad.jpg")


# Without a browser


def test_every_sentence_takes_the_same_values_in_both_languages() -> None:
    for key, pair in TEXTS.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in pair]
        assert fields[0] == fields[1], key
        assert all(text.strip() for text in pair), key


def test_errors_are_told_in_the_language_of_the_page() -> None:
    error = UnreadablePhoto("“x.jpg” is empty. Choose another file.")
    assert sentence("en", error) == "“x.jpg” is empty. Choose another file."
    assert sentence("fr", error).startswith("Ce fichier")
    assert all(sentence("fr", kind("x")) for kind in (ColorizerError, Cancelled))


def test_works_are_kept_few_not_too_large_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = OrderedDict()
    monkeypatch.setattr(work, "_kept", kept)
    monkeypatch.setattr(work, "MOST_WORKS", 2)
    monkeypatch.setattr(work, "LIFETIME", 0.3)
    keys = [(name, "colorize") for name in "abc"]
    for key in keys:
        work.keep(key, Work())
    assert [work.recall(key) is not None for key in keys] == [False, True, True]
    large = Work(Photo.from_array(np.zeros((20, 20, 3), np.uint8)))
    monkeypatch.setattr(work, "MOST_BYTES", 1000)
    work.keep(keys[0], large)
    assert work.recall(keys[0]) is large and list(kept) == keys[:1]  # there is always room for one
    time.sleep(0.8)
    assert not kept  # nobody has to come for that


def test_work_on_a_thread_tells_how_far_it_is_and_hands_errors_over() -> None:
    def half(progress):
        time.sleep(0.2)
        progress(0.5, "half")
        return "done"

    told = running.run(half, "en", lambda share: f"{share:.0%}")
    lines = []
    with pytest.raises(StopIteration) as end:
        while True:
            lines.append(next(told).get("line", ""))
    assert end.value.value == "done" and any("50%" in line for line in lines)

    def wrong(progress):
        raise UnreadablePhoto("What a picture.")

    with pytest.raises(UnreadablePhoto):
        list(running.run(wrong, "en"))


def test_closing_what_runs_stops_it_at_its_next_step_and_nothing_else_runs_before() -> None:
    begun, going, ended = threading.Event(), threading.Event(), threading.Event()

    def work(progress):
        begun.set()
        going.wait(20)
        try:
            progress(0.5, "")
        finally:
            ended.set()

    told = running.run(work, "en")
    next(told)
    assert begun.wait(20)
    told.close()  # as Gradio does
    after = running.run(lambda progress: ended.is_set(), "en")
    assert next(after) == {}
    going.set()
    with pytest.raises(StopIteration) as end:
        while True:
            next(after)
    assert end.value.value is True


def test_model_cards_lose_their_front_matter() -> None:
    assert about.split_card("---\nlicense: x\n---\n# U-Net\n\nText.\n", "?") == ("U-Net", "Text.")
    assert about.split_card("Text.", "unet 1.0") == ("unet 1.0", "Text.")


def test_examples_are_credited_and_small() -> None:
    folder = Path(cards.__file__).parent / "examples"  # in the browser, smaller ones stand for them
    credits = (folder / "CREDITS.md").read_text(encoding="utf-8")
    for example in cards.EXAMPLES:
        assert example.file in credits and example.photographer in credits
        assert (folder / example.file).stat().st_size <= 400_000
        photo = Photo.open(folder / example.file)
        assert max(photo.width, photo.height) <= 1600


def test_the_pictures_of_a_card_are_part_of_its_text(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "sheet.jpg")
    text = about.with_pictures("![A sheet](sheet.jpg) ![None](missing.jpg) [a link](sheet.jpg)", tmp_path)
    assert text.startswith("![A sheet](data:image/jpeg;base64,")
    assert text.endswith(" ![None](missing.jpg) [a link](sheet.jpg)")
