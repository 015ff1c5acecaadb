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
    (tmp_path / "weights").mkdir()
    for name, (task, build) in NETWORKS.items():
        with torch.random.fork_rng():
            weights.save(tmp_path / "new.safetensors", build().state_dict(), {})
        weights.register(name, tmp_path / "new.safetensors", "0.1", task)
    monkeypatch.setattr(own_style, "load_features", lambda *_: tiny_features)


@pytest.fixture
def tiny_colours(small_networks: None, tiny_weights: Path, tmp_path: Path) -> None:
    """The tiny U-Net beside them."""
    weights.register("unet", tiny_weights / "unet.safetensors", "0.0.1", "colorize")
