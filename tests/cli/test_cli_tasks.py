"""Do `upscale`, `stylize` and `restyle` work on files and folders, and do all say what they can't do?"""

from __future__ import annotations

import json

import pytest
import torch
from PIL import Image

from colorizer import cli, weights
from colorizer.photo import Photo
from colorizer.predictors import precision
from colorizer.predictors.restore import Restorer
from colorizer.predictors.settings import Hint, RestoreSettings, StylizeSettings
from colorizer.predictors.stylize import Stylizer
from colorizer.predictors.upscale import Upscaler

pytestmark = pytest.mark.usefixtures("small_networks")
QUICK = {"restyle": ("--size", 128, "--steps", 10)}


def run(command: str, *words: object) -> int:
    return cli.main([command, *map(str, (*QUICK.get(command, ()), *words))])


def test_a_photo_is_enlarged_and_its_settings_travel_with_it(draw, tmp_path, capsys):
    given = draw("dog.jpg", 30, 20)
    assert run("upscale", given, "-o", tmp_path / "large.png") == 0
    about = made(tmp_path / "large.png", (120, 80))
    own = {"model": "clean", "detail": 0, "consistency": 2, "precision": precision.used(torch.device("cpu"))}
    assert about == {"task": "upscale", "weights": "srresnet 0.1", "sha256": hashes("srresnet"), **own}
    assert about == Upscaler.load().run(Photo.open(given)).made_by
    said = capsys.readouterr().out
    assert "large.png (" in said and "/255 on average" in said


@pytest.mark.usefixtures("tiny_colours")
def test_a_photo_is_restored_and_its_settings_travel_with_it(draw, tmp_path, capsys):
    given = draw("dog.jpg", 70, 66)
    words = ("--enlarge", 2, "--saturation", 0.5, "--hint", "30,40,#7a5230")
    assert run("restore", given, "-o", tmp_path / "new.png", *words) == 0
    about = made(tmp_path / "new.png", (140, 132))
    settings = RestoreSettings(enlarge=2, saturation=0.5, hints=(Hint(30.5 / 70, 40.5 / 66, "#7a5230"),))
    assert about == Restorer.load().run(Photo.open(given), settings).made_by
    assert about["weights"] == "unet 0.0.1, srresnet 0.1" and about["task"] == "restore"
    assert "It was enlarged as a" in capsys.readouterr().out


def test_a_photo_is_painted_and_its_settings_travel_with_it(draw, tmp_path):
    given = draw("pond.jpg", 30, 20)
    assert run("stylize", given, "-o", tmp_path / "monet.png", "--strength", 0.75, "--keep-colours") == 0
    about = made(tmp_path / "monet.png", (30, 20))
    own = {"direction": "photo2monet", "strength": 0.75, "brush": 1, "keep_colours": True}
    own["precision"] = precision.used(torch.device("cpu"))
    assert about == {"task": "stylize", "weights": "photo2monet 0.1", "sha256": hashes("photo2monet"), **own}
    settings = StylizeSettings(strength=0.75, keep_colours=True)
    assert about == Stylizer.load().paint(Photo.open(given), settings).made_by(settings)


def test_a_photo_takes_on_a_style_and_its_settings_travel_with_it(draw, tmp_path, capsys):
    photo, painting = draw("lake.jpg", 60, 40), draw("painting.png", 50, 50, "RGB")
    assert run("restyle", photo, "--style", painting, "-o", tmp_path / "out.png", "--strength", 0.75) == 0
    assert "times nearer to the style" in capsys.readouterr().out
    about = made(tmp_path / "out.png", (128, 85))
    own = {"task": "restyle", "strength": 0.75, "painting": "painting.png", "features": "lite0"}
    assert about.items() >= own.items()


def hashes(name: str) -> dict[str, str]:
    """What the manifest says of the weights of that name."""
    return {name: weights.entries()[name].sha256}


def made(path, size: tuple[int, int]) -> dict[str, object]:
    """What a result says of itself, but for the photograph it is of; it has this size."""
    with Image.open(path) as result:
        assert result.size == size
        about = json.loads(result.info["colorizer"])
    assert len(about.pop("original")) == 64
    return about


@pytest.mark.parametrize(
    ("words", "ending", "done"),
    [
        (("upscale",), "-x4", "enlarged"),
        (("restore", "--colour", "never"), "-restored", "restored"),
        (("stylize",), "-painted", "painted"),
        (("restyle", "--style", "in/b.jpg"), "-styled", "painted"),
        (("restyle", "--texture"), "-texture", "made into a texture"),
    ],
)
def test_of_a_folder_each_is_named_after_its_photo_and_a_failed_one_is_named(
    draw, tmp_path, capsys, monkeypatch, words, ending, done
):
    monkeypatch.chdir(tmp_path)
    draw("in/a.jpg", 30, 20), draw("in/b.jpg", 30, 20)
    (tmp_path / "in" / "empty.jpg").touch()
    assert run(*words, "in", "-o", "out", "--format", "JPEG") == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"a{ending}.jpg", f"b{ending}.jpg"]
    error = capsys.readouterr().err
    assert "empty.jpg: " in error and error.endswith(f"1 of 3 could not be {done}.\n")


@pytest.mark.parametrize("words", [("upscale",), ("stylize",), ("restyle", "--texture")])
def test_two_at_once_give_what_one_after_the_other_gives(draw, tmp_path, words):
    photos = [draw(f"{name}.png", 100 + number, 300) for number, name in enumerate("abcd")]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # with more of them, sums are rounded otherwise
    for jobs in (1, 2):
        assert run(*words, *photos, "-o", tmp_path / f"{jobs}", "--jobs", jobs) == 0
    torch.set_num_threads(threads)
    for path in (tmp_path / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "2" / path.name).read_bytes()


def test_a_photo_too_large_to_enlarge_is_named_and_the_others_still_run(draw, tmp_path, capsys):
    photos = [draw("wide.png", 2000, 1501), draw("small.png", 8, 8)]
    assert run("upscale", *photos, "-o", tmp_path / "out") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["small-x4.png"]
    error = capsys.readouterr().err.splitlines()[0]
    assert "wide.png" in error and "the limit is 3 megapixels" in error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("colorize",), "There are no weights named “unet”"),
        (("colorize", "--saturation", 3), "saturation is 3"),
        (("colorize", "--temperature", "nan"), "temperature is nan"),
        (("colorize", "--strength", -0.1), "strength is -0.1"),
        (("colorize", "--variant", 9), "variant is 9"),
        (("colorize", "--size", 5000), "size is 5000"),
        (("colorize", "--format", "GIF89"), "no format “GIF89”"),
        (("restore", "--mend", 2), "mend is 2"),
        (("restore", "--model", "photo"), "Choose clean"),
        (("restore", "--hint", "3,4"), "must be X,Y,#RRGGBB"),
        (("upscale", "--detail", 2), "detail is 2"),
        (("upscale", "--detail", 0.5), "Choose 0"),
        (("upscale", "--consistency", 9), "consistency is 9"),
        (("upscale", "--model", "photo"), "Choose clean"),
        (("upscale", "--quality", 0), "quality is 0"),
        (("stylize", "--direction", "monet2photo"), "There are no weights for the direction"),
        (("stylize", "--strength", 2), "strength is 2"),
        (("stylize", "--brush", 0), "brush is 0"),
        (("stylize", "--size", 256), "--size needs a zip"),
        (("restyle",), "Name the painting with --style"),
        (("restyle", "--texture", "--style", "a.jpg"), "Name the painting with --style"),
        (("restyle", "--style", "missing.jpg"), "missing.jpg"),
        (("restyle", "--texture", "--strength", 2), "strength is 2"),
        (("restyle", "--texture", "--brush", 0), "brush is 0"),
    ],
)
def test_what_cannot_be_had_is_one_sentence_for_the_whole_batch(draw, tmp_path, capsys, words, said):
    assert run(*words, draw("a.png"), draw("b.png"), "-o", tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and said in error
    assert not list(tmp_path.glob("out/*"))
