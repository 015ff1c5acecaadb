"""Is the upscaler measured as the literature does it?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio

from colorizer import weights
from colorizer.cli import main
from colorizer.colour.luma import luma, psnr_y, ssim_y
from colorizer.evaluation import upscaling
from colorizer.evaluation.features import kid, load_vgg
from colorizer.networks.resampling import enlarge
from colorizer.networks.srgan import Generator
from colorizer.predictors.settings import UpscaleSettings
from colorizer.predictors.tiling import to_pixels, to_tensor


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures, and a weights folder with a tiny generator."""
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path / "weights"))
    torch.manual_seed(0)
    weights.save(tmp_path / "made.safetensors", Generator(1, (8, 8, 4)).state_dict(), {})
    (tmp_path / "weights").mkdir()
    weights.register("srresnet", tmp_path / "made.safetensors", "0.0.1", "upscale")
    data = tmp_path / "pictures"
    data.mkdir()
    for number in range(2):
        Image.fromarray(astronaut()[64 * number : 64 * number + 70, 100:201]).save(data / f"{number}.png")
    return data


def mean_features(rgb: np.ndarray) -> np.ndarray:
    return rgb.mean((0, 1)) / 100


def test_psnr_on_luma_is_scikit_images_and_leaves_the_border_out():
    truth, random = astronaut()[:64, :64], np.random.default_rng(0)
    result = np.clip(truth + random.integers(-9, 10, truth.shape), 0, 255).astype(np.uint8)
    result[:4], result[-4:], result[:, :4], result[:, -4:] = 0, 0, 0, 0
    inner = luma(truth)[4:-4, 4:-4], luma(result)[4:-4, 4:-4]
    assert psnr_y(result, truth) == pytest.approx(peak_signal_noise_ratio(*inner, data_range=255))
    assert psnr_y(truth, truth) == float("inf")
    assert ssim_y(truth, truth) == pytest.approx(1)
    assert 0.3 < ssim_y(result, truth) < 0.999
    white, black = (luma(np.full((1, 1, 3), value, np.uint8))[0, 0] for value in (255, 0))
    assert (white, black) == (pytest.approx(235), 16)


def test_the_small_picture_is_the_antialiased_bicubic_one():
    truth, small = upscaling.truth_and_small(astronaut()[:130, :99])
    assert truth.shape == (128, 96, 3)
    expected = Image.fromarray(truth).resize((24, 32), Image.Resampling.BICUBIC)  # Pillow's antialiases too
    difference = np.abs(small.astype(int) - np.asarray(expected))  # Pillow rounds between its two passes
    assert difference.max() <= 2
    assert (difference > 1).mean() < 0.01


def test_a_network_that_starts_as_bicubic_enlargement_measures_as_that(folder: Path, monkeypatch):
    ways = {f"{count}": UpscaleSettings(detail=0, consistency=count) for count in (0, 4)}
    monkeypatch.setattr(upscaling, "networks", lambda: ways)
    bicubic, plain, corrected = upscaling.evaluate_upscale(folder, extract=mean_features)
    assert (bicubic["name"], plain["name"]) == ("bicubic", "0")
    assert plain["psnr"] == pytest.approx(bicubic["psnr"], abs=0.3)
    assert 15 < bicubic["psnr"] < 40 and corrected["psnr"] > plain["psnr"]
    assert (bicubic["kid"], bicubic["distance"]) == (None, None)


def test_worn_pictures_are_harder_and_features_tell_it(folder: Path, vgg_file: Path, monkeypatch):
    monkeypatch.setattr(upscaling, "FEWEST", 2)
    given = {"extract": mean_features, "vgg": load_vgg(vgg_file)[0]}
    clean, worn = (upscaling.evaluate_upscale(folder, worn=worn, **given)[0] for worn in (False, True))
    assert 0 < clean["distance"] < worn["distance"]
    pairs = [upscaling.truth_and_small(np.asarray(Image.open(path))) for path in sorted(folder.iterdir())]
    made = [to_pixels(enlarge(to_tensor(small))[0], small.dtype) for _, small in pairs]
    found = [np.stack([mean_features(rgb) for rgb in some]) for some in (made, [truth for truth, _ in pairs])]
    assert clean["kid"] == pytest.approx(1000 * kid(*found, paired=True))
    assert worn["psnr"] < clean["psnr"] - 0.3


def test_the_command_prints_the_table(folder: Path, monkeypatch, capsys):
    monkeypatch.setattr(upscaling, "Features", lambda: mean_features)
    assert main(["evaluate", "upscale", "--data", str(folder), "--json", str(folder / "rows.json")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("2 pictures\n\n|")
    assert "| clean, detail 0 |" in printed
    assert (folder / "rows.json").read_text().count('"psnr"') == 2
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(folder / "none"))
    assert main(["evaluate", "upscale", "--data", str(folder)]) == 1
