"""Is a photo painted in its own size and depth, without seams, and the same whether in tiles or at once?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data

from colorizer import weights
from colorizer.errors import Cancelled, SettingsError, WeightsError
from colorizer.networks.cyclegan import Generator
from colorizer.photo import Photo
from colorizer.predictors import stylize
from colorizer.predictors.settings import StylizeSettings
from colorizer.predictors.stylize import Finish, Stylizer, offered, suited_brush
from colorizer.predictors.tiling import Tiling

ASTRONAUT = data.astronaut()


def network(seed: int, blocks: int = 1) -> Generator:
    """A narrow generator of random weights whose result still depends on the picture."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = Generator(4, blocks).eval().requires_grad_(False)
        for module in made.modules():
            if isinstance(module, torch.nn.Conv2d):
                torch.nn.init.normal_(module.weight, 0.0, 0.3)
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path))
    for seed, name in enumerate(("photo2monet", "monet2photo")):
        weights.save(tmp_path / "new.safetensors", network(seed).state_dict(), {})
        weights.register(name, tmp_path / "new.safetensors", "0.1", "stylize")
    return tmp_path


@pytest.fixture
def stylizer(folder: Path) -> Stylizer:
    return Stylizer.load()


def photo(height: int = 50, width: int = 61, bits: int = 8, alpha: bool = False) -> Photo:
    picture = ASTRONAUT if width < 300 else np.tile(ASTRONAUT, (1, 3, 1))
    rgb = picture[100 : 100 + height, 180 : 180 + width]
    levels = rgb.astype(np.uint16) * 257 if bits == 16 else rgb
    veil = None
    if alpha:
        veil = np.zeros((height, width), levels.dtype)
        veil[: height // 2] = np.iinfo(levels.dtype).max
    return Photo.from_array(levels.copy(), veil, "pond.jpg")


@pytest.mark.parametrize("size", [(50, 61), (1, 1), (3, 40), (16, 16), (129, 64), (1, 1100)])
@pytest.mark.parametrize("bits", [8, 16])
def test_size_depth_and_name_stay(stylizer, size, bits):
    given = photo(*size, bits=bits)
    result = stylizer.stylize(given)
    assert result.rgb.shape == given.rgb.shape and result.rgb.dtype == given.rgb.dtype
    assert result.metadata.name == "pond.jpg"
    if bits == 16:
        eight = stylizer.stylize(photo(*size)).rgb.astype(int) * 257
        apart = np.abs(result.rgb.astype(int) - eight)
        assert np.median(apart) <= 257 and apart.max() <= 16 * 257  # the small copy is rounded otherwise


def test_what_is_hidden_does_not_matter_and_alpha_stays(stylizer):
    given = photo(alpha=True)
    other = given.rgb.copy()
    other[given.alpha == 0] = (255, 0, 255)
    results = [stylizer.stylize(one) for one in (given, given.with_rgb(other))]
    assert np.array_equal(results[0].alpha, given.alpha)
    seen = given.alpha > 0
    assert np.array_equal(results[0].rgb[seen], results[1].rgb[seen])


def test_strength_mixes_and_nothing_is_painted_twice(stylizer, monkeypatch):
    given = photo()
    painting = stylizer.paint(given)
    monkeypatch.setattr(stylizer, "network", None)  # rendering needs none
    full, half, none = (
        stylizer.render(painting, StylizeSettings(strength=strength)).rgb.astype(int)
        for strength in (1, 0.5, 0)
    )
    assert np.array_equal(full, painting.rgb)
    assert np.array_equal(none, given.rgb)
    assert np.abs(half - (full + none) / 2).max() <= 1
    assert np.abs(full - none).mean() > 5


def test_colours_can_be_kept(stylizer):
    from colorizer.colour.lab import rgb_to_lab

    def lab(rgb: np.ndarray) -> np.ndarray:
        return rgb_to_lab(torch.from_numpy(rgb.copy()).movedim(-1, 0)[None].float() / 255)[0].numpy()

    given = Photo.from_array(np.full((40, 40, 3), (120, 130, 110), np.uint8))
    painting = stylizer.paint(given)
    kept = lab(stylizer.render(painting, StylizeSettings(strength=1, keep_colours=True)).rgb)
    painted, own = lab(painting.rgb), lab(given.rgb)
    assert np.abs(kept[0] - painted[0]).max() < 1
    inside = (painted[0] > 15) & (painted[0] < 90)  # elsewhere the gamut leaves no room for the colour
    assert np.abs(kept[1:] - own[1:])[:, inside].max() < 2


def test_tiles_share_the_statistics_and_leave_no_seam(stylizer, monkeypatch):
    """The issue of instance normalisation in tiles: each by its own statistics would jump at the borders."""
    monkeypatch.setattr(stylize, "WHOLE_SIDE", 64)
    tiling = Tiling(64, stylizer.network("photo2monet")[0].reach, 4, 4)
    monkeypatch.setattr(stylize, "TILING", tiling)
    monkeypatch.setattr(stylize, "FINISHES", {"photo2monet": Finish(0, 2)})
    given = Photo.from_array(np.ascontiguousarray(ASTRONAUT[:256, 100:356]))
    used: list[Generator] = []
    real = Generator.forward

    def noting(self, picture):
        used.append(self)
        return real(self, picture)

    monkeypatch.setattr(Generator, "forward", noting)
    rgb = stylizer.paint(given, StylizeSettings(brush=1)).rgb.astype(float)
    assert len(used) == 16 and used[0].held
    assert all(one is used[0] for one in used)
    steps = np.abs(np.diff(rgb, axis=1)).mean((0, 2))
    borders = steps[[63, 127, 191]]
    inside = np.delete(steps, [63, 127, 191])
    assert borders.max() < np.quantile(inside, 0.99) + 1
    whole = real(used[0], torch.from_numpy(given.rgb).movedim(-1, 0)[None].float() / 255)
    assert np.abs(rgb - whole[0].movedim(0, -1).numpy() * 255).max() <= 1


@pytest.mark.parametrize("bits", [8, 16])
def test_the_finish_gives_the_finest_detail_back_and_no_more(bits, monkeypatch):
    given = photo(96, 120, bits=bits).rgb
    unit = np.iinfo(given.dtype).max / 255
    small = given.reshape(48, 2, 60, 2, 3).mean((1, 3))
    plain = stylize.cv2.resize(small, (120, 96), interpolation=stylize.cv2.INTER_LINEAR)
    plain = np.rint(plain).astype(given.dtype)
    back = stylize.finished(plain.copy(), given, Finish(1, 2))
    assert np.abs(back.astype(int) - given).max() <= 2 * unit
    half = stylize.finished(plain.copy(), given, Finish(0.5, 2))
    assert np.abs(half - (plain.astype(float) + given) / 2).max() <= 2 * unit
    monkeypatch.setattr(stylize, "STRIP", 1000)
    assert np.array_equal(stylize.finished(plain.copy(), given, Finish(0.5, 2)), half)
    flat = np.full_like(given, 100 * unit)
    assert np.array_equal(stylize.finished(flat.copy(), flat, Finish(1, 4)), flat)


def test_a_wide_brush_sees_a_small_picture(stylizer, monkeypatch):
    seen: list[tuple[int, ...]] = []
    real = Generator.forward

    def noting(self, picture):
        seen.append(tuple(picture.shape[-2:]))
        return real(self, picture)

    monkeypatch.setattr(Generator, "forward", noting)
    given = photo(200, 160)
    results = [stylizer.stylize(given, StylizeSettings(brush=brush)) for brush in (1, 4)]
    assert seen == [(200, 160), (52, 40)]
    assert all(result.rgb.shape == given.rgb.shape for result in results)


def test_the_usual_brush_grows_with_the_picture():
    for side, brush in ((300, 1.0), (stylize.SEEN_SIDE, 1.0), (4 * stylize.SEEN_SIDE, 4.0)):
        assert suited_brush(Photo.from_array(np.zeros((side, side + 100), np.uint8))) == brush


def test_there_and_back_is_shown_with_its_difference(stylizer):
    found = stylizer.cycle(photo(80, 100), "photo2monet", side=64)
    assert found.given.shape == found.translated.shape == found.back.shape == (51, 64, 3)
    assert found.difference == pytest.approx(np.abs(found.given.astype(int) - found.back).mean())
    other = stylizer.cycle(photo(80, 100), "monet2photo", side=64)
    assert not np.array_equal(other.translated, found.translated)


def test_cancelling_stops_between_tiles(stylizer, monkeypatch):
    monkeypatch.setattr(stylize, "WHOLE_SIDE", 32)
    monkeypatch.setattr(stylize, "TILING", Tiling(32, 8, 4, 4))
    told: list[float] = []

    def stop(share: float, text: str) -> None:
        told.append(share)
        if share > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        stylizer.stylize(photo(96, 96), StylizeSettings(brush=1), stop)
    assert told == sorted(told) and told[-1] < 0.5


@pytest.mark.parametrize(
    "wrong", [{"direction": "photo2dali"}, {"strength": 1.5}, {"brush": 0.5}, {"brush": "wide"}]
)
def test_wrong_settings_are_refused_by_name(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        replace(StylizeSettings(), **wrong)


def test_missing_or_foreign_weights_are_said(folder, stylizer, monkeypatch):
    weights.save(folder / "other.safetensors", {"nothing": torch.zeros(1)}, {})
    weights.register("photo2monet", folder / "other.safetensors", "0.2", "stylize")
    with pytest.raises(WeightsError, match="photo2monet"):
        stylizer.stylize(photo())
    assert offered() == ("photo2monet", "monet2photo")
    (folder / "none").mkdir()
    empty = '{"format": 1, "repository": null, "revision": null, "files": {}}'
    (folder / "none" / "manifest.json").write_text(empty)
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(folder / "none"))
    assert offered() == ()
    with pytest.raises(SettingsError, match="train cyclegan"):
        Stylizer.load().stylize(photo())


def test_the_shipped_painter_paints_keeps_the_structure_and_weaves_nothing(monkeypatch):
    """A cup of coffee in strokes: not the photograph, not another one, no pattern of the network's own."""
    from skimage.data import coffee

    from colorizer.colour.luma import ssim_y

    monkeypatch.delenv("COLORIZER_WEIGHTS_DIR", raising=False)
    given = Photo.from_array(np.ascontiguousarray(coffee()[:320, 100:420]))
    made = stylize.Stylizer.load().stylize(given, StylizeSettings(strength=1, brush=1)).rgb
    assert 0.3 < ssim_y(made, given.rgb) < 0.85
    pattern = made.reshape(80, 4, 80, 4, 3).mean((0, 2, 4))
    assert np.abs(pattern - pattern.mean()).max() < 1  # of 255
