"""Do the figures of painted pictures mean what they say?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from colorizer import cli, weights
from colorizer.evaluation import stylizing
from colorizer.evaluation.stylizing import frechet_distance, memorisation, mifid
from colorizer.networks.cyclegan import Generator
from colorizer.predictors.settings import StylizeSettings


def colours(rgb: np.ndarray) -> np.ndarray:
    """Stands for an ImageNet network's features."""
    return np.concatenate([rgb.mean((0, 1)), rgb.std((0, 1))]) / 255


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    with torch.random.fork_rng():
        weights.save(tmp_path / "new.safetensors", Generator(4, 1).state_dict(), {})
    weights.register("photo2monet", tmp_path / "new.safetensors", "0.1", "stylize")
    for kind, colour in (("photos", 90), ("paintings", 160)):
        (tmp_path / kind).mkdir()
        for number in range(4):
            noise = np.random.default_rng(number).normal(colour, 9 + number, (60 + number, 50, 3))
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(tmp_path / kind / f"{number}.png")
    return tmp_path


def test_the_frechet_distance_is_that_of_the_gaussians():
    random = np.random.default_rng(0)
    a = random.normal(0, 1, (20000, 3))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    shifted = frechet_distance(a, random.normal((3, 0, 0), 1, (20000, 3)))
    assert shifted == pytest.approx(9, abs=0.3)
    wider = frechet_distance(a, random.normal(0, 3, (20000, 3)))
    assert wider == pytest.approx(3 * (3 - 1) ** 2, abs=0.3)


def test_copies_of_the_paintings_are_punished():
    random = np.random.default_rng(0)
    paintings = random.normal(0, 1, (30, 8))
    copies, others = paintings[:20] * 1.5, random.normal(0, 1, (20, 8))
    assert memorisation(copies, paintings) == pytest.approx(0, abs=1e-9)
    assert memorisation(others, paintings) > 0.1
    assert mifid(copies, paintings) > 1e6 * frechet_distance(copies, paintings)
    assert mifid(others, paintings) == frechet_distance(others, paintings)


def test_the_rows_are_untouched_then_the_strengths(folders: Path):
    rows = stylizing.evaluate_stylize(folders / "photos", folders / "paintings", extract=colours)
    strengths = ["strength 0.5", "strength 0.8", "strength 1"]
    assert [row["name"] for row in rows] == ["untouched", *strengths]
    assert rows[0]["ssim"] == pytest.approx(1)
    assert 1 > rows[1]["ssim"] > rows[2]["ssim"] > rows[3]["ssim"]
    weights.register("monet2photo", folders / "new.safetensors", "0.1", "stylize")
    back = StylizeSettings(direction="monet2photo")
    swapped = folders / "paintings", folders / "photos"
    others = stylizing.evaluate_stylize(*swapped, settings=back, extract=colours)
    assert [row["name"] for row in others] == ["untouched", *strengths]
    same = stylizing.evaluate_stylize(folders / "photos", folders / "photos", extract=colours)
    assert same[0]["kid"] < rows[0]["kid"] and same[0]["fid"] == pytest.approx(0, abs=1e-9)
    table = stylizing.markdown(rows).splitlines()
    assert len(table) == 6 and "| 1.00 |" in table[2]


def test_the_command_prints_and_says_what_is_missing(folders: Path, capsys, monkeypatch):
    monkeypatch.setattr(stylizing, "Features", lambda: colours)
    words = ["evaluate", "stylize", "--data", str(folders / "photos"), "--paintings"]
    assert cli.main([*words, str(folders / "paintings"), "--json", str(folders / "rows.json")]) == 0
    assert "4 pictures, features of EfficientNet-Lite0" in capsys.readouterr().out
    assert (folders / "rows.json").exists()
    assert cli.main([*words, str(folders / "paintings"), "--direction", "monet2photo"]) == 1
    assert "no weights for the direction" in capsys.readouterr().err
    assert cli.main([*words, str(folders / "nowhere")]) == 1
    assert "nowhere" in capsys.readouterr().err
    assert cli.main([*words, str(folders / "paintings"), "--limit", "1"]) == 1
    assert "two pictures" in capsys.readouterr().err
