"""Do the figures of the report mean what their columns say?"""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import color
from skimage.data import chelsea

from colorizer import cli, weights
from colorizer.errors import ColorizerError
from colorizer.evaluation import features, metrics, pictures, report, table
from colorizer.networks.unet import ColorUNet
from colorizer.photo import Photo
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.perception import imagenet_network, imagenet_state
from colorizer.predictors.settings import ColorizeSettings


def draw(seed: int, width: int = 96, height: int = 64) -> np.ndarray:
    """A smooth coloured picture, uint8 (height, width, 3)."""
    small = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return np.array(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "pictures"
    data.mkdir()
    for seed in range(5):
        Image.fromarray(draw(seed)).save(data / f"picture-{seed}.png")
    return data


def paint(photo: Photo, settings: ColorizeSettings) -> Photo:
    """Stands in for a network: the same warm chroma everywhere, its strength decided by the settings."""
    lab = pictures.to_lab(photo.rgb)
    ab = (12 * settings.saturation, 18 * settings.saturation) if settings.model == "unet" else (4, 6)
    lab[1:] = np.reshape(ab, (2, 1, 1))
    rgb = color.lab2rgb(lab, channel_axis=0)
    return photo.with_rgb((np.moveaxis(rgb, 0, -1) * 255).round().astype(np.uint8))


def mean_features(rgb: np.ndarray) -> np.ndarray:
    return np.concatenate((rgb.mean((0, 1)), rgb.std((0, 1)))) / 100


def evaluated(folder: Path, *models: str, **more: object) -> list[table.Row]:
    """The report of small pictures, with stand-ins for both networks."""
    given = {"models": models or ("unet",), "side": 64, "colorize": paint, "extract": mean_features}
    return report.evaluate_colorize(folder, **(given | more))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The weights of a narrow, random U-Net."""
    torch.manual_seed(3)
    weights.save(tmp_path / "mine.safetensors", ColorUNet(widths=(8, 8, 8)).state_dict(), {})
    return tmp_path / "mine.safetensors"


# Metrics


def test_figures_of_known_pictures() -> None:
    grey = np.full((8, 8, 3), 100, np.uint8)
    for result in (grey + np.uint8(10), grey - np.uint8(10)):
        assert metrics.psnr(result, grey) == pytest.approx(20 * np.log10(25.5))
    assert metrics.psnr(grey, grey) == float("inf")
    picture = draw(1)
    grey = pictures.lightness_alone(picture)
    half = ((picture.astype(float) + grey) / 2).round().astype(np.uint8)
    assert 0 == metrics.colourfulness(grey) < metrics.colourfulness(half) < metrics.colourfulness(picture)
    truth = np.zeros((2, 4, 4))
    at_distance_50 = truth + np.array([30.0, 40.0])[:, None, None]
    places = {0: truth, 50: at_distance_50, 200: truth + 200}
    shares = [metrics.area_under_curve(place, truth) for place in places.values()]
    assert shares == pytest.approx([1, 101 / 151, 0])


# Features and KID


def test_kid_agrees_with_a_slow_sum_and_rises_with_a_shift() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 7, 4))
    kernels = [
        [[(x @ y / 4 + 1) ** 3 for y in right] for x in left] for left, right in ((a, a), (b, b), (a, b))
    ]
    apart = [np.sum(kernel) - np.trace(kernel) for kernel in kernels]  # of different pictures
    within = (apart[0] + apart[1]) / 42
    assert features.kid(a, b) == pytest.approx(within - 2 * np.mean(kernels[2]))
    assert features.kid(a, b, paired=True) == pytest.approx(within - 2 * apart[2] / 42)
    a, b = np.random.default_rng(0).normal(size=(2, 300, 16))
    values = [features.kid(a, b + shift) for shift in (0.0, 0.25, 0.5, 1.0)]
    assert abs(values[0]) < 0.05 and values == sorted(values) and values[1] > 2 * abs(values[0])
    assert features.kid(a, a, paired=True) == pytest.approx(0, abs=1e-12)
    assert np.isnan(features.kid(a[:1], b[:1], paired=True))


def test_the_imagenet_encoder_still_recognises_a_cat() -> None:
    """Weights, layers and input scale fit together: ImageNet's own head names the cat of scikit-image."""
    extract = features.Features()
    found = extract(pictures.square(chelsea())[:70, :70])  # cut to multiples of 32
    assert found.shape == (320,) and found.dtype == np.float64
    assert not np.allclose(found, extract(draw(1, 64, 64)))
    state = imagenet_state()
    picture = torch.from_numpy(pictures.square(chelsea())).movedim(-1, 0)[None].float()
    with torch.inference_mode():
        y = torch.conv2d(imagenet_network()((picture - 127) / 128)[-1], state["_conv_head.weight"])
        norm = [state[f"_bn1.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
        y = torch.nn.functional.relu6(torch.nn.functional.batch_norm(y, *norm, eps=1e-3)).mean((2, 3))
        scores = y @ state["_fc.weight"].T + state["_fc.bias"]
    cats = {281, 282, 283, 284, 285}
    assert set(scores[0].topk(3).indices.tolist()) <= cats


# Pictures


def test_a_picture_is_brought_to_a_square_from_its_middle() -> None:
    wide = np.zeros((256, 264, 3), np.uint8)
    wide[:, 4:-4] = 200
    assert np.array_equal(pictures.square(wide), np.full((256, 256, 3), 200, np.uint8))
    assert pictures.square(draw(1, 500, 300), 128).shape == (128, 128, 3)
    assert pictures.square(draw(1, 40, 30), 64).shape == (64, 64, 3)


def test_lightness_alone_is_grey_of_the_same_lightness() -> None:
    picture = draw(4)
    grey = pictures.lightness_alone(picture)
    assert (grey == grey[..., :1]).all()
    difference = color.rgb2lab(grey)[..., 0] - color.rgb2lab(picture)[..., 0]
    assert np.abs(difference).max() < 0.3  # half a step of eight bits


def test_a_limit_is_spread_over_the_folder(folder: Path) -> None:
    assert [path.stem[-1] for path in pictures.list_photos(folder, 2)] == ["0", "2"]
    assert len(pictures.list_photos(folder, 99)) == 5


# The report


def test_the_report_compares_every_model_with_the_truth(folder: Path) -> None:
    truths = {f"picture-{seed}": pictures.square(draw(seed), 64) for seed in range(5)}

    def perfect(photo: Photo, settings: ColorizeSettings) -> Photo:
        return photo.with_rgb(truths.get(photo.name, photo.rgb))

    nothing, model = evaluated(folder)
    best = evaluated(folder, colorize=perfect)[1]
    assert (nothing["model"], nothing["pictures"]) == ("nothing", 5)
    assert (nothing["colourfulness"], nothing["largest_dl"]) == (0, 0)
    pairs = [(pictures.lightness_alone(truth), truth) for truth in truths.values()]
    assert nothing["psnr"] == pytest.approx(np.mean([metrics.psnr(*pair) for pair in pairs]))
    apart = [color.deltaE_ciede2000(*map(color.rgb2lab, pair)).mean() for pair in pairs]
    assert nothing["ciede2000"] == pytest.approx(np.mean(apart), abs=2e-3)
    true = np.mean([metrics.colourfulness(truth) for truth in truths.values()])
    assert model["true_colourfulness"] == pytest.approx(true)
    assert model["colourfulness"] > 0 and 0 < model["mean_dl"] < model["largest_dl"] and model["seconds"] > 0
    assert 0 < model["auc"] < 1 and model["ciede2000"] > 0
    assert (best["psnr"], best["ciede2000"], best["auc"]) == (float("inf"), 0, 1)
    assert best["kid"] == pytest.approx(0, abs=1e-9) and best["colourfulness"] == best["true_colourfulness"]


def test_the_report_does_not_depend_on_the_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> list[table.Row]:
        return [row | {"seconds": 0.0, "kid": round(row["kid"], 9)} for row in evaluated(folder)]

    first = rows()
    paths = pictures.list_photos(folder)
    random.Random(4).shuffle(paths)
    monkeypatch.setattr(report, "list_photos", lambda folder, limit: paths)
    assert rows() == first


def test_the_report_is_written_as_markdown_and_json(folder: Path, tmp_path: Path) -> None:
    rows = evaluated(folder, "course-unet", "unet", limit=1)
    lines = report.markdown(rows).splitlines()
    assert len(lines) == 5 and len({line.count("|") for line in lines}) == 1
    assert "do nothing (L only)" in lines[2] and "course U-Net" in lines[3]
    table.write_rows(tmp_path / "r.json", rows, {"side": 64})
    content = json.loads((tmp_path / "r.json").read_text())
    assert [row["model"] for row in content["rows"]] == ["nothing", "course-unet", "unet"]
    assert content["rows"][0]["kid"] is None  # one picture has no KID, and JSON has no nan
    assert content["side"] == 64


def test_hints_are_true_colours_for_the_unet_alone_and_more_begin_with_the_same(folder: Path) -> None:
    told = []

    def note(photo: Photo, settings: ColorizeSettings) -> Photo:
        told.append((photo.name, settings.model, settings.hints))
        return paint(photo, settings)

    rows = evaluated(folder, "course-unet", "unet", hints=3, colorize=note)
    lines = report.markdown(rows).splitlines()
    assert [line.split(" | ")[0] for line in lines[3:]] == ["| course U-Net", "| U-Net", "| U-Net, 3 hints"]
    hinted = [(name, model, hints) for name, model, hints in told if hints]
    assert [(name, model, len(hints)) for name, model, hints in hinted] == [
        (f"picture-{number}", "unet", 3) for number in range(5)
    ]
    for number, (_, _, hints) in enumerate(hinted):
        truth = pictures.square(draw(number), 64)
        assert report.true_hints(truth, number, 1, 0.5) == (dataclasses.replace(hints[0], reach=0.5),)
        for hint in hints:
            colour = [int(hint.colour[k : k + 2], 16) for k in (1, 3, 5)]
            assert np.abs(truth[int(hint.y * 64), int(hint.x * 64)] - np.array(colour)).max() < 30
    for wrong, models in ((-1, ("unet",)), (1001, ("unet",)), (3, ("course-unet",))):
        with pytest.raises(ColorizerError, match=f"--hints is {wrong}"):
            evaluated(folder, *models, hints=wrong)


# The command line


def test_the_commands_print_and_write_what_they_promise(
    folder: Path,
    own: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert Colorizer.load(files={"unet": own}).network("unet")[1] == "your own"
    monkeypatch.setattr(report, "Features", lambda: mean_features)
    data = ("--data", str(folder), "--limit", "2", "--size", "128")
    words = ("--models", "unet", "--hints", "2", "--saturation", "0.5", "--json", str(tmp_path / "r.json"))
    assert cli.main(["evaluate", "colorize", *data, *words, "--weights", str(own)]) == 0
    printed = capsys.readouterr().out
    assert "| U-Net |" in printed and "| U-Net, 2 hints |" in printed
    assert json.loads((tmp_path / "r.json").read_text())["settings"]["saturation"] == 0.5


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("colorize --data FOLDER --temperature 7", "temperature is 7"),
        ("colorize --data FOLDER --models unet,resnet", "no model “resnet”"),
        ("colorize --data FOLDER --json FOLDER/nowhere/r.json", "There is no folder"),
        ("colorize --data FOLDER --limit 0", "--limit is 0"),
        ("colorize --data FOLDER --limit -1", "--limit is -1"),
        ("colorize --data FOLDER/nowhere", "is not a folder"),
        ("colorize --data EMPTY", "holds no picture"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: str, reason: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    words = words.replace("FOLDER", str(folder)).replace("EMPTY", str(tmp_path / "empty"))
    assert cli.main(["evaluate", *words.split()]) == 1
    assert reason in capsys.readouterr().err


def test_aged_prints_are_given_to_all_models_and_cost_accuracy(folder: Path) -> None:
    seen: dict[str, list[np.ndarray]] = {}

    def watch(photo: Photo, settings: ColorizeSettings) -> Photo:
        seen.setdefault(settings.model, []).append(photo.rgb)
        return paint(photo, settings)

    rows = {}
    for aged in (False, True):
        seen.clear()
        rows[aged] = evaluated(folder, "unet", "autoencoder", aged=aged, colorize=watch)[0]
        assert all(np.array_equal(*pair) for pair in zip(*seen.values(), strict=True))
        assert all(np.array_equal(rgb[..., 0], rgb[..., 2]) for rgb in seen["unet"])
    assert rows[True]["psnr"] < rows[False]["psnr"]
    assert rows[True]["auc"] == pytest.approx(rows[False]["auc"], abs=0.01)  # no colour in, no colour out
