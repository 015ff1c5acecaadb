"""Where are a model's weights, and are they the right ones? In the weights folder, else in the Hub's cache,
else on the Hub; and whatever is found must have the SHA-256 that the manifest names.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from torch import Tensor

from colorizer.errors import WeightsError
from colorizer.weights import hub, manifest, tensorfile
from colorizer.weights.manifest import PULL, Entry, Manifest, weights_dir, write_whole

ANEW = f"Fetch it anew: `{PULL}`, or `git lfs pull` where it only stands for a file in Git LFS."


def entries() -> dict[str, Entry]:
    """All weight files that the manifest names, by name; WeightsError when the manifest can't be read."""
    return manifest.read().files


def source(listed: Manifest, repository: str | None = None, revision: str | None = None) -> hub.Source | None:
    """Where on the Hub to look: what is given, else what COLORIZER_HUB_REPO and _REVISION name, else the
    manifest (its revision counts only for its own repository); None: nowhere."""
    repository = repository or os.environ.get("COLORIZER_HUB_REPO", "").strip() or listed.repository
    revision = revision or os.environ.get("COLORIZER_HUB_REVISION", "").strip()
    pinned = listed.revision if repository == listed.repository else None
    return hub.Source(repository, revision or pinned or "main") if repository else None


def load(name_or_path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors (floating ones as float32, on the CPU) and metadata of a name, whose file is verified, or of a
    .safetensors file, which is taken as it is. WeightsError as resolve() and tensorfile.read()."""
    path = Path(name_or_path).expanduser()
    may_be_name = isinstance(name_or_path, str) and re.fullmatch(manifest.FORMS["name"], name_or_path)
    if may_be_name and (name_or_path in entries() or not path.exists()):  # a listed name comes before a file
        path = resolve(str(name_or_path))
    return tensorfile.read(path)


def sha256(name_or_path: str | Path) -> str:
    """Of the file that load() reads; of a name what the manifest says."""
    path = Path(name_or_path).expanduser()
    return _sha256(path) if path.suffix == tensorfile.SUFFIX else entries()[str(name_or_path)].sha256


def resolve(name: str) -> Path:
    """The verified file of a name, downloaded if need be; WeightsError when it can't be had or is wrong."""
    listed = manifest.read()
    if name not in listed.files:
        known = ", ".join(listed.files) or "none yet"
        raise WeightsError(f"There are no weights named “{name}”. The names are: {known}.")
    return _find(listed.files[name], source(listed))


def verify() -> dict[str, Path | str]:
    """For each name of the manifest its file, in the weights folder or the Hub cache, or in a sentence what
    is wrong with it; nothing is downloaded."""
    listed = manifest.read()
    found: dict[str, Path | str] = {}
    for name, entry in listed.files.items():
        try:
            found[name] = _find(entry, source(listed), download=False)
        except WeightsError as error:
            found[name] = str(error)
    return found


def pull(repository: str | None = None, revision: str | None = None) -> list[Path]:
    """Download every file of the manifest into the weights folder; what is there and right is left alone."""
    listed = manifest.read()
    targets = {weights_dir() / entry.file: entry for entry in listed.files.values()}
    for target, entry in targets.items():
        if not target.is_file() or _sha256(target) != entry.sha256:
            fetched = _from_hub(entry, source(listed, repository, revision))
            write_whole(target, partial(shutil.copyfile, fetched))
    return list(targets)


def told(*made_of: str) -> dict[str, object]:
    """What a result says of the weights it was made of, each given as its name and version."""
    names = (one.partition(" ")[0] for one in made_of)
    return {"weights": ", ".join(made_of), "sha256": {name: sha256(name) for name in names}}


def register(name: str, path: str | Path, version: str, task: str) -> Entry:
    """Copy a .safetensors file into the weights folder and enter it, hash and size, into the manifest."""
    path, target = Path(path).expanduser(), weights_dir() / f"{name}{tensorfile.SUFFIX}"
    tensorfile.read(path)  # whoever registers something else should hear it now
    listed = manifest.read() if (weights_dir() / manifest.FILE).exists() else Manifest()
    card = listed.files[name].card if name in listed.files else f"{name}.md"
    size = path.stat().st_size
    entry = Entry(name, target.name, version.strip(), _sha256(path), size, task.strip(), card)
    if path.resolve() != target.resolve():
        write_whole(target, partial(shutil.copyfile, path))
    manifest.write(replace(listed, files={**listed.files, name: entry}))
    return entry


def push(repository: str | None = None, *, private: bool = False, pin: bool = False) -> str:
    """Publish the manifest, its files and cards on the Hub; returns the commit's hash, which `pin` writes
    into the manifest as the revision to use. WeightsError: a file is missing or wrong, or the Hub refuses."""
    listed = manifest.read()
    found = source(listed, repository)
    if found is None or not listed.files:
        raise WeightsError("Nothing to publish, or no repository named: see `weights add`, --repo you/name.")
    files = [manifest.FILE, "README.md"]
    for entry in listed.files.values():
        _checked(weights_dir() / entry.file, entry, "Enter it anew with `weights add`.")
        files += [entry.file, entry.card]
    message = "Publish " + ", ".join(f"{entry.name} {entry.version}" for entry in listed.files.values())
    commit = hub.publish(weights_dir(), found.repository, files, private=private, message=message)
    if pin:
        manifest.write(replace(listed, repository=found.repository, revision=commit))
    return commit


def _find(entry: Entry, found: hub.Source | None, download: bool = True) -> Path:
    local = weights_dir() / entry.file
    if local.is_file():
        return _checked(local, entry, ANEW)
    return _from_hub(entry, found, download)


def _from_hub(entry: Entry, found: hub.Source | None, download: bool = True) -> Path:
    """The entry's file in the Hub cache, downloaded unless the right one is there."""
    if found is None:
        raise WeightsError(
            f"The weights “{entry.name}” are missing: there is no {entry.file} in “{weights_dir()}”, and no "
            f"Hub repository is named. Name one with COLORIZER_HUB_REPO=you/name or `{PULL} --repo you/name`."
        )
    path = hub.cached(found, entry.file)
    if download and (path is None or _sha256(path) != entry.sha256):
        path = hub.download(found, entry.file, anew=path is not None)
    if path is None:
        raise WeightsError(f"“{entry.name}” is not downloaded yet. Fetch it with `{PULL}`.")
    return _checked(path, entry, f"It came from {found}. Try again, or name another revision.")


def _checked(path: Path, entry: Entry, advice: str) -> Path:
    """The path; WeightsError, with the advice, unless its file hashes to what the manifest says."""
    found = _sha256(path)
    if found == entry.sha256:
        return path
    raise WeightsError(
        f"“{path}” is not version {entry.version} of “{entry.name}”: its SHA-256 is {found}, "
        f"and {entry.sha256} was expected. {advice}"
    )


def _sha256(path: Path) -> str:
    try:
        about = path.stat()
        return _hashed(path.resolve(), about.st_mtime_ns, about.st_size)
    except OSError as error:
        raise WeightsError(f"“{path}” can't be read ({error.strerror}). Fetch it with `{PULL}`.") from error


@lru_cache
def _hashed(path: Path, changed: int, size: int) -> str:
    """SHA-256 of a file as it is since `changed`: once a process and not at every use."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
