"""What is true of all tabs? They fit on a phone, speak French, can be linked to, and read uploads alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from page import GREY, Held, after, ask_to_read, changed, client, give, made, scrolls_sideways

from colorizer.photo import Photo
from colorizer.ui import cards, files
from colorizer.ui.page import build_page
from colorizer.ui.texts import TEXTS

# A tab's prefix and button, a sentence that is seen there, what is under More, and the first control.
TABS = {
    "restore": ("restore-", "restore", "restore_colour", "restore-screen", "restore-mend"),
    "colorize": ("", "colour", "unchanged", "model", "saturation"),
    "upscale": ("upscale-", "enlarge", "truth", "truth", "upscale-detail"),
    "monet": ("monet-", "paint", "keep_my_colours", "there-and-back", "monet-strength"),
    "style": ("style-", "restyle", "keep_my_colours", "features", "style-strength"),
}


def test_an_example_works_in_every_tab_on_a_phone_in_french(visit, photograph: Path) -> None:
    page = visit(width=390, height=844, locale="fr-FR")
    for tab in TABS:
        page.evaluate("name => window.goToTab(name)", tab)
        example_in(page, tab, photograph)


def example_in(page, tab: str, photograph: Path) -> None:
    prefix, start, said, more, control = TABS[tab]
    page.wait_for_selector(f"#{prefix}examples .card")
    assert not scrolls_sideways(page)
    page.locator(f"#{prefix}examples .card").first.click()
    page.wait_for_selector(f"#{prefix}stage img")
    if tab == "upscale":  # an example shows a part only
        shown = after(page, prefix)
        give(page, photograph, prefix)
        changed(page, shown, prefix)
        made(page, start, prefix)
    page.wait_for_selector(f"#{prefix}download", state="visible")
    page.wait_for_selector(f"#{start}", state="visible")
    page.locator(f"#{prefix}more > button").first.click()
    page.wait_for_selector(f"#{more}", state="visible")
    assert not scrolls_sideways(page)
    lines = page.inner_text("body").split("\n")
    assert TEXTS[said][1] in lines
    for key, (english, french) in TEXTS.items():
        assert english == french or english not in lines, key
    send = f"{prefix}send-{'upscale' if tab == 'colorize' else 'colorize'}"
    for name in (start, f"{prefix}download", send, f"{prefix}other-files"):
        assert page.locator(f"#{name}").bounding_box()["height"] >= 44, name
    order = [f"{prefix}photo", start, f"{prefix}stage", f"{prefix}download", control]
    tops = [page.locator(f"#{name}").bounding_box()["y"] for name in order]
    assert tops == sorted(tops)


def test_cancel_ends_the_work_at_its_next_step_and_what_was_there_stays(
    visit, photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit()
    for tab, work in (("monet", "paint"), ("upscale", "enlarge")):
        prefix, start, *_ = TABS[tab]
        page.evaluate("name => window.goToTab(name)", tab)
        give(page, photograph, prefix)
        shown = made(page, start, prefix)
        with monkeypatch.context() as patch:
            held = Held(patch, work)
            page.click(f"#{start}")
            assert held.begun.wait(20)
            page.click(f"#{prefix}cancel")
            page.wait_for_selector(f"#{prefix}line :text('{TEXTS['stopped'][0]}')")
            page.wait_for_selector(f"#{start}", state="visible")
            page.wait_for_timeout(600)  # until the server, too, has noticed
            held.going.set()
            assert held.cancelled.wait(20)
        assert after(page, prefix) == shown
        page.click(f"#{start}")
        changed(page, shown, prefix)


def test_the_tab_is_in_the_address(visit) -> None:
    page = visit("?tab=about", width=390)
    page.wait_for_selector("text=Your privacy", state="visible")
    assert not scrolls_sideways(page)
    page.locator("#tab-colorize-button").click()
    page.wait_for_url("**/?tab=colorize")
    page.go_back()
    page.wait_for_selector("text=Your privacy", state="visible")


def test_a_link_opens_a_tab_for_which_there_is_no_room(visit) -> None:
    page = visit("?tab=monet", width=240, locale="fr-FR")
    page.wait_for_selector("#monet-examples .card")


FIELDS = [
    *(
        f"{tab}{field}"
        for tab in ("", "restore-", "upscale-", "monet-", "style-", "dull-")
        for field in ("photo", "other-files")
    ),
    "style-canvas",
    "style-canvas-other-files",
]


@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}], ids=["plain", "told"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_file_of_this_machine_that_was_not_uploaded_is_not_read(
    url: str, monkeypatch: pytest.MonkeyPatch, field: str, meta: dict
) -> None:
    """It would be, if we didn't look where it lies."""
    seen: list[str] = []
    monkeypatch.setattr(Photo, "open", lambda path: seen.append(path) or Photo.from_array(GREY))
    path = cards.EXAMPLES[0].path
    ask_to_read(url, field, path, f"{field}-{bool(meta)}", meta)
    assert seen == []
    if meta or field.endswith("other-files"):
        return  # Gradio itself refuses what says that it is a file, as what a button takes has to
    monkeypatch.setattr(files, "is_upload", lambda path: True)
    ask_to_read(url, field, path, f"{field}-again", {})
    assert seen  # so that it was that which kept it out


def test_there_is_one_endpoint_for_each_task_and_what_tells_of_them(url: str) -> None:
    named = list(client(url).view_api(return_format="dict")["named_endpoints"])
    assert named == ["/restore", "/colorize", "/upscale", "/stylize", "/restyle", "/explain", "/models"]


def test_without_weights_the_page_says_so_and_offers_nothing_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path))
    shown = {block.elem_id for block in build_page().blocks.values()}
    assert {"no-upscaler", "tab-colorize"} <= shown
    assert not {"enlarge", "send-upscale", "tab-monet", "send-monet", "tab-dull"} & shown
