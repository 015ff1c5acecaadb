"""Does the upscaler's training do what it says? Tiny networks and drawn pictures."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from tiny import draw, randoms, refused, train

from colorizer import weights
from colorizer.evaluation.degradation import Degradation
from colorizer.evaluation.features import load_vgg
from colorizer.networks.patchgan import PatchGAN
from colorizer.networks.resampling import shrink
from colorizer.networks.srgan import Discriminator
from colorizer.training import discriminators, srgan
from colorizer.training.data import MARGIN, Draws, pair, quantised
from colorizer.training.discriminators import (
    Adversary,
    Discriminating,
    FeatureAdversary,
    PatchAdversary,
    SRGANAdversary,
)
from colorizer.training.engine import Engine
from colorizer.training.losses import grid_pattern, local_pattern


@pytest.fixture(autouse=True)
def narrow_discriminators(monkeypatch):
    """Learning with the papers' widths takes most of a run's time."""
    monkeypatch.setattr(discriminators, "PatchGAN", partial(PatchGAN, width=8))
    monkeypatch.setattr(srgan, "Discriminator", partial(Discriminator, 8))


PRISTINE = Degradation(blur=0, area=0, noise=0, sharpened=0, jpeg=0)


def test_a_pair_is_what_reducing_the_whole_picture_gives():
    rgb = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    whole = quantised(shrink(torch.from_numpy(rgb).movedim(-1, 0)[None].float() / 255))
    top = 16
    small, large = pair(rgb[None, top : top + 32 + 2 * MARGIN, top : top + 32 + 2 * MARGIN])
    start = (top + MARGIN) // 4
    assert torch.equal(small, whole[..., start : start + 8, start : start + 8])
    assert large.shape == (1, 3, 32, 32)


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


def test_degraded_pictures_are_degraded_and_the_truth_is_not():
    crops = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), dtype=np.uint8)
    everything = Degradation(blur=1, area=1, noise=1, sharpened=1, jpeg=1)
    (given, large), (again, _) = (pair(crops, randoms(2), everything) for _ in range(2))
    clean, same = pair(crops)
    assert torch.equal(given, again) and torch.equal(large, same)
    assert (given - clean).abs().mean() > 0.02
    untouched, _ = pair(crops, randoms(2), PRISTINE)
    assert (untouched - clean).abs().max() < 1e-6


def test_a_sharpened_picture_overshoots_at_its_edges():
    crops = np.full((1, 48, 48, 3), 60, np.uint8)
    crops[:, :, 24:] = 180
    sharp, _ = pair(crops, Draws.of(1, 0, 0, range(1)).crops, replace(PRISTINE, sharpened=1))
    plain, _ = pair(crops, randoms(1), PRISTINE)
    assert sharp.max() > plain.max() + 5 / 255
    assert sharp.min() < plain.min() - 5 / 255
    assert torch.equal(sharp[..., 0], plain[..., 0])  # far from the edge nothing changes


@pytest.mark.parametrize(("photo", "kind"), [(False, "features"), (True, "features"), (False, "patches")])
def test_the_perceptual_part_starts_from_the_first_and_moves(photo, kind, options_of, narrow, narrow_vgg):
    result = train(options_of("srgan", vgg=narrow_vgg, photo=photo, discriminators=kind))
    assert result.name == ("srgan-photo.safetensors" if photo else "srgan.safetensors")
    start, end = weights.load(narrow["srresnet"])[0], weights.load(result)[0]
    assert 0 < max(float((start[name] - end[name]).abs().max()) for name in start) < 0.01


def test_where_nothing_looks_at_vgg_none_is_needed(options_of, monkeypatch):
    monkeypatch.setattr(srgan, "load_vgg", None)
    assert train(options_of("srgan", discriminators="patches", perceptual=0.0)).exists()


@pytest.mark.parametrize("kind", ["least squares", "cross entropy", "patches", "features"])
def test_each_discriminator_learns_to_tell_sharp_from_blurred(kind, narrow_vgg):
    torch.manual_seed(0)
    vgg, _ = load_vgg(narrow_vgg)
    real = torch.rand(2, 3, 64, 64)
    made = torch.nn.functional.avg_pool2d(real, 5, 1, 2).requires_grad_(True)
    scales = [float(layer.square().mean().sqrt()) for layer in vgg.layers(real, tuple(srgan.SEEN))]
    adversary = {
        "least squares": lambda: Adversary(PatchGAN(8)),
        "cross entropy": lambda: SRGANAdversary(Discriminator(8)),
        "patches": lambda: PatchAdversary(1, Engine()),
        "features": lambda: FeatureAdversary(vgg, tuple(srgan.SEEN), scales),
    }[kind]()
    discriminate, found = Discriminating(Engine(), adversary.network), []
    for _ in range(9):
        loss = discriminate([(adversary, real, made)], Draws.of(0, 0, 0, range(2)))
        found.append(adversary.discriminator_loss())
    assert made.grad is None and found[-1] < 0.8 * found[0]
    weights = list(adversary.network.parameters())
    assert {id(value) for value in weights}.isdisjoint(map(id, vgg.parameters()))
    adversary.network.zero_grad()
    loss.backward()
    assert made.grad.abs().sum() > 0 and all(value.grad is None for value in weights)


def test_small_pictures_are_refused_with_their_size(options_of, tmp_path):
    for name in "abcd":
        draw(tmp_path / f"{name}.png", 0, (60, 40))
    refused(r"60x40 pixels, but crops of 64 need 80", options_of("srresnet", data=tmp_path))
