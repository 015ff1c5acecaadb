"""Does a photograph take on a style, does a sample become a texture, and can both be stopped and repeated?"""

from __future__ import annotations

import urllib.error
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pictures import stop_beyond

from colorizer import cli
from colorizer.colour.palette import in_the_palette_of
from colorizer.errors import Cancelled, SettingsError, WeightsError
from colorizer.networks.vgg import VGGFeatures
from colorizer.photo import Photo
from colorizer.predictors import perception
from colorizer.predictors.own_style import StyleTransfer, shuffled
from colorizer.predictors.settings import RestyleSettings
from colorizer.predictors.style_features import StyleFeatures, available, load_features
from colorizer.predictors.style_steps import distance, levels_for, style_of
from colorizer.predictors.tiling import to_tensor

QUICK = RestyleSettings(size=128, steps=30)
QUICKEST = RestyleSettings(size=128, steps=10)
EXAMPLES = Path(perception.__file__).parents[1] / "ui" / "examples"


def picture(width: int = 96, height: int = 64, seed: int = 0, cells: int = 5) -> Photo:
    coarse = np.random.default_rng(seed).integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    rgb = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return Photo.from_array(rgb, name="lake.jpg")


LARGE = picture(128, 128)


@pytest.fixture
def painter(tiny_features: StyleFeatures) -> StyleTransfer:
    return StyleTransfer(tiny_features)


@pytest.fixture
def no_vgg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine on which nobody has VGG-19; where torch would keep it."""
    monkeypatch.delenv(perception.VGG_VARIABLE, raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path / "hub" / "checkpoints"


# The style


def test_a_photograph_comes_ten_times_nearer_to_a_painting() -> None:
    photo, painting = (Photo.open(EXAMPLES / name) for name in ("alpine-landscape.jpg", "strokes-blue.jpg"))
    settings = RestyleSettings(size=128, steps=14, features="lite0")
    made = StyleTransfer.load().paint(photo, painting, settings)
    assert made.network == "EfficientNet-Lite0"
    assert made.factor >= 10
    blue = made.photo.rgb.mean((0, 1))
    assert blue[2] > blue[0] + 20  # the photograph is brown


def test_the_distances_told_are_those_of_the_pictures(painter, tiny_features) -> None:
    photo, painting = picture(128, 96), picture(128, 128, seed=1, cells=20)
    made = painter.paint(photo, painting, QUICK)
    goal = style_of(tiny_features, to_tensor(painting.rgb))
    for told, one in ((made.before, photo), (made.after, made.photo)):
        found = float(distance(style_of(tiny_features, to_tensor(one.rgb)), goal))
        assert told == pytest.approx(found, rel=0.05)
    assert made.after < made.before / 10


def test_less_of_the_painting_keeps_more_of_the_photograph(painter) -> None:
    painting = picture(128, 128, seed=1, cells=20)
    made = [painter.paint(LARGE, painting, replace(QUICK, strength=strength)) for strength in (0, 0.5, 1)]
    kept = [np.abs(one.photo.rgb.astype(int) - LARGE.rgb).mean() for one in made]
    assert kept[0] < kept[1] < kept[2]
    assert made[0].after > made[1].after > made[2].after


def test_colours_can_stay(painter) -> None:
    painting = Photo.from_array(picture(128, 128, seed=1).rgb // np.array((1, 2, 4), np.uint8))
    settings = replace(QUICK, strength=1)
    made = [painter.paint(LARGE, painting, replace(settings, keep_colours=keep)) for keep in (False, True)]
    away = [np.abs(one.photo.rgb.mean((0, 1)) - LARGE.rgb.mean((0, 1))).max() for one in made]
    assert away[1] < away[0] / 2


def test_a_palette_is_taken_over_and_light_stays_light() -> None:
    one, other = (to_tensor(picture(40, 30, seed).rgb) for seed in (0, 1))
    made = in_the_palette_of(one, other)
    assert torch.allclose(made.mean((2, 3)), other.mean((2, 3)), atol=0.02)
    assert torch.allclose(made.std((2, 3)), other.std((2, 3)), atol=0.03)
    light = torch.corrcoef(torch.stack((one.mean(1).flatten(), made.mean(1).flatten())))[0, 1]
    assert light > 0.5


# A texture


def test_a_texture_begins_with_the_samples_own_colours_and_comes_near_to_it(painter) -> None:
    sample = picture(128, 96, cells=16)
    made = painter.texture(sample, QUICK)
    assert (made.photo.width, made.photo.height) == (128, 96)
    assert made.after < made.before / 10
    assert np.abs(made.photo.rgb.astype(int) - sample.rgb).mean() > 10  # like it, and not the same

    tensor = to_tensor(sample.rgb)
    noise = shuffled(tensor, (50, 60), seed=0)
    known, found = ({tuple(colour) for colour in one[0].flatten(1).T.tolist()} for one in (tensor, noise))
    assert noise.shape == (1, 3, 50, 60) and found <= known


def test_chance_can_be_repeated_and_changed(painter) -> None:
    sample = picture(cells=16)
    first, again, other = (
        painter.texture(sample, replace(QUICKEST, seed=seed)).photo.rgb for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    painted = [painter.paint(sample, picture(seed=1), QUICKEST).photo.rgb for _ in range(2)]
    assert np.array_equal(*painted)


# On the way


def test_steps_are_told_and_shown_and_share_the_work(painter) -> None:
    told: list[tuple[float, str]] = []
    shown: list[np.ndarray] = []
    watch = {"progress": lambda *news: told.append(news), "preview": shown.append}
    painter.paint(picture(), picture(seed=1), QUICK, **watch)
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    assert told[-1][1] == "Step 30 of 30"
    assert shown[0].shape[1] < shown[-1].shape[1] == 128 and shown[0].dtype == np.uint8


def test_stopping_keeps_what_is_reached_at_full_size_and_cancelling_nothing(painter) -> None:
    told: list[float] = []
    watch = {"progress": lambda share, _: told.append(share), "stop": lambda: len(told) == 5}
    made = painter.paint(picture(), picture(seed=1), QUICK, **watch)
    assert len(told) == made.steps == 5 and not made.whole
    assert (made.photo.width, made.photo.height) == (128, 85)
    assert made.after < made.before

    told = []
    with pytest.raises(Cancelled):
        painter.paint(picture(), picture(seed=1), QUICK, progress=stop_beyond(0, told))
    assert len(told) == 1


@pytest.mark.parametrize(
    ("size", "sides"), [(128, [64, 128]), (384, [96, 192, 384]), (768, [96, 192, 384, 768])]
)
def test_most_steps_are_done_where_they_are_cheap(size, sides) -> None:
    levels = levels_for(size // 2, size, 110)
    assert [level.size[1] for level in levels] == sides
    assert sum(level.steps for level in levels) == 110
    assert levels[-1].steps < levels[0].steps
    assert sum(level.steps for level in levels_for(32, 768, 10)) == 10


# What is given


def test_transparency_depth_and_name_stay(painter) -> None:
    rgb = picture(60, 40).rgb.astype(np.uint16) * 257
    alpha = np.zeros((40, 60), np.uint16)
    alpha[:, 30:] = 65535
    made = painter.paint(Photo.from_array(rgb, alpha, "lake.png"), picture(seed=1), QUICK).photo
    assert made.rgb.dtype == np.uint16 and made.name == "lake"
    assert made.alpha is not None and made.alpha.shape == made.rgb.shape[:2] == (85, 128)
    assert made.alpha[:, :50].max() == 0 and made.alpha[:, 80:].min() == 65535


@pytest.mark.parametrize(
    "array",
    [np.full((1, 1), 90, np.uint8), np.zeros((300, 200), np.uint16), np.zeros((2100, 3000, 3), np.uint8)],
)
def test_a_pixel_a_grey_or_black_and_a_large_picture_can_be_painted(painter, array) -> None:
    photo = Photo.from_array(array)
    assert max(painter.paint(photo, picture(seed=1), QUICKEST).photo.rgb.shape) == 128
    assert painter.texture(photo, QUICKEST).photo.rgb.any() == array.any()


def test_what_would_be_too_thin_is_refused_in_one_sentence(painter) -> None:
    with pytest.raises(SettingsError, match=r"5000 × 10 would become 128 × 1, but both sides must have 32"):
        painter.paint(picture(5000, 10), picture(), QUICK)
    assert painter.paint(picture(), picture(5000, 10), QUICKEST).steps == 10


def test_the_result_says_what_made_it(painter) -> None:
    about = painter.paint(picture(), picture(seed=1), QUICK).made_by(picture())
    assert about["painting"] == "lake.jpg" and about["steps_done"] == 30
    again = RestyleSettings(**{field.name: about[field.name] for field in fields(RestyleSettings)})
    assert again == replace(QUICK, features="lite0")


# The networks


def test_without_vgg_the_lighter_network_serves_at_once(no_vgg) -> None:
    assert available() == "lite0"
    assert load_features(available()).kind == "lite0"
    with pytest.raises(WeightsError, match="weights pull vgg19"):
        load_features("vgg19")


def test_a_file_of_vgg_that_is_named_is_used(no_vgg, vgg_file, monkeypatch) -> None:
    monkeypatch.setenv(perception.VGG_VARIABLE, str(vgg_file))
    made = StyleTransfer.load().paint(picture(), picture(seed=1), QUICKEST)
    assert made.network == "VGG-19" and made.after < made.before
    monkeypatch.setenv(perception.VGG_VARIABLE, str(vgg_file.with_name("missing.safetensors")))
    with pytest.raises(WeightsError, match="missing"):
        load_features(available())


def test_torchs_own_copy_of_vgg_is_used_and_a_damaged_one_named(no_vgg) -> None:
    no_vgg.mkdir(parents=True)
    kept = perception.vgg_kept()
    kept.write_bytes(b"half of a download")
    with pytest.raises(WeightsError, match=r"holds no VGG-19.*weights pull vgg19"):
        load_features(available())
    torch.save(torchvision_like(), kept)
    assert load_features(available()).kind == "vgg19"


def torchvision_like() -> dict[str, torch.Tensor]:
    """A state dict in torchvision's names, and no more of it than is needed."""
    random, state = torch.Generator().manual_seed(0), {}
    for number, conv in zip((0, 2, 5, 7, 10, 12, 14, 16), VGGFeatures().convs, strict=True):
        state[f"features.{number}.weight"] = torch.randn(conv.weight.shape, generator=random) / 50
        state[f"features.{number}.bias"] = torch.randn(conv.bias.shape, generator=random)
    return state


def test_torchvisions_weights_find_their_layers() -> None:
    from torchvision.models import vgg as models

    layers = models.make_layers(models.cfgs["E"])[:17]
    state = torchvision_like()
    layers.load_state_dict({name.removeprefix("features."): value for name, value in state.items()})
    seen = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    mean, deviation = (torch.tensor(one)[:, None, None] for one in (perception.MEAN, perception.DEVIATION))
    with torch.inference_mode():
        ours, theirs = perception.vgg_from_torchvision(state)(seen), layers((seen - mean) / deviation)
    middle = (..., slice(8, 16), slice(8, 16))  # at the edges ours mirrors and theirs sees black
    assert torch.allclose(ours[middle], theirs[middle], rtol=1e-3, atol=1e-3)


def test_fetching_vgg_says_what_went_wrong(no_vgg, monkeypatch, capsys) -> None:
    def offline(*_: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    assert cli.main(["weights", "pull", "vgg19"]) == 1
    error = capsys.readouterr().err
    assert "no route to host" in error and error.count("\n") == 1
    perception.vgg_kept().write_bytes(b"here")
    assert cli.main(["weights", "pull", "vgg19"]) == 0
    assert str(perception.vgg_kept()) in capsys.readouterr().out
