"""Do several processes train what one would, stop together, and say once what is wrong?

The two processes of all tests are started once, because starting them takes long; what they do one after the
other is written down in `together`, and what one process makes of the same, with batches twice as large, in
`alone`.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from colorizer import cli, weights
from colorizer.errors import ColorizerError
from colorizer.lab import ab_bins
from colorizer.networks.course_unet import CourseUNet
from colorizer.networks.srgan import Generator
from colorizer.networks.unet import ColorUNet
from colorizer.training import common, engine, launch
from colorizer.training.batch_norm import SharedBatchNorm, share_statistics
from colorizer.training.draws import Draws
from colorizer.training.sharp import SharpCrops

ROOT = Path(cli.__file__).resolve().parent.parent
# Three models: with batch normalisation and everything that is drawn at random, without, and with two
# networks, two discriminators, noise and a history.
TINY = {"cyclegan": ["--width", "4", "--blocks", "1"], "colorizer": [], "srresnet": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures, more of them than a step sees, too few of them, and narrow networks to start from."""
    root = tmp_path_factory.mktemp("engine")
    for name, count in (("pictures", 8), ("few", 3)):
        (root / name).mkdir()
        for number in range(count):
            random = np.random.default_rng(number)
            coarse = Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=np.uint8))
            coarse.resize((64, 56), Image.Resampling.BICUBIC).save(root / name / f"{number}.png")
    torch.manual_seed(0)
    networks = {"colorizer": ColorUNet(ab_bins(30), (8, 8, 8)), "srresnet": Generator(1, (8, 8, 4))}
    for name, network in networks.items():
        weights.save(root / f"{name}.safetensors", network.state_dict(), {})
    return root


def command(folder, model, out, stages, *more, data="pictures"):
    """The words of a training command of a tiny network, with a rate at which weights move at once."""
    pictures, init = str(folder / data), folder / f"{model}.safetensors"
    words = [
        "train",
        model,
        "--photos" if model == "cyclegan" else "--data",
        pictures,
        "--out",
        str(folder / out),
    ]
    words += ["--paintings", pictures] if model == "cyclegan" else ["--init", str(init)]
    return [*words, "--stages", stages, "--rate", "0.02", "--device", "cpu", *TINY[model], *more]


def launched(folder, commands):
    """What two processes answer to commands, by the command's name: [(status, lines said), ...]."""
    answers = folder / "answers"
    answers.mkdir()
    (folder / "commands.json").write_text(json.dumps(commands), encoding="utf-8")
    words = [
        "--multi_gpu",
        "--num_processes=2",
        "--num_machines=1",
        "--mixed_precision=no",
        "--dynamo_backend=no",
    ]
    words += [f"--main_process_port={free_port()}", str(ROOT / "tests" / "train_together.py")]
    accelerate = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch"]
    run = [*accelerate, *words, str(folder / "commands.json"), str(answers)]
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


def free_port():
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
