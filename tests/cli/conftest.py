"""Small networks for the commands that paint and enlarge."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from colorizer import weights
from colorizer.networks import cyclegan, srgan
from colorizer.predictors import own_style

NETWORKS = {
    "srresnet": ("upscale", lambda: srgan.Generator(1, (4, 4, 4))),
    "photo2monet": ("stylize", lambda: cyclegan.Generator(4, 1)),
}


@pytest.fixture
def small_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_features) -> None:
    """A weights folder with a network of no detail and one direction of painting, and no other; and features
    of chance to compare styles by."""
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path / "weights"))
    register_networks(tmp_path)
    monkeypatch.setattr(own_style, "load_features", lambda *_: tiny_features)


@pytest.fixture
def tiny_colours(small_networks: None, tiny_weights: Path, tmp_path: Path) -> None:
    """The tiny U-Net beside them."""
    weights.register("unet", tiny_weights / "unet.safetensors", "0.0.1", "colorize")


def register_networks(folder: Path) -> None:
    """Put NETWORKS, with weights of chance, into the weights folder, which is below this one."""
    weights.weights_dir().mkdir()
    for name, (task, build) in NETWORKS.items():
        with torch.random.fork_rng():
            weights.save(folder / "new.safetensors", build().state_dict(), {})
        weights.register(name, folder / "new.safetensors", "0.1", task)


@pytest.fixture(scope="module")
def networks_folder(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path) -> Path:
    """A weights folder with all these networks, for the processes that a module of tests starts."""
    folder = tmp_path_factory.mktemp("networks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLORIZER_WEIGHTS_DIR", str(folder / "weights"))
        register_networks(folder)
        weights.register("unet", tiny_weights / "unet.safetensors", "0.0.1", "colorize")
    return folder / "weights"
