"""What do the page's tests share? Networks of chance for all that it offers, and a visitor's browser."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
import torch
from page import forget, opened, served
from PIL import Image
from torch import nn

from colorizer import weights
from colorizer.networks import cyclegan, srgan
from colorizer.networks.autoencoder import AutoEncoder
from colorizer.networks.course_unet import CourseUNet
from colorizer.networks.damage import DamageUNet
from colorizer.networks.unet import ColorUNet
from colorizer.predictors import own_style
from colorizer.predictors.settings import RestyleSettings
from colorizer.predictors.style_features import StyleFeatures
from colorizer.ui import cards, colorize, style


def networks() -> Iterator[tuple[str, str, nn.Module]]:
    """Name, task and network: narrow ones, colorizers with a strong opinion on colour, so that it is seen."""
    unet = ColorUNet(widths=(32, 16, 16))
    torch.nn.init.normal_(unet.classify.bias, std=4.0)
    yield "unet", "colorize", unet
    yield "course-unet", "colorize", CourseUNet(widths=(4, 8, 8, 8, 8))
    yield "autoencoder", "colorize", AutoEncoder(widths=(8, 8, 16, 16, 16))
    yield "mend", "mend", DamageUNet((8, 8, 8, 8))
    for name in ("srresnet", "srgan", "srgan-photo"):
        enlarger = srgan.Generator(1, (6, 4, 4))
        torch.nn.init.normal_(enlarger.tail.weight, 0.0, 0.05)
        yield name, "upscale", enlarger
    for name in ("photo2monet", "monet2photo"):
        yield name, "stylize", cyclegan.Generator(4, 1)


@pytest.fixture(scope="session")
def networks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with those networks."""
    folder = tmp_path_factory.mktemp("networks")
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setenv("COLORIZER_WEIGHTS_DIR", str(folder))
        torch.manual_seed(0)
        for name, task, network in networks():
            path = folder / f"made-{name}.safetensors"
            weights.save(path, network.state_dict(), {})
            weights.register(name, path, "0.0.1", task)
    return folder


@pytest.fixture(scope="session")
def in_force(networks_folder: Path, tiny_features: StyleFeatures, tmp_path_factory) -> Callable:
    """with in_force(): they are what the page finds; styles are compared by features of chance, small and in
    few steps, the examples are small as well, and nothing begins by itself."""
    examples = tmp_path_factory.mktemp("examples")
    for path in cards.FOLDER.glob("*.jpg"):
        with Image.open(path) as picture:
            picture.thumbnail((400, 400))
            picture.save(examples / path.name)

    @contextmanager
    def patched() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COLORIZER_WEIGHTS_DIR", str(networks_folder))
            patch.setattr(own_style, "load_features", lambda *_: tiny_features)
            patch.setattr(style, "RestyleSettings", partial(RestyleSettings, size=128, steps=30))
            patch.setattr(cards, "FOLDER", examples)
            patch.setattr(colorize, "AT_ONCE", False)  # tests press the button when they are ready
            forget()
            yield
        forget()

    return patched


@pytest.fixture(scope="module")
def page_weights(networks_folder: Path, in_force: Callable) -> Iterator[Path]:
    """The networks are in force for a module of tests."""
    with in_force():
        yield networks_folder


@pytest.fixture(scope="session")
def server(in_force: Callable) -> Iterator[str]:
    """The address of a page that was built with them, one for all tests."""
    with ExitStack() as serving:
        with in_force():
            address = serving.enter_context(served())
        yield address


@pytest.fixture(scope="module")
def url(page_weights: Path, server: str) -> str:
    """The address of the page, whose networks are in force."""
    return server


@pytest.fixture(scope="session")
def windows(browser) -> defaultdict[tuple, list]:
    """The browser's pages by size and language: loading the page into one again takes half as long. They keep
    their size: an editor that is just built loses strokes when the window changes."""
    return defaultdict(list)


@pytest.fixture
def visit(browser, windows: defaultdict[tuple, list], url: str) -> Iterator[Callable]:
    """visit("?tab=monet", width=390) opens the page in a browser; fresh: in one that nobody used before."""
    visited = []

    def go(
        query: str = "?tab=colorize",
        width: int = 1280,
        height: int = 900,
        locale: str = "en-GB",
        fresh: bool = False,
    ):
        like = windows[width, height, locale]
        free = [page for page in like if not (fresh or page in visited or page.is_closed())]
        if not free:
            free = [browser.new_page(locale=locale, viewport={"width": width, "height": height})]
            like += free
        visited.append(free[0])
        return opened(free[0], url + query)

    yield go
    for page in visited:
        if not page.is_closed():
            page.evaluate("localStorage.clear()")
            page.goto("about:blank")


@pytest.fixture
def small(draw) -> Path:
    """A small photograph."""
    return draw("dog.jpg", width=150, height=100, quality=95)


@pytest.fixture
def painting(draw) -> Path:
    """Another picture."""
    return draw("painting.png", width=150, height=100, mode="RGB")
