"""Does `restyle` paint files and folders in a style, make textures, and say what can't be done?"""

from __future__ import annotations

import pytest
from PIL import Image

from colorizer import cli
from colorizer.predictors import own_style


@pytest.fixture(autouse=True)
def quick(tiny_features, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_style, "load_features", lambda *_: tiny_features)


def restyle(*words: object) -> int:
    return cli.main(["restyle", *map(str, words), "--size", "128", "--steps", "10"])


def test_a_photo_takes_on_a_style_and_its_settings_travel_with_it(draw, tmp_path, capsys):
    photo, painting = draw("lake.jpg", 60, 40), draw("painting.png", 50, 50, "RGB")
    assert restyle(photo, "--style", painting, "-o", tmp_path / "out.png", "--strength", 0.75) == 0
    assert "times nearer to the style" in capsys.readouterr().out
    with Image.open(tmp_path / "out.png") as result:
        assert result.size == (128, 85)
        about = result.info["colorizer"]
    for part in (
        '"task": "restyle"',
        '"strength": 0.75',
        '"painting": "painting.png"',
        '"features": "lite0"',
    ):
        assert part in about


def test_folders_textures_and_failed_photos(draw, tmp_path, capsys):
    draw("in/a.jpg", 60, 40), draw("in/b.jpg", 60, 40)
    (tmp_path / "in" / "empty.jpg").touch()
    assert restyle(tmp_path / "in", "--texture", "-o", tmp_path / "out", "--format", "JPEG") == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-texture.jpg", "b-texture.jpg"]
    assert "empty.jpg" in capsys.readouterr().err
    assert restyle(tmp_path / "in" / "a.jpg", "--style", draw("p.png"), "-o", f"{tmp_path}/out/") == 0
    assert (tmp_path / "out" / "a-styled.png").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "Name the painting with --style"),
        (["--texture", "--style", "a.jpg"], "Name the painting with --style"),
        (["--style", "missing.jpg"], "missing.jpg"),
        (["--texture", "--strength", "2"], "strength is 2"),
        (["--texture", "--brush", "0"], "brush is 0"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(draw, tmp_path, capsys, words, reason):
    assert restyle(draw(), "-o", tmp_path / "out.png", *words) == 1
    error = capsys.readouterr().err.strip()
    assert reason in error and "\n" not in error
    assert not (tmp_path / "out.png").exists()
