"""Can the page be used without a mouse, without sight, and on a phone?"""

from __future__ import annotations

import io
import re
from pathlib import Path

import axe_playwright_python
import numpy as np
import pillow_heif
import pytest
from page import Held, changed, give, made, scrolls_sideways
from PIL import Image
from test_page_everywhere import TABS

from colorizer.ui.texts import TEXTS

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOK = """async rules => {
    const changing = document.getAnimations().filter(each => each instanceof CSSTransition);
    await Promise.allSettled(changing.map(each => each.finished));
    const {violations} = await axe.run({runOnly: rules, resultTypes: ['violations']});
    return violations.flatMap(({id, nodes}) => nodes.map(at => `${id}: ${at.target} ${at.failureSummary}`));
}"""
IN_SIGHT = """name => {
    const {top, bottom} = document.querySelector(name).getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
}"""
SCALED = """([least, most]) => [...document.querySelectorAll('#stage img')].every(image => {
    const scale = Number(image.style.transform.match(/scale[(](.*)[)]/)[1]);
    return scale > least - 0.01 && scale < most + 0.01;
})"""
MOVED = """left => [...document.querySelectorAll('#stage img')].every(
    image => Math.abs(left - 80 - image.getBoundingClientRect().left) < 1)"""
FOCUSED = "name => document.activeElement.id === name"
DARK = "dark => document.body.classList.contains('dark') === dark"


def test_axe_finds_nothing_on_any_tab_before_or_after_a_result(visit, small: Path, painting: Path) -> None:
    """Light or dark is a matter of colours alone, wide or narrow one of places: each is looked at."""
    page = visit("?tab=restore")
    page.wait_for_selector("#restore-examples .card")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    states, faults = 0, []

    def look(what: str, schemes: tuple[str, str] = ("light", "dark")) -> None:
        nonlocal states, faults
        for scheme, width in zip(schemes, (1280, 390), strict=True):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(DARK, arg=scheme == "dark")
            page.set_viewport_size({"width": width, "height": 844})
            states += 1
            faults += [f"{what}, {scheme}, {width}: {fault}" for fault in page.evaluate(LOOK, RULES)]

    for name in [*TABS, "album", "dull", "about"]:
        page.evaluate("name => window.goToTab(name)", name)
        page.wait_for_selector(f"#tab-{name}-button[aria-selected=true]")
        page.wait_for_selector(f"#tab-{name}", state="visible")
        look(f"{name} before")
        if name in TABS:
            prefix, start, _, inner, _ = TABS[name]
            give(page, small, prefix)
            if name == "style":
                give(page, painting, prefix, "canvas")
            made(page, start, prefix)
            page.locator(f"#{prefix}more > button").first.click()
            page.wait_for_selector(f"#{inner}", state="visible")
            look(f"{name} after", ("dark", "light"))
        elif name == "dull":
            page.locator("#tab-dull .card").first.click()
            page.wait_for_selector(".dull-plot")
            look("dull after", ("dark", "light"))
    page.close()  # and what is emulated there with it
    assert states == 28
    assert not faults, "\n".join(faults)


def test_a_result_is_heard_the_focus_goes_to_it_and_keys_move_the_slider(visit, photograph: Path) -> None:
    page = visit(locale="fr-FR")
    give(page, photograph)
    assert page.get_by_role("img", name=TEXTS["photo"][1], exact=True).count() == 1
    page.focus("#colour")
    page.keyboard.press("Enter")
    handle = page.get_by_role("slider", name="Avant / Après")
    handle.wait_for()
    page.wait_for_function("document.activeElement.matches('#stage [role=slider]')")
    heard = page.locator("[aria-live=polite].heard")
    page.wait_for_function(
        "start => document.querySelector('.heard').textContent.startsWith(start)",
        arg=TEXTS["made_colorize"][1],
    )
    assert TEXTS["unchanged"][1] in heard.inner_text()
    assert page.get_by_role("img", name=TEXTS["made_colorize"][1]).count() == 1

    image = page.locator("#stage img").nth(1)
    for key, place in (("ArrowLeft", 48), ("PageUp", 58), ("End", 100), ("Home", 0), ("ArrowRight", 2)):
        page.keyboard.press(key)
        page.wait_for_selector(f"#stage [aria-valuenow='{place}']")
        told = handle.get_attribute("aria-valuetext")
        assert told == f"Avant {place} %, Après {100 - place} %"
        clipped = float(re.findall(r"([\d.]+)%", image.evaluate("image => image.style.clipPath"))[-1])
        assert abs(clipped - place) < 1


def test_trouble_is_an_alert_and_the_focus_is_on_cancel_while_it_works_and_then_on_the_button_again(
    visit, photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit()
    page.focus("#colour")
    page.keyboard.press("Enter")
    page.get_by_role("alert").filter(has_text=TEXTS["nothing_given"][0]).wait_for()
    page.wait_for_function(FOCUSED, arg="colour")
    give(page, photograph)
    held = Held(monkeypatch, "analyse")
    page.focus("#colour")
    page.keyboard.press("Enter")
    assert held.begun.wait(20)
    page.wait_for_function(FOCUSED, arg="cancel")
    page.keyboard.press("Enter")
    page.wait_for_function(FOCUSED, arg="colour")
    page.wait_for_function(
        "told => document.querySelector('.heard').textContent === told", arg=TEXTS["stopped"][0]
    )
    held.going.set()


def test_on_a_phone_the_result_comes_into_sight_and_the_tabs_are_one_line(visit, photograph: Path) -> None:
    page = visit(width=390, height=844)
    give(page, photograph)
    made(page, "colour")
    page.wait_for_function(IN_SIGHT, arg="#stage")
    page.evaluate("window.scrollTo(0, 0)")
    shown = page.locator("#stage img").nth(1).get_attribute("src")
    page.click("#colour")
    changed(page, shown)
    page.wait_for_function(IN_SIGHT, arg="#stage")
    assert not scrolls_sideways(page)
    tops = {tab.bounding_box()["y"] for tab in page.locator("#tabs [role=tab]").all()}
    assert len(tops) == 1
    page.evaluate("window.goToTab('about')")
    page.wait_for_function(
        "document.getElementById('tab-about-button').getBoundingClientRect().right <= innerWidth"
    )


def test_a_comparison_is_enlarged_to_one_to_one_and_both_sides_move_together(visit, draw) -> None:
    page = visit(width=390, height=844, fresh=True)
    give(page, draw("large.jpg", width=1650, height=1100))
    made(page, "colour")
    handle = page.locator("#stage [role=slider]")
    handle.focus()

    def scaled(most: float, least: float | None = None) -> None:
        page.wait_for_function(SCALED, arg=[least or most, most])

    wide = page.locator("#stage img").first.evaluate("image => image.offsetWidth")
    for key, scale in (("1", 1650 / wide), ("-", 1650 / wide / 1.5), ("0", 1), ("+", 1.5)):
        page.keyboard.press(key)
        scaled(scale)
    left, right = [page.locator("#stage img").nth(n).bounding_box() for n in (0, 1)]
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(MOVED, arg=left["x"])
    assert left == right and handle.get_attribute("aria-valuenow") == "50"
    page.keyboard.press("0")
    scaled(1)
    box = page.locator("#stage .content").bounding_box()
    x, y = box["x"] + 60, box["y"] + 60
    page.mouse.dblclick(x, y)
    scaled(1650 / wide)
    page.mouse.dblclick(x, y)
    scaled(1)
    page.mouse.wheel(0, -100)
    scaled(1.05)
    page.mouse.wheel(0, 100)
    scaled(1)

    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    top = page.evaluate("window.scrollY")
    touch("touchStart", (x, y))
    for step in range(1, 6):
        touch("touchMove", (x, y - 10 * step))
    touch("touchEnd")
    page.wait_for_function("top => window.scrollY > top", arg=top)  # one finger sweeps the page
    scaled(1)
    page.evaluate("top => window.scrollTo(0, top)", top)
    touch("touchStart", (x, y), (x + 40, y))
    touch("touchMove", (x - 20, y), (x + 60, y))
    touch("touchEnd")
    scaled(2.1, 1.9)
    page.close()  # and with it what has fingers


def test_a_phones_photograph_goes_up_whatever_its_type_is_said_to_be(visit) -> None:
    page = visit(width=390, height=844)
    field = page.locator("#photo input[type=file]")
    assert field.get_attribute("accept") == "image/*" and field.get_attribute("capture") is None
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
    pillow_heif.from_pillow(picture).save(sent := io.BytesIO())
    for name, content in (("notes.heic", b"This is not a picture."), ("IMG_2041.HEIC", sent.getvalue())):
        field.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
        page.wait_for_selector(f"#line :text('{name}')" if name == "notes.heic" else "#photo img")
    made(page, "colour")
    assert "80 × 60" in page.inner_text("#status")
    assert page.locator("[data-testid=toast-body]").count() == 0
