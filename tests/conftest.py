"""What do all tests share? Tiny random weights, pictures made on the spot, and a quiet environment."""

from __future__ import annotations

import os
import tempfile

# Before anything imports these libraries: they read the environment once.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["COLORIZER_BF16"] = "0"  # whether it is faster is a matter of chance on a busy machine
os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="colorizer-tests-")

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from PIL import Image

from colorizer import weights
from colorizer.networks import vgg
from colorizer.networks.unet import ColorUNet
from colorizer.predictors import perception
from colorizer.predictors.style_features import StyleFeatures

settings.register_profile("default", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("default")

NARROW_BLOCKS = tuple(tuple(width // 8 for width in block) for block in vgg.BLOCKS)

BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser can be slow on a busy machine: what is tested in one may be tried twice. It comes last, as
    then a loop of events runs in this thread, and others want one of their own."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


def pytest_unconfigure() -> None:
    """Nothing of what was given to the page, or made by it, stays."""
    shutil.rmtree(os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)


@pytest.fixture(autouse=True)
def denormal_numbers() -> None:
    """A trainer rounds them away for the whole process; the next test wants arithmetic as it comes."""
    torch.set_flush_denormal(False)


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with a narrow U-Net of random weights, which colours, if not well."""
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setenv("COLORIZER_WEIGHTS_DIR", str(folder))
        torch.manual_seed(1)
        network = ColorUNet(widths=(16, 12, 8))
        torch.nn.init.normal_(network.classify.weight)  # flat logits would be grey
        trained = tmp_path_factory.mktemp("trained") / "unet.safetensors"
        weights.save(trained, network.state_dict(), {"version": "0.0.1"})
        weights.register("unet", trained, version="0.0.1", task="colorize")
    return folder


@pytest.fixture
def weights_folder(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny weights, in force for this test and for the processes that it starts."""
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tiny_weights))
    return tiny_weights


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Path]:
    """draw("a.png", width=80, height=60, mode="L", **saving) writes a picture of soft shapes: its path."""

    def write(
        name: str = "photo.png", width: int = 80, height: int = 60, mode: str = "L", **saving: object
    ) -> Path:
        coarse = np.random.default_rng(len(name)).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).convert("L")
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.convert(mode).save(path, **saving)
        return path

    return write


# The page


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A browser; where there is none, its tests are skipped, but fail where everything has to be tested."""

    def missing(what: str) -> None:
        if os.environ.get("CI"):
            pytest.fail(f"The page can't be tested: {what}")
        pytest.skip(f"The page isn't tested in a browser here: {what}")

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed (pip install -r requirements-dev.txt).")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        missing("there is no chromium on the path (apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """A grey photograph with an edge, a ramp and some grain, 480 x 320."""
    rng = np.random.default_rng(1)
    grey = np.linspace(40, 200, 480)[None].repeat(320, 0) + rng.normal(0, 4, (320, 480))
    grey[120:240, 150:300] += 40
    path = tmp_path / "grandmother.jpg"
    Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(path, quality=95)
    return path


@pytest.fixture(scope="session")
def tiny_features() -> StyleFeatures:
    """Features of two layers of chance, with which a style is compared in no time."""
    random = torch.Generator().manual_seed(0)
    first, second = (torch.randn(8, inputs, 3, 3, generator=random) / inputs for inputs in (3, 8))

    def maps(picture: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        fine = torch.relu(torch.conv2d(2 * picture - 1, first, padding=1))
        coarse = torch.relu(torch.conv2d(torch.nn.functional.avg_pool2d(fine, 2), second, padding=1))
        return [fine, coarse], coarse

    return StyleFeatures("lite0", maps, 10.0, 0.0, False)


@pytest.fixture(scope="session")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in the shapes of VGG-19's."""
    return vgg_of_chance(tmp_path_factory.mktemp("vgg"), vgg.BLOCKS)


@pytest.fixture(scope="session")
def narrow_vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same an eighth as wide, for `narrow_vgg`."""
    return vgg_of_chance(tmp_path_factory.mktemp("narrow"), NARROW_BLOCKS)


@pytest.fixture
def narrow_vgg(narrow_vgg_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Random weights of VGG-19 an eighth as wide, which is what VGG-19 is for this test."""
    for place in (vgg, perception):
        monkeypatch.setattr(place, "BLOCKS", NARROW_BLOCKS)
    return narrow_vgg_file


def vgg_of_chance(folder: Path, blocks: tuple[tuple[int, ...], ...]) -> Path:
    """A file of random weights for convolutions of these widths."""
    random, state, inputs = torch.Generator().manual_seed(0), {}, 3
    layers = {"Conv0": (3, 3, 1)}
    for block, widths in enumerate(blocks, 1):
        for number, width in enumerate(widths, 1):
            layers[f"Conv{block}_{number}"] = (inputs, width, 3)
            inputs = width
    for name, (before, after, kernel) in layers.items():
        shape = (after, before, kernel, kernel)
        state[f"{name}.weight"] = torch.randn(shape, generator=random) / (before * kernel**2) ** 0.5
        state[f"{name}.bias"] = torch.zeros(after)
    path = folder / "vgg.safetensors"
    weights.save(path, state, {})
    return path
