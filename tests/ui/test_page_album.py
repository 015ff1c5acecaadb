"""Can somebody give an album, have all of it done, stop and go on, come back to it, and take it home?"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from page import Held, scrolls_sideways, taken_home
from PIL import Image

from colorizer.errors import AlbumTooLarge
from colorizer.photo import Photo
from colorizer.predictors import album as albums
from colorizer.predictors.album import Album
from colorizer.predictors.results import Result, settings_in
from colorizer.ui import album, files, running, work
from colorizer.ui.running import Reply
from colorizer.ui.texts import TEXTS
from colorizer.ui.work import Work

COUNT = "#album-list .count"


@pytest.fixture
def five(draw, tmp_path: Path) -> list[Path]:
    """Four photographs and a file that is none, which is the third."""
    photos = [draw(f"{name}.jpg", 120 + number, 80) for number, name in enumerate("abde")]
    (tmp_path / "c.jpg").write_bytes(b"This is not a picture.")
    return sorted([*photos, tmp_path / "c.jpg"])


def give_all(page, paths: list[Path], count: int) -> None:
    """Drop files on the album, and wait until so many are in the list."""
    page.set_input_files("#album-photos input[type=file]", paths)
    page.wait_for_function(f"() => document.querySelectorAll('#album-list li').length === {count}")


def states(page) -> list[str]:
    return page.locator("#album-list li span").all_inner_texts()


def packed(page) -> dict[str, bytes]:
    """What the zip holds that is taken home."""
    with page.expect_download() as download:
        page.click("#album-download")
    assert download.value.suggested_filename == "album.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# In the browser


def test_an_album_with_a_broken_file_is_stopped_gone_on_with_found_again_and_taken_home(
    visit, five: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, name in ((running, "TELL_EVERY"), (album, "LIST_EVERY")):
        monkeypatch.setattr(place, name, 0.0)
    page = visit("?tab=album")
    give_all(page, five, 5)
    page.wait_for_selector("#begin", state="visible")
    assert [state == TEXTS["album_waiting"][0] for state in states(page)] == [True, True, False, True, True]
    assert "c.jpg” is not a picture" in states(page)[2]
    assert page.locator("#album-list li img").first.evaluate(
        "img => img.decode().then(() => img.naturalWidth)"
    )

    held = Held(monkeypatch, "make", number=2)
    page.click("#begin")
    assert held.begun.wait(20)
    page.click("#album-cancel")
    page.wait_for_selector(f"#begin:text('{TEXTS['go_on'][0]}')")
    assert states(page)[0].startswith("done") and states(page)[1] == TEXTS["album_waiting"][0]
    held.going.set()
    page.click("#begin")
    page.wait_for_selector(f"{COUNT}:text('4 of 5 done, 1 impossible.')")
    page.wait_for_selector("#begin", state="visible")
    assert "4 of 5 done, 1 impossible, in " in page.inner_text("#album-line")
    names = [photo.name for photo, *_ in held.asked]
    assert names.count("a") == 1 and set(names) == set("abde")

    page.reload()
    page.wait_for_selector(f"{COUNT}:text('4 of 5 done, 1 impossible.')")
    contents = packed(page)
    results = [f"{name}-colorized.jpg" for name in "abde"]
    assert set(contents) == {*results, "contact-sheet.jpg", "manifest.json"}
    for number, name in enumerate(results):
        assert Image.open(io.BytesIO(contents[name])).size == (120 + number, 80)
    pictures = json.loads(contents["manifest.json"])["pictures"]
    assert [picture["name"] for picture in pictures] == [path.name for path in five]
    assert [picture["result"] for picture in pictures] == [*results[:2], None, *results[2:]]
    assert "is not a picture" in pictures[2]["error"] and pictures[0]["weights"][0]["name"] == "unet"

    page.click("#album-clear")
    page.wait_for_selector("#album-list .invite")
    page.reload()
    page.wait_for_selector("#album-list .invite")


def test_a_zip_is_done_otherwise_on_a_phone_in_french(visit, five: list[Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "album.zip", "w") as archive:
        archive.writestr("1931/../../a.jpg", five[0].read_bytes())
        archive.write(five[1], "1931/b.jpg")
    page = visit("?tab=album", width=390, height=844, locale="fr-FR")
    page.wait_for_selector("#album-list .invite")
    assert not scrolls_sideways(page)
    give_all(page, [tmp_path / "album.zip"], 2)
    page.click("#begin")
    page.wait_for_selector(f"{COUNT}:text('2 sur 2')")
    page.locator("#album-task label").nth(3).click()
    page.wait_for_selector("#album-saturation", state="hidden")
    page.wait_for_selector("#begin", state="visible")
    page.click("#begin")
    page.wait_for_selector("#begin", state="hidden")
    page.wait_for_selector(f"{COUNT}:text('2 sur 2')")
    page.wait_for_selector("#begin", state="visible")
    assert not scrolls_sideways(page)
    lines = page.inner_text("body").split("\n")
    for key, (english, french) in TEXTS.items():
        assert english == french or english not in lines, key
    found = {name for name in packed(page) if name.endswith("painted.jpg")}
    assert found == {"1931/a-painted.jpg", "1931/b-painted.jpg"}


def test_one_is_opened_in_the_tab_of_what_was_done_with_the_settings_of_all(visit, five: list[Path]) -> None:
    page = visit("?tab=album")
    page.locator("#album-saturation input[type=range]").focus()
    page.keyboard.press("End")
    give_all(page, five, 5)
    page.click("#begin")
    page.wait_for_selector(f"{COUNT}:text('4 of 5 done, 1 impossible.')")
    links = page.locator("#album-list li a")
    assert links.count() == 4 and links.nth(2).get_attribute("aria-label") == "Open in Colorize: d.jpg"
    links.nth(2).click(button="middle")
    links.nth(2).click(modifiers=["Control"])  # as without: another tab of the browser would be empty
    page.wait_for_url("**/?tab=colorize")
    assert len(page.context.pages) == 1
    page.wait_for_selector("#photo img")
    page.click("#colour")
    page.wait_for_selector("#status :text('122 × 80')")
    file = taken_home(page)
    assert file.suggested_filename == "d-colorized.jpg"
    with Image.open(file.path()) as image:
        assert image.size == (122, 80)
    assert settings_in(Path(file.path()))["saturation"] == 2


# Without a browser


def test_files_that_were_not_uploaded_are_not_taken(tmp_path: Path, draw, url: str) -> None:
    photo = draw("a.jpg")
    for path in (photo, files.new_path("x").parent):  # one of this machine's, and a folder
        with pytest.raises(Reply):
            list(album.add("en", "", [{"path": str(path)}]))
    assert photo.exists()


@pytest.fixture
def kept(tmp_path: Path, draw) -> Album:
    """An album of two photographs that are called alike."""
    made = Album(tmp_path / "kept")
    made.add([draw("x/dog.jpg"), draw("y/Dog.png")], lambda *_: None)
    return made


def unchanged(photo: Photo) -> Result:
    return Result(photo, {"task": "nothing"})


def test_photographs_of_one_name_get_two_results_and_other_settings_begin_anew(kept: Album) -> None:
    for settings, kind in (("some", "PNG"), ("others", "JPEG"), ("others", "JPEG")):
        for picture in kept.begin(settings):
            kept.make(picture, unchanged, "-same", kind)
    made = sorted(path.name for path in (kept.folder / "results").iterdir())
    assert made == ["Dog-same-2.jpg", "dog-same.jpg"]
    assert kept.begin("others") == []
    assert [len(picture.small) for picture in kept.pictures] == [2, 2]


def test_the_list_says_how_far_each_is(kept: Album) -> None:
    first, second = kept.begin("some")
    kept.make(first, unchanged, "-same", "PNG")
    said = album.listed(kept, "fr", (second, 0.4))
    assert "1 sur 2 terminées." in said and "terminée, 0," in said and "40\N{NO-BREAK SPACE}%" in said
    second.error = ValueError("<b>")
    assert ", impossible pour 1." in album.listed(kept, "fr")


def test_what_is_too_much_is_not_taken_in_and_what_there_is_no_room_for_waits(
    kept: Album, draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(albums, "MOST_PICTURES", 2)
    before = sorted(kept.folder.rglob("*"))
    with pytest.raises(AlbumTooLarge, match="That makes 3 pictures"):
        kept.add([draw("cat.jpg")], lambda *_: None)
    assert len(kept.pictures) == 2 and sorted(kept.folder.rglob("*")) == before
    monkeypatch.setattr(albums, "MOST_MADE", 10)
    first, second = kept.begin("some")
    kept.make(first, unchanged, "-same", "PNG")
    with pytest.raises(AlbumTooLarge, match="Take them home"):
        kept.make(second, unchanged, "-same", "PNG")
    assert kept.begin("some") == [second]


def test_an_album_s_files_go_with_it(draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_ALBUMS", 2)
    folders = [tmp_path / f"kept{number}" for number in range(3)]
    for folder in folders:
        made = Album(folder)
        made.add([draw("dog.jpg")], lambda *_: None)
        work.keep((folder.name, "album"), Work(album=made))
        del made
    assert [folder.exists() for folder in folders] == [False, True, True]
    for folder in folders:
        work.keep((folder.name, "album"), Work())
    assert not any(folder.exists() for folder in folders)
