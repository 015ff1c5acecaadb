"""How do weight files come from the Hugging Face Hub, and how do they get there?

The Hub's own client does the work: it caches, resumes and authenticates. It is imported only when a file must
come from or go to the Hub. HF_ENDPOINT, HF_HUB_OFFLINE, HF_HUB_CACHE and HF_HOME are read at each call.
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from colorizer.errors import WeightsError

ANSWER_TIMEOUT = 10.0  # seconds that the Hub has to say whether it has a file
TRIES = 2  # where a failure may pass; a page must not wait for minutes to hear that there is no network
LOGIN = "log in with `hf auth login` or set HF_TOKEN"

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A model repository on the Hub ("you/name") and a revision of it: a commit, a tag or a branch."""

    repository: str
    revision: str = "main"

    def __str__(self) -> str:
        return f"{self.repository} at revision {self.revision}"


def endpoint() -> str | None:
    """The Hub's address where HF_ENDPOINT names one; None for the client's own."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or None


def offline() -> bool:
    """Whether HF_HUB_OFFLINE forbids the network."""
    return os.environ.get("HF_HUB_OFFLINE", "").strip().lower() in {"1", "true", "yes", "on"}


def cache_dir() -> Path | None:
    """The Hub cache where the environment names it; None for the client's own choice."""
    if chosen := os.environ.get("HF_HUB_CACHE", "").strip():
        return Path(chosen).expanduser()
    if home := os.environ.get("HF_HOME", "").strip():
        return Path(home).expanduser() / "hub"
    return None


def cached(source: Source, file: str) -> Path | None:
    """The file in the Hub cache, if it is there at that revision; never touches the network."""
    try:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(source.repository, file, cache_dir(), source.revision)
    except Exception as error:
        raise _failed(f"“{file}” could not be looked up for {source}", error, source) from error
    return Path(found) if isinstance(found, str) else None


def download(source: Source, file: str) -> Path:
    """Fetch a file into the Hub cache and return its path; WeightsError says what failed and what to do."""
    what = f"“{file}” could not be downloaded from {source}"
    if offline():
        raise WeightsError(f"{what}: HF_HUB_OFFLINE forbids the network. Unset it and try again.")
    # What is raised depends on the client's version, which changed its HTTP library twice: explain them all.
    try:
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

        address, repository, revision = endpoint(), source.repository, source.revision
        url = hf_hub_url(repository, file, revision=revision, endpoint=address)
        # The client itself would retry for minutes where nobody answers: ask for the file's head first.
        _persist(lambda: get_hf_file_metadata(url, timeout=ANSWER_TIMEOUT, endpoint=address))
        fetch = partial(hf_hub_download, revision=revision, endpoint=address, cache_dir=cache_dir())
        return Path(_persist(lambda: fetch(repository, file)))
    except Exception as error:
        raise _failed(what, error, source) from error


def _persist(action: Callable[[], T]) -> T:
    """Do it again after a failure that may pass: an error of the server's own, or a broken connection."""
    for _ in range(1, TRIES):
        try:
            return action()
        except Exception as error:
            broken = any(_BY_NAME.get(type(cause).__name__) == _BROKEN for cause in _causes(error))
            if not broken and _status(error) < 500:
                raise
            log.info("Trying again after: %s", error)
            time.sleep(1)
    return action()


def discard(path: Path) -> None:
    """Remove a file from the Hub cache: the link in the snapshot and the content that it leads to."""
    while path.is_symlink():
        target = path.parent / os.readlink(path)
        path.unlink(missing_ok=True)
        path = target
    path.unlink(missing_ok=True)


def publish(folder: Path, repository: str, files: list[str], *, private: bool, message: str) -> str:
    """Upload files of a folder to a model repository, created if need be; returns the commit's hash."""
    what = f"The weights could not be published to {repository}"
    if offline():
        raise WeightsError(f"{what}: HF_HUB_OFFLINE forbids the network. Unset it and try again.")
    try:
        from huggingface_hub import HfApi

        api = HfApi(endpoint=endpoint())
        api.create_repo(repository, private=private or None, exist_ok=True)
        commit = api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            allow_patterns=files,
            commit_message=message,
        )
    except Exception as error:
        raise _failed(what, error, Source(repository)) from error
    return commit.oid


def _failed(what: str, error: Exception, source: Source) -> WeightsError:
    log.debug("%s", what, exc_info=error)
    for cause in _causes(error):
        if reason := _reason(cause, source):
            return WeightsError(f"{what}: {reason}")
    lines = str(error).strip().splitlines() or [""]
    return WeightsError(f"{what}: {type(error).__name__} {lines[0]}".rstrip(" .") + ". Try again later.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, the most telling (the Hub's own answers) as deep as they may lie."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int:
    return getattr(getattr(error, "response", None), "status_code", 0)


def _reason(error: BaseException, source: Source) -> str:
    """What this error means and what to do, as the rest of a sentence; "" when it says nothing by itself."""
    name = type(error).__name__
    if name in _BY_NAME:
        return _BY_NAME[name].format(source=source, address=endpoint() or "the Hub")
    if status := _status(error):
        return _by_status(status)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full. Free some space, or set HF_HOME to a folder on another disk."
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"“{error.filename}” can't be written. Set HF_HOME to a folder that you may write to."
    if "Timeout" in name or isinstance(error, TimeoutError):
        return "there was no answer in time. Check the connection and try again."
    if "Consistency check failed" in str(error):
        return _BROKEN
    return ""


def _by_status(status: int) -> str:
    if status == 404:
        return "there is no such file. Check the repository and the revision, or publish it: `weights push`."
    if status in (401, 403):
        return f"access was refused. To use a token that may do this, {LOGIN}."
    if status == 429:
        return "too many requests were made. Try again in a few minutes."
    if status >= 500:
        return f"the Hub has a problem of its own (error {status}). Try again later."
    return f"the Hub refused the request (error {status}). Check the name and the revision."


_NOT_INSTALLED = "the package huggingface_hub is missing. Install it: `pip install huggingface_hub`."
_BROKEN = "the connection broke off before the file was complete. Try again."
_UNREACHABLE = "{address} can't be reached. Check the connection (and HF_ENDPOINT where set) and try again."
# By name, because the classes live in different modules from one version of the client to the next.
_BY_NAME = {
    "ImportError": _NOT_INSTALLED,
    "ModuleNotFoundError": _NOT_INSTALLED,
    "HFValidationError": "“{source.repository}” can't be a repository. A repository is named like you/name.",
    "OfflineModeIsEnabled": "HF_HUB_OFFLINE forbids the network. Unset it and try again.",
    "GatedRepoError": f"it has terms to accept first. Accept them on its page, then {LOGIN}.",
    "RepositoryNotFoundError": f"there is no such repository, or it is private. Check it, or {LOGIN}.",
    "RevisionNotFoundError": "there is no revision “{source.revision}”. Correct it (COLORIZER_HUB_REVISION).",
    "LocalTokenNotFoundError": f"you are not logged in. To publish, {LOGIN}.",
    "FileMetadataError": "{address} doesn't answer like a Hub. Check HF_ENDPOINT and the proxy's settings.",
    "ProxyError": "the proxy refused the connection. Check the proxy's settings.",
    "UnsupportedProtocol": "{address} is no web address. Correct HF_ENDPOINT.",
    "InvalidURL": "{address} is no web address. Correct HF_ENDPOINT.",
    "ConnectError": _UNREACHABLE,
    "ConnectionError": _UNREACHABLE,
    "ConnectionRefusedError": _UNREACHABLE,
    "ConnectionResetError": _BROKEN,
    "ReadError": _BROKEN,
    "RemoteProtocolError": _BROKEN,
    "ChunkedEncodingError": _BROKEN,
}
