"""How does each of many photographs become a result, and what is told of it afterwards?

A result's file says of which photograph it is, so that work that was interrupted can go on; manifest.json
lists them all. The command line and the page stand on this alike.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image
from PIL.ExifTags import Base

import colorizer
from colorizer.errors import PhotoError
from colorizer.photo import FORMATS, LIMITS, Photo, check_file, with_caption
from colorizer.photo.provenance import networks, steps_in
from colorizer.photo.sources import Source
from colorizer.photo.tags import DETAILS, UNDEFINED
from colorizer.predictors.settings import Settings

MANIFEST = "manifest.json"
MISSED = "It was not reached."
ENDINGS = {
    "restore": "-restored",
    "colorize": "-colorized",
    "upscale": "-x4",
    "stylize": "-painted",
    "restyle": "-styled",
    "texture": "-texture",
}  # of a result's name, by what was done
ORIGINAL = "original"  # the name, among a result's settings, of the SHA-256 of the photograph's file


@dataclass(frozen=True)
class FileSettings(Settings):
    """How a result is written; SettingsError for a value out of range.

    format: of the file: "PNG", "JPEG", "WebP", "TIFF" or "AVIF".
    quality: of JPEG, WebP and AVIF, 1..100.
    caption: a line of text below the picture, such as “Colourised”.
    """

    CHOICES: ClassVar = {"format": tuple(FORMATS)}
    RANGES: ClassVar = {"quality": (1, 100)}

    format: str = "PNG"
    quality: int = 95
    caption: str | None = None


@dataclass(frozen=True)
class Job:
    """A photograph that waits, and where its result goes."""

    source: Source
    target: Path

    @property
    def name(self) -> str:
        return self.source.name


@dataclass(frozen=True)
class Result:
    """What became of a photograph: the new one, the settings to write into its file, and a note to the person
    beside the photograph's own."""

    photo: Photo
    settings: Mapping[str, object]
    note: str = ""

    def captioned(self, text: str | None) -> Result:
        """The same with a line of text below the picture, if there is one."""
        if text is None:
            return self
        return Result(with_caption(self.photo, text), {**self.settings, "caption": text}, self.note)


def make(
    source: Source,
    target: Path,
    work: Callable[[Photo], Result],
    format: str | None = None,
    quality: int = 95,
) -> tuple[Result, dict[str, Any]]:
    """Do the work to a photograph and save the result; also returns what `told` says of it. PhotoError and
    whatever `work` raises."""
    began = time.perf_counter()
    with source.file() as path:
        photo, original = Photo.open(path), sha256(path)
    result = work(photo)
    settings = {**result.settings, ORIGINAL: original}
    result.photo.save(target, format=format, quality=quality, settings=settings)
    size, seconds = (result.photo.width, result.photo.height), time.perf_counter() - began
    return result, told(source, target.name, settings, size, round(seconds, 2))


def told(
    source: Source,
    result: str = "",
    settings: Mapping[str, object] | None = None,
    size: tuple[int, int] | None = None,
    seconds: float | None = None,
    error: str = "",
) -> dict[str, Any]:
    """What a manifest says of a photograph. result: its file's name. size: its width and height."""
    made_by = dict(settings or {})
    return {
        "name": str(source),
        "sha256": made_by.pop(ORIGINAL, None),
        "result": (source.folder / result).as_posix() if result else None,
        "width": size[0] if size else None,
        "height": size[1] if size else None,
        "weights": weights_of(made_by),
        "hints": made_by.pop("hints", []),
        "settings": made_by,
        "seconds": seconds,
        "error": error or None,
    }


def told_by_file(source: Source, path: Path) -> dict[str, Any]:
    """The same of a result that was there already, as far as its file says it."""
    with Image.open(path) as image:
        return told(source, path.name, settings_in(path), image.size)


def numbered(name: str, suffix: str) -> Iterator[str]:
    """The names that a result may have, where others have the first ones: a.png, a-2.png, a-3.png..."""
    yield name + suffix
    for number in count(2):
        yield f"{name}-{number}{suffix}"


def result_of(source: Source, results: Sequence[Path]) -> Path | None:
    """The first of these files that was made of the photograph as it is now; None where none was."""
    if not results:
        return None
    try:
        with source.file() as path:
            check_file(path, LIMITS)
            original = sha256(path)
    except PhotoError:
        return None
    return next((path for path in results if settings_in(path).get(ORIGINAL) == original), None)


def settings_in(path: Path) -> dict[str, Any]:
    """What is written into a result's file of how it was made; nothing where nothing can be read."""
    try:
        with Image.open(path) as image:
            comment = image.getexif().get_ifd(DETAILS)[Base.UserComment]
    except Exception:  # it may be any file
        return {}
    steps = steps_in({DETAILS: {Base.UserComment: (UNDEFINED, comment)}})
    return dict(steps[-1]) if steps else {}


def weights_of(made_by: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """Name, version and SHA-256 of the weights that took part in making a result of these settings."""
    hashes: Mapping[str, str] = made_by.get("sha256", {})
    named = networks(made_by).items() if made_by else ()
    return [{"name": name, "version": version, "sha256": hashes.get(name)} for name, version in named]


def write_manifest(folder: Path, pictures: Iterable[Mapping[str, Any]]) -> Path:
    """Write the list of what `told` said of them into the folder, whole; ColorizerError when that fails."""
    from colorizer.weights.manifest import write_whole  # brings torch

    content = {"format": 1, "program": f"colorizer {colorizer.__version__}", "pictures": list(pictures)}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    # Of a file's name that is no text, the escaped bytes are JSON all the same.
    write_whole(folder / MANIFEST, lambda path: path.write_bytes(text.encode("utf-8", "backslashreplace")))
    return folder / MANIFEST


def is_ours(path: Path) -> bool:
    """Whether a manifest may be written there: over none, or over one of this program."""
    try:
        return not path.exists() or str(json.loads(path.read_bytes())["program"]).startswith("colorizer ")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def sha256(path: Path) -> str:
    """Of a file that was found to be within the limits."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return hashlib.sha256(data).hexdigest()
