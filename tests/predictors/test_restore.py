"""Is a photograph restored in one pass: lightness mended and enlarged, colours laid on last?"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from pictures import photograph, stop_beyond
from skimage.color import rgb2lab

from colorizer.errors import Cancelled, PhotoTooLarge, SettingsError
from colorizer.photo import Photo
from colorizer.predictors import prints, upscale
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.mend import Mender
from colorizer.predictors.restore import Restorer, packed, steps, unpacked
from colorizer.predictors.settings import Hint, RestoreSettings, UpscaleSettings
from colorizer.predictors.upscale import Upscaler

pytestmark = pytest.mark.usefixtures("restoring")
GREY = photograph(40, 60, grey=True)
PLAIN = RestoreSettings(mend=0, enlarge=1)


def lightness(photo: Photo) -> np.ndarray:
    return rgb2lab(photo.rgb)[..., 0]


def test_lightness_is_enlarged_and_colour_is_laid_onto_it_at_the_final_size():
    made = Restorer.load().run(GREY)
    enlarged = Upscaler.load().upscale(GREY, UpscaleSettings(made.settings.model))
    assert made.photo.rgb.shape == (160, 240, 3)
    assert np.abs(lightness(made.photo) - lightness(enlarged)).max() < 0.8
    assert np.abs(rgb2lab(made.photo.rgb)[..., 1:]).mean() > 1
    analysis = replace(Colorizer.load().analyse(GREY), photo=enlarged)
    assert np.array_equal(made.photo.rgb, Colorizer.load().render(analysis).rgb)


def test_it_can_be_made_again_from_its_settings():
    settings = RestoreSettings(saturation=1.5, hints=(Hint(0.5, 0.5, "#7a5230"),), fading=0.5, negative=True)
    made = Restorer.load().run(GREY, settings)
    assert made.made_by["task"] == "restore"
    assert made.made_by["weights"] == "mend 0.1, unet 0.1, srgan-photo 0.1"
    assert None not in own(made).values() and "auto" not in own(made).values()
    again = Restorer.load().run(GREY, RestoreSettings(**own(made)))
    assert np.array_equal(again.photo.rgb, made.photo.rgb) and again.made_by == made.made_by


def test_each_step_can_be_left_out():
    restorer = Restorer.load()
    nothing = RestoreSettings(mend=0, colour="never", enlarge=1)
    assert np.array_equal(restorer.restore(GREY, nothing).rgb, GREY.rgb)
    assert restorer.restore(GREY, PLAIN).rgb.shape == GREY.rgb.shape
    assert steps(nothing) == {}
    larger = restorer.restore(GREY, RestoreSettings(mend=0, colour="never", enlarge=2))
    assert larger.rgb.shape == (80, 120, 3) and np.ptp(larger.rgb.astype(int), axis=2).max() == 0


def test_a_photo_that_has_colours_keeps_them_unless_it_is_asked_otherwise():
    coloured = photograph(40, 60)
    kept = Restorer.load().run(coloured, PLAIN)
    assert np.array_equal(kept.photo.rgb, coloured.rgb) and kept.settings.colour == "never"
    assert "keeps them" in kept.photo.metadata.notes[0]
    replaced = Restorer.load().restore(coloured, RestoreSettings(mend=0, colour="always", enlarge=1))
    assert np.array_equal(replaced.rgb, Colorizer.load().colorize(coloured).rgb)


def brightest(_mender, photo, *_how) -> np.ndarray:
    """The brightest pixels are damaged."""
    return photo.rgb[..., 0] == photo.rgb.max()


def test_damage_is_mended_before_anything_else_sees_it_and_a_person_may_say_what_it_is(monkeypatch):
    monkeypatch.setattr(Mender, "find", brightest)
    restorer, mended = Restorer.load(), Mender.load().mend(GREY)
    made = restorer.run(GREY)
    assert 0 < made.marks.mean() < 0.1 and np.array_equal(made.marks, mended.marks)
    without = RestoreSettings(mend=0)
    assert np.array_equal(made.photo.rgb, restorer.restore(mended.photo, without).rgb)
    marks = np.zeros((40, 60), bool)
    marks[10:20, 30] = True
    settings = RestoreSettings(colour="never", enlarge=1, marks=packed(marks))
    corrected = restorer.run(GREY, settings)
    assert np.array_equal(corrected.marks, marks)
    assert np.array_equal(corrected.photo.rgb, Mender.load().mend(GREY, marks=marks).photo.rgb)
    again = restorer.run(GREY, RestoreSettings(**own(corrected)))
    assert np.array_equal(again.photo.rgb, corrected.photo.rgb)


def own(made) -> dict:
    """The settings that a result says it was made with."""
    return {
        name: value
        for name, value in made.made_by.items()
        if name not in ("task", "weights", "sha256", "precision")
    }


def test_marks_of_any_picture_fit_into_its_metadata():
    marks = np.random.default_rng(0).random((1500, 2000)) < 0.05
    text = packed(marks)
    found = unpacked(text, Photo.from_array(marks.astype(np.uint8)))
    assert len(text) < 32_000 and found.shape == marks.shape and found[marks].mean() > 0.97
    with pytest.raises(SettingsError, match="marks"):
        unpacked("no marks", GREY)


def test_where_mending_has_no_weights_the_rest_is_done(folder):
    listed = json.loads((folder / "manifest.json").read_text())
    del listed["files"]["mend"]
    (folder / "manifest.json").write_text(json.dumps(listed))
    made = Restorer.load().run(GREY, PLAIN)
    assert made.marks is None and made.settings.mend == 0


def test_other_colours_need_no_network(monkeypatch):
    restorer = Restorer.load()
    made = restorer.run(GREY)
    settings = RestoreSettings(saturation=0.3, hints=(Hint(0.2, 0.2, "#c02020"),))
    expected = restorer.run(GREY, settings)
    monkeypatch.setattr(Colorizer, "analyse", None)
    monkeypatch.setattr(Upscaler, "run", None)
    assert np.array_equal(restorer.recolour(made, settings).photo.rgb, expected.photo.rgb)


def test_depth_and_transparency_stay():
    deep = photograph(40, 60, bits=16, alpha=True, grey=True)
    made = Restorer.load().restore(deep, RestoreSettings(enlarge=3))
    assert made.rgb.dtype == np.uint16 and made.rgb.shape == (120, 180, 3)
    assert made.alpha is not None and made.alpha.shape == (120, 180)


@pytest.mark.parametrize(("size", "factor"), [((2000, 1500), 4), ((2001, 1500), 3), ((4000, 3000), 2)])
def test_where_four_times_is_too_large_the_largest_possible_is_taken(size, factor):
    assert upscale.largest_factor(*size) == factor
    photo = Photo.from_array(np.zeros(size[::-1], np.uint8))
    found = Restorer.load().forecast(photo)
    assert (found.width, found.height) == (factor * size[0], factor * size[1])
    assert found.seconds > 0 and found.bytes > 3 * found.width * found.height
    with pytest.raises(PhotoTooLarge):
        upscale.check_size("a", *size, factor=factor + 1)


def test_a_very_large_photo_is_not_enlarged_and_that_is_said():
    photo = Photo.from_array(np.full((30, 7501), 9, np.uint8))  # four times as long is beyond what is opened
    assert upscale.largest_factor(7501, 30) == 3
    assert upscale.largest_factor(5000, 5000) == 1
    made = Restorer.load().run(photo, RestoreSettings(mend=0, colour="never"))
    assert made.photo.width == 3 * 7501 and made.settings.enlarge == 3
    assert any("enlarged three times" in note for note in made.photo.metadata.notes)


@pytest.mark.parametrize("factor", [2, 3])
def test_fewer_times_is_four_times_reduced_whatever_the_tiles(factor, monkeypatch):
    photo = photograph(50, 70)
    whole = Upscaler.load().run(photo, factor=factor)
    monkeypatch.setattr(upscale, "TILING", upscale.Tiling(32, 8, 0))
    tiled = Upscaler.load().run(photo, factor=factor)
    assert whole.photo.rgb.shape == (50 * factor, 70 * factor, 3)
    assert np.abs(whole.photo.rgb.astype(int) - tiled.photo.rgb).max() <= 2
    assert whole.error == pytest.approx(tiled.error, abs=0.05)


def test_progress_tells_the_step_and_may_stop_the_work_in_each():
    restorer, told = Restorer.load(), []
    restorer.run(photograph(120, 300, grey=True), progress=lambda *said: told.append(said))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1
    assert list(dict.fromkeys(text for _, text in told)) == ["Mending", "Enlarging", "Colouring"]
    for share in (0.0, 0.5, 0.94):
        with pytest.raises(Cancelled):
            restorer.run(photograph(120, 300, grey=True), progress=stop_beyond(share))


# What kind of print it is


def dots(grey: np.ndarray, pitch: float, angle: float = 45.0) -> np.ndarray:
    """A grey picture (H, W) printed in black dots of that pitch."""
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]] * 2 * np.pi / pitch
    turn = np.radians(angle)
    wave = np.cos(x * np.cos(turn) + y * np.sin(turn)) + np.cos(y * np.cos(turn) - x * np.sin(turn))
    return np.where(grey > (wave + 2) * 63, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(("pitch", "angle"), [(3, 45), (5, 45), (6.3, 30), (11, 45)])
def test_a_halftone_screen_is_recognised_with_its_pitch(pitch, angle):
    grey = photograph(300, 400, grey=True).rgb[..., 0]
    printed = Photo.from_array(dots(grey, pitch, angle))
    assert prints.screen(printed) == pytest.approx(pitch, rel=0.1)
    assert prints.screen(prints.smoothed(printed, 1.0)) == pytest.approx(pitch, rel=0.1)  # as scans are


def test_a_photograph_and_a_blank_page_have_no_screen_and_two_levels_alone_are_one():
    photo = photograph(300, 400, grey=True)
    assert prints.screen(photo) == 0
    assert prints.screen(Photo.from_array(np.full((300, 400), 200, np.uint8))) == 0
    fax = np.where(photo.rgb[..., 0] > np.random.default_rng(0).integers(0, 255, (300, 400)), 255, 0)
    assert prints.screen(Photo.from_array(fax.astype(np.uint8))) == prints.TWO_LEVELS


def test_a_screen_is_smoothed_for_the_colours_alone_unless_the_lightness_is_to_be_smooth_too():
    photo = photograph(300, 400, grey=True)
    printed = prints.smoothed(Photo.from_array(dots(photo.rgb[..., 0], 5)), 2)  # as scanners do
    restorer = Restorer.load()
    made = restorer.run(printed, PLAIN)
    assert np.abs(lightness(made.photo) - lightness(printed)).max() < 0.8
    assert "5.0 pixels apart" in made.photo.metadata.notes[0]
    assert (made.photo.rgb != Colorizer.load().colorize(printed).rgb).any()
    smooth = restorer.restore(printed, RestoreSettings(mend=0, enlarge=1, screen="smooth"))
    away = [np.abs(lightness(each) - lightness(photo)).mean() for each in (smooth, made.photo)]
    assert away[0] < 0.7 * away[1]
    kept = restorer.restore(printed, RestoreSettings(mend=0, enlarge=1, screen="keep"))
    assert np.array_equal(kept.rgb, Colorizer.load().colorize(printed).rgb)


def test_the_network_that_enlarges_is_chosen_by_noise_and_blocks():
    clean = Photo.from_array(np.hypot(*np.mgrid[:256, :256]).astype(np.uint8) // 2 + 40)
    noise = np.random.default_rng(0).normal(0, 4, clean.rgb.shape[:2])
    noisy = Photo.from_array((clean.rgb[..., 0] + noise).clip(0, 255).astype(np.uint8))
    blocky = clean.rgb[..., 0] // 2 + np.kron(
        np.random.default_rng(0).integers(0, 9, (32, 32)), np.ones((8, 8))
    )
    assert prints.wear(noisy)[0] == pytest.approx(4, rel=0.15)
    for photo, model in (
        (clean, "clean"),
        (noisy, "photo"),
        (Photo.from_array(blocky.astype(np.uint8)), "photo"),
    ):
        made = Restorer.load().run(photo, RestoreSettings(mend=0, colour="never", enlarge=2))
        assert made.settings.model == model
        assert any("It was enlarged as a" in note for note in made.photo.metadata.notes)


def test_a_negative_is_turned_and_a_flat_print_gets_its_black_and_white_back_without_clipping():
    turned = Restorer.load().restore(GREY, RestoreSettings(mend=0, colour="never", enlarge=1, negative=True))
    assert np.array_equal(turned.rgb, 255 - GREY.rgb)
    flat = Photo.from_array((GREY.rgb * 0.4 + 90).astype(np.uint8))
    for amount, wide in ((0.5, 120), (1.0, 190)):
        result = prints.unfaded(flat, amount)
        assert np.percentile(result.rgb, 99) - np.percentile(result.rgb, 1) > wide
        levels = [np.unique(result.rgb[flat.rgb == level]) for level in np.unique(flat.rgb)]
        assert all(len(level) == 1 for level in levels)
        assert (
            (np.diff(np.concatenate(levels).astype(int)) >= 0).all()
            and result.rgb.min() > 0
            and result.rgb.max() < 255
        )
    assert np.array_equal(prints.unfaded(flat, 0).rgb, flat.rgb)
    assert np.array_equal(prints.unfaded(Photo.from_array(np.zeros((20, 20), np.uint16)), 1).rgb.max(), 0)


def test_colours_that_are_not_used_are_not_told_of_as_if_they_were():
    hinted = RestoreSettings(
        mend=0, enlarge=1, colour="never", saturation=2, hints=(Hint(0.5, 0.5, "#7a5230"),)
    )
    made = Restorer.load().run(GREY, hinted)
    assert (made.settings.hints, made.settings.saturation) == ((), 1.0)
    assert "were not used" in " ".join(made.photo.metadata.notes)
