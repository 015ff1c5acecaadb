"""Is what is drawn over a print known exactly, and do the figures of mending mean what they say?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorizer import cli
from colorizer.errors import ColorizerError
from colorizer.evaluation import mending
from colorizer.evaluation.damage import SEEN, damage, damaged_print, with_thin_things
from colorizer.photo import Photo


def print_of(seed: int, size: tuple[int, int] = (64, 80)) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(60, 190, (4, 5, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC))


@pytest.mark.parametrize("seed", range(12))
def test_damage_is_marked_where_it_is_seen(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    grey = print_of(seed)[..., 0] / np.float32(255)
    damaged, marks = damage(grey, np.random.default_rng(seed))
    again, same = damage(grey, np.random.default_rng(seed))
    assert np.array_equal(damaged, again) and np.array_equal(marks, same)
    assert damaged.dtype == np.float32 and damaged.shape == marks.shape == grey.shape
    monkeypatch.setattr("colorizer.evaluation.damage._stained", lambda grey, _: grey)
    damaged, marks = damage(grey, np.random.default_rng(seed))
    assert np.array_equal(np.abs(damaged - grey) > SEEN, marks)


def test_some_prints_are_whole_and_all_stay_in_range() -> None:
    marked = []
    for seed in range(40):
        damaged, marks, whole = damaged_print(print_of(seed), np.random.default_rng(seed))
        assert damaged.dtype == whole.dtype == np.float32
        assert 0 <= damaged.min() <= damaged.max() <= 1 and 0 <= whole.min() <= whole.max() <= 1
        marked.append(marks.mean())
    assert 5 < sum(share == 0 for share in marked) < 25 and 0.002 < np.mean(marked) < 0.15


def test_what_belongs_to_the_picture_is_no_damage() -> None:
    changed = [
        np.abs(with_thin_things(print_of(seed), np.random.default_rng(seed)).astype(int) - print_of(seed))
        for seed in range(20)
    ]
    assert np.mean([change.any() for change in changed]) > 0.5


class Oracle:
    """Finds nothing, but at the highest sensitivity the upper half of any picture."""

    def find(self, photo: Photo, settings) -> np.ndarray:
        marks = np.zeros(photo.rgb.shape[:2], bool)
        if settings.sensitivity == 0.75:
            marks[:32] = True
        return marks


def test_the_figures_are_those_of_the_marks(tmp_path: Path) -> None:
    for number in range(8):
        Image.fromarray(print_of(number)).save(tmp_path / f"{number}.png")
    rows = mending.evaluate_mend(tmp_path, mender=Oracle())
    assert [row["sensitivity"] for row in rows] == [0.25, 0.5, 0.75]
    blind, top = rows[0], rows[2]
    assert (blind["precision"], blind["recall"], blind["false"]) == (0, 0, 0)
    assert blind["mended"] == pytest.approx(blind["damaged"]) and blind["best"] > blind["damaged"] + 3
    assert top["false"] == 0.5 and 0 < top["recall"] < 1
    assert mending.markdown(rows).count("\n") == 4


def test_without_weights_it_is_one_sentence(folder_without: Path, capsys: pytest.CaptureFixture) -> None:
    Image.fromarray(print_of(1)).save(folder_without / "1.png")
    assert cli.main(["evaluate", "mend", "--data", str(folder_without)]) == 1
    assert "train mend" in capsys.readouterr().err
    with pytest.raises(ColorizerError, match="not a folder"):
        mending.evaluate_mend(folder_without / "none", mender=Oracle())


@pytest.fixture
def folder_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder without any, in force."""
    (tmp_path / "manifest.json").write_text('{"format": 1, "files": {}}')
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path))
    return tmp_path
