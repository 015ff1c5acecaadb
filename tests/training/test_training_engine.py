"""Do several processes train what one would, stop together, and say once what is wrong?

The two processes of all tests are started once, because starting them takes long; what they do one after the
other is written down in `together`, and what one process makes of the same, with batches twice as large, in
`alone`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny import draw, same, state_of

from colorizer import cli, weights
from colorizer.errors import ColorizerError
from colorizer.training import common, engine
from colorizer.training.data import Draws
from colorizer.training.engine import SharedBatchNorm, share_statistics

ROOT = Path(cli.__file__).resolve().parents[2]
# Three models: with batch normalisation and everything that is drawn at random, without, and with two
# networks, two discriminators, noise and a history.
TINY = {"cyclegan": ["--width", "4", "--blocks", "1"], "colorizer": [], "srresnet": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, narrow):
    """Pictures, more of them than a step sees, too few of them, one broken, and networks to start from."""
    root = tmp_path_factory.mktemp("engine")
    for name, count in (("pictures", 8), ("few", 3), ("broken", 4)):
        (root / name).mkdir()
        for number in range(count):
            draw(root / name / f"{number}.png", number)
    damaged = root / "broken" / "2.png"
    damaged.write_bytes(damaged.read_bytes()[:90])
    for model, kind in (("colorizer", "unet"), ("srresnet", "srresnet")):
        shutil.copy(narrow[kind], root / f"{model}.safetensors")
    return root


def command(folder, model, out, stages, *more, data="pictures"):
    """The words of a training command of a tiny network, with a rate at which weights move at once."""
    pictures, init = str(folder / data), str(folder / f"{model}.safetensors")
    words = ["train", model, "--data", pictures, "--out", str(folder / out)]
    words += ["--paintings", pictures] if model == "cyclegan" else ["--init", init]
    return [*words, "--stages", stages, "--rate", "0.02", "--device", "cpu", *TINY[model], *more]


def launched(folder, commands):
    """What two processes answer to commands, by the command's name: [(status, lines said), ...]."""
    answers = folder / "answers"
    answers.mkdir()
    (folder / "commands.json").write_text(json.dumps(commands), encoding="utf-8")
    words = ["--multi_gpu", "--num_processes=2", "--num_machines=1", "--mixed_precision=no"]
    words += ["--dynamo_backend=no", "--main_process_port=0"]
    accelerate = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", *words]
    script = str(ROOT / "tests" / "training" / "train_together.py")
    run = [*accelerate, script, str(folder / "commands.json"), str(answers)]
    done = subprocess.run(run, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = {}
    for name in commands:
        parts = [json.loads((answers / f"{name}.{rank}.json").read_text()) for rank in range(2)]
        found[name] = [(part["status"], part["said"]) for part in parts]
    return found


def environment():
    away = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_PORT", "CI")
    kept = {name: value for name, value in os.environ.items() if name not in away}
    return kept | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}


@pytest.fixture(autouse=True)
def one_thread():
    """As each of the two processes has: sums of two threads round otherwise, which AdamW enlarges."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def together(folder):
    """What two processes answer to everything that the tests below ask of them."""
    srresnet = "srresnet"
    (folder / "another").mkdir()
    common.save_checkpoint(folder / "another" / "srresnet.checkpoint", kind="unet")
    commands = {
        "cyclegan": command(folder, "cyclegan", "two-cyclegan", "32x2:3"),
        "colorizer": command(folder, "colorizer", "two-colorizer", "64x2:1"),
        "srresnet": command(folder, srresnet, "two-srresnet", "32x2:2,64x1:2"),
        "accumulated": command(folder, srresnet, "two-accumulated", "32x2:3", "--accumulate", "2"),
        "stopped": command(folder, srresnet, "two-parts", "32x2:2,64x1:2", "--minutes", "1e-9"),
        "resumed": command(folder, srresnet, "two-parts", "32x2:2,64x1:2"),
        "few": command(folder, srresnet, "two-few", "32x2:2", data="few"),
        "nowhere": command(folder, srresnet, "two-nowhere", "32x2:2", data="nowhere"),
        "broken": command(folder, srresnet, "two-broken", "32x2:2", data="broken"),
        "another": command(folder, srresnet, "another", "32x2:2"),
        "range": command(folder, srresnet, "two-range", "32x2:2", "--decay", "2"),
        "astray": command(folder, srresnet, "two-astray", "32x2:2", "--every", "1", "--rate", "1e30"),
    }
    return launched(folder, commands)


def moved(before, after):
    """How the weights of a part changed between two states, as one long vector.

    Biases are left out: before a normalisation they have no gradient but rounding, which AdamW enlarges.
    """
    parts = [after[name] - before[name] for name in after if after[name].ndim > 1]
    return torch.cat([part.flatten() for part in parts]).double()


def as_one_process_would(folder, model, out, stages, *more, part="network", start=None):
    """How far the two processes' weights are from those of one, as a share of the way that it went."""
    assert cli.main(command(folder, model, f"one-{out}", stages, *more)) == 0
    one, two = (state_of(folder / f"{number}-{out}")[part] for number in ("one", "two"))
    if start is None:
        start = {name: torch.zeros_like(value) for name, value in one.items()}
    way = moved(start, one)
    assert way.norm() > 0
    return float((way - moved(start, two)).norm() / way.norm())


def test_no_thread_of_the_group_outlives_it(folder, together):
    """One that gives a tensor back while the interpreter ends aborts the process, now and then."""
    for rank in range(2):
        names = json.loads((folder / "answers" / f"threads.{rank}.json").read_text())
        assert names and not [name for name in names if "gloo" in name]


def test_two_processes_end_in_the_weights_of_one_with_twice_the_batch(folder, together):
    assert [status for status, _ in together["srresnet"]] == [0, 0]
    start = weights.load(folder / "srresnet.safetensors")[0]
    share = as_one_process_would(folder, "srresnet", "srresnet", "32x4:2,64x2:2", start=start)
    assert share < 1e-3
    assert "processes: 2" in (folder / "two-srresnet" / "srresnet-options.txt").read_text()


def test_batch_normalisation_hints_and_ageing_are_those_of_one_process(folder, together):
    """AdamW's first step goes equally far whatever the gradient's length, so gradients are compared. Of this
    network's, rounding leaves the first two digits; statistics of each half alone lead far from them."""
    assert [status for status, _ in together["colorizer"]] == [0, 0]
    assert cli.main(command(folder, "colorizer", "one-colorizer", "64x4:1")) == 0
    states = [state_of(folder / out) for out in ("one-colorizer", "two-colorizer")]
    moments = ([value["exp_avg"].flatten() for value in s["optimiser"]["state"].values()] for s in states)
    one, two = map(torch.cat, moments)
    assert (one - two).norm() < 0.03 * one.norm()
    one, two = (state["network"] for state in states)
    statistics = [name for name in one if name.endswith(("running_mean", "running_var"))]
    assert statistics
    for name in statistics:
        assert torch.allclose(one[name], two[name], rtol=1e-4, atol=1e-5), name


def test_noise_history_and_both_discriminators_are_those_of_one_process(folder, together):
    assert [status for status, _ in together["cyclegan"]] == [0, 0]
    torch.manual_seed(1)
    for part in ("network", "discriminator"):
        shutil.rmtree(folder / "one-cyclegan", ignore_errors=True)
        assert as_one_process_would(folder, "cyclegan", "cyclegan", "32x4:3", part=part) < 1e-4


def test_accumulated_batches_are_one_batch(folder, together):
    """Two processes with two batches of two each, and one with two of four, are one with eight."""
    start = weights.load(folder / "srresnet.safetensors")[0]
    assert as_one_process_would(folder, "srresnet", "accumulated", "32x8:3", start=start) < 1e-3
    assert cli.main(command(folder, "srresnet", "one-halves", "32x4:3", "--accumulate", "2")) == 0
    ends = (state_of(folder / f"one-{name}")["network"] for name in ("accumulated", "halves"))
    whole, halves = (moved(start, end) for end in ends)
    assert (whole - halves).norm() < 1e-3 * whole.norm()


def test_processes_stop_together_and_go_on_as_if_they_had_not(folder, together):
    assert [status for status, _ in together["stopped"] + together["resumed"]] == [0] * 4
    whole, parts = (state_of(folder / f"two-{name}")["network"] for name in ("srresnet", "parts"))
    assert same(whole, parts)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("few", "too few pictures: 3, but at least 4 are needed"),
        ("nowhere", "is not a folder"),
        ("broken", "2.png” can't be read"),
        ("another", "belongs to a “unet” run"),
        ("range", "--decay is 2.0"),
        ("astray", "no longer a number"),
    ],
)
def test_all_processes_fail_and_one_of_them_says_why(name, words, folder, together):
    assert [status for status, _ in together[name]] == [1, 1]
    said = [line for _, lines in together[name] for line in lines]
    assert sum(words in line for line in said) == 1
    assert not any("Traceback" in line for line in said)
    if name not in ("another", "astray"):
        assert not (folder / f"two-{name}").exists()


# One process


def test_draws_depend_on_a_crops_place_alone():
    whole, half = (Draws.of(1, 2, 5, places) for places in (range(8), range(4, 8)))
    drawn = [random.random() for random in whole.crops]
    assert drawn[4:] == [random.random() for random in half.crops]
    assert len(set(drawn)) == 8
    assert whole.step.random() == half.step.random()


def test_shared_statistics_of_one_process_are_plain_ones(monkeypatch):
    """Of several, sums are those over the processes."""
    monkeypatch.setattr(torch.distributed.nn.functional, "all_reduce", torch.clone)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 1)
    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.BatchNorm2d(3, eps=1e-3, momentum=0.01))
    shared = torch.nn.Sequential(torch.nn.BatchNorm2d(3, eps=1e-3, momentum=0.01))
    share_statistics(shared)
    assert type(shared[0]) is SharedBatchNorm and shared.state_dict().keys() == plain.state_dict().keys()
    pictures = [torch.randn(4, 3, 5, 6).requires_grad_(True) for _ in range(2)]
    pictures[1].data.copy_(pictures[0].data)
    results = [network(x) for network, x in zip((plain, shared), pictures, strict=True)]
    assert torch.allclose(*results, atol=1e-5)
    for result in results:
        (result**3).sum().backward()
    assert torch.allclose(pictures[0].grad, pictures[1].grad, atol=1e-4)
    assert torch.allclose(plain[0].running_var, shared[0].running_var, atol=1e-6)
    assert torch.allclose(plain.eval()(pictures[0]), shared.eval()(pictures[1]), atol=1e-5)


def test_the_launchers_precision_is_obeyed_or_refused(monkeypatch):
    for asked, used in (("no", False), ("bf16", True)):
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", asked)
        monkeypatch.setattr("colorizer.predictors.precision.has_bf16", lambda used=used: not used)
        with engine.Engine("cpu").autocast():
            assert (torch.nn.Linear(2, 2)(torch.rand(1, 2)).dtype == torch.bfloat16) is used
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "fp16")
    with pytest.raises(ColorizerError, match=r"fp16.*--mixed_precision bf16 or no"):
        engine.Engine("cpu")


def test_one_process_where_several_were_asked_for_is_one_sentence(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    engine.Engine("cpu")
    monkeypatch.setenv("MASTER_PORT", "29500")
    with pytest.raises(ColorizerError, match="torchrun --nproc_per_node N"):
        engine.Engine("cpu")
