"""Does `upscale` enlarge files and folders of them, and say in a sentence what it can't do?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from colorizer import cli, weights
from colorizer.networks.srgan import Generator
from colorizer.photo import Photo
from colorizer.predictors.upscale import Upscaler


@pytest.fixture(autouse=True)
def tiny_upscaler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A weights folder with a narrow network of no detail, and no other."""
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    with torch.random.fork_rng():
        weights.save(tmp_path / "new.safetensors", Generator(1, (4, 4, 4)).state_dict(), {})
    weights.register("srresnet", tmp_path / "new.safetensors", "0.1", "upscale")


def upscale(*words: object) -> int:
    return cli.main(["upscale", *map(str, words)])


def test_a_photo_gets_four_times_as_large(draw, tmp_path, capsys):
    assert upscale(draw("dog.jpg", 30, 20), "-o", tmp_path / "large.png") == 0
    with Image.open(tmp_path / "large.png") as result:
        assert result.size == (120, 80)
        about = json.loads(result.info["colorizer"])
    assert about == {
        "task": "upscale",
        "weights": "srresnet 0.1",
        "model": "clean",
        "detail": 0,
        "consistency": 2,
    }
    made = Upscaler.load().run(Photo.open(tmp_path / "dog.jpg"))
    assert about == made.made_by
    assert "large.png (" in (said := capsys.readouterr().out)
    assert "/255 on average" in said


def test_a_failed_photo_is_named_and_the_others_still_run(draw, tmp_path, capsys):
    (tmp_path / "empty.jpg").touch()
    photos = [draw("wide.png", 2000, 1501), tmp_path / "empty.jpg", draw("small.png", 8, 8)]
    assert upscale(*photos, "-o", tmp_path / "out") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["small-x4.png"]
    errors = capsys.readouterr().err.splitlines()
    assert "wide.png" in errors[0] and "the limit is 3 megapixels" in errors[0]
    assert errors[2:] == ["2 of 3 could not be enlarged."]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--detail", 2), "detail is 2"),
        (("--detail", 0.5), "Choose 0"),
        (("--consistency", 9), "consistency is 9"),
        (("--model", "photo"), "Choose clean"),
        (("--quality", 0), "quality is 0"),
    ],
)
def test_what_cannot_be_had_is_one_sentence_for_the_whole_batch(draw, tmp_path, capsys, words, said):
    assert upscale(draw("a.png"), draw("b.png"), "-o", tmp_path / "out", *words) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and said in error
    assert not list(tmp_path.glob("out/*"))


def test_a_model_without_a_name_is_a_usage_error(draw, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        upscale(draw(), "-o", tmp_path / "out.png", "--model", "sharp")
    assert stopped.value.code == 2
