"""Does pip build and install the package, and does it work away from its source?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from colorizer.photo import Photo

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"colorizer": "colorizer", "weights": "colorizer/weights/files"}  # and where pip puts them


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the package is installed into; what is built beside the source is built beside a copy."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*ROOT.glob("requirements*.txt"), *(ROOT / name for name in ("README.md", "LICENSE"))):
        shutil.copy(path, folder / "source")
    shutil.copy(ROOT / "pyproject.toml", folder / "source")
    offline = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation"]
    install = [sys.executable, "-m", "pip", "install", *offline, "--target", folder / "site"]
    subprocess.run([*install, folder / "source"], check=True)
    return folder / "site"


def test_all_that_belongs_to_it_is_installed(site):
    for folder, target in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            left_out = path.suffix == ".pyc" or (folder == "weights" and path.suffix == ".jpg")
            assert left_out or path.is_dir() or (site / target / path.relative_to(ROOT / folder)).is_file()
    (folder,) = site.glob("*.dist-info")
    required = {re.split("[<>=]", one)[0] for one in PathDistribution(folder).requires}
    assert {"gradio", "torch", "pyvips-binary", "mcp"} <= required


def test_it_colours_from_another_folder(site, draw, tmp_path):
    draw("dog.png")
    env = {name: value for name, value in os.environ.items() if name != "COLORIZER_WEIGHTS_DIR"}
    words = [site / "bin" / "colorizer", "colorize", "dog.png", "-o", "out.png"]
    done = subprocess.run(words, cwd=tmp_path, env=env | {"PYTHONPATH": str(site)}, capture_output=True)
    assert done.returncode == 0, done.stderr
    (step,) = Photo.open(tmp_path / "out.png").metadata.steps
    assert step["task"] == "colorize"
