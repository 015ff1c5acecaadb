"""Pictures and narrow networks for the tests of training."""

import pytest
import torch
from tiny import TRAINERS, draw, stages

from colorizer import weights
from colorizer.colour.bins import ab_bins
from colorizer.networks.autoencoder import AutoEncoder
from colorizer.networks.course_unet import CourseUNet
from colorizer.networks.damage import DamageUNet
from colorizer.networks.srgan import Generator
from colorizer.networks.unet import ColorUNet


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        draw(folder / f"{number}.jpg", number)
    return folder


@pytest.fixture(scope="session")
def narrow(tmp_path_factory):
    """Weight files of networks that are narrow enough to train in a test, by the name of their trainer."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("narrow")
    networks = {
        "unet": ColorUNet(ab_bins(30), (8, 8, 8)),
        "course-unet": CourseUNet((8, 8, 8)),
        "autoencoder": AutoEncoder((8, 8, 8, 8, 8)),
        "mend": DamageUNet((8, 8, 8)),
        "srresnet": Generator(1, (8, 8, 4)),
    }
    for name, network in networks.items():
        weights.save(folder / f"{name}.safetensors", network.state_dict(), {"architecture": name})
    return {name: str(folder / f"{name}.safetensors") for name in networks}


@pytest.fixture
def options_of(pictures, narrow, tmp_path):
    """options_of("unet", "32x4:2", rate=0.1): a run of three steps, if nothing else is said."""

    def options(kind, text="32x4:2,64x2:1", **more):
        init = narrow["srresnet" if kind == "srgan" else kind]
        given = {"data": pictures, "out": tmp_path / "run", "every": 2, "device": "cpu", "init": init}
        return TRAINERS[kind][0](**(given | {"stages": stages(text)} | more))

    return options
