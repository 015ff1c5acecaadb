"""Does `stylize` make a zip of squares that survives an interruption?"""

from __future__ import annotations

import errno
import io
import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from colorizer import cli
from colorizer.predictors.stylize import Stylizer

pytestmark = pytest.mark.usefixtures("small_networks")


def stylize(*words: object) -> int:
    return cli.main(["stylize", *map(str, words)])


def zipped(path: Path) -> dict[str, Image.Image]:
    """The pictures in a zip, by their names."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        contents = {name: io.BytesIO(archive.read(name)) for name in sorted(archive.namelist())}
    return {name: Image.open(content) for name, content in contents.items()}


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "images.zip"


@pytest.fixture
def folder(draw, tmp_path) -> Path:
    """A folder of three photographs, a to c."""
    for name in "abc":
        draw(f"in/{name}.jpg", 40, 40)
    return tmp_path / "in"


@pytest.fixture
def stopping(monkeypatch):
    """stopping(number, error): painting that picture raises the error; returns a list of those begun."""
    real = Stylizer.stylize

    def stop(number: int, error: type[BaseException]) -> list[int]:
        begun: list[int] = []

        def painting(self, *rest):
            begun.append(1)
            if len(begun) == number:
                raise error
            return real(self, *rest)

        monkeypatch.setattr(Stylizer, "stylize", painting)
        return begun

    return stop


def test_a_zip_holds_a_square_jpeg_of_every_picture(draw, tmp_path, target, capsys):
    for name, size in (("a.jpg", (90, 60)), ("b.png", (20, 40)), ("c.jpg", (64, 64))):
        draw(f"in/{name}", *size)
    (tmp_path / "in" / "empty.jpg").touch()
    assert stylize(tmp_path / "in", tmp_path / "none.jpg", "-o", target, "--size", 64) == 1
    said = capsys.readouterr().err
    assert "empty.jpg" in said and "There is no file" in said
    pictures = zipped(target)
    assert list(pictures) == ["a.jpg", "b.jpg", "c.jpg"]
    assert {(picture.format, picture.size) for picture in pictures.values()} == {("JPEG", (64, 64))}
    assert sorted(path.name for path in tmp_path.iterdir() if "zip" in path.name) == ["images.zip"]


@pytest.mark.parametrize(("size", "painted"), [(32, 1), (64, 3)])
def test_an_interrupted_zip_goes_on_where_it_stopped_and_another_takes_nothing_over(
    folder, target, stopping, size, painted
):
    stopping(3, KeyboardInterrupt)
    assert stylize(folder, "-o", target, "--size", 32) == 130
    assert not target.exists()
    begun = stopping(0, KeyboardInterrupt)
    assert stylize(folder, "-o", target, "--size", size) == 0
    assert len(begun) == painted
    assert [picture.size for picture in zipped(target).values()] == [(size, size)] * 3


def test_a_surprise_in_one_picture_does_not_stop_the_zip(folder, target, stopping, capsys):
    stopping(1, MemoryError)
    assert stylize(folder, "-o", target, "--size", 32) == 1
    assert "a.jpg: There is not enough memory" in capsys.readouterr().err
    assert list(zipped(target)) == ["b.jpg", "c.jpg"]


def test_what_is_hidden_is_white_in_a_zip(tmp_path, target):
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert stylize(tmp_path / "a.png", "-o", target, "--size", 32) == 0
    assert zipped(target)["a.jpg"].convert("RGB").getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--quality", "5000"], "quality is 5000"),
        (["--format", "PNG"], "JPEGs, not PNG"),
        (["--size", "7"], "--size is 7"),
        (["--jobs", "2"], "A zip goes on by itself"),
    ],
)
def test_a_zip_refuses_what_it_can_not_be(draw, tmp_path, target, capsys, words, reason):
    assert stylize(draw(), "-o", target, *words) == 1
    assert reason in capsys.readouterr().err
    (tmp_path / "folder.zip").mkdir()
    assert stylize(draw(), "-o", tmp_path / "folder.zip") == 1
    assert "is a folder" in capsys.readouterr().err


def test_two_pictures_of_one_name_are_not_lost_in_silence(draw, target, capsys):
    assert stylize(draw("x/a.jpg", 40, 40), draw("y/a.png", 40, 40), "-o", target, "--size", 32) == 1
    assert "would have the name of" in capsys.readouterr().err


def test_a_name_that_is_no_text_goes_into_the_zip_all_the_same(draw, tmp_path, target):
    named = os.fsdecode(b"\xe9t\xe9.jpg")  # Latin-1, of an old disk
    os.rename(draw("in/summer.jpg", 40, 40), tmp_path / "in" / named)
    assert stylize(tmp_path / "in", "-o", target, "--size", 32) == 0
    assert list(zipped(target)) == ["\ufffdt\ufffd.jpg"]


def test_a_zip_that_can_not_be_finished_leaves_nothing_half_done(folder, tmp_path, target, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    assert stylize(folder, "-o", target, "--size", 32) == 1
    assert [path.name for path in tmp_path.glob(".*")] == []
