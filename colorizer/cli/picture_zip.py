"""How are thousands of pictures made into one zip, so that stopping and starting again loses nothing?

Finished pictures wait as files in a folder beside the zip; the zip itself appears at the end, whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from colorizer.errors import ColorizerError
from colorizer.photo import LIMITS, check_file


def key_of(source: Path, made_by: str) -> str:
    """Tells a picture's file, as it is now, and what is made of it from all others; PhotoError when it can't
    be read."""
    check_file(source, LIMITS)
    about = source.stat()
    text = f"{source.resolve()}\n{about.st_size}\n{about.st_mtime_ns}\n{made_by}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


class PictureZip:
    """A zip under way; ColorizerError when its place can't be written to."""

    def __init__(self, target: Path) -> None:
        if target.is_dir():
            raise ColorizerError(f"“{target}” is a folder, so no zip can be written there. Name another.")
        self.target = target
        self.folder = target.with_name(f"{target.name}.parts")
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Where the picture of that key is, once it is finished."""
        return self.folder / key

    def finish(self, keys: Mapping[str, str]) -> None:
        """Write the zip of these pictures, by their names in it, and put the folder away."""
        temporary = self.target.with_name(f".{self.target.name}.tmp")
        with self._writing():
            try:
                with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:  # JPEGs are compressed
                    for name, key in keys.items():
                        archive.write(self.path(key), name)
                os.replace(temporary, self.target)
            finally:
                temporary.unlink(missing_ok=True)
            shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ColorizerError(f"“{self.target}” can't be written ({error.strerror}).") from None
