"""Is a batch done by a cluster's workers, each photograph once, even if one of them dies?"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import zipfile

import numpy as np
import pytest
from distributed import LocalCluster

from colorizer import cli
from colorizer.photo import Photo

pytestmark = pytest.mark.usefixtures("weights_folder")


def colorize(*words: object) -> int:
    return cli.main(["colorize", *map(str, words), "--size", "128"])


def test_a_worker_that_is_killed_costs_no_photograph_and_doubles_none(draw, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for number in range(8):
        draw(f"in/{number}.png", 900 + number, 700)
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:

        def kill() -> None:
            """One of the two, as soon as there is a result."""
            while not list(tmp_path.glob("out/*.png")):
                time.sleep(0.01)
            os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        hint = ("--hint", "20,15,#c04040")
        assert colorize("in", "-o", "out", "--manifest", "--cluster", cluster.scheduler_address, *hint) == 1
        killer.join()
    said = capsys.readouterr()
    assert said.out.count(" -> out/") == 8
    assert "in/bad.png: “bad.png” is not a picture" in said.err
    listed = json.loads((tmp_path / "out" / "manifest.json").read_text())["pictures"]
    assert [one["name"] for one in listed if one["error"]] == ["in/bad.png"]
    results = sorted(path.name for path in (tmp_path / "out").glob("*.*g"))
    assert sorted(one["result"] for one in listed if not one["error"]) == results and len(results) == 8
    assert colorize("in/3.png", "-o", "alone.png", *hint) == 0
    alone, there = Photo.open("alone.png"), Photo.open("out/3-colorized.png")
    assert np.abs(alone.rgb.astype(int) - there.rgb).max() <= 1
    assert there.metadata.steps == alone.metadata.steps


@pytest.mark.parametrize(
    ("given", "words", "said"),
    [
        ("a.png", ("--cluster", "127.0.0.1"), "--cluster is “127.0.0.1”, but must be like tcp://"),
        ("a.png", ("--cluster", ""), "--cluster is “”, but must be like tcp://"),
        ("a.png", ("--jobs", 2), "has as many --jobs as its workers have threads"),
        ("a.png", (), "There is no Dask scheduler at “127.0.0.1:9”"),
        ("in.zip", (), "A cluster takes no zip"),
    ],
)
def test_what_a_cluster_cannot_do_is_one_sentence(draw, tmp_path, monkeypatch, capsys, given, words, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("colorizer.cli.cluster.PATIENCE", 1)
    with zipfile.ZipFile("in.zip", "w") as archive:
        archive.write(draw("a.png"), "a.png")
    assert colorize(given, "-o", "out/", "--cluster", "127.0.0.1:9", *words) == 1
    assert said in capsys.readouterr().err
