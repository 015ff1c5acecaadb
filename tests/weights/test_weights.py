"""Are weights found, verified, fetched and published as promised, and does every failure say what to do?"""

from __future__ import annotations

import hashlib
import json
import pickle
import socket
import sys
import time
from pathlib import Path

import huggingface_hub
import pytest
import torch
from hub_server import FIRST_COMMIT, SECOND_COMMIT, Hub
from huggingface_hub import constants

from colorizer import cli, weights
from colorizer.errors import WeightsError
from colorizer.weights import hub as hub_client
from colorizer.weights import manifest, store

ROOT = Path(__file__).resolve().parents[2]
STATE = {"conv.weight": torch.linspace(-1, 1, 6000).reshape(20, 300), "steps": torch.tensor(7)}
ABOUT = {"architecture": "test", "version": "1.2.0"}


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """An empty weights folder and Hub cache, no settings of the machine, and no waiting between tries."""
    for name in ("COLORIZER_HUB_REPO", "COLORIZER_HUB_REVISION", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path / "weights"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))  # read when it is imported
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    huggingface_hub.close_session()
    store._hashed.cache_clear()
    manifest.write(manifest.Manifest())


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "weights"


@pytest.fixture
def server(monkeypatch):
    server = Hub()
    server.start()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # Xet needs more than one small server
    yield server
    server.stop()
    huggingface_hub.close_session()


@pytest.fixture
def unet(tmp_path, folder) -> bytes:
    """The manifest names “unet” and its file lies in the weights folder; its bytes."""
    weights.save(tmp_path / "trained.safetensors", STATE, ABOUT)
    weights.register("unet", tmp_path / "trained.safetensors", "1.2.0", "colorize")
    return (folder / "unet.safetensors").read_bytes()


@pytest.fixture
def published(unet, folder, server, monkeypatch) -> Hub:
    """The file is on the Hub and no longer in the weights folder; the repository is named."""
    (folder / "unet.safetensors").unlink()
    server.files["unet.safetensors"] = unet
    monkeypatch.setenv("COLORIZER_HUB_REPO", "you/name")
    return server


def command(*words: object) -> int:
    return cli.main(["weights", *map(str, words)])


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def failure(function, *args) -> str:
    with pytest.raises(WeightsError) as caught:
        function(*args)
    return str(caught.value)


# --- files ----------------------------------------------------------------------------------------


def test_what_is_saved_is_read_again_floats_as_float16_where_they_fit(tmp_path):
    tied, path = torch.rand(3, 4), tmp_path / "a.safetensors"
    others = {"large": torch.tensor([1e6, 1.0]), "empty": torch.zeros(0)}
    weights.save(path, STATE | others | {"a": tied, "b": tied, "transposed": tied.T}, ABOUT)
    state, about = weights.load(str(path))
    assert path.stat().st_size < 6000 * 2 + 1500 and about == ABOUT
    assert torch.equal(state["conv.weight"], STATE["conv.weight"].half().float())
    assert torch.equal(state["steps"], STATE["steps"]) and torch.equal(state["large"], others["large"])
    assert torch.equal(state["transposed"], state["a"].T) and torch.equal(state["a"], state["b"])
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("ran"),))


@pytest.mark.parametrize("content", [pickle.dumps(Bomb()), Bomb(), b"just a text\n", b"", b"\xff" * 64, None])
def test_anything_but_safetensors_is_refused_and_a_pickle_never_run(tmp_path, unet, content, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "model.safetensors", tmp_path / "model.pth"):
        if isinstance(content, Bomb):
            torch.save(content, path)
        else:
            path.write_bytes(unet[:-100] if content is None else content)
        assert ".safetensors files only" in failure(weights.load, path)
        assert ".safetensors files only" in failure(weights.register, "b", path, "1", "x")
    assert not (tmp_path / "ran").exists()
    assert ".safetensors files only" in failure(weights.save, tmp_path / "model.pt", STATE, ABOUT)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    weights.save(path, STATE, ABOUT)
    before = path.read_bytes()

    def full(target, content):
        target.open("wb").write(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert "No space left" in failure(weights.save, path, STATE, ABOUT)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.glob("*part")] == []


# --- the manifest ---------------------------------------------------------------------------------


def test_a_file_is_copied_and_entered_with_hash_and_size_and_replaced_by_the_next(
    tmp_path, unet, folder, capsys
):
    entry = weights.entries()["unet"]
    assert (entry.sha256, entry.bytes, entry.version) == (sha256(unet), len(unet), "1.2.0")
    assert (entry.task, entry.card) == ("colorize", "unet.md")
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    state, about = weights.load("unet")
    assert state.keys() == STATE.keys() and about == ABOUT
    weights.register("second", tmp_path / "trained.safetensors", "1.0.0", "upscale")
    weights.save(tmp_path / "better.safetensors", {"a": torch.ones(3)}, ABOUT)
    words = ("unet", tmp_path / "better.safetensors", "--version", "2.0.0", "--task", "colorize")
    assert command("add", *words) == 0
    assert weights.entries()["unet"].sha256 in capsys.readouterr().out
    assert set(weights.entries()) == {"unet", "second"}
    assert weights.load("unet")[0]["a"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "version", "task"),
    [("../b", "1", "x"), ("b.safetensors", "1", "x"), ("b", " ", "x"), ("b", "1", "")],
)
def test_register_refuses_what_can_t_be(unet, folder, name, version, task):
    assert "can't be" in failure(weights.register, name, folder / "unet.safetensors", version, task)
    assert set(weights.entries()) == {"unet"}
    assert [path.name for path in folder.glob("*.safetensors")] == ["unet.safetensors"]


GOOD = {"file": "a.safetensors", "version": "1", "sha256": "0" * 64, "bytes": 5, "task": "colorize"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "not a list of weights"),
        ('{"format": 2}', "format is 2"),
        ('{"format": 1}', "files"),
        ({}, "file"),
        (GOOD | {"file": "../a.safetensors"}, "../a.safetensors"),
        (GOOD | {"file": "a.pth"}, "a.pth"),
        (GOOD | {"sha256": "abc"}, "sha256"),
        (GOOD | {"bytes": "5"}, "bytes"),
        (GOOD | {"version": None}, "version"),
        (GOOD | {"card": "/etc/passwd"}, "card"),
    ],
)
def test_a_wrong_manifest_is_named_with_its_fault(folder, content, words):
    if isinstance(content, dict):
        content = json.dumps({"format": 1, "files": {"a": content}})
    (folder / "manifest.json").write_text(content)
    message = failure(weights.entries)
    assert words in message and "manifest.json" in message and "\n" not in message


def test_what_is_missing_says_so(tmp_path, folder, unet):
    assert "There is no weight file" in failure(weights.load, tmp_path / "none.safetensors")
    assert "The names are: unet" in failure(weights.load, "vgg")
    (folder / "manifest.json").unlink()
    assert "COLORIZER_WEIGHTS_DIR" in failure(weights.entries)


def test_the_projects_own_weights_are_whole_and_each_has_a_card(monkeypatch):
    monkeypatch.delenv("COLORIZER_WEIGHTS_DIR")
    assert weights.weights_dir() == ROOT / "weights"
    entries, checks = weights.entries(), weights.verify()
    tasks = {
        "colorize": {"unet", "course-unet", "autoencoder"},
        "upscale": {"srresnet", "srgan", "srgan-photo"},
        "stylize": {"photo2monet", "monet2photo"},
    }
    for task, names in tasks.items():
        assert {name for name, entry in entries.items() if entry.task == task} == names
    assert all(isinstance(found, Path) for found in checks.values()) and len(checks) == len(entries) == 9
    for entry in entries.values():
        assert (ROOT / "weights" / entry.card).read_text(encoding="utf-8").strip(), entry.name


# --- the weights folder ---------------------------------------------------------------------------


def test_embedded_weights_need_no_network_and_no_hub_client(unet, monkeypatch):
    monkeypatch.setenv("COLORIZER_HUB_REPO", "you/name")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # importing it fails
    monkeypatch.setattr(socket.socket, "connect", None)
    assert weights.load("unet")[1] == ABOUT
    assert weights.verify() == {"unet": weights.weights_dir() / "unet.safetensors"}


def test_a_file_is_hashed_once_and_again_when_it_changes_and_a_wrong_hash_says_all(unet, folder):
    path = folder / "unet.safetensors"
    assert weights.resolve("unet") == path
    hashed = store._hashed.cache_info().misses
    weights.resolve("unet")
    assert store._hashed.cache_info().misses == hashed
    path.write_bytes(b"changed")
    message = failure(weights.load, "unet")
    for part in (path, sha256(unet), sha256(b"changed"), "weights pull", "git lfs pull"):
        assert str(part) in message


# --- the Hub --------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", ["main", FIRST_COMMIT])
def test_a_missing_file_comes_from_the_hub_once_and_anew_where_the_cache_is_damaged(
    published, monkeypatch, unet, revision
):
    monkeypatch.setenv("COLORIZER_HUB_REVISION", revision)
    assert weights.load("unet")[1] == ABOUT
    assert len(published.gets()) == 1
    published.log.clear()
    kept = weights.resolve("unet")
    assert kept.read_bytes() == unet and published.log == []
    kept.resolve().write_bytes(b"damaged")
    assert weights.resolve("unet").read_bytes() == unet
    assert len(published.gets()) == 1


def test_the_manifests_repository_and_pinned_revision_are_used(published, monkeypatch):
    monkeypatch.delenv("COLORIZER_HUB_REPO")
    entries = weights.entries()
    manifest.write(manifest.Manifest("you/name", FIRST_COMMIT, entries))
    assert FIRST_COMMIT in str(weights.resolve("unet"))
    manifest.write(manifest.Manifest("you/name", "3" * 40, entries))
    assert f"revision {'3' * 40}: there is no such" in failure(weights.resolve, "unet")
    monkeypatch.setenv("COLORIZER_HUB_REVISION", FIRST_COMMIT)
    assert FIRST_COMMIT in str(weights.resolve("unet"))


def test_a_broken_download_goes_on_where_it_stopped_or_fails_and_can_be_tried_again(
    published, monkeypatch, unet
):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)  # what the client keeps are whole chunks
    published.cuts = [5000] + [0] * 20
    assert "Check the connection and try again" in failure(weights.resolve, "unet")
    published.cuts = [5000]
    assert weights.resolve("unet").read_bytes() == unet
    assert published.gets()[-2:] == ["GET unet.safetensors", "GET unet.safetensors bytes=5000-"]


def test_a_wrong_download_is_not_used_and_the_next_try_starts_afresh(published, unet):
    wrong = b"\x00" * len(unet)
    published.files["unet.safetensors"] = wrong
    for _ in range(2):
        message = failure(weights.resolve, "unet")
        assert all(part in message for part in (sha256(wrong), sha256(unet), "you/name"))
    published.files["unet.safetensors"], published.commit = unet, SECOND_COMMIT
    assert weights.resolve("unet").read_bytes() == unet


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 404}, "no such repository"),
        ({"status": 404, "code": "EntryNotFound"}, "revision or file"),
        ({"status": 404, "code": "RepoNotFound"}, "it is private"),
        ({"status": 404, "code": "RevisionNotFound"}, "Check"),
        ({"status": 403, "code": "GatedRepo"}, "terms"),
        ({"status": 401}, "hf auth login"),
        ({"status": 403}, "HF_TOKEN"),
        ({"status": 429}, "429"),
        ({"status": 503}, "503"),
        ({"commit": ""}, "{url} can't be reached or has a problem"),  # the Hub tells one with every answer
        ({"url": "http://127.0.0.1:9"}, "{url} can't be reached or has a problem"),
        *(({"repository": odd}, "no such repository (you/name)") for odd in ("a/b/c", "with space/x", "-")),
    ],
)
def test_each_failure_of_the_hub_is_one_sentence_that_says_what_to_do(published, monkeypatch, fault, words):
    vars(published).update(fault)
    monkeypatch.setenv("HF_ENDPOINT", published.url)
    monkeypatch.setenv("COLORIZER_HUB_REPO", published.repository)
    message = failure(weights.load, "unet")
    assert words.format(url=published.url) in message and "\n" not in message
    source = f"{published.repository} at revision main: "
    assert message.startswith(
        ("“unet.safetensors” could not be downloaded from ", "“unet.safetensors” could not be looked up for ")
    )
    assert source in message and published.gets() == []


def test_a_full_disk_is_named(published, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", full)
    message = failure(weights.load, "unet")
    assert "can't be written ([Errno 28] No space left on device)" in message and "HF_HOME" in message


def test_a_silent_hub_is_not_waited_for(published, monkeypatch):
    monkeypatch.setattr(hub_client, "ANSWER_TIMEOUT", 0.1)
    published.silent = True
    began = time.monotonic()
    assert "can't be reached" in failure(weights.load, "unet")
    assert time.monotonic() - began < 3


def test_offline_serves_the_cache_and_else_says_why_not(published, monkeypatch, unet):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in failure(weights.load, "unet")
    assert published.log == []
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    weights.resolve("unet")
    published.log.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert weights.resolve("unet").read_bytes() == unet
    assert published.log == []


# --- the commands ---------------------------------------------------------------------------------


def test_list_and_verify_say_what_is_there_and_how_to_name_a_repository(folder, capsys, request):
    assert [command(word) for word in ("list", "verify", "pull")] == [0, 0, 0]
    assert capsys.readouterr().out == "The manifest names no weight files.\n" * 3
    request.getfixturevalue("unet")
    assert command("list") == 0
    assert str(folder / "unet.safetensors") in capsys.readouterr().out
    assert command("verify") == 0
    assert capsys.readouterr().out == "unet: right\n"
    (folder / "unet.safetensors").write_bytes(b"damaged")
    assert command("verify") == 1
    assert sha256(b"damaged") in capsys.readouterr().out
    (folder / "unet.safetensors").unlink()
    message = failure(weights.load, "unet")
    for part in ("unet.safetensors", "no Hub repository is named", "COLORIZER_HUB_REPO=you/name", "--repo"):
        assert part in message
    assert command("verify") == 1
    assert message in capsys.readouterr().out and weights.verify()["unet"] == message


def test_pull_fetches_what_is_missing_or_damaged_into_the_weights_folder(
    published, folder, monkeypatch, unet
):
    monkeypatch.delenv("COLORIZER_HUB_REPO")
    assert command("pull", "--repo", "you/name", "--revision", FIRST_COMMIT) == 0
    assert (folder / "unet.safetensors").read_bytes() == unet
    (folder / "unet.safetensors").write_bytes(b"damaged")
    assert command("pull", "--repo", "you/name") == 0
    assert weights.resolve("unet") == folder / "unet.safetensors"
    published.log.clear()
    assert command("pull", "--repo", "you/name") == 0
    assert published.log == []


def test_push_publishes_what_pull_then_fetches(server, unet, folder, capsys):
    (folder / "unet.md").write_text("# The U-Net\n", encoding="utf-8")
    (folder / "notes.txt").write_text("not for others", encoding="utf-8")
    before = (folder / "manifest.json").read_bytes()
    assert command("push", "--repo", "you/name") == 0
    assert f"COLORIZER_HUB_REVISION={SECOND_COMMIT}" in capsys.readouterr().out
    assert (folder / "manifest.json").read_bytes() == before
    assert command("push", "--repo", "you/name", "--private", "--pin") == 0
    assert SECOND_COMMIT in capsys.readouterr().out
    assert set(server.files) == {"manifest.json", "unet.safetensors", "unet.md"}
    assert server.files["unet.safetensors"] == unet
    assert server.private
    pinned = manifest.read()
    assert (pinned.repository, pinned.revision) == ("you/name", SECOND_COMMIT)
    (folder / "unet.safetensors").unlink()
    assert weights.load("unet")[1] == ABOUT


def test_push_says_what_it_can_t_publish_and_how_to_log_in(server, unet, folder, monkeypatch):
    server.status = 401
    message = failure(weights.push, "you/name")
    assert message.startswith("The weights could not be published to you/name: ")
    assert "hf auth login" in message
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in failure(weights.push, "you/name")
    server.log.clear()
    assert "--repo you/name" in failure(weights.push)
    (folder / "unet.safetensors").write_bytes(b"damaged")
    assert "SHA-256" in failure(weights.push, "you/name")
    (folder / "unet.safetensors").unlink()
    assert "weights pull" in failure(weights.push, "you/name")
    manifest.write(manifest.Manifest())
    assert "Nothing to publish" in failure(weights.push, "you/name")
    assert server.log == []
