"""How do weight files come from the Hugging Face Hub, and how do they get there? By the Hub's own client: it
caches, resumes, locks and authenticates, and is imported only when it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from functools import partial
from pathlib import Path

from colorizer.errors import WeightsError

ANSWER_TIMEOUT = 10.0  # seconds that the Hub has to say whether it has a file
LOGIN = "log in with `hf auth login` or set HF_TOKEN"

NOT_THERE = f"there is no such repository (you/name), revision or file, or it is private. Check, or {LOGIN}."
NOT_ALLOWED = f"access was refused. Accept its terms on its page, if it has any, and {LOGIN}."
NO_NETWORK = "{address} can't be reached or has a problem ({detail}). Check the connection and try again."
DISK = "it can't be written ({detail}). Free some space, or set HF_HOME to another folder."

# The client's errors by number, the answer's status, or class: this says more than its base does.
REASONS: dict[object, str] = {number: DISK for number in (ENOSPC, EDQUOT, EACCES, EPERM, EROFS)}
REASONS |= {"GatedRepoError": NOT_ALLOWED, "LocalTokenNotFoundError": NOT_ALLOWED}
REASONS |= {"RepositoryNotFoundError": NOT_THERE, "HFValidationError": NOT_THERE}
REASONS |= {401: NOT_ALLOWED, 403: NOT_ALLOWED, 404: NOT_THERE}


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


def cached(source: Source, file: str) -> Path | None:
    """The file in the Hub cache, if it is there at that revision; never touches the network."""
    with _explained(f"“{file}” could not be looked up for {source}"):
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(source.repository, file, revision=source.revision)
        return Path(found) if isinstance(found, str) else None


def download(source: Source, file: str, anew: bool) -> Path:
    """Fetch a file into the Hub cache and return its path; `anew`: in place of what is there."""
    with _explained(f"“{file}” could not be downloaded from {source}"):
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

        # The client itself would try for minutes where nobody answers: ask for the file's head first.
        url = hf_hub_url(source.repository, file, revision=source.revision, endpoint=endpoint())
        get_hf_file_metadata(url, timeout=ANSWER_TIMEOUT)
        fetch = partial(hf_hub_download, revision=source.revision, endpoint=endpoint(), force_download=anew)
        return Path(fetch(source.repository, file))


def publish(folder: Path, repository: str, files: list[str], *, private: bool, message: str) -> str:
    """Upload files of a folder to a model repository, created if need be; returns the commit's hash."""
    with _explained(f"The weights could not be published to {repository}"):
        from huggingface_hub import HfApi

        api = HfApi(endpoint=endpoint())
        api.create_repo(repository, private=private or None, exist_ok=True)
        upload = partial(api.upload_folder, allow_patterns=files, commit_message=message)
        return upload(repo_id=repository, folder_path=folder).oid


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Whatever the client raises within, as a WeightsError that says what failed, why, and what to do."""
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        reasons, detail = [], ""
        while cause is not None:
            status = getattr(getattr(cause, "response", None), "status_code", None)
            kinds = (getattr(cause, "errno", None), type(cause).__name__, status)
            reasons += [REASONS[kind] for kind in kinds if kind in REASONS]
            detail = (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".")
            cause = cause.__cause__ or cause.__context__
        reason = [*reasons, NO_NETWORK][0].format(address=endpoint() or "the Hub", detail=detail)
        raise WeightsError(f"{what}: {reason}") from error
