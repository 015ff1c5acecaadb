"""Does CycleGAN's training do what it says? Tiny networks and drawn pictures."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import refused, stages, train

from colorizer import weights
from colorizer.evaluation.features import load_vgg
from colorizer.networks.cyclegan import Generator
from colorizer.networks.patchgan import PatchGAN
from colorizer.networks.vgg import widths_of
from colorizer.predictors.style_features import gram
from colorizer.predictors.tiling import to_tensor
from colorizer.training import cyclegan, discriminators, losses
from colorizer.training.data import Draws, UnpairedCrops, to_rgb
from colorizer.training.discriminators import FeatureDiscriminator, History, shifted
from colorizer.training.losses import CONTENT, STYLE, compared, mean_style
from colorizer.training.options import CycleGANOptions

STAGES = stages("32x2:4")


@pytest.fixture(autouse=True)
def narrow_discriminators(monkeypatch):
    """Discriminators of eight channels: learning with the paper's 64 takes most of a run's time."""
    monkeypatch.setattr(discriminators, "PatchGAN", partial(PatchGAN, width=8))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Bluish photographs and reddish paintings."""
    root = tmp_path_factory.mktemp("unpaired")
    for kind, colour in (("photos", (60, 90, 200)), ("paintings", (200, 90, 60))):
        (root / kind).mkdir()
        for number in range(3):
            noise = np.random.default_rng(number).normal(0, 20, (40, 44 + number, 3)) + colour
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(root / kind / f"{number}.png")
    return root


@pytest.fixture
def options_of(folders, tmp_path, narrow_vgg):
    """options_of("run", warm=0): a run of four tiny steps into that folder, the first of style transfer."""

    def options(out="run", **more):
        given = {"data": folders / "photos", "paintings": folders / "paintings", "out": tmp_path / out}
        given |= {"stages": STAGES, "every": 2, "device": "cpu", "width": 4, "blocks": 1, "warm": 1}
        return CycleGANOptions(**(given | {"vgg": narrow_vgg} | more))

    return options


def written(out):
    """The state dicts of both directions."""
    return [weights.load(str(out / f"{name}.safetensors"))[0] for name in cyclegan.NAMES]


# The discriminators


def test_features_are_scored_at_each_depth_and_every_eighth_place(vgg_file):
    vgg, _ = load_vgg(vgg_file)
    discriminator = FeatureDiscriminator((1, 3, 5), [1.0, 1.0, 1.0])
    assert discriminator(vgg.layers(torch.rand(2, 3, 64, 96), (1, 3, 5))).shape == (2, 4, 8, 12)
    assert vgg(torch.rand(1, 3, 32, 40)).shape == (1, 256, 8, 10)
    widths = [widths_of(layer) for layer in (0, 1, 2, 3, 4, 7)]
    assert widths == [(64, 1), (64, 1), (128, 2), (128, 2), (256, 4), (256, 4)]


# What they learn from


def test_crops_are_photographs_then_paintings(folders):
    paths = [sorted((folders / kind).iterdir()) for kind in ("photos", "paintings")]
    photos, paintings = to_rgb(next(UnpairedCrops(*paths, 1).batches(0, 2, 32))).chunk(2)
    assert (photos[:, 2] > photos[:, 0]).float().mean() > 0.9
    assert (paintings[:, 0] > paintings[:, 2]).float().mean() > 0.9


def test_the_history_gives_old_pictures_back_and_holds_no_more_than_its_size():
    history = History(3, seed=1)
    made = [torch.full((2, 1, 4, 4), float(number)) for number in range(40)]
    shown = torch.cat([history(batch) for batch in made])
    new = torch.cat(made)
    assert len(history.pictures) == 3
    assert torch.equal(shown[:3], new[:3])
    older = (shown != new).flatten(1).any(1)[3:].float().mean()
    assert 0.25 < older < 0.75
    assert set(shown.unique().tolist()) <= set(new.unique().tolist())
    assert all(old.untyped_storage().nbytes() == 4 * 16 for old in history.pictures)
    assert history(torch.rand(1, 1, 8, 8)).shape == (1, 1, 8, 8)


def test_pictures_are_moved_and_stay_differentiable():
    pictures = torch.rand(3, 3, 32, 32, requires_grad=True)
    result = shifted(pictures, Draws.of(0, 0, 0, range(len(pictures))).crops)
    assert result.shape == pictures.shape and not torch.equal(result, pictures)
    result.sum().backward()
    assert set(pictures.grad.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(shifted(pictures, Draws.of(0, 0, 0, range(len(pictures))).crops, 0.0), pictures)


def style_and_content(vgg, made, given, style):
    return compared(vgg.layers(made, STYLE), *vgg.layers(given, (CONTENT,)), style)


def test_a_pictures_own_style_and_content_are_no_distance(narrow_vgg):
    vgg, _ = load_vgg(narrow_vgg)
    picture, other = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32) ** 3
    style = mean_style(vgg, [picture])
    assert max(style_and_content(vgg, picture, picture, style)) < 1e-8
    assert min(style_and_content(vgg, other, picture, style)) > 1e-3
    turned = picture.flip(-1)  # Gram matrices don't know where
    assert torch.allclose(gram(picture), gram(turned), atol=1e-6)


# The run


def test_both_directions_are_trained_and_written(options_of, folders, tmp_path, caplog):
    options = options_of(val=folders / "photos")
    with caplog.at_level("INFO"):
        for part in (stages("32x2:2"), STAGES):  # stopped on the way
            train(replace(options, stages=part))
    assert "resumed at step 2" in caplog.text
    assert train(options) == options.out / "photo2monet.safetensors"
    networks = [Generator.from_state(state) for state in written(options.out)]
    assert {network.head.out_channels for network in networks} == {4}
    assert not torch.equal(networks[0].head.weight, networks[1].head.weight)
    header, *rows = (options.out / "cyclegan.csv").read_text().splitlines()
    assert header == "step,minutes,loss,kid" and len(rows) == 2
    assert Image.open(options.out / "cyclegan-sheet.jpg").size == (3 * 256, 6 * 256)
    # What it ended in can be gone on from, but not with another network's shape.
    (options.out / "cyclegan.checkpoint").unlink()
    refused(r"photo2monet.safetensors” is there already", options)
    again = options_of("more", init=str(options.out), warm=0)
    assert train(again).exists()
    refused(r"width of 4 and 1 blocks", replace(again, out=tmp_path / "other", width=6))


def test_a_bound_of_the_painters_colours_goes_on_in_the_next_run(options_of):
    first = options_of("first")
    train(first)
    file = first.out / "photo2monet.safetensors"
    state, about = weights.load(str(file))
    weights.save(file, state | {"chroma": torch.tensor(0.125)}, about)
    after = options_of("after", init=str(first.out))
    train(after)
    painter, back = written(after.out)
    assert painter["chroma"] == 0.125 and "chroma" not in back


def test_a_pattern_of_the_networks_own_is_found_and_a_picture_is_not():
    torch.manual_seed(0)
    plain = torch.nn.functional.interpolate(torch.rand(2, 3, 9, 9), size=(128, 128), mode="bilinear")
    pattern = 0.05 * torch.rand(3, 4, 4).repeat(1, 32, 32)
    here = torch.zeros(128, 128)
    here[32:64, 64:96] = 1
    strokes = plain + 0.03 * torch.randn(2, 3, 128, 128)
    found = [losses.detail(picture) for picture in (plain, plain + pattern, strokes, plain + here * pattern)]
    lattice = [(losses.grid_pattern(fine, 4) ** 2).mean() for fine in found]
    woven = [losses.excess_pattern(fine, 4) for fine in found]
    assert lattice[0] < 0.02 * lattice[1]
    assert lattice[3] < 0.02 * lattice[1], "what is in one place gets lost in the whole"
    assert max(woven[0], woven[2]) < 0.1 * woven[1]
    assert woven[0] < 0.1 * woven[3]


@pytest.mark.parametrize("kind", ["features", "both"])
def test_discriminators_of_features_take_part(options_of, kind):
    """The first two steps prepare, the others are CycleGAN's."""
    trainer = cyclegan.Trainer(options_of(discriminators=kind, warm=2, identity=0.0))
    parameters = list(trainer.discriminate.network.parameters())
    before = [value.clone() for value in parameters]
    trainer.both_ways(
        torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32), Draws.of(0, 0, 0, range(2)), warm=True
    )
    assert all(not torch.equal(*pair) for pair in zip(before, parameters, strict=True))
    assert train(trainer.options).exists()


def test_the_way_back_can_learn_alone(options_of):
    first = options_of("first")
    train(first)
    painter, back = written(first.out)
    for kind in ("patches", "features"):
        after = options_of(kind, init=str(first.out), only_back=True, discriminators=kind, decay=0.0)
        train(after)
        now = written(after.out)
        assert torch.equal(painter["tail.weight"], now[0]["tail.weight"]), kind
        assert not torch.equal(back["tail.weight"], now[1]["tail.weight"]), kind


def test_polishing_wants_no_grid_and_else_what_the_networks_made_before(options_of):
    first = options_of("first")
    train(first)
    polished = options_of("polished", init=str(first.out), preserve=2.0, warm=0)
    assert train(polished).exists()
    trainer = cyclegan.Trainer(replace(polished, local_grid=100.0))
    trainer._grids = lambda made: 3 * made.mean()
    crops = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        made = [network(crop) for network, crop in zip(trainer.networks.children(), crops, strict=True)]
        grids = 3 * sum(float(one.mean()) for one in made)
        assert float(trainer.polish(*crops)) == pytest.approx(grids, abs=0.01)
        trainer.networks.to_photo.tail.bias += 0.5
        moved = trainer.networks.to_photo(crops[1]) - made[1]
        expected = grids + 3 * float(moved.mean()) + 2 * float(moved.abs().mean())
        assert float(trainer.polish(*crops)) == pytest.approx(expected, abs=0.01)


def test_style_transfer_brings_photographs_nearer_to_the_paintings(options_of):
    trainer = cyclegan.Trainer(options_of(stages=stages("32x2:40"), warm=40, rate=5e-3, content=0.0))
    photo, style = to_tensor(trainer.loader.photos[0][:40, :40]), trainer.style
    before = style_and_content(trainer.vgg, photo, photo, style)[0]
    train(trainer.options)
    painted = Generator.from_state(written(trainer.options.out)[0])(photo)
    assert style_and_content(trainer.vgg, painted, photo, style)[0] < 0.8 * before
    assert painted[:, 0].mean() > painted[:, 2].mean()  # red, like the paintings
