"""The network runs once, settings are arithmetic, and the lightness of a photograph is never touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import difference, enter, photograph, stop_beyond
from skimage import color
from skimage.transform import resize

from colorizer.colour.bins import mode_tilts
from colorizer.colour.compose import compose
from colorizer.colour.guided import LocalLines
from colorizer.colour.lab import clamp_to_gamut
from colorizer.errors import Cancelled, SettingsError, WeightsError
from colorizer.networks.autoencoder import AutoEncoder
from colorizer.networks.course_unet import CourseUNet
from colorizer.networks.unet import ColorUNet
from colorizer.photo import Photo
from colorizer.predictors.colorize import Analysis, Colorizer, network_size
from colorizer.predictors.settings import VARIANTS, ColorizeSettings, Hint


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory) -> Path:
    """A weights folder of random networks, the U-Net's made opinionated so that its colours are strong."""
    folder, trained = tmp_path_factory.mktemp("random"), tmp_path_factory.mktemp("trained")
    torch.manual_seed(0)
    unet = ColorUNet(widths=(16, 16, 16))
    with torch.no_grad():
        unet.classify.weight.mul_(8.0)
    networks = {"unet": unet, "course-unet": CourseUNet((4, 8, 8, 8, 8))}
    networks["autoencoder"] = AutoEncoder((8, 8, 16, 16, 16))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLORIZER_WEIGHTS_DIR", str(folder))
        for name, network in networks.items():
            enter(trained, name, "colorize", network.state_dict())
    return folder


@pytest.fixture
def colorizer(random_weights, monkeypatch) -> Colorizer:
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(random_weights))
    return Colorizer.load()


GREY = photograph(120, 160, grey=True)


def lightness(rgb: np.ndarray) -> np.ndarray:
    return color.rgb2lab(rgb)[..., 0]


@pytest.mark.parametrize("model", ["unet", "course-unet", "autoencoder"])
@pytest.mark.parametrize("bits", [8, 16])
def test_lightness_is_that_of_the_photograph(colorizer: Colorizer, model: str, bits: int):
    photo = photograph(120, 160, bits, grey=True)
    result = colorizer.colorize(photo, ColorizeSettings(model=model, saturation=2.0))
    assert result.rgb.dtype == photo.rgb.dtype and result.rgb.shape == photo.rgb.shape
    assert np.abs(lightness(result.rgb) - lightness(photo.rgb)).mean() < (0.3 if bits == 8 else 0.1)
    assert color.rgb2lab(result.rgb)[..., 1:].std() > 0.5


@pytest.mark.parametrize("chroma", [30.0, 80.0, 300.0])
def test_saturated_colours_keep_the_lightness_too(chroma: float):
    ramp = np.tile(np.arange(256, dtype=np.uint8)[:, None], (12, 1, 3))
    angle = torch.linspace(0, 6.28, 12)[None, None, :, None]
    ab = chroma * torch.cat((angle.cos(), angle.sin()), dim=1).expand(1, 2, 12, 8)
    result = compose(ramp, LocalLines(torch.zeros_like(ab), ab), 0.0)
    away = np.abs(lightness(result) - lightness(ramp))
    assert away.mean() < 0.3 and away.max() < 1.5


def test_settings_do_not_run_the_network_again(colorizer: Colorizer):
    analysis = colorizer.analyse(GREY)
    network, _ = colorizer.network("unet")
    calls = []
    network.register_forward_pre_hook(lambda *_: calls.append(1))
    plain = colorizer.render(analysis)
    for changed in ({"saturation": 0.5}, {"temperature": 0.9}, {"strength": 0.4}, {"variant": 1}):
        other = colorizer.render(analysis, replace(ColorizeSettings(), **changed))
        assert not np.array_equal(other.rgb, plain.rgb), changed
    assert not calls


def test_no_saturation_and_no_strength_give_the_photograph_back(colorizer: Colorizer):
    for one, chosen in (
        (GREY, ColorizeSettings(saturation=0.0)),
        (GREY, ColorizeSettings(strength=0.0)),
        (photograph(100, 140), ColorizeSettings(strength=0.0)),
    ):
        assert difference(colorizer.colorize(one, chosen).rgb, one.rgb) <= 1


def test_the_colours_of_the_input_do_not_matter_at_full_strength(colorizer: Colorizer):
    coloured = photograph(96, 128)
    lab = color.rgb2lab(coloured.rgb) * np.array((1.0, 0.0, 0.0))
    grey = Photo.from_array(np.round(color.lab2rgb(lab) * 255).astype(np.uint8))
    ours, theirs = colorizer.colorize(coloured).rgb, colorizer.colorize(grey).rgb
    assert np.abs(ours.astype(int) - theirs).mean() < 3.0


def test_alpha_and_metadata_stay(colorizer: Colorizer):
    alpha = np.arange(120 * 160, dtype=np.uint8).reshape(120, 160)
    result = colorizer.colorize(Photo.from_array(GREY.rgb, alpha, "cat.png"))
    assert np.array_equal(result.alpha, alpha) and result.metadata.name == "cat.png"


@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), size=st.sampled_from([128, 200, 320]))
def test_any_size_has_a_network_size_that_fits(height: int, width: int, size: int):
    photo = Photo.from_array(np.zeros((height, width), np.uint8))
    w, h = network_size(photo, ColorizeSettings(size=size))
    assert w % 32 == 0 and h % 32 == 0 and min(w, h) >= 32 and max(w, h) <= max(size + 16, 32)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 5)])
def test_odd_shapes_come_back_as_they_went_in(colorizer: Colorizer, shape: tuple[int, int]):
    photo = Photo.from_array(np.full(shape, 120, np.uint8))
    assert colorizer.colorize(photo).rgb.shape == (*shape, 3)


# Hints


def asked_of(photo: Photo, hint: Hint) -> tuple[int, int, np.ndarray]:
    """The hinted pixel, and the Lab that it should have: its own L, the colour's hue, chroma within sRGB."""
    column = min(int(np.float32(hint.x) * photo.width), photo.width - 1)
    row = min(int(np.float32(hint.y) * photo.height), photo.height - 1)
    wanted = np.array([int(hint.colour[k : k + 2], 16) for k in (1, 3, 5)], np.uint8)
    lab = np.array([lightness(photo.rgb[row, column]), *color.rgb2lab(wanted)[1:]])
    return row, column, clamp_to_gamut(torch.from_numpy(lab)[:, None, None])[:, 0, 0].numpy()


hints = st.lists(
    st.builds(
        Hint,
        x=st.floats(0, 1),
        y=st.floats(0, 1),
        colour=st.integers(0, 0xFFFFFF).map("#{:06x}".format),
        reach=st.floats(0.02, 1),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 99),
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    bits=st.sampled_from([8, 16]),
    grey=st.booleans(),
    how=st.builds(
        ColorizeSettings,
        saturation=st.floats(0, 2),
        temperature=st.floats(0.1, 1),
        strength=st.floats(0, 1),
        variant=st.integers(0, VARIANTS),
        size=st.sampled_from([128, 200]),
        hints=hints,
    ),
)
def test_a_hinted_place_has_its_colour_and_all_places_their_lightness(
    colorizer: Colorizer, seed: int, shape: tuple[int, int], bits: int, grey: bool, how: ColorizeSettings
):
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (4, 5, 1 if grey else 3)).astype(float)
    picture = np.round(resize(coarse, shape, order=1) + random.uniform(-8, 8, shape)[..., None]).clip(0, 255)
    levels = picture.repeat(3 // picture.shape[2], 2).astype(f"uint{bits}")
    photo = Photo.from_array(levels * 257 if bits == 16 else levels)
    analysis = colorizer.analyse(photo, how)
    result = colorizer.render(analysis, how)
    away = np.abs(lightness(result.rgb) - lightness(photo.rgb))
    assert away.mean() < 0.3 and away.max() < 1.5
    height, width = analysis.guide.shape[-2:]
    last = {}  # of several in one point of the map
    for hint in how.hints:
        row, column, wanted = asked_of(photo, hint)
        point = int((row + 0.5) / photo.height * height), int((column + 0.5) / photo.width * width)
        last[point] = row, column, wanted
    for row, column, wanted in last.values():
        assert color.deltaE_ciede2000(color.rgb2lab(result.rgb[row, column]), wanted) <= 3


def test_hints_change_the_picture_where_they_reach_and_settings_do_not_change_them(colorizer: Colorizer):
    photo = GREY
    analysis, hint = colorizer.analyse(photo), Hint(0.2, 0.3, "#3060b0", 0.05)
    plain, hinted = (colorizer.render(analysis, ColorizeSettings(hints=some)).rgb for some in ((), (hint,)))
    assert difference(plain[36, 32], hinted[36, 32]) > 20
    assert difference(plain[:, 110:], hinted[:, 110:]) <= 1
    for changed in ({"saturation": 0.0}, {"saturation": 2.0}, {"temperature": 1.0}, {"rebalance": 1.0}):
        other = colorizer.render(analysis, ColorizeSettings(hints=(hint,), **changed)).rgb
        assert difference(other[36, 32], hinted[36, 32]) <= 3, changed


@pytest.mark.parametrize("place", [(0.2, 0.3), (0.7, 0.9)])
def test_a_hint_of_the_colour_that_is_there_changes_nothing(colorizer: Colorizer, place: tuple[float, float]):
    analysis = colorizer.analyse(GREY)
    plain = colorizer.render(analysis, ColorizeSettings(saturation=0.3)).rgb
    there = plain[int(place[1] * 120), int(place[0] * 160)]
    hint = Hint(*place, "#{:02x}{:02x}{:02x}".format(*there))
    again = colorizer.render(analysis, ColorizeSettings(saturation=0.3, hints=(hint,))).rgb
    assert difference(again, plain) <= 1


def analysis_of(colorizer: Colorizer, log_probability: torch.Tensor) -> Analysis:
    """An analysis whose distribution is given (1, Q, h, w)."""
    plain = colorizer.analyse(GREY)
    assert plain.bins is not None
    guide = torch.full((1, 1, *log_probability.shape[-2:]), 50.0)
    tilts = mode_tilts(log_probability, plain.bins, VARIANTS)
    return replace(plain, output=log_probability, guide=guide, tilts=tilts)


def distribution(colorizer: Colorizer, modes: dict[tuple[int, int], float]) -> torch.Tensor:
    bins = colorizer.network("unet")[0].bins
    density = sum(
        share * torch.exp(-((bins - torch.tensor(place, dtype=torch.float32)) ** 2).sum(1) / 100)
        for place, share in modes.items()
    )
    return torch.log(density / density.sum() + 1e-9)[None, :, None, None].expand(1, -1, 6, 8)


def test_variants_are_the_modes_and_differ_visibly(colorizer: Colorizer):
    modes = {(50, 30): 0.4, (-40, 30): 0.35, (10, -50): 0.25}
    analysis = analysis_of(colorizer, distribution(colorizer, modes))
    found = colorizer.variants(analysis)
    assert 2 <= len(found) <= 4
    previews = [colorizer.render(analysis).preview(64)] + [picture for _, picture in found]
    means = [color.rgb2lab(picture)[..., 1:].mean((0, 1)) for picture in previews]
    for first in range(len(means)):
        for second in range(first):
            assert np.linalg.norm(means[first] - means[second]) > 4.0


def test_a_sure_network_has_no_variants_and_more_confidence(colorizer: Colorizer):
    sure = analysis_of(colorizer, distribution(colorizer, {(20, 40): 1.0}))
    bins = colorizer.network("unet")[0].bins
    unsure = analysis_of(colorizer, torch.full((1, len(bins), 6, 8), -float(np.log(len(bins)))))
    assert colorizer.variants(sure) == []
    assert colorizer.confidence(sure).mean() > 0.5
    assert colorizer.confidence(unsure).max() < 0.01
    assert colorizer.confidence(sure, side=80).shape == (60, 80)


def test_rebalancing_favours_rare_colours(colorizer: Colorizer):
    analysis = analysis_of(colorizer, distribution(colorizer, {(0, 0): 0.6, (60, 40): 0.4}))
    analysis = replace(analysis, prior=distribution(colorizer, {(0, 0): 1.0})[0, :, 0, 0].exp())
    ab = [analysis.chroma(ColorizeSettings(rebalance=amount)) for amount in (0, 0.5, 1)]
    chroma = [float(one.norm(dim=1).mean()) for one in ab]
    assert chroma[0] < chroma[1] < chroma[2]


def test_an_analysis_of_another_model_is_refused(colorizer: Colorizer):
    analysis = colorizer.analyse(GREY, ColorizeSettings(model="autoencoder"))
    with pytest.raises(SettingsError, match="autoencoder"):
        colorizer.render(analysis, ColorizeSettings(model="unet"))
    with pytest.raises(SettingsError):
        colorizer.confidence(analysis)


def test_cancelling_stops_the_work(colorizer: Colorizer):
    with pytest.raises(Cancelled):
        colorizer.colorize(GREY, progress=stop_beyond(-1))


def test_weights_of_another_network_under_a_models_name_are_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path / "weights"))
    enter(tmp_path, "unet", "colorize", AutoEncoder((8, 8, 8, 8, 8)).state_dict())
    photo = Photo.from_array(np.zeros((8, 8), np.uint8))
    with pytest.raises(WeightsError, match="“unet” holds the weights of another network"):
        Colorizer.load().colorize(photo)
    own = Colorizer.load(files={"unet": tmp_path / "new.safetensors"})
    with pytest.raises(WeightsError, match=r"new\.safetensors” holds the weights of another network"):
        own.colorize(photo)
