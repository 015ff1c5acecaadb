"""Do `upscale`, `stylize` and `restyle` work on files and folders, and do all say what they can't do?"""

from __future__ import annotations

import hashlib
import json

import pytest
import torch
from PIL import Image

from colorizer import cli, weights
from colorizer.predictors import precision

pytestmark = pytest.mark.usefixtures("small_networks")
QUICK = {"restyle": ("--size", 128, "--steps", 10)}


def run(command: str, *words: object) -> int:
    return cli.main([command, *map(str, (*QUICK.get(command, ()), *words))])


HINT = {"x": 15.5 / 30, "y": 10.5 / 20, "colour": "#7a5230", "reach": 0.3}
DONE = [
    (("upscale",), (120, 80), "srresnet 0.1", {"model": "clean", "detail": 0, "consistency": 2}),
    (
        ("restore", "--enlarge", 2, "--saturation", 0.5, "--hint", "15,10,#7a5230"),
        (60, 40),
        "unet 0.0.1, srresnet 0.1",
        {"enlarge": 2, "saturation": 0.5, "hints": [HINT]},
    ),
    (
        ("stylize", "--strength", 0.75, "--keep-colours"),
        (30, 20),
        "photo2monet 0.1",
        {"direction": "photo2monet", "strength": 0.75, "brush": 1, "keep_colours": True},
    ),
    (
        ("restyle", "--style", "b.png", "--strength", 0.75),
        (128, 85),
        None,
        {"strength": 0.75, "painting": "b.png", "features": "lite0"},
    ),
]
SAID = {
    "upscale": "/255 on average",
    "restore": "It was enlarged as a",
    "stylize": "new.png (",
    "restyle": "times nearer to the style",
}


@pytest.mark.usefixtures("tiny_colours")
@pytest.mark.parametrize(("words", "size", "networks", "settings"), DONE)
def test_what_is_asked_is_done_and_its_settings_travel_with_it(
    draw, tmp_path, capsys, monkeypatch, words, size, networks, settings
):
    monkeypatch.chdir(tmp_path)
    given = draw("dog.jpg", 30, 20)
    draw("b.png", 50, 50, "RGB")
    assert run(*words, given, "-o", "new.png") == 0
    assert SAID[words[0]] in capsys.readouterr().out
    with Image.open("new.png") as result:
        assert result.size == size
        about = json.loads(result.info["colorizer"])
    assert about["original"] == hashlib.sha256(given.read_bytes()).hexdigest()
    assert about.items() >= {"task": words[0], **settings}.items() and about.get("weights") == networks
    if networks:
        names = [one.split()[0] for one in networks.split(", ")]
        assert about["sha256"] == {name: weights.entries()[name].sha256 for name in names}
        assert about["precision"] == precision.used(torch.device("cpu"))


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
