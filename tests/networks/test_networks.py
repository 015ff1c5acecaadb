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
from colorizer.networks.srgan import Generator as Enlarger
from colorizer.networks.unet import ColorUNet, network_input


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def small_color_unet():
    bins = torch.tensor([[0.0, 0.0], [40.0, 20.0], [-30.0, 30.0]])
    return ColorUNet(bins, (12, 10, 8)).eval()


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (160, 32)])
def test_color_unet_gives_logits_at_a_quarter_of_the_size(size):
    logits = small_color_unet()(network_input(torch.rand(2, 1, *size) * 100))
    assert logits.shape == (2, 3, size[0] // 4, size[1] // 4)
    assert logits.isfinite().all()


@pytest.mark.parametrize("size", [(MULTIPLE, MULTIPLE), (64, 96)])
def test_damage_is_marked_pixel_by_pixel(size):
    network = DamageUNet((8, 12, 16, 20)).eval()
    given = torch.rand(2, 1, *size)
    logits = network(given)
    assert logits.shape == given.shape
    assert torch.equal(DamageUNet.from_state(network.state_dict()).eval()(given), logits)
    assert 600_000 < parameters(DamageUNet()) < 1_000_000


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


@pytest.mark.parametrize(
    ("kind", "channels", "size"),
    [
        (CourseUNet, 3, (16, 16)),
        (CourseUNet, 3, (48, 64)),
        (CourseUNet, 3, (128, 16)),
        (AutoEncoder, 2, (128, 128)),
    ],
)
def test_the_course_models_give_scaled_lab_or_ab_and_ab_in_its_units_of_the_same_size(kind, channels, size):
    network, lightness = kind().eval(), torch.rand(2, 1, *size)
    scaled, ab = network(lightness), network.predict_ab(100 * lightness)
    assert scaled.shape == (2, channels, *size) and scaled.abs().max() <= 1
    assert ab.shape == (2, 2, *size) and ab.abs().max() <= 128


def test_lightness_becomes_the_luma_of_the_grey_value():
    grey = torch.linspace(0, 1, 256)[None, None, None]
    assert torch.allclose(luma_of_lightness(grey_to_lightness(grey)), grey, atol=5e-4)


def test_lab_is_scaled_to_one():
    lab = torch.tensor([0.0, 128.0, -128.0])[None, :, None, None]
    assert scale_lab(lab).flatten().tolist() == [-1.0, 1.0, -1.0]


def test_networks_are_small():
    assert 2 * parameters(ColorUNet()) < 25_000_000
    assert parameters(CourseUNet()) < 4_000_000
    assert 12.4e6 < parameters(AutoEncoder()) < 12.7e6
    assert 2 * sum(value.numel() for value in AutoEncoder().state_dict().values()) < 25 * 2**20


NETWORKS = (
    small_color_unet(),
    CourseUNet((4, 6, 8)),
    CourseUNet((4, 5, 6, 7, 8)),
    AutoEncoder((4, 5, 6, 7, 8)),
    Painter(4, 2),
    Painter(4, 1, chroma=0.05),
    Enlarger(2, (8, 6, 4)),
)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: type(network).__name__)
def test_a_state_dict_is_enough_to_build_the_network(network):
    state = dict(sorted(network.state_dict().items()))  # by alphabet, as a weight file lists it
    again = type(network).from_state(state)
    assert again.state_dict().keys() == network.state_dict().keys() and str(again) == str(network)
    for name, value in again.state_dict().items():
        assert torch.equal(value, state[name])
    x = torch.rand(1, next(network.parameters()).shape[1], 128, 128)
    assert torch.equal(network.eval()(x), again.eval()(x))


@pytest.mark.parametrize("kind", [ColorUNet, CourseUNet, AutoEncoder, Painter, Enlarger])
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


@pytest.mark.parametrize(("size", "width"), [((32, 32), 8), ((64, 128), 16)])
def test_patchgan_runs_at_any_size_and_width(size, width):
    network = PatchGAN(inputs=2, width=width)
    assert network(torch.rand(1, 2, *size)).shape == (1, 1, size[0] // 8 - 2, size[1] // 8 - 2)
    assert network.layers[0].weight.shape == (width, 2, 4, 4)
