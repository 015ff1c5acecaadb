"""How are thousands of pictures made into one zip, so that stopping and starting again loses nothing?

Finished pictures wait as files in a folder beside the zip; the zip itself appears at the end, whole.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from colorizer.errors import ColorizerError

Make = Callable[[Path], bytes]


class PictureZip:
    """A zip under way. ColorizerError when its place can't be written to."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.with_name(f"{target.name}.parts")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ColorizerError(f"The folder “{self.folder}” can't be made ({error.strerror}).") from None

    def has(self, name: str) -> bool:
        """Whether a picture of that name is finished."""
        return (self.folder / name).is_file()

    def add(self, name: str, data: bytes) -> None:
        """Keep a finished picture; it appears whole or not at all."""
        temporary = self.folder / f".{name}.tmp"
        temporary.write_bytes(data)
        os.replace(temporary, self.folder / name)

    def finish(self, names: Iterable[str]) -> None:
        """Write the zip of these pictures, uncompressed (JPEGs are compressed), and put the folder away."""
        temporary = self.target.with_name(f".{self.target.name}.tmp")
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name in names:
                archive.write(self.folder / name, name)
        os.replace(temporary, self.target)
        shutil.rmtree(self.folder)
