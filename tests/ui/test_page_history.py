"""Can a person come back: to earlier settings, to earlier results, and by a link to the same settings?"""

from __future__ import annotations

import weakref
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from page import after, changed, give, made, moved, pixels, scrolls_sideways, taken_home

from colorizer.photo import Photo
from colorizer.ui import earlier, files, history, work
from colorizer.ui.page import build_page
from colorizer.ui.texts import TEXTS
from colorizer.ui.work import Shown, Work

LINKS = ".earlier:visible a"
AT = "([name, value]) => document.querySelector(`#${name} input[type=range]`).value === value"
CHOSEN = "#{} label.selected:has-text('{}')"


def unfold(page, count: int, prefix: str = "") -> None:
    """Open the list of earlier results, which has so many."""
    page.click(f"#{prefix}earlier > button")
    page.wait_for_function(
        "n => [...document.querySelectorAll('.earlier a')].filter(a => a.checkVisibility()).length === n",
        arg=count,
    )


# In the browser


def test_undo_brings_back_settings_and_picture_one_change_after_the_other(visit, photograph: Path) -> None:
    page = visit()
    give(page, photograph)
    first, at_first = made(page, "colour"), pixels(page)
    moved(page, "saturation", "End")
    vivid = changed(page, first)
    page.locator("#more > button").first.click()
    page.locator("#size label").nth(3).click()
    large = changed(page, vivid)
    page.click("#undo")  # the network's copy has another size: the result itself is shown again
    assert changed(page, large) == vivid
    page.wait_for_selector(CHOSEN.format("size", 256))
    page.wait_for_function(AT, arg=["saturation", "2"])
    moved(page, "saturation", "Home")  # and can be changed further
    grey = changed(page, vivid)
    assert np.ptp(pixels(page), axis=2).max() < 12
    page.click("#undo")
    again = changed(page, grey)
    page.wait_for_function(AT, arg=["saturation", "2"])
    assert page.locator("#saturation input[type=number]").input_value() == "2"
    assert again != grey and np.abs(pixels(page) - at_first).max() > 0


def test_an_earlier_result_is_opened_from_another_tab_with_its_photograph_and_settings(
    visit, photograph: Path, small: Path
) -> None:
    page = visit(width=390, height=844, locale="fr-FR")
    give(page, photograph)
    first = made(page, "colour")
    moved(page, "saturation", "End")
    first, vivid = changed(page, first), pixels(page)
    give(page, small)
    page.click("#colour")
    second = changed(page, first)
    unfold(page, 1)
    assert "".join(page.locator(LINKS).inner_text().split()) == photograph.stem + "Miseencouleur"
    page.click("#send-monet")
    page.wait_for_selector("#monet-photo img")
    made(page, "paint", "monet-")
    unfold(page, 1, "monet-")
    assert page.locator(LINKS).bounding_box()["height"] >= 44 and not scrolls_sideways(page)
    page.locator(LINKS).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/?tab=colorize")
    changed(page, second)
    assert np.array_equal(pixels(page), vivid)
    page.wait_for_function(AT, arg=["saturation", "2"])
    assert "480 × 320" in page.inner_text("#status")
    assert taken_home(page).suggested_filename == f"{photograph.stem}-colorized.png"
    page.wait_for_selector(f".earlier:visible b:text-is('{small.stem}')")  # they have changed places
    made(page, "colour")
    page.wait_for_selector("#status :text('480 × 320')")


def test_what_is_no_longer_kept_is_said_in_one_sentence(
    visit, photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit("?tab=upscale")
    give(page, photograph, "upscale-")
    page.wait_for_selector("#upscale-stage img")
    first = made(page, "enlarge", "upscale-")
    page.click("#enlarge")
    second = changed(page, first, "upscale-")
    unfold(page, 1, "upscale-")
    monkeypatch.setattr(earlier.Filed, "photo", lambda filed: Photo.open("gone.png"))
    page.click(LINKS)
    page.wait_for_selector(f"#upscale-line :text('{TEXTS['earlier_gone'][0]}')")
    page.click("#upscale-undo")
    page.wait_for_selector(f"#upscale-line :text('{TEXTS['earlier_gone'][0]}')")
    assert after(page, "upscale-") == second


def test_a_link_opens_the_tab_with_the_settings_and_nothing_else(visit, photograph: Path) -> None:
    page = visit("?tab=colorize&saturation=1.2&size=99&model=nobody&strength=0.25&hints=[]&__theme=dark")
    page.wait_for_function(AT, arg=["saturation", "1.2"])
    page.wait_for_function(AT, arg=["keep", "0.75"])
    said = page.get_by_role("alert").filter(has_text="size=99, model=nobody, hints=[]")
    assert said.inner_text() == TEXTS["link_ignored"][0].format(what="size=99, model=nobody, hints=[]")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    give(page, photograph)
    made(page, "colour")
    page.click("#link")
    page.wait_for_selector(f":text('{TEXTS['link_copied'][0]}')")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address.endswith("/?tab=colorize&saturation=1.2&strength=0.25&__theme=dark")
    assert page.locator("#link-box input").input_value() == address
    page.click("#tab-monet-button")
    page.wait_for_url("**/?tab=monet&__theme=dark")


# Without a browser


def test_a_link_says_what_the_controls_say_on_every_tab(page_weights: Path) -> None:
    tabs = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "wire", lambda page, found: tabs.update(found))
        build_page()
    changes = {
        "restore": {"mend": False, "colour": False, "enlarge": False, "screen": "smooth", "negative": True},
        "colorize": {"keep": 0.3, "temperature": 0.2, "model": "autoencoder", "size": 512},
        "upscale": {"detail": 0.25, "consistency": 3},
        "monet": {"direction": "monet2photo", "strength": 0.5, "brush": 0.7, "keep": True},
        "style": {"strength": 0.9, "brush": 2.0, "size": 256, "steps": 60, "keep": True},
    }
    for name, tab in tabs.items():
        query = dict(parse_qsl(history.link(tab, history.usual(tab))["query"]))
        assert query == {"tab": name}
        wanted = history.usual(tab) | changes[name]
        query = dict(parse_qsl(history.link(tab, wanted)["query"]))
        assert query.pop("tab") == name and len(query) == len(changes[name])
        controls, wrong = history.read(tab, query)
        assert controls == pytest.approx(wanted) and wrong == []
        for text in ("", "nan", "1e999", "[" * 9999, "-1", "\0", "true"):
            bad = dict.fromkeys([*query, "hints", "marks", "__class__"], text)
            history.read(tab, bad)


def test_of_the_files_that_go_earlier_results_are_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "get_upload_folder", lambda: str(tmp_path))
    for number in range(earlier.MOST + 3):
        photo = Photo.from_array(np.full((64, 64, 3), number, np.uint8), name=f"{number}.jpg")
        shown = Shown(photo, photo, "-same", {"task": "colorize"}, (f"{tmp_path}/{number}/a", ""))
        earlier.remember(("me", "monet"), Work(shown=shown), {}, "")
    found = earlier.kept("me")
    assert [one.photo.metadata.name for one in found] == [f"{n}.jpg" for n in range(2, earlier.MOST + 2)]
    first = weakref.ref(found[0])
    path = Path(found[0].photo.path.result())
    monkeypatch.setattr(files, "YOUNG", -1)
    other = tmp_path / "other" / "a.png"
    other.parent.mkdir()
    other.write_bytes(bytes(5000))
    monkeypatch.setenv("COLORIZER_CACHE_MB", "0.02")
    [one.photo.path.result() for one in found]
    files.make_room()
    assert not other.exists() and path.exists()
    again = found[0].shown()
    assert np.array_equal(again.photo.rgb, np.full((64, 64, 3), 2, np.uint8)) and again.photo.bits == 8
    monkeypatch.setenv("COLORIZER_CACHE_MB", "0")
    files.make_room()
    assert not path.exists()
    del found, again
    work._kept.clear()
    assert first() is None
