"""Is the README true: do its commands parse, do its files exist, does its front matter suit a Space?"""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import huggingface_hub
import pytest

from colorizer import cli

ROOT = Path(cli.__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OTHERS = [ROOT / "benchmarks" / "README.md", *sorted((ROOT / "weights").glob("*.md"))]


def commands(text: str) -> list[str]:
    """What follows `-m colorizer`, also under a launcher; a card's `$common` stands for its words."""
    text = text.replace("\\\n", " ")
    shared = re.search(r'^    common="(.+?)"$', text, re.MULTILINE | re.DOTALL)
    text = text.replace("$common", " ".join(shared[1].split()) if shared else "$common")
    started = r"(?:python|accelerate launch .+|.*torchrun .+)"
    return re.findall(rf"^    {started} -m colorizer (.+)$", text, re.MULTILINE)


COMMANDS = commands(README)
ALL_COMMANDS = COMMANDS + [
    command for path in OTHERS for command in commands(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_commands_are_understood(command):
    words = shlex.split(command)
    assert callable(cli.build_parser(words).parse_args(words).run)


def test_there_are_commands_of_every_kind():
    assert {command.split()[0] for command in COMMANDS} == set(cli.commands.COMMANDS)


@pytest.mark.parametrize("path", re.findall(r"\| `([\w/.]+)` \|", README))
def test_the_folders_of_the_table_exist(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    "code",
    [
        code
        for path in (ROOT / "README.md", *OTHERS)
        for code in re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    ],
)
def test_python_examples_are_python(code):
    assert ast.parse(code).body


def test_front_matter_suits_a_space():
    front = huggingface_hub.metadata_load(ROOT / "README.md")
    assert front["sdk"] == "gradio"
    assert (ROOT / front["app_file"]).is_file()
    assert len(front["short_description"]) <= 60
    wanted = re.search(r"^gradio>=([\d.]+),<([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    lowest, beyond, version = (
        [int(part) for part in text.split(".")] for text in (*wanted.groups(), front["sdk_version"])
    )
    assert lowest <= version < beyond
