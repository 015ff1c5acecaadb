"""Is a photo painted in its own size and depth, without seams, and the same whether in tiles or at once?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import ASTRONAUT, EMPTY, enter, recoloured_where_hidden, stop_beyond
from pictures import photograph as photo
from skimage.color import rgb2lab
from skimage.data import coffee

from colorizer.colour.luma import ssim_y
from colorizer.errors import Cancelled, SettingsError, WeightsError
from colorizer.networks.cyclegan import Generator
from colorizer.photo import Photo
from colorizer.predictors import stylize
from colorizer.predictors.settings import StylizeSettings
from colorizer.predictors.stylize import Finish, Stylizer, offered
from colorizer.predictors.tiling import Tiling, to_tensor


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
def stylizer(folder: Path) -> Stylizer:
    for seed, name in enumerate(("photo2monet", "monet2photo")):
        enter(folder, name, "stylize", network(seed).state_dict())
    return Stylizer.load()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Generator, tuple[int, ...]]]:
    """Which network sees a picture of which size, from now on."""
    noted, real = [], Generator.forward

    def forward(self, picture):
        noted.append((self, tuple(picture.shape[-2:])))
        return real(self, picture)

    monkeypatch.setattr(Generator, "forward", forward)
    return noted


@pytest.mark.parametrize("size", [(50, 61), (1, 1), (3, 40), (16, 16), (129, 64), (1, 1100)])
@pytest.mark.parametrize("bits", [8, 16])
def test_size_depth_and_name_stay(stylizer, size, bits):
    given = photo(*size, bits=bits)
    result = stylizer.stylize(given)
    assert result.rgb.shape == given.rgb.shape and result.rgb.dtype == given.rgb.dtype
    assert result.metadata.name == "dog.jpg"
    if bits == 16:
        eight = stylizer.stylize(photo(*size)).rgb.astype(int) * 257
        apart = np.abs(result.rgb.astype(int) - eight)
        assert np.median(apart) <= 257 and apart.max() <= 16 * 257  # the small copy is rounded otherwise


def test_what_is_hidden_does_not_matter_and_alpha_stays(stylizer):
    given = photo(alpha=True)
    results = [stylizer.stylize(one) for one in (given, recoloured_where_hidden(given))]
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
    given = Photo.from_array(np.full((40, 40, 3), (120, 130, 110), np.uint8))
    painting = stylizer.paint(given)
    result = stylizer.render(painting, StylizeSettings(strength=1, keep_colours=True))
    kept, painted, own = (rgb2lab(one.rgb) for one in (result, painting, given))
    assert np.abs(kept - painted)[..., 0].max() < 1
    inside = (painted[..., 0] > 15) & (painted[..., 0] < 90)  # elsewhere the gamut leaves the colour no room
    assert np.abs(kept - own)[inside, 1:].max() < 2


def test_tiles_share_the_statistics_and_leave_no_seam(stylizer, seen, monkeypatch):
    """The issue of instance normalisation in tiles: each by its own statistics would jump at the borders."""
    monkeypatch.setattr(stylize, "WHOLE_SIDE", 64)
    monkeypatch.setattr(stylize, "TILING", Tiling(64, 27, 4, 4))  # 27: as far as it sees
    monkeypatch.setattr(stylize, "FINISHES", {"photo2monet": Finish(0, 2)})
    given = Photo.from_array(np.ascontiguousarray(ASTRONAUT[:256, 100:356]))
    rgb = stylizer.paint(given, StylizeSettings(brush=1)).rgb.astype(float)
    held = seen[0][0]
    assert len(seen) == 16 and held.held and all(one is held for one, _ in seen)
    steps = np.abs(np.diff(rgb, axis=1)).mean((0, 2))
    borders = steps[[63, 127, 191]]
    inside = np.delete(steps, [63, 127, 191])
    assert borders.max() < np.quantile(inside, 0.99) + 1
    whole = held(to_tensor(given.rgb))
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


def test_a_wide_brush_sees_a_small_picture(stylizer, seen):
    given = photo(200, 160)
    results = [stylizer.stylize(given, StylizeSettings(brush=brush)) for brush in (1, 4)]
    assert [size for _, size in seen] == [(200, 160), (52, 40)]
    assert all(result.rgb.shape == given.rgb.shape for result in results)


def test_there_and_back_is_shown_with_its_difference(stylizer):
    found = stylizer.cycle(photo(80, 100), "photo2monet", side=64)
    assert found.given.shape == found.translated.shape == found.back.shape == (51, 64, 3)
    assert found.difference == pytest.approx(np.abs(found.given.astype(int) - found.back).mean())
    other = stylizer.cycle(photo(80, 100), "monet2photo", side=64)
    assert not np.array_equal(other.translated, found.translated)


@pytest.mark.parametrize(("share", "latest"), [(-1, 0), (0.3, 0.5)])
def test_cancelling_stops_before_the_work_and_between_tiles(stylizer, monkeypatch, share, latest):
    monkeypatch.setattr(stylize, "WHOLE_SIDE", 32)
    monkeypatch.setattr(stylize, "TILING", Tiling(32, 8, 4, 4))
    told: list[float] = []
    with pytest.raises(Cancelled):
        stylizer.stylize(photo(96, 96), StylizeSettings(brush=1), stop_beyond(share, told))
    assert told == sorted(told) and share < told[-1] <= latest


def test_missing_or_foreign_weights_are_said(folder, stylizer, monkeypatch):
    enter(folder, "photo2monet", "stylize", {"nothing": torch.zeros(1)})
    with pytest.raises(WeightsError, match="photo2monet"):
        stylizer.stylize(photo())
    assert offered() == ("photo2monet", "monet2photo")
    (folder / "none").mkdir()
    (folder / "none" / "manifest.json").write_text(EMPTY)
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(folder / "none"))
    assert offered() == ()
    with pytest.raises(SettingsError, match="train cyclegan"):
        Stylizer.load().stylize(photo())


def test_the_shipped_painter_paints_keeps_the_structure_and_weaves_nothing(monkeypatch):
    """A cup of coffee in strokes: not the photograph, not another one, no pattern of the network's own."""
    monkeypatch.delenv("COLORIZER_WEIGHTS_DIR", raising=False)
    given = Photo.from_array(np.ascontiguousarray(coffee()[:320, 100:420]))
    made = stylize.Stylizer.load().stylize(given, StylizeSettings(strength=1, brush=1)).rgb
    assert 0.3 < ssim_y(made, given.rgb) < 0.85
    pattern = made.reshape(80, 4, 80, 4, 3).mean((0, 2, 4))
    assert np.abs(pattern - pattern.mean()).max() < 1  # of 255
