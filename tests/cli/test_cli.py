"""Does the command line keep its promises: names, formats, exit statuses, and never a lost photograph?"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import colorizer
from colorizer import cli
from colorizer.cli.terminal import for_each, printable
from colorizer.photo import Photo
from colorizer.predictors.colorize import Colorizer
from colorizer.predictors.settings import ColorizeSettings, Hint

ROOT = Path(cli.__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("weights_folder")


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


def colorize(*words: object) -> int:
    return run("colorize", *words, "--size", 128)


def usage_error(*words: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        run(*words)
    return int(stopped.value.code or 0)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("name", "format"), [("a.jpg", "JPEG"), ("a.tif", "TIFF"), ("a.png", "PNG")])
def test_one_photo_into_a_file_whose_name_decides_its_format(draw, tmp_path, capsys, name, format):
    assert colorize(draw("grandmother.jpg"), "-o", tmp_path / name) == 0
    with Image.open(tmp_path / name) as result:
        assert (result.size, result.format) == ((80, 60), format)
        assert np.ptp(np.asarray(result.convert("RGB")).astype(int), axis=2).max() > 8  # there is colour
    assert re.search(rf"grandmother\.jpg -> .*{name} \(\d", capsys.readouterr().out)


def test_one_photo_into_a_folder_keeps_its_name(draw, tmp_path):
    (tmp_path / "results").mkdir()
    assert colorize(draw("grandmother.jpg"), "-o", tmp_path / "results") == 0
    assert colorize(draw("aunt.jpg"), "-o", f"{tmp_path}/new/folder/") == 0
    assert (tmp_path / "results" / "grandmother-colorized.png").is_file()
    assert (tmp_path / "new" / "folder" / "aunt-colorized.png").is_file()


def test_format_and_quality_of_a_batch(draw, tmp_path):
    photos = [draw("a.png", 200, 150), draw("b.png", 200, 150)]
    assert colorize(*photos, "-o", tmp_path / "fine", "--format", "jpeg") == 0
    assert colorize(*photos, "-o", tmp_path / "rough", "--format", "jpg", "--quality", 10) == 0
    sizes = [(tmp_path / folder / "a-colorized.jpg").stat().st_size for folder in ("fine", "rough")]
    assert sizes[0] > 1.5 * sizes[1]


def test_a_folder_of_photos(draw, tmp_path):
    for name in ("in/a.png", "in/b.JPG", "in/.hidden.png", "in/deeper/c.png"):
        draw(name)
    (tmp_path / "in" / "notes.txt").write_text("Aunt Emma, 1931")
    assert colorize(tmp_path / "in", "-o", tmp_path / "out") == 0
    assert names_in(tmp_path / "out") == ["a-colorized.png", "b-colorized.png"]


def test_a_folder_into_itself_twice_colours_no_result_again_and_says_so(draw, tmp_path, capsys):
    draw("in/a.png")
    for said in ("", "1 named like results of an earlier run (“-colorized”) passed over.\n"):
        assert colorize(tmp_path / "in", "-o", tmp_path / "in") == 0
        assert capsys.readouterr().err == said
    assert names_in(tmp_path / "in") == ["a-colorized.png", "a.png"]


def test_photos_of_one_name_get_results_whose_names_differ_even_where_case_does_not_count(draw, tmp_path):
    assert colorize(draw("in/a.png"), draw("in/a.jpg"), draw("other/A.png"), "-o", tmp_path / "out") == 0
    assert names_in(tmp_path / "out") == ["A-colorized-3.png", "a-colorized-2.png", "a-colorized.png"]


def test_a_failed_photo_is_named_and_the_others_still_run(draw, tmp_path, capsys):
    (tmp_path / "empty.jpg").touch()
    photos = [draw("a.png"), tmp_path / "empty.jpg", tmp_path / "missing.png", draw("b.png")]
    assert colorize(*photos, "-o", tmp_path / "out") == 1
    assert len(list((tmp_path / "out").iterdir())) == 2
    errors = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in errors[:2]] == [str(photos[2]), str(photos[1])]  # what isn't there
    assert errors[2:] == ["2 of 4 could not be coloured."]
    assert all(len(line) > len(str(tmp_path)) + 20 for line in errors[:2]), "each says why"


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_a_photo_is_never_replaced_by_its_result(draw, tmp_path, capsys, link):
    photo = target = draw("a.png")
    before = photo.read_bytes()
    if link:
        target = tmp_path / "same.png"
        link(photo, target)
    assert colorize(photo, "-o", target) == 1
    assert photo.read_bytes() == before
    assert "replace the photograph itself" in capsys.readouterr().err


def test_a_given_photo_is_not_replaced_by_another_s_result(draw, tmp_path):
    first, second = draw("in/a.png"), draw("in/a-colorized.png")
    before = second.read_bytes()
    assert colorize(first, second, "-o", tmp_path / "in") == 0
    assert second.read_bytes() == before
    assert (tmp_path / "in" / "a-colorized-2.png").is_file()


def test_a_surprise_in_one_photo_does_not_stop_the_others(draw, tmp_path, capsys, monkeypatch):
    real = Colorizer.analyse

    def surprise(self, photo, *rest):
        if photo.name == "a":
            raise ZeroDivisionError("of all things")
        return real(self, photo, *rest)

    monkeypatch.setattr(Colorizer, "analyse", surprise)
    assert colorize(draw("a.png"), draw("b.png"), "-o", tmp_path / "out") == 1
    assert "ZeroDivisionError: of all things" in capsys.readouterr().err
    assert (tmp_path / "out" / "b-colorized.png").is_file()


def test_what_a_person_should_know_is_said(draw, tmp_path, capsys):
    path = tmp_path / "coloured.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    assert colorize(path, "-o", tmp_path / "out.png") == 0
    assert "already had colours" in capsys.readouterr().out


def test_settings_and_hints_in_pixels_and_in_a_file_count_and_travel_in_the_result(draw, tmp_path):
    photo, file = draw(), tmp_path / "hints.json"
    file.write_text('[{"x": 0.8, "y": 0.75, "colour": "#4060c0", "reach": 0.1}]')
    words = ("--hints", file, "--hint", "20,15,#c04040", "--hint", "0,59,#40a040", "--saturation", 0.5)
    assert colorize(photo, "-o", tmp_path / "out.png", *words, "--variant", 1) == 0
    with Image.open(tmp_path / "out.png") as result:
        about, pixels = json.loads(result.info["colorizer"]), np.asarray(result).astype(int)
    assert (about["task"], about["version"], about["saturation"]) == ("colorize", "0.0.1", 0.5)
    settings = ColorizeSettings(
        size=128,
        saturation=0.5,
        variant=1,
        hints=(
            Hint(0.8, 0.75, "#4060c0", 0.1),
            Hint(20.5 / 80, 15.5 / 60, "#c04040"),
            Hint(0.5 / 80, 59.5 / 60, "#40a040"),
        ),
    )
    assert about.pop("original") == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert about == Colorizer.load().analyse(Photo.open(photo), settings).made_by(settings)
    for column, row, channel in ((64, 45, 2), (20, 15, 0), (0, 59, 1)):
        assert pixels[row, column].argmax() == channel

    again = ColorizeSettings(**{name: about[name] for name in settings.as_dict()})
    assert np.array_equal(Colorizer.load().colorize(Photo.open(photo), again).rgb, pixels)
    file.write_text(json.dumps(about))
    words = ("--hints", file, "--saturation", 0.5, "--variant", 1)
    assert colorize(photo, "-o", tmp_path / "again.png", *words) == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "out.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--hint", "20,15,red"), "“red” is no colour"),
        (("--hint", "20,15"), "--hint is “20,15”, but must be X,Y,#RRGGBB"),
        (("--hint", "0.3,0.6,#c04040"), "--hint is “0.3,0.6,#c04040”, but must be X,Y,#RRGGBB"),
        (("--hint", "1,1,#c04040") * 1001, "There are 1,001 hints. At most 1,000"),
        (("--hint", "1,1,#c04040", "--model", "course-unet"), "“course-unet” takes no hints. Choose “unet”"),
        (("--hint", "1,1,#c04040", "--model", "autoencoder"), "“autoencoder” takes no hints. Choose “unet”"),
        (("--hints", "nowhere.json"), "“nowhere.json” can't be read (No such file"),
        (("--hints", "."), "“.” can't be read (Is a directory)"),
        (("--hints", '{"x": 0.5}'), "holds no list of hints"),
        (("--hints", "\0"), "holds no list of hints"),
        (("--hints", "[[0.5, 0.5]]"), "[0.5, 0.5] is no hint"),
        (
            ("--hints", '[{"x": 30, "y": 0.5, "colour": "#c04040"}]'),
            "x is 30, but must be a number from 0 to",
        ),
    ],
)
def test_hints_that_cannot_be_are_one_sentence_before_any_work(
    draw, tmp_path, capsys, monkeypatch, words, reason
):
    monkeypatch.setattr(Colorizer, "load", lambda **_: pytest.fail("weights were loaded"))
    if words[0] == "--hints" and words[1][0] in "[{\0":
        (tmp_path / "hints.json").write_text(words[1])
        words = ("--hints", tmp_path / "hints.json")
    assert colorize(draw(), "-o", tmp_path / "out.png", *words) == 1
    error = capsys.readouterr().err
    assert reason in error and error.count("\n") == 1


@pytest.mark.parametrize("place", ["80,0", "0,60", "-1,5"])
def test_a_hint_outside_of_a_photo_fails_that_photo_alone(draw, tmp_path, capsys, place):
    photos = draw("small.png"), draw("large.png", 200, 150)
    assert colorize(*photos, "-o", tmp_path / "out", f"--hint={place},#c04040") == 1
    error = capsys.readouterr().err
    assert f"{photos[0]}: --hint names the place {place}, but the photograph has 80 x 60 pixels" in error
    assert (tmp_path / "out" / "large-colorized.png").is_file() == (place != "-1,5")


def test_ctrl_c_stops_with_130_and_leaves_no_half_file(draw, tmp_path):
    photos = [draw("0.png", 1500, 1200)]
    photos += [Path(shutil.copy(photos[0], tmp_path / f"{number}.png")) for number in range(1, 15)]
    words = [sys.executable, "-m", "colorizer", "colorize", *photos]
    processes = [
        subprocess.Popen(
            [*words, "-o", tmp_path / jobs, "--jobs", jobs],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Where the tests run in the background, Ctrl-C is ignored: what they start would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        for jobs in "12"
    ]

    def stopped(process: subprocess.Popen[str]) -> str:
        process.stdout.readline()  # the first result is there
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        error = process.stderr.readline()
        process.send_signal(signal.SIGINT)  # while Python ends
        return error + process.communicate(timeout=60)[1]

    with ThreadPoolExecutor() as threads:
        errors = list(threads.map(stopped, processes))
    for jobs, process, error in zip("12", processes, errors, strict=True):
        assert (process.returncode, error) == (130, "Stopped.\n")
        results = list((tmp_path / jobs).iterdir())
        assert 0 < len(results) < 15
        for path in results:
            with Image.open(path) as image:
                image.load()


def test_a_ctrl_c_that_python_loses_stops_all_the_same(draw, tmp_path, capsys, monkeypatch):
    class Doomed:
        def __del__(self):  # an exception raised here is lost
            signal.raise_signal(signal.SIGINT)

    real = Colorizer.render

    def interrupted(self, *rest):
        result = real(self, *rest)
        Doomed()
        return result

    monkeypatch.setattr(Colorizer, "render", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
    try:
        assert colorize(draw("a.png"), draw("b.png"), "-o", tmp_path / "out") == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    error = capsys.readouterr().err
    assert error.splitlines()[-1] == "Stopped." and "Traceback" not in error
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-colorized.png"]


@pytest.mark.parametrize(
    "words",
    ["", "paint", "colorize", "colorize a.png", "weights burn", "upscale a.png -o b.png --model sharp"],
)
def test_what_cannot_be_understood_is_status_2(words, capsys):
    assert usage_error(*words.split()) == 2
    assert "usage: python -m colorizer" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    assert usage_error("--help") == 0
    text = capsys.readouterr().out
    assert all(f"  {command} " in text for command in cli.commands.COMMANDS)


HELP = """
import contextlib, sys
import colorizer.cli.train
heavy = {"torch", "numpy", "PIL", "gradio", "cv2", "huggingface_hub"} & sys.modules.keys()
for command in ("colorize", "upscale", "evaluate colorize", "train", "weights push"):
    with contextlib.suppress(SystemExit):
        colorizer.cli.main([*command.split(), "--help"])
heavy |= {"torch", "gradio"} & sys.modules.keys()
sys.exit(str(heavy) if heavy else 0)
"""


def test_importing_the_package_and_its_commands_is_light_and_help_answers_without_torch():
    done = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage:") == 5


def test_version_and_module():
    words = [sys.executable, "-m", "colorizer", "--version"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split()[1] == colorizer.__version__


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal_and_silent_elsewhere(monkeypatch):
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        monkeypatch.setattr(sys, "stderr", stream)
        assert (
            for_each([Path("grandmother.jpg")], lambda _, progress: progress(0.5, "Looking at it") or []) == 0
        )
    assert "[1/1] grandmother.jpg  50% Looking" in terminal.getvalue()
    assert "\n" not in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert file.getvalue() == ""


def test_a_name_cannot_steer_the_terminal():
    assert printable("a\x1b[2Jb\nc.jpg") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c.jpg"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("-o", "x.bmp"), "choose a name"),
        (("-o", "nowhere/x.png"), "There is no folder"),
        (("b.png", "-o", "a.png"), "need a folder"),
        (("-o", "out/", "--jobs", 0), "--jobs is 0, but must be a whole number from 1 to 64"),
        (("-o", "out.png", "--manifest"), "A manifest needs a folder of results, and “out.png” is none"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(draw, tmp_path, capsys, monkeypatch, words, reason):
    monkeypatch.setattr(Colorizer, "load", lambda **_: pytest.fail("weights were loaded"))
    monkeypatch.chdir(tmp_path)
    draw("a.png"), draw("b.png")
    assert colorize("a.png", *words) == 1
    assert reason in capsys.readouterr().err
