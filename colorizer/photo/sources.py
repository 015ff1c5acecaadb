"""Which photographs were given? Files, and those in a zip, each taken out only for as long as it is read."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from colorizer.errors import UnreadablePhoto
from colorizer.photo.formats import LIMITS, SUFFIXES, check_bytes, shown

NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')  # what some system doesn't allow in a file's name


@dataclass(frozen=True)
class Source:
    """A photograph that was given: a file, or a member of the zip that `path` is. Its result belongs into
    `folder`, below that of all results."""

    path: Path
    folder: Path = Path()
    archive: zipfile.ZipFile | None = None
    member: zipfile.ZipInfo | None = None

    def __str__(self) -> str:
        return f"{self.path}/{self.member.filename}" if self.member else str(self.path)

    @property
    def name(self) -> str:
        return _parts(self.member.filename)[-1] if self.member else self.path.name

    @property
    def stem(self) -> str:
        return Path(self.name).stem

    @contextmanager
    def file(self) -> Iterator[Path]:
        """The file, or a copy of the member that goes again; UnreadablePhoto or PhotoTooLarge when there can
        be none. What is in it isn't looked at."""
        if self.archive is None or self.member is None:
            yield self.path
            return
        check_bytes(self.name, self.member.file_size, LIMITS)  # zipfile gives no more than a member announces
        with tempfile.TemporaryDirectory(prefix="colorizer-", ignore_cleanup_errors=True) as folder:
            copy = Path(folder, self.name)
            try:
                with self.archive.open(self.member) as packed, copy.open("xb") as file:
                    shutil.copyfileobj(packed, file)
            except Exception as error:  # zipfile raises almost anything when a zip is damaged
                raise UnreadablePhoto(
                    f"“{shown(copy)}” can't be taken out of “{shown(self.path)}” ({error}). "
                    "Try another copy, or unpack it yourself."
                ) from None
            yield copy


def is_zip(path: Path) -> bool:
    """Whether a file is taken for a zip, by its name."""
    return path.suffix.lower() == ".zip" and path.is_file()


def zipped(path: Path) -> list[Source]:
    """The pictures in a zip and its folders, sorted by name; UnreadablePhoto when it can't be read.

    Hidden ones don't count. No name leads out of the folder that the results are put into.
    """
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:
        why = getattr(error, "strerror", None) or error
        raise UnreadablePhoto(f"“{shown(path)}” can't be read as a zip ({why}). Try another copy.") from None
    found = []
    for member in sorted(archive.infolist(), key=lambda member: member.filename):
        parts = _parts(member.filename)
        hidden = any(part[0] == "." or part == "__MACOSX" for part in parts)
        if parts and not hidden and not member.is_dir() and Path(parts[-1]).suffix.lower() in SUFFIXES:
            found.append(Source(path, Path(*parts[:-1]), archive, member))
    return found


def _parts(name: str) -> list[str]:
    """The folders and the file of a member's name, of which none leads upwards or to another disk."""
    return [NOT_IN_NAMES.sub("_", part) for part in re.split(r"[/\\]", name) if part.strip(". ")]
