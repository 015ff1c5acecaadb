"""Where do pictures come from? From a folder, a zip that is read in place, or a data set of the Hub.

Pictures of a folder are paths; those of the others are `Packed`, whose bytes are fetched when needed.
"""

from __future__ import annotations

import io
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from colorizer.errors import ColorizerError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
HUB = "hub:"  # as in hub:OWNER/NAME or hub:OWNER/NAME:SPLIT


class DataError(ColorizerError):
    """The data given can't be trained on; the message says why and what to do."""


@dataclass(frozen=True)
class Packed:
    """A picture that is no file of its own."""

    source: str  # the zip or data set
    name: str  # ... and the picture's name in there
    size: int  # bytes, as far as known
    read: Callable[[], bytes]  # OSError when it can't

    def __str__(self) -> str:
        return f"{self.source}/{self.name}"


Picture: TypeAlias = Path | Packed


def find_pictures(source: Path) -> list[Picture]:
    """The pictures of a folder or zip, sorted by name, or of a Hub data set; DataError for anything else."""
    text = source.as_posix()
    if text.startswith(HUB):
        return list(_of_hub(text))
    if source.is_dir():
        return list(sorted(path for path in source.rglob("*") if _is_picture(path.name) and path.is_file()))
    if source.is_file() and source.suffix.lower() == ".zip":
        return list(_of_zip(source))
    raise DataError(
        f"“{source}” is not a folder of pictures, nor a .zip of them, nor a data set like {HUB}OWNER/NAME."
    )


def size_of(picture: Picture) -> int:
    """In bytes."""
    return picture.size if isinstance(picture, Packed) else picture.stat().st_size


def opened(picture: Picture) -> Path | io.BytesIO:
    """What Pillow can open; OSError when the picture's bytes can't be read."""
    return io.BytesIO(picture.read()) if isinstance(picture, Packed) else picture


def _is_picture(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not PurePosixPath(name).name.startswith(".")


def _of_zip(file: Path) -> list[Packed]:
    """Names are only read, never written; the file stays open for as long as its pictures are known."""
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(f"“{file}” can't be read as a zip ({error}). Make it anew.") from None
    lock = threading.Lock()  # one handle for all threads

    def reader(entry: zipfile.ZipInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            try:
                with lock:
                    return archive.read(entry)
            except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # damaged, or encrypted
                raise OSError(str(error) or "it is damaged") from None

        return read

    found = [entry for entry in archive.infolist() if not entry.is_dir() and _is_picture(entry.filename)]
    found.sort(key=lambda entry: entry.filename)
    return [Packed(str(file), entry.filename, entry.file_size, reader(entry)) for entry in found]


def _of_hub(source: str) -> list[Packed]:
    """The images of one split, “train” where none is named; the package keeps its files in its own cache."""
    try:
        import datasets
    except ModuleNotFoundError:
        raise DataError(
            f"“{source}” needs the package datasets, which isn't installed. Run `pip install datasets`."
        ) from None
    name, _, split = source.removeprefix(HUB).partition(":")
    try:
        table = datasets.load_dataset(name, split=split or "train")
    except Exception as error:  # whatever the network, the Hub and the files' formats can raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(
            f"“{source}” can't be loaded: {reason} A split is named as in {HUB}OWNER/NAME:validation."
        ) from None
    columns = [key for key, kind in table.features.items() if isinstance(kind, datasets.Image)]
    if not columns:
        has = ", ".join(table.features) or "no columns"
        raise DataError(f"“{source}” has no column of images ({has}). Choose another data set.")
    table = table.select_columns(columns[:1]).cast_column(columns[0], datasets.Image(decode=False))

    def reader(number: int) -> Callable[[], bytes]:
        return lambda: _content(table[number][columns[0]])

    return [Packed(source, str(number), 0, reader(number)) for number in range(len(table))]


def _content(image: Mapping[str, Any] | None) -> bytes:
    """The bytes of an image that is not decoded: they stand there, or in a file that is named."""
    if image is None:
        raise OSError("there is none")
    content = image["bytes"]
    return bytes(content) if content is not None else Path(image["path"]).read_bytes()
