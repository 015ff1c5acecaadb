"""A weights folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pictures import EMPTY, enter

from colorizer.networks import srgan
from colorizer.networks.damage import DamageUNet
from colorizer.networks.unet import ColorUNet


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder in force, empty."""
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "manifest.json").write_text(EMPTY)
    return tmp_path


@pytest.fixture
def restoring(folder: Path) -> None:
    """Networks of chance for mending, colouring and both ways of enlarging."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = ColorUNet(widths=(16, 12, 8))
        torch.nn.init.normal_(network.classify.weight)  # flat logits would be grey
        enter(folder, "unet", "colorize", network.state_dict())
        for name in ("srresnet", "srgan-photo"):
            enter(folder, name, "upscale", srgan.Generator(1, (4, 4, 4)).state_dict())
        damage = DamageUNet((8, 8, 8, 8))
        torch.nn.init.normal_(damage.mark.weight, 0.0, 2.0)
        enter(folder, "mend", "mend", damage.state_dict())
