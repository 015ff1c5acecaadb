"""Which weight files are there, in which version and with which hash? weights/manifest.json says:

    {"format": 1, "repository": null, "revision": null,
     "files": {"unet": {"file": "unet.safetensors", "version": "1.0.0", "sha256": "...", "bytes": 123,
                        "task": "colorize", "card": "unet.md"}}}

`repository` and `revision` say where on the Hugging Face Hub the files are published; both null: nowhere.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

from colorizer.errors import WeightsError

INSTALLED = Path(__file__).with_name("files")  # where pip puts what is in weights/
WEIGHTS_DIR = INSTALLED if INSTALLED.is_dir() else Path(__file__).resolve().parents[2] / "weights"
FILE = "manifest.json"
FORMAT = 1
PULL = "python -m colorizer weights pull"

# What every value of an entry has to match. Names become paths: no separators in them, and no dot in front.
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
FORMS = {"name": rf"{NAME}(?<!\.safetensors)", "file": rf"{NAME}\.safetensors", "card": rf"({NAME})?"}
FORMS |= {"version": r"\S.*", "task": r"\S.*", "sha256": r"[0-9a-f]{64}", "bytes": r"[1-9][0-9]*"}


@dataclass(frozen=True)
class Entry:
    """One weight file: what the program calls it, its file name, its version, its SHA-256 (64 digits 0-9a-f),
    its size, its task, and the model card beside it ("": none). WeightsError for what can't be."""

    name: str
    file: str
    version: str
    sha256: str
    bytes: int
    task: str
    card: str = ""

    def __post_init__(self) -> None:
        for key, form in FORMS.items():
            value = getattr(self, key)
            if type(value) is not (int if key == "bytes" else str) or not re.fullmatch(form, str(value)):
                raise WeightsError(f"The {key} of the weights “{self.name}” can't be {value!r}.")


@dataclass(frozen=True)
class Manifest:
    """All entries by name, and the Hub repository that the files are published in, at which revision."""

    repository: str | None = None
    revision: str | None = None
    files: dict[str, Entry] = field(default_factory=dict)


def weights_dir() -> Path:
    """Where manifest and weight files are: COLORIZER_WEIGHTS_DIR, else weights/ beside the code."""
    chosen = os.environ.get("COLORIZER_WEIGHTS_DIR", "").strip()
    return Path(chosen).expanduser() if chosen else WEIGHTS_DIR


def read() -> Manifest:
    """The manifest of the weights folder; WeightsError when it is missing or doesn't say what it should."""
    path = weights_dir() / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise WeightsError(f"Its format is {content['format']!r}, and this version reads {FORMAT}.")
        files = {name: Entry(name, **values) for name, values in sorted(content["files"].items())}
        return Manifest(content.get("repository"), content.get("revision"), files)
    except OSError as error:
        raise WeightsError(
            f"The list of weights “{path}” can't be read ({error.strerror or error}). "
            "Set COLORIZER_WEIGHTS_DIR to the folder that holds it."
        ) from error
    except (WeightsError, ValueError, KeyError, TypeError, AttributeError) as error:
        fault = str(error) if isinstance(error, WeightsError) else repr(error)
        raise WeightsError(f"“{path}” is not a list of weights. Correct it there: {fault}") from error


def write(manifest: Manifest) -> None:
    """Write the manifest, sorted and indented, in one step: nobody ever reads half of it."""
    content = {"format": FORMAT, **asdict(manifest)}
    for values in content["files"].values():
        del values["name"]  # it is the key
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_whole(weights_dir() / FILE, lambda target: target.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it; a failure leaves what was there."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise WeightsError(f"“{path}” can't be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
