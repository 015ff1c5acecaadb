"""Does `stylize` paint files and folders of them, and make a zip that survives an interruption?"""

from __future__ import annotations

import errno
import json
import os
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from colorizer import cli, weights
from colorizer.networks.cyclegan import Generator
from colorizer.photo import Photo
from colorizer.predictors.settings import StylizeSettings
from colorizer.predictors.stylize import Stylizer


@pytest.fixture(autouse=True)
def tiny_painter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A weights folder with a narrow network for one direction."""
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    with torch.random.fork_rng():
        weights.save(tmp_path / "new.safetensors", Generator(4, 1).state_dict(), {})
    weights.register("photo2monet", tmp_path / "new.safetensors", "0.1", "stylize")


def stylize(*words: object) -> int:
    return cli.main(["stylize", *map(str, words)])


def test_a_photo_is_painted_and_its_settings_travel_with_it(draw, tmp_path):
    given = draw("pond.jpg", 30, 20)
    assert stylize(given, "-o", tmp_path / "monet.png", "--strength", 0.75, "--keep-colours") == 0
    with Image.open(tmp_path / "monet.png") as result:
        assert result.size == (30, 20)
        about = json.loads(result.info["colorizer"])
    assert about == {
        "task": "stylize",
        "weights": "photo2monet 0.1",
        "direction": "photo2monet",
        "strength": 0.75,
        "brush": 1,
        "keep_colours": True,
    }
    settings = StylizeSettings(strength=0.75, keep_colours=True)
    painting = Stylizer.load().paint(Photo.open(given), settings)
    assert about == painting.made_by(settings)


def test_a_folder_and_a_failed_photo(draw, tmp_path, capsys):
    draw("in/a.jpg", 30, 20)
    (tmp_path / "in" / "empty.jpg").touch()
    assert stylize(tmp_path / "in", "-o", tmp_path / "out") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-painted.png"]
    assert "empty.jpg" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--direction", "monet2photo"], "There are no weights for the direction"),
        (["--strength", "2"], "strength is 2"),
        (["--brush", "0"], "brush is 0"),
        (["--size", "256"], "--size needs a zip"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(draw, tmp_path, capsys, words, reason):
    assert stylize(draw(), "-o", tmp_path / "out.png", *words) == 1
    error = capsys.readouterr().err.strip()
    assert reason in error and "\n" not in error
    assert not (tmp_path / "out.png").exists()


# The zip


def test_a_zip_holds_a_square_jpeg_of_every_picture(draw, tmp_path, capsys):
    for name, size in (("a.jpg", (90, 60)), ("b.png", (20, 40)), ("c.jpg", (64, 64))):
        draw(f"in/{name}", *size)
    (tmp_path / "in" / "empty.jpg").touch()
    target = tmp_path / "images.zip"
    assert stylize(tmp_path / "in", "-o", target, "--size", 64) == 1
    assert "empty.jpg" in capsys.readouterr().err
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["a.jpg", "b.jpg", "c.jpg"]
        for name in archive.namelist():
            with archive.open(name) as file, Image.open(file) as image:
                assert (image.format, image.size) == ("JPEG", (64, 64))
    assert sorted(path.name for path in tmp_path.iterdir() if "zip" in path.name) == ["images.zip"]


def test_an_interrupted_zip_goes_on_where_it_stopped(draw, tmp_path, monkeypatch):
    for name in "abc":
        draw(f"in/{name}.jpg", 40, 40)
    real, painted = Stylizer.stylize, []

    def stopping(self, photo, *rest):
        if len(painted) == 2:
            raise KeyboardInterrupt
        painted.append(photo)
        return real(self, photo, *rest)

    monkeypatch.setattr(Stylizer, "stylize", stopping)
    words = (tmp_path / "in", "-o", tmp_path / "images.zip", "--size", 32)
    assert stylize(*words) == 130
    assert not (tmp_path / "images.zip").exists()

    again = []
    monkeypatch.setattr(Stylizer, "stylize", lambda self, *rest: again.append(1) or real(self, *rest))
    assert stylize(*words) == 0
    assert len(painted) == 2 and len(again) == 1
    with zipfile.ZipFile(tmp_path / "images.zip") as archive:
        assert len(archive.namelist()) == 3


def test_another_command_takes_nothing_over_from_an_interrupted_one(draw, tmp_path, monkeypatch):
    for name in "ab":
        draw(f"in/{name}.jpg", 40, 40)
    real, painted = Stylizer.stylize, []

    def stopping(self, photo, *rest):
        if painted:
            raise KeyboardInterrupt
        painted.append(photo)
        return real(self, photo, *rest)

    words = (tmp_path / "in", "-o", tmp_path / "images.zip")
    monkeypatch.setattr(Stylizer, "stylize", stopping)
    assert stylize(*words, "--size", 32) == 130
    monkeypatch.setattr(Stylizer, "stylize", real)
    assert stylize(*words, "--size", 64) == 0
    with zipfile.ZipFile(tmp_path / "images.zip") as archive:
        sizes = {Image.open(archive.open(name)).size for name in archive.namelist()}
    assert sizes == {(64, 64)}


def test_a_surprise_in_one_picture_does_not_stop_the_zip(draw, tmp_path, monkeypatch, capsys):
    for name in "ab":
        draw(f"in/{name}.jpg", 40, 40)
    real, seen = Stylizer.stylize, []

    def surprise(self, *rest):
        seen.append(1)
        if len(seen) == 1:
            raise MemoryError
        return real(self, *rest)

    monkeypatch.setattr(Stylizer, "stylize", surprise)
    assert stylize(tmp_path / "in", "-o", tmp_path / "images.zip", "--size", 32) == 1
    assert "a.jpg: There is not enough memory" in capsys.readouterr().err
    with zipfile.ZipFile(tmp_path / "images.zip") as archive:
        assert archive.namelist() == ["b.jpg"]


def test_what_is_hidden_is_white_in_a_zip(tmp_path):
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert stylize(tmp_path / "a.png", "-o", tmp_path / "images.zip", "--size", 32) == 0
    with zipfile.ZipFile(tmp_path / "images.zip") as archive:
        assert Image.open(archive.open("a.jpg")).convert("RGB").getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize(
    ("words", "reason"),
    [(["--quality", "5000"], "quality is 5000"), (["--format", "PNG"], "JPEGs, not PNG")],
)
def test_a_zip_refuses_what_it_can_not_be(draw, tmp_path, capsys, words, reason):
    assert stylize(draw(), "-o", tmp_path / "images.zip", *words) == 1
    assert reason in capsys.readouterr().err
    (tmp_path / "folder.zip").mkdir()
    assert stylize(draw(), "-o", tmp_path / "folder.zip") == 1
    assert "is a folder" in capsys.readouterr().err


def test_two_pictures_of_one_name_are_not_lost_in_silence(draw, tmp_path, capsys):
    pictures = [draw("x/a.jpg", 40, 40), draw("y/a.png", 40, 40)]
    assert stylize(*pictures, "-o", tmp_path / "images.zip") == 1
    assert "would have the name of" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        stylize(*pictures, "-o", tmp_path / "other.zip", "--size", "large")
    assert stylize(*pictures, "-o", tmp_path / "other.zip", "--size", 7) == 1
    assert "--size is 7" in capsys.readouterr().err


def test_a_name_that_is_no_text_goes_into_the_zip_all_the_same(draw, tmp_path):
    named = os.fsdecode(b"\xe9t\xe9.jpg")  # Latin-1, of an old disk
    os.rename(draw("in/summer.jpg", 40, 40), tmp_path / "in" / named)
    target = tmp_path / "images.zip"
    assert stylize(tmp_path / "in", "-o", target, "--size", 32) == 0
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["\ufffdt\ufffd.jpg"]


def test_a_photo_that_is_not_there_is_named_and_the_others_go_into_the_zip(draw, tmp_path, capsys):
    target = tmp_path / "images.zip"
    assert stylize(draw("a.jpg", 40, 40), tmp_path / "b.jpg", "-o", target, "--size", 32) == 1
    assert "There is no file" in capsys.readouterr().err
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["a.jpg"]


def test_a_zip_that_can_not_be_finished_leaves_nothing_half_done(draw, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    assert stylize(draw("a.jpg", 40, 40), "-o", tmp_path / "images.zip", "--size", 32) == 1
    assert [path.name for path in tmp_path.glob(".*")] == []
