"""How are many photographs kept together, with what was made of each, and taken home in one file?"""

from __future__ import annotations

import secrets
import shutil
import weakref
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from colorizer.errors import AlbumTooLarge, ColorizerError
from colorizer.photo import FORMATS, Photo
from colorizer.photo.sources import Source, is_zip, zipped
from colorizer.predictors import results
from colorizer.predictors.results import Result
from colorizer.predictors.tiling import Progress

MOST_PICTURES, MOST_GIVEN, MOST_MADE = 500, 2 << 30, 4 << 30  # bytes, of the photographs and of the results
SIDE, COLUMNS = 160, 10  # pixels of a small copy; of the contact sheet
GAP, LABEL = 6, 20  # pixels of a contact sheet, between its cells and for a name above them
BACKGROUND = (32, 32, 32)


@dataclass(eq=False)
class Picture:
    """A photograph of an album.

    name: as it was given. small: the files of its small copy and of its result's. told: what the manifest
    says, once it is done. error: why it can't be; unreadable: whatever is asked.
    """

    source: Source
    name: str
    small: list[Path] = field(default_factory=list)
    told: dict[str, Any] | None = None
    error: Exception | None = None
    unreadable: bool = False


class Album:
    """Photographs and their results, in a folder of its own that is deleted with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures: list[Picture] = []
        self.settings: object = None  # that the results were made with
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def add(self, given: Sequence[Path], progress: Progress) -> None:
        """Take these files over, photographs and zips, and look at each. AlbumTooLarge when they are too
        many, and none is taken in."""
        place, pictures = self.folder / secrets.token_hex(4), list[Picture]()
        for number, file in enumerate(given):
            path = place / str(number) / file.name
            path.parent.mkdir(parents=True)
            file.replace(path)
            try:
                sources = zipped(path) if is_zip(path) else [Source(path)]
            except ColorizerError as error:
                pictures.append(Picture(Source(path), path.name, error=error, unreadable=True))
                continue
            pictures += [Picture(one, str(one).removeprefix(f"{path.parent}/")) for one in sources]
        everything = [picture.source for picture in self.pictures + pictures]
        sizes = [one.member.file_size if one.member else one.path.stat().st_size for one in everything]
        if len(everything) > MOST_PICTURES or sum(sizes) > MOST_GIVEN:
            shutil.rmtree(place)
            raise AlbumTooLarge(
                f"That makes {len(everything)} pictures and {sum(sizes) / 2**30:.1f} GB; an album holds at "
                f"most {MOST_PICTURES} and {MOST_GIVEN >> 30} GB. Give fewer at once."
            )
        self.pictures += pictures
        for number, picture in enumerate(pictures):
            progress(number / len(pictures), picture.name)
            try:
                with picture.source.file() as path:
                    picture.small.append(self._small(Photo.open(path)))
            except ColorizerError as error:
                picture.error, picture.unreadable = picture.error or error, True

    def begin(self, settings: object) -> list[Picture]:
        """The photographs that wait: those that are not done and have not failed, or, with other settings
        than before, all that can be read."""
        if settings != self.settings:
            shutil.rmtree(self.folder / "results", ignore_errors=True)
            for picture in self.pictures:
                picture.told, picture.small = None, picture.small[:1]
                picture.error = picture.error if picture.unreadable else None
        self.settings = settings
        return [picture for picture in self.pictures if not picture.told and not picture.error]

    def make(self, picture: Picture, work: Callable[[Photo], Result], ending: str, format: str) -> None:
        """Make a result, unless it is there, as a file of that format whose name has the ending.
        AlbumTooLarge when there is no room left, PhotoError, and whatever `work` raises."""
        made, source = self.folder / "results", picture.source
        if picture.told:
            return
        if sum(path.stat().st_size for path in made.rglob("*")) > MOST_MADE:
            raise AlbumTooLarge(
                f"The results have {MOST_MADE >> 30} GB, which is all that an album holds. Take them home, "
                "and give the others as another album."
            )
        place = made / source.folder
        place.mkdir(parents=True, exist_ok=True)
        taken = {path.name.casefold() for path in place.iterdir()}
        names = results.numbered(source.stem + ending, FORMATS[format])
        target = place / next(name for name in names if name.casefold() not in taken)
        result, told = results.make(source, target, work, format)
        picture.small.append(self._small(result.photo))
        picture.told = told

    def packed(self) -> Path:
        """A zip of the results, manifest.json and a contact sheet."""
        path, sheet = self.folder / "album.zip", self.folder / "contact-sheet.jpg"
        told = [p.told or results.told(p.source, error=str(p.error or results.MISSED)) for p in self.pictures]
        told = [one | {"name": picture.name} for one, picture in zip(told, self.pictures, strict=True)]
        cells = [(p.name, [_cell(path) for path in p.small]) for p in self.pictures]
        arrange(cells).save(sheet)
        manifest = results.write_manifest(self.folder, told)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # pictures are compressed
            for file in (manifest, sheet):
                archive.write(file, file.name)
            for name in (one["result"] for one in told if one["result"]):
                archive.write(self.folder / "results" / name, name)
        return path

    def _small(self, photo: Photo) -> Path:
        path = self.folder / "small" / f"{secrets.token_hex(8)}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo.preview(SIDE)).save(path)
        return path


def _cell(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return ImageOps.pad(picture, (SIDE, SIDE), color=BACKGROUND)


def arrange(pictures: Sequence[tuple[str, list[Image.Image]]]) -> Image.Image:
    """Named columns of cells (SIDE, SIDE) in bands of COLUMNS, each as high as its highest column."""
    bands = [pictures[first : first + COLUMNS] for first in range(0, len(pictures), COLUMNS)]
    heights = [LABEL + max(len(cells) for _, cells in band) * (SIDE + GAP) + GAP for band in bands]
    width = min(COLUMNS, len(pictures)) * (SIDE + GAP) + GAP
    sheet = Image.new("RGB", (width, sum(heights)), BACKGROUND)
    font, top = ImageFont.load_default(size=13), 0
    for band, height in zip(bands, heights, strict=True):
        for number, (name, cells) in enumerate(band):
            x = GAP + number * (SIDE + GAP)
            label = Image.new("RGB", (SIDE, LABEL), BACKGROUND)  # cuts off what is too long
            ImageDraw.Draw(label).text((0, 3), name, fill=(230, 230, 230), font=font)
            sheet.paste(label, (x, top))
            for row, cell in enumerate(cells):
                sheet.paste(cell, (x, top + LABEL + row * (SIDE + GAP)))
        top += height
    return sheet
