"""Does the upscaler's training do what it says? Tiny networks and drawn pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from colorizer import weights
from colorizer.errors import ColorizerError
from colorizer.evaluation.degradation import Degradation
from colorizer.evaluation.features import load_vgg
from colorizer.networks.resampling import shrink
from colorizer.networks.srgan import Discriminator, Generator
from colorizer.training import common, srgan
from colorizer.training.data import DataError, Draws
from colorizer.training.discriminators import FeatureAdversary, SRGANAdversary
from colorizer.training.engine import Engine
from colorizer.training.losses import grid_pattern, local_pattern
from colorizer.training.sharp import MARGIN, SharpCrops, pair, quantised

STAGES = common.Stage.parse_all("32x2:2,64x1:1")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharp")
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 256, (90 + number, 101, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A weight file of a tiny generator."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("narrow") / "narrow.safetensors"
    weights.save(path, Generator(1, (8, 8, 4)).state_dict(), {})
    return str(path)


def options_of(kind, pictures, narrow, out, **more):
    given = {"data": pictures, "out": out, "stages": STAGES, "every": 2, "device": "cpu", "init": narrow}
    return kind(**(given | more))


def test_the_generator_is_rebuilt_from_its_weights_and_starts_as_bicubic_enlargement():
    torch.manual_seed(0)
    network = Generator(2, (8, 6, 4))
    again = Generator.from_state(network.state_dict())
    x = torch.rand(1, 3, 7, 5)
    assert torch.equal(network(x), again(x))
    assert network(x).shape == (1, 3, 28, 20)
    assert (network(x) - srgan.enlarge(x)).abs().max() < 0.05
    assert network.reach == 4 + 2 * 2 + 4


def test_a_result_depends_on_nothing_beyond_the_reach():
    torch.manual_seed(0)
    network, x = Generator(1, (8, 6, 4)), torch.rand(1, 3, 40, 40)
    other = x.clone()
    other[..., : 20 - network.reach] = 0
    assert torch.equal(network(x)[..., 80:], network(other)[..., 80:])


def test_the_discriminator_takes_any_size_and_scores_patches():
    assert Discriminator(4)(torch.rand(2, 3, 48, 64)).shape == (2, 1, 3, 4)


def test_a_pair_is_what_reducing_the_whole_picture_gives():
    rgb = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    whole = quantised(shrink(torch.from_numpy(rgb).movedim(-1, 0)[None].float() / 255))
    top = 16
    small, large = pair(rgb[None, top : top + 32 + 2 * MARGIN, top : top + 32 + 2 * MARGIN])
    start = (top + MARGIN) // 4
    assert torch.equal(small, whole[..., start : start + 8, start : start + 8])
    assert large.shape == (1, 3, 32, 32)


def test_crops_are_pixels_of_the_pictures_and_depend_on_the_seed_alone(pictures):
    paths = sorted(pictures.iterdir())
    one = [batch.copy() for batch in SharpCrops(paths, 1).batches(0, 3, 2, 32)]
    late = next(iter(SharpCrops(paths, 1).batches(4, 1, 2, 32)))
    assert one[0].shape == (2, 48, 48, 3)
    assert np.array_equal(one[2], late)
    assert not np.array_equal(one[2], next(iter(SharpCrops(paths, 2).batches(4, 1, 2, 32))))
    values = {tuple(pixel) for path in paths for pixel in np.asarray(Image.open(path)).reshape(-1, 3)}
    assert {tuple(pixel) for pixel in one[0].reshape(-1, 3)} <= values


def test_the_grid_is_found_and_nothing_else():
    random = torch.Generator().manual_seed(0)
    pattern = torch.randn(3, 4, 4, generator=random)
    error = pattern.repeat(1, 6, 5)[None].expand(2, -1, -1, -1)
    centred = pattern - pattern.mean((1, 2), keepdim=True)
    assert torch.allclose(grid_pattern(error + 0.3, 4), centred.flatten(1), atol=1e-6)
    assert grid_pattern(torch.full((1, 3, 8, 8), 0.7), 4).abs().max() < 1e-6
    ramp = torch.arange(32.0).repeat_interleave(4).expand(1, 3, 128, 128)  # the small picture's own pixels
    assert grid_pattern(ramp, 4).abs().max() < 1e-5


def test_a_pattern_that_differs_from_place_to_place_is_seen_in_windows():
    stripes = torch.tensor([1.0, 0, 0, 0]).repeat(16).expand(1, 3, 64, 64)
    here_and_there = torch.cat((stripes, -stripes), -1)
    assert grid_pattern(here_and_there, 4).abs().max() < 1e-6
    found = local_pattern(here_and_there, 4)
    assert found.shape == (1, 3, 16, 7, 15)
    assert found[..., 0].abs().amax() == pytest.approx(0.75)
    assert local_pattern(torch.full((1, 3, 64, 64), 0.7), 4).abs().max() < 1e-6


PRISTINE = Degradation(blur=0, area=0, noise=0, sharpened=0, jpeg=0)


def test_degraded_pictures_are_degraded_and_the_truth_is_not():
    crops = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), dtype=np.uint8)
    everything = Degradation(blur=1, area=1, noise=1, sharpened=1, jpeg=1)
    given, large = pair(crops, Draws.of(1, 0, 0, range(2)).crops, everything)
    again, _ = pair(crops, Draws.of(1, 0, 0, range(2)).crops, everything)
    clean, same = pair(crops)
    assert torch.equal(given, again)
    assert torch.equal(large, same)
    assert given.shape == clean.shape
    assert (given - clean).abs().mean() > 0.02
    untouched, _ = pair(crops, Draws.of(1, 0, 0, range(2)).crops, PRISTINE)
    assert (untouched - clean).abs().max() < 1e-6


def test_a_sharpened_picture_overshoots_at_its_edges():
    crops = np.full((1, 48, 48, 3), 60, np.uint8)
    crops[:, :, 24:] = 180
    sharp, _ = pair(crops, Draws.of(1, 0, 0, range(1)).crops, replace(PRISTINE, sharpened=1))
    plain, _ = pair(crops, Draws.of(1, 0, 0, range(1)).crops, PRISTINE)
    assert sharp.max() > plain.max() + 5 / 255
    assert sharp.min() < plain.min() - 5 / 255
    assert torch.equal(sharp[..., 0], plain[..., 0])  # far from the edge nothing changes


def test_pixel_error_falls_and_a_stopped_run_ends_in_the_same_weights(pictures, narrow, tmp_path):
    whole = options_of(srgan.SRResNetOptions, pictures, narrow, tmp_path / "whole", val=pictures)
    result = srgan.train_srresnet(whole)
    assert result == tmp_path / "whole" / "srresnet.safetensors"
    assert (tmp_path / "whole" / "srresnet-sheet.jpg").exists()
    for minutes in (1e-9, 0.0):  # the first stops after one step
        srgan.train_srresnet(replace(whole, out=tmp_path / "parts", minutes=minutes))
    one, other = (
        common.load_checkpoint(tmp_path / name / "srresnet.checkpoint", "srresnet")
        for name in ("whole", "parts")
    )
    assert one["step"] == other["step"] == 3
    for name, value in one["network"].items():
        assert torch.equal(value, other["network"][name]), name


@pytest.mark.parametrize(("photo", "kind"), [(False, "features"), (True, "features"), (False, "patches")])
def test_the_perceptual_part_starts_from_the_first_and_moves(
    photo, kind, pictures, narrow, narrow_vgg, tmp_path
):
    more = {"vgg": narrow_vgg, "photo": photo, "discriminators": kind}
    options = options_of(srgan.SRGANOptions, pictures, narrow, tmp_path, **more)
    result = srgan.train_srgan(options)
    assert result.name == ("srgan-photo.safetensors" if photo else "srgan.safetensors")
    start, end = weights.load(narrow)[0], weights.load(result)[0]
    assert any(not torch.equal(start[name], end[name]) for name in start)
    assert max(float((start[name] - end[name]).abs().max()) for name in start) < 0.01


def test_where_nothing_looks_at_vgg_none_is_needed(pictures, narrow, tmp_path, monkeypatch):
    monkeypatch.setattr(srgan, "load_vgg", None)
    options = options_of(
        srgan.SRGANOptions, pictures, narrow, tmp_path, discriminators="patches", perceptual=0.0
    )
    assert srgan.train_srgan(options).exists()


@pytest.mark.parametrize("kind", ["patches", "features"])
def test_each_discriminator_learns_to_tell_sharp_from_blurred(kind, narrow_vgg):
    torch.manual_seed(0)
    vgg, _ = load_vgg(narrow_vgg)
    real = torch.rand(2, 3, 64, 64)
    made = torch.nn.functional.avg_pool2d(real, 5, 1, 2).requires_grad_(True)
    scales = [float(layer.square().mean().sqrt()) for layer in vgg.layers(real, tuple(srgan.SEEN))]
    adversary = SRGANAdversary() if kind == "patches" else FeatureAdversary(vgg, tuple(srgan.SEEN), scales)
    optimiser = torch.optim.AdamW(adversary.network.parameters(), lr=1e-3)
    engine, found = Engine(), []
    for _ in range(8):
        adversary.see(real, made, Draws.of(0, 0, 0, range(2)))
        found.append(adversary.discriminator_loss())
        engine.descend(found[-1], adversary.network, optimiser)
    assert made.grad is None and found[-1] < 0.8 * found[0]
    adversary.generator_loss().backward()
    assert made.grad.abs().sum() > 0


def test_vgg_compares_by_content_and_names_what_is_missing(vgg_file, narrow):
    network, source = load_vgg(vgg_file)
    assert "vgg.safetensors" in source
    assert network(torch.rand(1, 3, 32, 40)).shape == (1, 256, 8, 10)
    with pytest.raises(ColorizerError, match=r"no VGG-19.*Conv0"):
        load_vgg(srgan.Path(narrow))


def test_small_pictures_are_refused_with_their_size(tmp_path, narrow):
    Image.new("RGB", (60, 40)).save(tmp_path / "a.png")
    Image.new("RGB", (60, 40)).save(tmp_path / "b.png")
    options = options_of(srgan.SRResNetOptions, tmp_path, narrow, tmp_path / "out")
    with pytest.raises(DataError, match=r"60x40 pixels, but crops of 64 need 80"):
        srgan.train_srresnet(options)


@pytest.mark.parametrize("name", ["pixel", "perceptual", "adversarial"])
def test_weights_of_losses_are_not_negative(name, pictures, narrow, tmp_path):
    with pytest.raises(ColorizerError, match=f"--{name} is -1"):
        options_of(srgan.SRGANOptions, pictures, narrow, tmp_path, **{name: -1})
