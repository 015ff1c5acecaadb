"""Do the networks take and give what they promise, and does a weight file bring them back?"""

import pytest
import torch
from torch import nn

from colorizer.colour.lab import grey_to_lightness
from colorizer.networks.autoencoder import AutoEncoder
from colorizer.networks.course_unet import CourseUNet, luma_of_lightness, scale_lab
from colorizer.networks.cyclegan import Generator as Painter
from colorizer.networks.damage import MULTIPLE, DamageUNet
from colorizer.networks.efficientnet_lite import CHANNELS, EfficientNetLite0
from colorizer.networks.patchgan import PatchGAN
from colorizer.networks.srgan import Discriminator
from colorizer.networks.srgan import Generator as Enlarger
from colorizer.networks.unet import ColorUNet, network_input


def small_color_unet():
    bins = torch.tensor([[0.0, 0.0], [40.0, 20.0], [-30.0, 30.0]])
    return ColorUNet(bins, (12, 10, 8)).eval()


@pytest.mark.parametrize(
    ("network", "given", "result"),
    [
        *(
            (small_color_unet(), (4, *size), (3, size[0] // 4, size[1] // 4))
            for size in ((32, 32), (160, 64))
        ),
        *((DamageUNet((8, 12, 16, 20)), (1, *size), (1, *size)) for size in ((MULTIPLE, MULTIPLE), (64, 96))),
        *((CourseUNet(), (1, *size), (3, *size)) for size in ((16, 16), (48, 64), (128, 16))),
        (AutoEncoder(), (1, 128, 128), (2, 128, 128)),
        (Painter(4, 2), (3, 16, 24), (3, 16, 24)),
        (Enlarger(2, (8, 6, 4)), (3, 7, 5), (3, 28, 20)),
        (Discriminator(4), (3, 48, 64), (1, 3, 4)),
        (PatchGAN(8), (3, 32, 32), (1, 2, 2)),
        (PatchGAN(16), (3, 64, 128), (1, 6, 14)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_a_network_gives_what_it_promises_for_any_size_it_takes(network, given, result):
    x = torch.rand(2, *given)
    with torch.no_grad():
        made = network.eval()(x)
    assert made.shape == (2, *result) and made.isfinite().all()
    if isinstance(network, CourseUNet | AutoEncoder):
        ab = network.predict_ab(100 * x)
        assert made.abs().max() <= 1 and ab.shape == (2, 2, *given[1:]) and ab.abs().max() <= 128
    if isinstance(network, Painter):
        assert made.min() >= 0 and made.max() <= 1


@pytest.mark.parametrize(
    ("network", "least", "most"),
    [
        (ColorUNet, 5e6, 12.5e6),
        (CourseUNet, 1e6, 4e6),
        (AutoEncoder, 12.4e6, 12.7e6),
        (DamageUNet, 0.6e6, 1e6),
        (lambda: Painter(64, 9), 11.35e6, 11.45e6),  # the paper's
    ],
)
def test_networks_are_as_small_as_they_say(network, least, most):
    made = network()
    assert least < sum(value.numel() for value in made.parameters()) < most
    assert 2 * sum(value.numel() for value in made.state_dict().values()) < 25 * 2**20


def test_encoder_halves_the_size_five_times():
    maps = EfficientNetLite0(inputs=4).eval()(torch.rand(1, 4, 64, 96))
    assert [tuple(part.shape[1:]) for part in maps] == [
        (channels, 64 >> level, 96 >> level) for level, channels in enumerate(CHANNELS, start=1)
    ]


def test_network_input_is_scaled_and_an_empty_mask_is_no_hint():
    one = torch.ones(1, 1, 32, 32)
    lightness, hints = torch.rand(1, 1, 32, 32) * 100, torch.full((1, 2, 32, 32), -110.0)
    assert torch.equal(network_input(lightness), network_input(lightness, hints, 0 * one))
    assert network_input(100 * one, hints, one)[0, :, 0, 0].tolist() == [1.0, -1.0, -1.0, 1.0]


def test_hints_have_no_effect_before_training():
    from colorizer.training.colorizer import imagenet_encoder

    network = small_color_unet()
    imagenet_encoder(network)
    lightness, ones = torch.rand(1, 1, 32, 32) * 100, torch.ones(1, 1, 32, 32)
    plain = network(network_input(lightness))
    assert torch.equal(plain, network(network_input(lightness, torch.rand(1, 2, 32, 32) * 50, ones)))
    assert not torch.equal(plain, network(network_input(100 - lightness)))


def test_lightness_becomes_the_luma_of_the_grey_value():
    grey = torch.linspace(0, 1, 256)[None, None, None]
    assert torch.allclose(luma_of_lightness(grey_to_lightness(grey)), grey, atol=5e-4)


def test_lab_is_scaled_to_one():
    lab = torch.tensor([0.0, 128.0, -128.0])[None, :, None, None]
    assert scale_lab(lab).flatten().tolist() == [-1.0, 1.0, -1.0]


NETWORKS = (
    small_color_unet(),
    CourseUNet((4, 6, 8)),
    CourseUNet((4, 5, 6, 7, 8)),
    AutoEncoder((4, 5, 6, 7, 8)),
    Painter(4, 2),
    Painter(4, 1, chroma=0.05),
    Enlarger(2, (8, 6, 4)),
    DamageUNet((8, 12, 16, 20)),
)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: type(network).__name__)
def test_a_state_dict_is_enough_to_build_the_network(network):
    state = dict(sorted(network.state_dict().items()))  # by alphabet, as a weight file lists it
    again = type(network).from_state(state)
    assert again.state_dict().keys() == network.state_dict().keys() and str(again) == str(network)
    for name, value in again.state_dict().items():
        assert torch.equal(value, state[name])
    channels = 1 if isinstance(network, DamageUNet) else next(network.parameters()).shape[1]  # it folds
    x = torch.rand(1, channels, 128, 128)
    assert torch.equal(network.eval()(x), again.eval()(x))


@pytest.mark.parametrize("kind", [ColorUNet, CourseUNet, AutoEncoder, Painter, Enlarger, DamageUNet])
def test_another_networks_state_is_refused(kind):
    with pytest.raises((KeyError, IndexError, RuntimeError, ValueError)):
        kind.from_state(PatchGAN(width=4).state_dict())


def test_patchgan_judges_patches_of_70_pixels():
    network = PatchGAN(width=4).eval()
    for number, layer in enumerate(network.layers):
        if isinstance(layer, nn.InstanceNorm2d):  # its statistics are of the whole picture
            network.layers[number] = nn.Identity()
    picture = torch.rand(1, 3, 256, 256, requires_grad=True)
    scores = network(picture)
    assert scores.shape == (1, 1, 30, 30)
    scores[0, 0, 15, 15].backward()
    rows, columns = picture.grad[0].abs().sum(0).nonzero().unbind(1)
    assert rows.max() - rows.min() + 1 == 70
    assert columns.max() - columns.min() + 1 == 70
