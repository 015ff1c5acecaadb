"""Is every option a flag whose default is told, and is a value that can't be refused in one sentence?"""

import re
from dataclasses import fields

import pytest

from colorizer import cli
from colorizer.cli import train as cli_train
from colorizer.training.options import Stage


def parsed(*words):
    return cli.build_parser(words).parse_args(words)


@pytest.mark.parametrize("model", cli_train.MODELS)
def test_every_option_is_a_flag_of_its_name_whose_default_is_told(model, tmp_path, monkeypatch, capsys):
    kind = cli_train.MODELS[model][1]
    default = kind(data=tmp_path, out=tmp_path, init="x")
    names = [field.name for field in fields(kind) if field.name != "crops"]
    values = {"stages": "64x4:7", "discriminators": "patches" if model == "srgan" else "both"}
    words = ["train", model]
    for name in names:
        number = "7" if isinstance(getattr(default, name), int) else "0.45"
        words.append(f"--{name.replace('_', '-')}")
        words += [] if isinstance(getattr(default, name), bool) else [values.get(name, number)]
    read = cli_train.read_options(parsed(*words), kind)
    assert [name for name in names if getattr(read, name) == getattr(default, name)] == []
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        parsed("train", model, "--help")
    help_text = capsys.readouterr().out
    told = dict(re.findall(r"^ +--([\w-]+) \w+\n? .*?\(default: (\d[\d.]*)", help_text, re.MULTILINE))
    numbers = {name: getattr(default, name) for name in names if type(getattr(default, name)) in (int, float)}
    assert {name.replace("-", "_"): float(number) for name, number in told.items()} == numbers


def test_a_model_is_trained_from_the_terminal(pictures, narrow, tmp_path, capsys):
    words = f"train course-unet --data {pictures} --out {tmp_path}/run --stages 32x2:1 --device cpu".split()
    assert cli.main([*words, "--init", narrow["course-unet"]]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "run" / "course-unet.safetensors")


def test_stages_are_read():
    assert Stage.parse_all("128x32:2000,256x8:5") == (Stage(128, 32, 2000), Stage(256, 8, 5))
    assert Stage.parse_all("128x32:80%,256x8:20%") == (Stage(128, 32, 0, 80), Stage(256, 8, 0, 20))


STEPS = ("-", "128", "128x32", "100x8:5", "0x8:5", "32x1:5", "64x-2:5", "axb:c", "64x4:0")
SHARES = ("32x4:50%", "32x4:50%,32x4:60%", "32x4:50%,32x4:50", "32x4:100%%", "32x4:0%")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        *((f"course-unet --stages {text}", f"“{text}” is not a list of stages") for text in STEPS + SHARES),
        (
            "course-unet --stages 32x4:100%",
            "--minutes is 0.0, but has to be more than 0 for stages in percent",
        ),
        ("course-unet --device abacus", "no device “abacus”"),
        ("colorizer --rate 0", "--rate is 0.0, but has to be more than 0"),
        ("colorizer --every 0", "--every is 0, but has to be 1 or more"),
        ("colorizer --aged -1", "--aged is -1.0"),
        ("colorizer --hints 1.5", "--hints is 1.5, but has to be from 0 to 1"),
        *((f"srgan --{name} -1", f"--{name} is -1.0") for name in ("pixel", "perceptual", "adversarial")),
        ("cyclegan --paintings nowhere", "“nowhere” is not a folder"),
        ("cyclegan --paintings PICTURES --stages 96x2:1", "but crops of 96 need 96 both ways"),
        (
            "cyclegan --paintings PICTURES --discriminator-rate 0",
            "--discriminator-rate is 0.0, but has to be",
        ),
        ("cyclegan --paintings PICTURES --discriminators twelve", "has to be patches, features or both"),
        ("cyclegan --paintings PICTURES --preserve 1", "has to be 0 where there is no --init to preserve"),
        ("cyclegan --paintings PICTURES --init nowhere", "no weight file “nowhere/photo2monet.safetensors”"),
    ],
)
def test_what_can_not_be_is_one_sentence(words, reason, pictures, tmp_path, capsys):
    model, *more = words.replace("PICTURES", str(pictures)).split()
    given = ["--data", str(pictures), "--out", str(tmp_path / "out"), "--stages", "32x2:1", *more]
    assert cli.main(["train", model, *given]) == 1
    error = capsys.readouterr().err.strip()
    assert reason in error and "\n" not in error
    assert not (tmp_path / "out").exists()
