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
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

from colorizer.errors import WeightsError

WEIGHTS_DIR = Path(__file__).resolve().parents[2] / "weights"
MANIFEST = "manifest.json"
FORMAT = 1

# A name becomes a path in the weights folder and on the Hub: no separators, and no dot in front.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """One weight file: what the program calls it, its file name, its version, its hash and its size.

    sha256: 64 lower-case hexadecimal digits. card: file name of the model card beside it, "" for none.
    """

    name: str
    file: str
    version: str
    sha256: str
    bytes: int
    task: str
    card: str = ""


@dataclass(frozen=True)
class Manifest:
    """All entries by name, and the Hub repository that the files are published in, at which revision."""

    repository: str | None = None
    revision: str | None = None
    files: Mapping[str, Entry] = field(default_factory=dict)


def weights_dir() -> Path:
    """Where manifest and weight files are: COLORIZER_WEIGHTS_DIR, else weights/ beside the code."""
    chosen = os.environ.get("COLORIZER_WEIGHTS_DIR", "").strip()
    return Path(chosen).expanduser() if chosen else WEIGHTS_DIR


def read_manifest() -> Manifest:
    """The manifest of the weights folder; WeightsError when it is missing or doesn't say what it should."""
    path = weights_dir() / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WeightsError(
            f"There is no list of weights “{path}”. Set COLORIZER_WEIGHTS_DIR to the folder that holds it."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"The list of weights “{path}” can't be read: {error}.") from error
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{error.msg} in line {error.lineno}"
        raise WeightsError(f"“{path}” is not JSON: {place}. Correct it there.") from error
    try:
        return _parse(content)
    except ValueError as error:
        raise WeightsError(f"“{path}” is not a list of weights: {error}. Correct it there.") from error


def write_manifest(manifest: Manifest) -> None:
    """Write the manifest, sorted and indented, in one step: nobody ever reads half of it."""
    files = {name: asdict(entry) for name, entry in manifest.files.items()}
    for values in files.values():
        del values["name"]  # it is the key
    content = {
        "format": FORMAT,
        "repository": manifest.repository,
        "revision": manifest.revision,
        "files": files,
    }
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_whole(weights_dir() / MANIFEST, lambda target: target.write_text(text, encoding="utf-8"))


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


def _parse(content: object) -> Manifest:
    """The manifest in parsed JSON; ValueError with the rest of a sentence when it isn't one."""
    if not isinstance(content, dict):
        raise ValueError("it is not an object {…}")
    if content.get("format") != FORMAT:
        raise ValueError(f"its “format” is {content.get('format')!r}, and this version reads {FORMAT}")
    files = content.get("files")
    if not isinstance(files, dict):
        raise ValueError("“files” is missing or not an object {…}")
    entries = {name: _entry(name, values) for name, values in files.items()}
    return Manifest(_optional_text(content, "repository"), _optional_text(content, "revision"), entries)


def _entry(name: str, values: object) -> Entry:
    if not NAME.fullmatch(name):
        raise ValueError(f"“{name}” can't be a name; use letters, digits, dots, hyphens and underscores")
    if not isinstance(values, dict):
        raise ValueError(f"“{name}” is not an object {{…}}")
    texts = {}
    for key in ("file", "version", "sha256", "task"):
        if not isinstance(values.get(key), str) or not values[key]:
            raise ValueError(f"“{name}” lacks “{key}”, which is a text")
        texts[key] = values[key]
    if not NAME.fullmatch(texts["file"]) or not texts["file"].endswith(".safetensors"):
        raise ValueError(f"“file” of “{name}” is not a plain file name that ends in .safetensors")
    if not HASH.fullmatch(texts["sha256"]):
        raise ValueError(f"“sha256” of “{name}” is not 64 digits 0-9a-f")
    size = values.get("bytes")
    if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
        raise ValueError(f"“bytes” of “{name}” is not a positive whole number")
    card = values.get("card") or ""
    if not isinstance(card, str) or (card and not NAME.fullmatch(card)):
        raise ValueError(f"“card” of “{name}” is not a plain file name")
    return Entry(name=name, bytes=size, card=card, **texts)


def _optional_text(content: dict[str, object], key: str) -> str | None:
    value = content.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"“{key}” is neither null nor a text")
    return value.strip() or None if value else None
