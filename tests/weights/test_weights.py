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


def test_floats_are_kept_as_float16_and_read_as_float32(tmp_path):
    weights.save(tmp_path / "a.safetensors", STATE, ABOUT)
    state, about = weights.load(tmp_path / "a.safetensors")
    assert (tmp_path / "a.safetensors").stat().st_size < 6000 * 2 + 1000
    torch.testing.assert_close(state["conv.weight"], STATE["conv.weight"].half().float(), rtol=0, atol=0)
    torch.testing.assert_close(state["steps"], STATE["steps"])
    assert about == ABOUT
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.safetensors").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_values_beyond_float16_tied_and_transposed_tensors_survive(tmp_path):
    large, tied = torch.tensor([1e6, 1.0]), torch.rand(3, 4)
    state = {"large": large, "a": tied, "b": tied, "transposed": tied.T, "empty": torch.zeros(0)}
    weights.save(tmp_path / "a.safetensors", state, {})
    read, _ = weights.load(str(tmp_path / "a.safetensors"))
    assert torch.equal(read["large"], large)
    assert torch.equal(read["transposed"], read["a"].T)
    assert torch.equal(read["a"], read["b"])


@pytest.mark.parametrize("content", [pickle.dumps({"a": 1}), b"just a text\n", b"", b"\xff" * 64, None])
def test_anything_but_safetensors_is_refused(tmp_path, unet, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(unet[:-100] if content is None else content)
    assert "safetensors files only" in failure(weights.load, path)
    assert "safetensors files only" in failure(weights.register, "b", path, "1", "x")


def test_a_pickle_is_refused_and_never_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    for name in ("model.pth", "model.safetensors"):
        torch.save(Bomb(), tmp_path / name)
        assert ".safetensors files only" in failure(weights.load, tmp_path / name)
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


def test_register_copies_the_file_and_enters_hash_and_size(unet, folder):
    entry = weights.entries()["unet"]
    assert entry.sha256 == sha256(unet)
    assert (entry.bytes, entry.version, entry.task, entry.card) == (len(unet), "1.2.0", "colorize", "unet.md")
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    state, about = weights.load("unet")
    assert state.keys() == STATE.keys()
    assert about == ABOUT


def test_add_again_replaces_the_entry_and_keeps_the_others(tmp_path, unet, capsys):
    weights.register("second", tmp_path / "trained.safetensors", "1.0.0", "upscale")
    better = tmp_path / "better.safetensors"
    weights.save(better, {"a": torch.ones(3)}, ABOUT)
    assert command("add", "unet", better, "--version", "2.0.0", "--task", "colorize") == 0
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
    assert [check for check in checks if not check.path] == [] and len(checks) == len(entries) == 9
    for entry in entries.values():
        assert (ROOT / "weights" / entry.card).read_text(encoding="utf-8").strip(), entry.name


# --- the weights folder ---------------------------------------------------------------------------


def test_embedded_weights_need_no_network_and_no_hub_client(unet, monkeypatch):
    monkeypatch.setenv("COLORIZER_HUB_REPO", "you/name")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # importing it fails
    monkeypatch.setattr(socket.socket, "connect", None)
    assert weights.load("unet")[1] == ABOUT
    assert weights.verify()[0].path


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


def test_a_broken_download_goes_on_where_it_stopped(published, monkeypatch, unet):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)  # what the client keeps are whole chunks
    published.cuts = [5000]
    assert weights.resolve("unet").read_bytes() == unet
    assert published.gets() == ["GET unet.safetensors", "GET unet.safetensors bytes=5000-"]


def test_a_download_that_never_completes_fails_and_the_next_goes_on(published, unet):
    published.cuts = [5000] + [0] * 20
    assert "Check the connection and try again" in failure(weights.resolve, "unet")
    published.cuts = []
    assert weights.resolve("unet").read_bytes() == unet


def test_a_wrong_download_is_not_used_and_the_next_try_starts_afresh(published, unet):
    wrong = b"\x00" * len(unet)
    published.files["unet.safetensors"] = wrong
    for _ in range(2):
        message = failure(weights.resolve, "unet")
        assert all(part in message for part in (sha256(wrong), sha256(unet), "you/name"))
    published.files["unet.safetensors"], published.commit = unet, SECOND_COMMIT
    assert weights.resolve("unet").read_bytes() == unet


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (404, "", "no such repository"),
        (404, "EntryNotFound", "revision or file"),
        (404, "RepoNotFound", "it is private"),
        (404, "RevisionNotFound", "Check"),
        (403, "GatedRepo", "terms"),
        (401, "", "hf auth login"),
        (403, "", "HF_TOKEN"),
        (429, "", "429"),
        (503, "", "503"),
    ],
)
def test_each_refusal_of_the_hub_is_one_sentence_that_says_what_to_do(published, status, code, words):
    published.status, published.code = status, code
    message = failure(weights.load, "unet")
    assert words in message and "\n" not in message
    assert message.startswith("“unet.safetensors” could not be downloaded from you/name at revision main: ")
    assert published.gets() == []


@pytest.mark.parametrize("repository", ["a/b/c", "with space/x", "-"])
def test_an_odd_repository_is_refused_by_name(published, monkeypatch, repository):
    monkeypatch.setenv("COLORIZER_HUB_REPO", repository)
    assert "no such repository (you/name)" in failure(weights.load, "unet")


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


@pytest.mark.parametrize(("address", "commit"), [("http://127.0.0.1:9", FIRST_COMMIT), (None, "")])
def test_no_connection_and_no_hub_name_the_address(published, monkeypatch, address, commit):
    published.commit = commit  # the Hub tells one with every answer, another server none
    monkeypatch.setenv("HF_ENDPOINT", address or published.url)
    assert f"{address or published.url} can't be reached or has a problem" in failure(weights.load, "unet")


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
    assert message in capsys.readouterr().out and weights.verify()[0].message == message


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
