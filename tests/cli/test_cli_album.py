"""Are many photographs done once each, wherever they lie, and can a run go on that was broken off?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorizer import cli
from colorizer.errors import WeightsError
from colorizer.photo import Limits, sources
from colorizer.predictors import results
from colorizer.predictors.colorize import Colorizer

ROOT = Path(cli.__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("weights_folder")


def colorize(*words: object) -> int:
    return cli.main(["colorize", *map(str, words), "--size", "128"])


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their paths."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def manifest(folder: Path) -> list[dict]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["pictures"]


@pytest.fixture
def photos(draw, tmp_path) -> Path:
    """A folder of six photographs, all different."""
    for number in range(6):
        draw(f"in/{'x' * number}{number}.png", 60 + number, 40)
    return tmp_path / "in"


# Going on

# The process dies while it writes the result of that number: half of it is there.
KILLED = """
import os, signal, sys
from colorizer.cli import main
from colorizer.photo import encode
write, left = encode._write, [int(sys.argv[1])]
def half(file, *rest):
    write(file, *rest)
    left[0] -= 1
    if left[0] == 0:
        os.truncate(file, os.path.getsize(file) // 2)
        os.kill(os.getpid(), signal.SIGKILL)
encode._write = half
main(sys.argv[2:])
"""


@pytest.mark.parametrize(("number", "jobs", "before"), [(1, 1, ()), (4, 1, ("--skip-existing",)), (3, 2, ())])
def test_a_run_that_was_killed_goes_on_and_loses_doubles_and_halves_none(
    photos, tmp_path, capsys, number, jobs, before
):
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert colorize(photos, "-o", whole) == 0
    words = ["colorize", str(photos), "-o", str(out), "--size", "128", "--jobs", str(jobs), *before]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(number), *words], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    done = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    assert number - jobs <= len(done) < 6

    capsys.readouterr()
    assert colorize(photos, "-o", out, "--skip-existing", "--manifest", "--jobs", jobs) == 0
    said = capsys.readouterr().out
    assert said.count(" -> ") == 6 - len(done)
    assert (f"{len(done)} of 6 results are there already" in said) == bool(done)
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert [path.name for path in sorted(out.glob("*.*g"))] == sorted(tree(whole))
    for path in whole.iterdir():
        assert_alike(path, out / path.name)
    listed = manifest(out)
    assert sorted(picture["result"] for picture in listed) == sorted(tree(whole))
    assert all(picture["settings"]["size"] == 128 and not picture["error"] for picture in listed)
    assert sum(picture["seconds"] is None for picture in listed) == len(done)


def assert_alike(first: Path, second: Path) -> None:
    """Two pictures are the same, but for the rounding of another number of threads."""
    with Image.open(first) as one, Image.open(second) as other:
        assert np.abs(np.asarray(one).astype(int) - np.asarray(other)).max() <= 1


def test_a_result_keeps_its_name_whatever_else_comes_and_goes(draw, tmp_path, capsys):
    def go_on(*inputs: Path) -> int:
        assert colorize(*inputs, "-o", tmp_path / "out", "--skip-existing") == 0
        return capsys.readouterr().out.count(" -> ")

    photos, out = tmp_path / "in", tmp_path / "out"
    png = draw("in/dog.png")
    assert go_on(photos) == 1
    first = tree(out)
    jpg = draw("in/dog.jpg", 90)  # comes first among the names
    assert go_on(photos) == 1
    assert sorted(tree(out)) == ["dog-colorized-2.png", "dog-colorized.png"]
    assert tree(out).items() >= first.items()
    png.unlink()
    assert go_on(photos) == 0
    (out / "dog-colorized.png").unlink()
    assert go_on(photos) == 0  # what is there is of dog.jpg
    assert go_on(photos, draw("other/dog.tif", 100)) == 1
    assert sorted(tree(out)) == ["dog-colorized-2.png", "dog-colorized.png"]
    assert results.settings_in(out / "dog-colorized-2.png")["original"] == results.sha256(jpg)
    assert go_on(draw("in/dog.jpg", 91)) == 1  # another photograph, if under the same name
    assert sorted(tree(out)) == ["dog-colorized-2.png", "dog-colorized-3.png", "dog-colorized.png"]


def test_a_file_that_is_no_result_is_neither_taken_for_one_nor_replaced(draw, tmp_path):
    photo, out = draw("in/a.png"), tmp_path / "out"
    draw("out/a-colorized.png")
    (out / "a-colorized-2.png").write_bytes(b"half a pict")
    before = tree(out)
    assert colorize(photo, "-o", out, "--skip-existing") == 0
    assert sorted(tree(out)) == ["a-colorized-2.png", "a-colorized-3.png", "a-colorized.png"]
    assert tree(out).items() >= before.items()


# Folders, patterns, zips


def test_folders_below_are_mirrored_or_said_to_be_passed_over(draw, tmp_path, capsys):
    for name in ("a.png", "1931/a.png", "1931/may/b.png", ".old/c.png"):
        draw(f"in/{name}")
    photos, out = tmp_path / "in", tmp_path / "in" / "out"
    for _ in range(2):  # the second time, there are results below the folder
        assert colorize(photos, "-o", out) == 0
        assert "1 folder below passed over; --recursive" in capsys.readouterr().err
        assert list(tree(out)) == ["a-colorized.png"]
    for _ in range(2):
        assert colorize(photos, "-o", out, "--recursive") == 0
        assert "passed over" not in capsys.readouterr().err
        assert list(tree(out)) == ["1931/a-colorized.png", "1931/may/b-colorized.png", "a-colorized.png"]
    for _ in range(2):
        assert colorize(photos / "1931", "-o", photos / "1931", "--recursive") == 0
        assert len(tree(photos / "1931")) == 4


def test_a_pattern_that_no_shell_expanded_is_expanded(draw, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.jpg", "c.png", "[1].jpg"):
        draw(name)
    assert colorize("?.jpg", "[1].jpg", "-o", "out") == 0
    assert list(tree(tmp_path / "out")) == ["[1]-colorized.png", "a-colorized.png", "b-colorized.png"]
    assert colorize("?.png", "-o", "c-new.png") == 0  # as if a shell had done it
    assert (tmp_path / "c-new.png").is_file()
    capsys.readouterr()
    assert colorize("*.tif", "-o", "out") == 1
    assert "There is no file “*.tif”" in capsys.readouterr().err


def test_what_is_not_there_is_named_before_anything_else(draw, tmp_path, capsys, monkeypatch):
    said, load = [], Colorizer.load
    monkeypatch.setattr(Colorizer, "load", lambda **_: said.append(capsys.readouterr().err) or load())
    (tmp_path / "nothing").mkdir()
    assert colorize(tmp_path / "nothing", draw("a.png"), tmp_path / "b.png", "-o", tmp_path / "out") == 1
    first, second = said[0].splitlines()
    assert "b.png: There is no file" in first and "no photograph" in second
    assert "2 of 3 could not be coloured" in capsys.readouterr().err
    assert (tmp_path / "out" / "a-colorized.png").is_file()


HOSTILE = (
    "../../up.png",
    "/etc/root.png",
    "C:\\disk.png",
    "a/..\\../b/ok.png",
    "a/ok.png",
    "new\nline\x1b.png",
)
LEFT_OUT = ("__MACOSX/ok.png", "a/.hidden.png", "notes.txt", "folder.png/")


def test_a_zip_s_pictures_are_mirrored_and_none_leaves_the_folder(draw, tmp_path, capsys):
    picture, packed = draw("a.png").read_bytes(), tmp_path / "deep" / "in" / "album.zip"
    packed.parent.mkdir(parents=True)
    with zipfile.ZipFile(packed, "w") as archive:
        for name in HOSTILE + LEFT_OUT:
            archive.writestr(name, picture)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a/ok.png", draw("other.png", 90).read_bytes())
        archive.writestr("broken.png", picture[:100])
    before, out = tree(tmp_path), tmp_path / "deep" / "out"
    assert colorize(packed, "-o", out, "--manifest") == 1
    names = {"C_/disk", "a/b/ok", "a/ok", "etc/root", "new_line_", "up"}
    results = {f"{name}-colorized.png" for name in names} | {"a/ok-colorized-2.png"}
    assert set(tree(out)) == results | {"manifest.json"}
    after = tree(tmp_path)
    assert {name for name in after if not name.startswith("deep/out/")} == set(before)
    errors = capsys.readouterr().err
    assert "album.zip/broken.png: “broken.png” is damaged or cut short" in errors
    assert "\x1b" not in errors and errors.endswith("1 of 8 could not be coloured.\n")
    assert {picture["result"] for picture in manifest(out)} == results | {None}

    assert colorize(packed, "-o", out, "--skip-existing") == 1
    assert "7 of 8 results are there already" in capsys.readouterr().out
    assert set(tree(out)) == results | {"manifest.json"}


def test_a_zip_that_cannot_be_read_or_holds_too_much_is_named(draw, tmp_path, capsys, monkeypatch):
    (tmp_path / "text.zip").write_text("This is no zip.")
    with zipfile.ZipFile(tmp_path / "none.zip", "w"):
        pass
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(3 << 20))
    with zipfile.ZipFile(tmp_path / "spoilt.zip", "w") as archive:
        archive.write(draw("a.png"), "a.png")
    spoilt = bytearray((tmp_path / "spoilt.zip").read_bytes())
    spoilt[60] ^= 255
    (tmp_path / "spoilt.zip").write_bytes(spoilt)
    monkeypatch.setattr(sources, "LIMITS", Limits(max_bytes=1 << 20))
    assert colorize(*sorted(tmp_path.glob("*.zip")), "-o", tmp_path / "out") == 1
    errors = capsys.readouterr().err
    for said in (
        "text.zip: “text.zip” can't be read as a zip",
        "none.zip: There is no photograph in this zip",
    ):
        assert said in errors
    assert "bomb.zip/bomb.png: “bomb.png” has 3 MB; the limit is 1" in errors
    assert "spoilt.zip/a.png: “a.png” can't be taken out of “spoilt.zip” (Bad CRC" in errors
    assert tree(tmp_path / "out") == {}


# Several at once, and what is told of them


def test_two_at_once_give_the_same_results_and_speak_in_order(photos, tmp_path, capsys):
    (photos / "0bad.png").write_bytes(b"no picture")
    said = []
    for jobs in (1, 2):
        assert colorize(photos, "-o", tmp_path / f"{jobs}", "--jobs", jobs) == 1
        out, errors = capsys.readouterr()
        said.append([line.split(" -> ")[0] for line in out.splitlines()] + errors.splitlines())
    assert said[0] == said[1] and len(said[0]) == 8
    assert sorted(tree(tmp_path / "1")) == sorted(tree(tmp_path / "2"))
    for path in (tmp_path / "1").iterdir():
        assert_alike(path, tmp_path / "2" / path.name)


def test_weights_that_cannot_be_had_are_said_once(photos, tmp_path, capsys, monkeypatch):
    def missing(self, model):
        raise WeightsError("There are none.")

    monkeypatch.setattr(Colorizer, "network", missing)
    assert colorize(photos, "-o", tmp_path / "out", "--jobs", 2) == 1
    assert capsys.readouterr().err == "There are none.\n"
    assert tree(tmp_path / "out") == {}


def test_the_manifest_tells_of_every_picture_what_made_it_or_why_it_failed(draw, tmp_path, weights_folder):
    photo, bad = draw("in/a.png"), tmp_path / "in" / "b.png"
    bad.write_bytes(b"no picture")
    hint = ("--hint", "20,15,#c04040", "--saturation", 0.5)
    assert colorize(tmp_path / "in", "-o", tmp_path / "out", "--manifest", *hint) == 1
    first, second = manifest(tmp_path / "out")
    known = json.loads((weights_folder / "manifest.json").read_text())["files"]["unet"]
    assert first["name"] == str(photo) and first["result"] == "a-colorized.png"
    assert first["sha256"] == results.sha256(photo)
    assert (first["width"], first["height"], first["error"]) == (80, 60, None)
    assert first["weights"] == [{"name": "unet", "version": "0.0.1", "sha256": known["sha256"]}]
    assert first["hints"] == [{"x": 20.5 / 80, "y": 15.5 / 60, "colour": "#c04040", "reach": 0.3}]
    assert first["settings"]["saturation"] == 0.5 and first["seconds"] > 0
    assert second["name"] == str(bad) and second["result"] is None
    assert "is not a picture" in second["error"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_leaves_a_whole_manifest(photos, tmp_path, monkeypatch, jobs):
    real = Colorizer.render

    def interrupted(self, analysis, *rest):
        if analysis.photo.name.endswith("2"):
            raise KeyboardInterrupt
        return real(self, analysis, *rest)

    monkeypatch.setattr(Colorizer, "render", interrupted)
    assert colorize(photos, "-o", tmp_path / "out", "--manifest", "--jobs", jobs) == 130
    listed = manifest(tmp_path / "out")
    done = {picture["result"] for picture in listed} - {None}
    assert done == set(tree(tmp_path / "out")) - {"manifest.json"}
    assert len(listed) == 6 and sum(p["error"] == "It was not reached." for p in listed) == 6 - len(done)


def test_a_name_that_is_no_text_is_in_the_manifest_all_the_same(draw, tmp_path, capsys):
    names = (os.fsdecode(b"\xe9t\xe9.png"), os.fsdecode(b"\xe0.png"))  # Latin-1, of an old disk
    named, bad = (tmp_path / name for name in names)
    shutil.move(draw("summer.png"), named)
    bad.write_bytes(b"no picture")
    assert colorize(named, bad, "-o", f"{tmp_path}/out/", "--manifest") == 1
    listed, failed = manifest(tmp_path / "out")
    assert os.fsencode(listed["name"]).endswith(b"\xe9t\xe9.png")
    assert (tmp_path / "out" / listed["result"]).exists()
    assert "is not a picture" in failed["error"] and "is not a picture" in capsys.readouterr().err


def test_a_file_that_is_there_is_left_unless_it_is_of_another_photograph(photos, tmp_path, capsys):
    one, other, out = photos / "0.png", photos / "x1.png", tmp_path / "out.png"
    for said in ("-> ", "1 of 1 results are there already"):
        assert colorize(one, "-o", out, "--skip-existing") == 0
        assert said in capsys.readouterr().out
    first = out.read_bytes()
    assert colorize(other, "-o", out, "--skip-existing") == 0 and out.read_bytes() != first


def test_a_name_with_a_line_break_is_known_again_and_what_is_named_twice_is_done_once(draw, photos, tmp_path):
    draw("odd/new\nline.png")
    for _ in range(2):
        assert colorize(tmp_path / "odd", "-o", tmp_path / "out", "--skip-existing") == 0
    assert len(tree(tmp_path / "out")) == 1
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(photos / "0.png", "0.png")
    assert colorize(tmp_path / "z.zip", tmp_path / "z.zip", "-o", tmp_path / "zipped") == 0
    assert len(tree(tmp_path / "zipped")) == 1
    assert colorize(draw("named/1931/a.png"), tmp_path / "named", "-o", tmp_path / "2", "--recursive") == 0
    assert list(tree(tmp_path / "2")) == ["a-colorized.png"]


def test_another_program_s_manifest_is_left_alone(photos, tmp_path, capsys):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.json").write_text('{"name": "an app"}')
    assert colorize(photos, "-o", tmp_path / "app", "--manifest") == 1
    assert "another program's" in capsys.readouterr().err
    assert tree(tmp_path / "app") == {"manifest.json": b'{"name": "an app"}'}
