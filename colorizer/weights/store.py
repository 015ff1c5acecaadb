"""Where are a model's weights, and are they the right ones?

A name is looked up in the weights folder, then in the Hub cache, then on the Hub. Whatever is found must have
the SHA-256 that the manifest names.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from colorizer.errors import WeightsError
from colorizer.weights import hub, tensorfile
from colorizer.weights.hub import Source
from colorizer.weights.manifest import (
    MANIFEST,
    NAME,
    WEIGHTS_DIR,
    Entry,
    Manifest,
    read_manifest,
    weights_dir,
    write_manifest,
    write_whole,
)
from colorizer.weights.tensorfile import save

__all__ = [
    "WEIGHTS_DIR",
    "Check",
    "Entry",
    "entries",
    "fitted",
    "load",
    "pull",
    "push",
    "register",
    "resolve",
    "save",
    "source",
    "verify",
    "weights_dir",
]

LFS_POINTER = b"version https://git-lfs"
PULL = "python -m colorizer weights pull"

N = TypeVar("N")

# Path, time of change and size -> SHA-256, so that a file is hashed once a process and not at every use.
_hashes: dict[tuple[str, int, int], str] = {}


@dataclass(frozen=True)
class Check:
    """What `verify` found for one entry: the right file's path, or None and a message that says why."""

    entry: Entry
    path: Path | None
    message: str = ""

    @property
    def ok(self) -> bool:
        return self.path is not None


def entries() -> dict[str, Entry]:
    """All weight files that the manifest names, by name; WeightsError when the manifest can't be read."""
    return dict(read_manifest().files)


def source(manifest: Manifest, repository: str | None = None, revision: str | None = None) -> Source | None:
    """Where on the Hub to look; None when no repository is named anywhere.

    What is given counts first, then COLORIZER_HUB_REPO and COLORIZER_HUB_REVISION, then the manifest, whose
    revision counts only for its own repository.
    """
    repository = repository or os.environ.get("COLORIZER_HUB_REPO", "").strip() or manifest.repository
    if not repository:
        return None
    revision = revision or os.environ.get("COLORIZER_HUB_REVISION", "").strip()
    pinned = manifest.revision if repository == manifest.repository else None
    return Source(repository, revision or pinned or "main")


def resolve(name: str) -> Path:
    """The verified file of a name: from the weights folder, the Hub cache, or downloaded into that cache.

    WeightsError: unknown name, missing with no repository named, wrong hash, or a failed download.
    """
    manifest = read_manifest()
    entry = _known(manifest, name)
    local = weights_dir() / entry.file
    if local.is_file():
        _require(local, entry, f"Fetch it anew with `{PULL}`.")
        return local
    return _fetch(entry, _required_source(manifest, entry))


def _known(manifest: Manifest, name: str) -> Entry:
    if name not in manifest.files:
        known = ", ".join(sorted(manifest.files)) or "none yet"
        raise WeightsError(f"There are no weights named “{name}”. The names are: {known}.")
    return manifest.files[name]


def _required_source(manifest: Manifest, entry: Entry, found: Source | None = None) -> Source:
    found = found or source(manifest)
    if found is None:
        raise WeightsError(
            f"The weights “{entry.name}” are missing: there is no {entry.file} in “{weights_dir()}”, "
            "and no Hub repository is named to download it from. "
            f"Name one with COLORIZER_HUB_REPO=you/name or `{PULL} --repo you/name`."
        )
    return found


def _fetch(entry: Entry, found: Source) -> Path:
    """The entry's file in the Hub cache, downloaded unless it is there; a wrong hash doesn't stay there."""
    path = hub.cached(found, entry.file)
    if path is not None:
        if _sha256(path) == entry.sha256:
            return path
        hub.discard(path)
    path = hub.download(found, entry.file)
    try:
        _require(path, entry, f"It came from {found} and was removed. Try again, or name another revision.")
    except WeightsError:
        hub.discard(path)
        raise
    return path


def _require(path: Path, entry: Entry, advice: str) -> None:
    """WeightsError unless the file hashes to what the manifest says."""
    found = _sha256(path)
    if found == entry.sha256:
        return
    if _starts_with(path, LFS_POINTER):
        raise WeightsError(f"“{path}” only stands for a file in Git LFS. Fetch it with `git lfs pull`.")
    raise WeightsError(
        f"“{path}” is not version {entry.version} of “{entry.name}”: its SHA-256 is {found}, "
        f"and {entry.sha256} was expected. {advice}"
    )


def _sha256(path: Path) -> str:
    try:
        stat = path.stat()
        key = (str(path.resolve()), stat.st_mtime_ns, stat.st_size)
        if key not in _hashes:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            _hashes[key] = digest.hexdigest()
        return _hashes[key]
    except OSError as error:
        raise WeightsError(f"The weights “{path}” can't be read: {error.strerror or error}.") from error


def _starts_with(path: Path, start: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(start)) == start


def load(name_or_path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors (floating ones as float32, on the CPU) and metadata of a name or of a .safetensors file.

    A name is verified, a path is taken as it is. WeightsError as resolve() and tensorfile.read().
    """
    path = Path(name_or_path).expanduser()
    if isinstance(name_or_path, str) and _is_name(name_or_path):
        path = resolve(name_or_path)
    return tensorfile.read(path)


def fitted(from_state: Callable[[dict[str, Tensor]], N], state: dict[str, Tensor], name: str) -> N:
    """The network that `from_state` makes of a state dict; WeightsError, with the name or file that it came
    from, when it belongs to another kind of network."""
    try:
        return from_state(state)
    except (KeyError, IndexError, RuntimeError, ValueError):
        raise WeightsError(
            f"“{name}” holds the weights of another network. Name another file, or fetch the shipped ones "
            f"anew with `{PULL}`."
        ) from None


def _is_name(text: str) -> bool:
    """Whether a text means a name rather than a file; the manifest's names win over files so called."""
    if not NAME.fullmatch(text) or text.lower().endswith(tensorfile.SUFFIX):
        return False
    return text in entries() or not Path(text).exists()


def register(name: str, path: str | Path, version: str, task: str) -> Entry:
    """Copy a .safetensors file into the weights folder and enter it, hash and size, into the manifest."""
    path = Path(path).expanduser()
    if not NAME.fullmatch(name) or name.lower().endswith(tensorfile.SUFFIX):
        raise WeightsError(f"“{name}” can't be a name. Use letters, digits, hyphens and underscores.")
    if not version.strip() or not task.strip():
        raise WeightsError(f"“{name}” needs a version, like 1.0.0, and a task, like colorize.")
    tensorfile.read(path)  # whoever registers something else should hear it now
    manifest = read_manifest() if (weights_dir() / MANIFEST).exists() else Manifest()
    target = weights_dir() / f"{name}.safetensors"
    if path.resolve() != target.resolve():
        _copy(path, target)
    card = manifest.files[name].card if name in manifest.files else f"{name}.md"
    size = target.stat().st_size
    entry = Entry(name, target.name, version.strip(), _sha256(target), size, task.strip(), card)
    write_manifest(replace(manifest, files={**manifest.files, name: entry}))
    return entry


def _copy(path: Path, target: Path) -> None:
    write_whole(target, lambda temporary: shutil.copyfile(path, temporary))


def verify() -> list[Check]:
    """Check every file of the manifest, in the weights folder or the Hub cache; nothing is downloaded."""
    manifest = read_manifest()
    checks = []
    for _, entry in sorted(manifest.files.items()):
        try:
            local = weights_dir() / entry.file
            path = local if local.is_file() else hub.cached(_required_source(manifest, entry), entry.file)
            if path is None:
                raise WeightsError(f"“{entry.name}” is not downloaded yet. Fetch it with `{PULL}`.")
            _require(path, entry, f"Fetch it anew with `{PULL}`.")
            checks.append(Check(entry, path))
        except WeightsError as error:
            checks.append(Check(entry, None, str(error)))
    return checks


def pull(repository: str | None = None, revision: str | None = None) -> list[Path]:
    """Download every file of the manifest into the weights folder; what is there and right is left alone."""
    manifest = read_manifest()
    paths = []
    for _, entry in sorted(manifest.files.items()):
        target = weights_dir() / entry.file
        paths.append(target)
        if target.is_file() and _sha256(target) == entry.sha256:
            continue
        fetched = _fetch(entry, _required_source(manifest, entry, source(manifest, repository, revision)))
        _copy(fetched, target)
    return paths


def push(repository: str | None = None, *, private: bool = False, pin: bool = False) -> str:
    """Publish the manifest, its files and cards on the Hub; returns the revision to pin, a commit's hash.

    pin: also write repository and revision into the manifest. WeightsError: a file is missing or has a wrong
    hash, no repository is named, or the Hub refuses.
    """
    manifest = read_manifest()
    found = source(manifest, repository)
    if found is None:
        raise WeightsError("No Hub repository is named to publish to. Name one with --repo you/name.")
    if not manifest.files:
        raise WeightsError(
            "There is nothing to publish: the manifest is empty. Enter a file with `weights add`."
        )
    files = [MANIFEST, "README.md"]
    for entry in manifest.files.values():
        if not (weights_dir() / entry.file).is_file():
            raise WeightsError(f"“{entry.file}” is not in “{weights_dir()}”. Fetch it first: `{PULL}`.")
        _require(weights_dir() / entry.file, entry, "Enter it anew with `weights add`.")
        files += [entry.file, entry.card]
    present = [file for file in dict.fromkeys(files) if file and (weights_dir() / file).is_file()]
    versions = ", ".join(f"{entry.name} {entry.version}" for _, entry in sorted(manifest.files.items()))
    message = f"Publish {versions}"
    commit = hub.publish(weights_dir(), found.repository, present, private=private, message=message)
    if pin:
        write_manifest(replace(manifest, repository=found.repository, revision=commit))
    return commit
