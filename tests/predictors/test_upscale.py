"""Is a photo four times as large afterwards, in its own depth, and refused before work where too large?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import ASTRONAUT, difference, enter, recoloured_where_hidden, stop_beyond
from pictures import photograph as photo

from colorizer import weights
from colorizer.colour.filling import fill_hidden
from colorizer.errors import Cancelled, PhotoTooLarge, SettingsError, WeightsError
from colorizer.networks.resampling import enlarge, shrink
from colorizer.networks.srgan import Generator
from colorizer.photo import Photo
from colorizer.predictors import precision, upscale
from colorizer.predictors.settings import UpscaleSettings
from colorizer.predictors.tiling import Tiling, to_pixels, to_tensor
from colorizer.predictors.upscale import Upscaler, back_project, offered, remaining_error, settled


def network(seed: int, blocks: int = 1) -> Generator:
    """A narrow generator of random weights that changes the picture visibly, and not too much."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = Generator(blocks, (6, 4, 4)).eval().requires_grad_(False)
        torch.nn.init.normal_(made.tail.weight, 0.0, 0.1)
    return made


def register(folder: Path, name: str, seed: int, blocks: int = 1) -> None:
    enter(folder, name, "upscale", network(seed, blocks).state_dict())


@pytest.fixture
def upscaler(folder: Path) -> Upscaler:
    """An upscaler with random networks under all three names."""
    for seed, name in enumerate(("srresnet", "srgan", "srgan-photo")):
        register(folder, name, seed)
    return Upscaler.load()


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles so small that small pictures have several."""
    monkeypatch.setattr(upscale, "TILING", Tiling(20, 8, 0))
    monkeypatch.setattr(upscale, "ALPHA_TILING", Tiling(20, 4, 0))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 7), (41, 30)])
def test_a_photo_of_any_size_gets_four_times_as_large(upscaler, small_tiles, shape, bits):
    given = photo(*shape, bits=bits)
    result = upscaler.upscale(given)
    assert (result.height, result.width) == (4 * shape[0], 4 * shape[1])
    assert result.rgb.dtype == given.rgb.dtype
    assert result.alpha is None


def test_tiles_give_what_the_network_gives_on_the_whole(upscaler, small_tiles):
    given = photo(60, 70)
    found = upscaler.upscale(given, UpscaleSettings(detail=0, consistency=0)).rgb
    whole = to_pixels(network(0)(to_tensor(given.rgb))[0], given.rgb.dtype)
    border = 4 * (4 + 2 + 4)  # as far as the network sees
    inner = (slice(border, -border), slice(border, -border))
    assert difference(found[inner], whole[inner]) <= 1
    assert difference(whole, to_pixels(enlarge(to_tensor(given.rgb))[0], given.rgb.dtype)) > 10


@pytest.mark.parametrize(
    ("detail", "names"), [(0, ["srresnet"]), (1, ["srgan"]), (0.25, ["srresnet", "srgan"])]
)
def test_detail_goes_from_the_weights_of_one_network_to_those_of_the_other(upscaler, detail, names):
    made, told = upscaler.network(settled(UpscaleSettings(detail=detail)))
    assert told == tuple(f"{name} 0.1" for name in names)
    low, high = (weights.load(name)[0] for name in (names[0], names[-1]))
    for key, value in made.state_dict().items():
        assert torch.allclose(value, torch.lerp(low[key], high[key], float(detail)), rtol=0, atol=1e-6)


def test_only_the_last_few_networks_are_kept(upscaler):
    made = [upscaler.network(settled(UpscaleSettings(detail=number / 8))) for number in range(8)]
    assert upscaler.network(settled(UpscaleSettings(detail=4 / 8))) is made[4]
    assert upscaler.network(settled(UpscaleSettings(detail=3 / 8))) is not made[3]


@pytest.mark.parametrize(
    ("there", "models", "detail"),
    [
        ("srresnet", ["clean"], 0.0),
        ("srgan", ["clean"], 1.0),
        ("srresnet srgan", ["clean"], 0.5),
        ("srgan-photo", ["photo"], 1.0),
        ("srresnet srgan srgan-photo", ["clean", "photo"], 0.5),
    ],
)
def test_only_what_has_weights_is_offered(folder, there, models, detail):
    for name in there.split():
        register(folder, name, 1)
    offers = offered()
    assert [offer.model for offer in offers] == models
    assert offers[0].defaults.detail == detail
    for offer in offers:
        assert settled(UpscaleSettings(offer.model)) == offer.defaults
        for end in offer.details:
            assert settled(UpscaleSettings(offer.model, detail=end)).detail == end


def test_what_has_no_weights_is_refused_in_a_sentence(folder):
    with pytest.raises(WeightsError, match="no weights for enlarging"):
        settled()
    register(folder, "srresnet", 1)
    with pytest.raises(SettingsError, match=r"detail is 0\.5.*only give 0\. Choose 0"):
        Upscaler.load().upscale(photo(), UpscaleSettings(detail=0.5))
    with pytest.raises(SettingsError, match=r"“photo” yet\. Choose clean"):
        settled(UpscaleSettings("photo"))


def test_weights_that_do_not_fit_are_refused_in_a_sentence(folder):
    register(folder, "srresnet", 1)
    register(folder, "srgan", 1, blocks=2)
    enter(folder, "srgan-photo", "upscale", {"a": torch.ones(2)})
    with pytest.raises(WeightsError, match="different shape"):
        Upscaler.load().upscale(photo())
    assert Upscaler.load().upscale(photo(9, 9), UpscaleSettings(detail=1)).width == 36
    with pytest.raises(WeightsError, match="another network"):
        Upscaler.load().upscale(photo(), UpscaleSettings("photo"))


def test_a_correction_stays_between_black_and_white():
    large = back_project(3 * torch.rand(1, 3, 32, 40) - 1, torch.rand(1, 3, 8, 10).round(), 2)
    assert large.amin() >= 0 and large.amax() <= 1


def test_a_correction_leaves_less_error_and_the_result_says_how_much(upscaler, small_tiles):
    given = photo(bits=16)
    results = [upscaler.run(given, UpscaleSettings(consistency=times)) for times in (0, 1, 2, 3)]
    errors = [result.error for result in results]
    assert errors[0] > 2 * errors[1] and errors[1] > 2 * errors[3] and errors[1] > errors[2] > errors[3] > 0
    reduced = shrink(to_tensor(results[1].photo.rgb))
    assert float((reduced - to_tensor(given.rgb)).abs().mean()) * 255 == pytest.approx(errors[1], rel=1e-4)
    assert f"{errors[2]:.2f}/255" in results[2].photo.metadata.notes[-1]
    assert results[2].settings == UpscaleSettings("clean", 0.5, 2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_remaining_error_is_the_same_in_strips(monkeypatch, dtype):
    large = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (120, 88, 3), dtype=dtype)
    small = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (30, 22, 3), dtype=dtype)
    whole = float((shrink(to_tensor(large)) - to_tensor(small)).abs().mean()) * 255
    assert remaining_error(large, small) == pytest.approx(whole, rel=1e-5)
    monkeypatch.setattr("colorizer.predictors.upscale.STRIP_PIXELS", 100)
    assert remaining_error(large, small) == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize("alpha", [False, True])
def test_grey_stays_grey(upscaler, small_tiles, alpha):
    result = upscaler.upscale(photo(grey=True, alpha=alpha), UpscaleSettings(detail=1)).rgb
    assert (result == result[..., :1]).all()
    assert np.ptp(upscaler.upscale(photo(), UpscaleSettings(detail=1)).rgb.astype(int), axis=2).max() > 0


@pytest.mark.parametrize("bits", [8, 16])
def test_alpha_is_enlarged_apart(upscaler, small_tiles, bits):
    given = photo(bits=bits, alpha=True)
    result = upscaler.upscale(given)
    expected = to_pixels(enlarge(to_tensor(given.alpha[..., None]))[0], given.alpha.dtype)[..., 0]
    inner = (slice(8, -8), slice(8, -8))
    assert result.alpha.dtype == given.alpha.dtype and result.alpha.shape == expected.shape
    assert difference(result.alpha[inner], expected[inner]) <= 1
    opaque = Photo(given.rgb, np.full_like(given.alpha, np.iinfo(given.alpha.dtype).max))
    assert (upscaler.upscale(opaque).alpha == opaque.alpha[0, 0]).all()


def test_hidden_colours_do_not_matter(upscaler, small_tiles):
    given = photo(alpha=True)
    first, second = (upscaler.upscale(one) for one in (given, recoloured_where_hidden(given)))
    assert np.array_equal(first.rgb, second.rgb)


def test_hidden_pixels_continue_the_visible_ones():
    rgb = np.zeros((20, 30, 3), np.uint8)
    rgb[:, :10] = (200, 100, 50)
    alpha = np.zeros((20, 30), np.uint8)
    alpha[:, :10] = 9
    filled = fill_hidden(rgb, alpha, 5)
    assert (filled[:, :15] == (200, 100, 50)).all()
    assert (filled[:, 15:] == 128).all()
    assert fill_hidden(rgb, np.full((20, 30), 1, np.uint8), 5) is rgb
    assert (fill_hidden(rgb, np.zeros((20, 30), np.uint8), 5) == 128).all()


def test_metadata_stays(upscaler, tmp_path, draw):
    given = Photo.open(draw("dog.tif", 20, 16, "RGB", dpi=(300, 300)))
    result = upscaler.upscale(given)
    assert result.name == "dog" and result.metadata.dpi == given.metadata.dpi is not None
    saved = Photo.open(result.save(tmp_path / "large.tif"))
    assert (saved.width, saved.height) == (80, 64) and saved.metadata.dpi == given.metadata.dpi


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("box", [(0, 0, 1, 1), (11, 23, 40, 49), (5, 0, 60, 50), (59, 49, 60, 50)])
def test_a_crop_is_that_part_of_the_whole(upscaler, small_tiles, box, alpha):
    given = photo(alpha=alpha)
    left, top, right, bottom = (4 * edge for edge in box)
    whole, crop = upscaler.upscale(given), upscaler.crop(given, box)
    assert difference(crop.rgb, whole.rgb[top:bottom, left:right]) <= 1
    if alpha:
        assert difference(crop.alpha, whole.alpha[top:bottom, left:right]) <= 1


@pytest.mark.parametrize("box", [(0, 0, 61, 5), (-1, 0, 4, 4), (5, 5, 5, 9), (0, 9, 4, 8)])
def test_a_crop_outside_the_photo_is_refused(upscaler, box):
    with pytest.raises(SettingsError, match="60 x 50"):
        upscaler.crop(photo(), box)


@pytest.mark.parametrize(("size", "most"), [((2000, 1501), "1999 x 1500"), ((7501, 2), "7500 x 1")])
def test_too_large_is_refused_before_any_work(upscaler, size, most):
    given = Photo.from_array(np.zeros((size[1], size[0]), np.uint8), name="dog.jpg")
    for refused in (
        lambda: upscaler.upscale(given, progress=lambda *_: pytest.fail("it began")),
        lambda: upscaler.forecast(given),
        lambda: upscaler.crop(given, (0, 0, *size)),
    ):
        with pytest.raises(PhotoTooLarge, match=f"megapixels, which become 48, and 7500 .* {most} at"):
            refused()
    assert upscaler.crop(given, (0, 0, 3, 2)).width == 12


def test_the_forecast_says_size_time_and_memory_and_learns_from_what_a_run_takes(upscaler, monkeypatch):
    large, half = (Photo.from_array(np.zeros((height, 4 * height // 3), np.uint8)) for height in (1500, 750))
    forecast = upscaler.forecast(large)
    assert (forecast.width, forecast.height) == (8000, 6000)
    assert forecast.seconds > 0 and 144e6 < forecast.bytes < 1e9
    assert upscaler.forecast(half).seconds == pytest.approx(forecast.seconds / 4, rel=0.2)
    assert upscaler.forecast(photo(bits=16, alpha=True)).bytes > upscaler.forecast(photo()).bytes
    assert len(upscaler._paces) == 1, "it was timed once"
    monkeypatch.setattr(upscale.time, "perf_counter", iter(range(0, 9_000_000, 1000)).__next__)
    upscaler.run(photo())
    assert upscaler.forecast(half).seconds > 1000


def test_progress_grows_to_one_and_cancelling_stops(upscaler, small_tiles):
    shares: list[float] = []
    upscaler.upscale(photo(alpha=True), progress=lambda share, text: shares.append(share))
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1 and len(shares) == 1 + 9

    with pytest.raises(Cancelled):
        upscaler.upscale(photo(), progress=stop_beyond(0.3))


@pytest.mark.parametrize(
    ("there", "seconds", "used"),
    [(True, 0.5, True), (True, 0.9, False), (True, 1.4, False), (False, 0.5, False)],
)
def test_bf16_is_used_where_it_is_there_and_faster(there, seconds, used, monkeypatch):
    monkeypatch.delenv("COLORIZER_BF16")
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: there)
    taken = {torch.bfloat16: seconds, torch.float32: 1.0}
    monkeypatch.setattr(precision, "_seconds", taken.get)
    precision.has_bf16.cache_clear()
    assert precision.has_bf16() is used
    precision.has_bf16.cache_clear()
    monkeypatch.setenv("COLORIZER_BF16", "maybe")
    with pytest.raises(SettingsError, match="COLORIZER_BF16 is “maybe”, but must be 0 or 1"):
        precision.has_bf16()


def test_bf16_arithmetic_gives_nearly_the_same(upscaler, small_tiles, monkeypatch):
    monkeypatch.setattr("colorizer.predictors.precision.has_bf16", lambda: False)
    exact = upscaler.upscale(photo()).rgb
    monkeypatch.setattr("colorizer.predictors.precision.has_bf16", lambda: True)
    rounded = upscaler.upscale(photo()).rgb
    assert 0 < difference(exact, rounded) <= 3
    assert np.abs(exact.astype(int) - rounded).mean() < 0.3


SHIPPED = [name for name, entry in weights.entries().items() if entry.task == "upscale"]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_overlap_is_enough_for_the_shipped_weights(name, monkeypatch):
    model, detail = {"srresnet": ("clean", 0), "srgan": ("clean", 1), "srgan-photo": ("photo", 1)}[name]
    given, settings = Photo.from_array(ASTRONAUT[60:156, 180:276].copy()), UpscaleSettings(model, detail)
    whole = Upscaler.load().upscale(given, settings).rgb
    monkeypatch.setattr(upscale, "TILING", replace(upscale.TILING, side=32))
    tiles = Upscaler.load().upscale(given, settings).rgb
    assert upscale.tile_count(given) == 9
    assert difference(whole, tiles) <= 1
