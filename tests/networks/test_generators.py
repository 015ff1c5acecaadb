"""Do the generators of CycleGAN and SRGAN compute what they should?"""

import pytest
import torch
import torch.nn.functional as F

from colorizer.colour.lab import NTSC_LUMA
from colorizer.networks import cyclegan as cyclegan_network
from colorizer.networks import mirrored
from colorizer.networks.cyclegan import Generator, LargeConv
from colorizer.networks.resampling import enlarge
from colorizer.networks.srgan import Generator as Enlarger


def test_enlarging_and_convolving_at_once_is_one_after_the_other():
    torch.manual_seed(0)
    conv, x = LargeConv(3, 5), torch.rand(2, 3, 6, 8)
    after = conv(x)
    with torch.inference_mode():
        assert torch.allclose(conv(x), after, atol=1e-6)
    large = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    inner = F.conv2d(large, conv.weight, conv.bias)
    assert torch.allclose(after[..., 1:-1, 1:-1], inner, atol=1e-6)


@pytest.mark.parametrize(
    ("width", "skip", "mode"), [(1, 1, "reflect"), (3, 1, "reflect"), (1, 0, "replicate")]
)
def test_mirroring_for_a_graphics_card_gives_what_pytorchs_gives(width, skip, mode):
    torch.manual_seed(0)
    x, weight = (
        torch.rand(2, 3, 9, 11, dtype=torch.double, requires_grad=True),
        torch.rand(2, 3, 20, 20).double(),
    )
    found = []
    for large in (F.pad(x, (width,) * 4, mode=mode), mirrored._joined(x, width, skip)):
        (gradient,) = torch.autograd.grad((large * weight[..., : large.shape[2], : large.shape[3]]).sum(), x)
        found.append((large, gradient))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.allclose(found[0][1], found[1][1])
    assert torch.equal(mirrored.padded(x, width, skip), found[0][0])


def test_normalisation_and_its_gradient_are_pytorchs():
    torch.manual_seed(0)
    x, weight = torch.randn(2, 3, 9, 11, requires_grad=True), torch.rand(2, 3, 9, 11)
    pairs = []
    for normalised in (F.instance_norm(x), cyclegan_network._Normalised.apply(x)):
        pairs.append((normalised, *torch.autograd.grad((normalised * weight).sum(), x)))
    for one, other in zip(*pairs, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_before_it_has_learnt_it_gives_the_picture_blurred():
    torch.manual_seed(0)
    x = torch.rand(1, 3, 8, 12).repeat_interleave(8, 2).repeat_interleave(8, 3) * 0.8 + 0.1
    made = Generator(4, 1)(x)
    assert (made - x)[..., 4:-4:8, 4:-4:8].abs().mean() < 0.1  # in the middle of each flat square
    edges = [picture.diff(dim=-1).abs().amax() for picture in (made, x)]
    assert edges[0] < 0.5 * edges[1]


def test_a_result_depends_on_nothing_beyond_the_reach_once_the_statistics_are_held():
    reach = 3 + 1 + 2 + 4 * (2 + 1 + 1) + 2 * 1 + 3  # the convolutions', in pixels of the picture
    torch.manual_seed(0)
    network, x = Generator(4, 1).double(), torch.rand(1, 3, 96, 96).double()
    held = network.hold(x)
    assert (held(x) - network(x)).abs().max() < 1e-6
    other = x.clone()
    other[..., : 64 - reach] = 0
    assert torch.equal(held(x)[..., 64:], held(other)[..., 64:])
    assert not torch.allclose(network(x)[..., 64:], network(other)[..., 64:])


def colours(picture):
    return picture - (picture * torch.tensor(NTSC_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def test_bounded_colours_stay_near_those_around_and_keep_their_lightness_and_direction():
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 1, 1).expand(1, 3, 16, 24) * 0.2 + 0.4
    wild, mild = torch.rand(1, 3, 16, 24) * 0.6 + 0.2, picture + 0.01 * torch.rand(1, 3, 16, 24)
    for made, least in ((wild, 0.0), (mild, 0.95)):
        near = cyclegan_network._near(made, picture, torch.tensor(0.1))
        assert torch.allclose(near - colours(near), made - colours(made), atol=1e-5)
        far, before = colours(near) - colours(picture), colours(made) - colours(picture)
        luma = (made - colours(made))[:, 0]
        assert (far.norm(dim=1) < 0.1 * (0.2 + 0.8 * luma)).all()
        share = far.norm(dim=1) / before.norm(dim=1)
        assert least < share.min() and share.max() <= 1
        assert F.cosine_similarity(far, before).min() > 0.99
    assert colours(wild - picture).norm(dim=1).max() > 0.3


def test_a_bound_is_a_part_of_the_weights_and_none_is_not():
    torch.manual_seed(0)
    free, bound, x = Generator(4, 1), Generator(4, 1, chroma=0.05), torch.rand(1, 3, 64, 64)
    assert "chroma" not in free.state_dict()
    bound.load_state_dict(free.state_dict() | {"chroma": torch.tensor(0.05)})
    for network in (free, bound):
        network.tail.bias.data = torch.tensor([3.0, 0.0, -3.0])  # reddens all that it is given
    red = [(picture[:, 0] - picture[:, 2]).mean() for picture in (x, bound(x), free(x))]
    assert red[0] < red[1] < red[0] + 0.1 < red[2]
    held = bound.hold(x)
    assert torch.allclose(held(x), bound(x), atol=1e-5)


def test_the_upscaler_starts_as_bicubic_enlargement():
    torch.manual_seed(0)
    network, x = Enlarger(2, (8, 6, 4)), torch.rand(1, 3, 7, 5)
    assert (network(x) - enlarge(x)).abs().max() < 0.05


def test_an_enlargement_depends_on_nothing_beyond_the_reach():
    torch.manual_seed(0)
    network, x = Enlarger(1, (8, 6, 4)), torch.rand(1, 3, 40, 40)
    other = x.clone()
    other[..., : 20 - (4 + 2 + 4)] = 0
    assert torch.equal(network(x)[..., 80:], network(other)[..., 80:])
