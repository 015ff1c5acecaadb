"""Do imports run one way, and does colouring work with what a small installation lacks?"""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import colorizer

PACKAGE = Path(colorizer.__file__).resolve().parent
ROOT = PACKAGE.parent
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# What each room may import beside itself; every room may import what lies in the root.
BELOW: dict[str, set[str]] = {"photo": set(), "colour": set(), "networks": {"colour"}}
BELOW["weights"] = {"networks"}
BELOW["predictors"] = {"photo", "colour", "networks", "weights"}
BELOW["evaluation"] = BELOW["predictors"] | {"predictors"}
BELOW["training"] = BELOW["evaluation"] | {"evaluation"}
BELOW["ui"] = BELOW["predictors"] | {"predictors"}
BELOW["cli"] = BELOW["ui"] | {"training", "evaluation"}
ROOT_MODULES = {"__init__", "__main__", "errors", "interrupts"}


def module_of(file: str) -> str:
    return ".".join(("colorizer", *Path(file).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module_of(file): file for file in FILES}
SERVING = [file for file in FILES if not file.startswith(("training/", "evaluation/"))]
SERVING = [file for file in SERVING if file not in ("cli/train.py", "cli/evaluate.py")]


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, for types too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def ours(file: str) -> set[str]:
    """The package's modules that a file imports: the nearest that there is for each name."""
    found = {name for name in imported(PACKAGE / file) if name in MODULES}
    inner = {name for name in found if any(other.startswith(f"{name}.") for other in found)}
    return found - inner - {"colorizer"}


def belongs(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("room", BELOW)
def test_imports_run_one_way(room):
    allowed = BELOW[room] | {room} | ROOT_MODULES
    wrong = {
        file: sorted(name for name in ours(file) if name.split(".")[1] not in allowed)
        for file in FILES
        if file.startswith(f"{room}/")
    }
    assert {file: names for file, names in wrong.items() if names} == {}


def test_there_is_no_circle():
    graph = {name: ours(file) - {name} for name, file in MODULES.items() if name != "colorizer"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_every_module_has_a_room():
    assert {file.removesuffix(".py") for file in FILES if "/" not in file} == ROOT_MODULES
    assert {file.split("/")[0] for file in FILES if "/" in file} == set(BELOW)


@pytest.mark.parametrize("file", SERVING)
def test_nothing_that_serves_a_request_imports_training_or_torchvision(file):
    names = imported(PACKAGE / file)
    assert not [name for name in names if belongs(name, "colorizer.training", "torchvision")]


@pytest.mark.parametrize("file", [file for file in FILES if not file.startswith("ui/")])
def test_only_the_page_knows_gradio(file):
    wrong = [name for name in imported(PACKAGE / file) if belongs(name, "gradio", "colorizer.ui")]
    assert not wrong


def python(code: str) -> str:
    """What a new Python prints that runs this code."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


COLOUR = """
import sys

class Broken:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torchvision":
            raise ImportError("operator torchvision::nms does not exist")

sys.meta_path.insert(0, Broken())
from colorizer import Colorizer, ColorizeSettings, Photo, RestyleSettings, StyleTransfer
import numpy as np
import torch

photo = Photo.from_array(np.arange(64 * 48, dtype=np.uint16).reshape(48, 64))
result = Colorizer.load().colorize(photo, ColorizeSettings(size=128))
assert result.rgb.shape == (48, 64, 3)
StyleTransfer.load().network(RestyleSettings(features="lite0")).maps(torch.zeros(1, 3, 32, 32))
print([name for name in ("huggingface_hub", "gradio", "colorizer.training") if name in sys.modules])
"""


def test_the_public_names_are_there():
    for name in colorizer.__all__:
        assert getattr(colorizer, name) is not None
        assert name in dir(colorizer)
    with pytest.raises(AttributeError, match="Colouriser"):
        colorizer.__getattr__("Colouriser")


@pytest.mark.usefixtures("weights_folder")
def test_colouring_needs_neither_torchvision_nor_with_embedded_weights_the_hub_client():
    assert python(COLOUR) == "[]"
