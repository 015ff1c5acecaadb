"""Which files does the page write? Those that the browser shows, and the one that a person takes home.

They go where Gradio keeps uploads, each in a folder whose name cannot be guessed, and are deleted with them:
after an hour, or earlier where all of them take more than COLORIZER_CACHE_MB.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
from gradio.utils import get_upload_folder
from PIL import Image

from colorizer.errors import SettingsError
from colorizer.photo import FORMATS, Photo, to_bits
from colorizer.predictors.results import ENDINGS as ENDINGS
from colorizer.ui.work import held, spared

CACHE_MB = 2048  # of uploads and results, all visitors together
YOUNG = 120  # seconds, in which a file is on its way to a page
_looked = -float("inf")  # when there was last made room: looking takes longer than a small correction
SHOWN_PIXELS = 24_000_000  # beyond it a browser on a phone gives up
SURROUND = 117  # the mid-grey of the result area, under transparent pixels
BROWSERS_SHOW = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"})


def new_path(name: str) -> Path:
    """A path for a file of that name in a fresh folder of Gradio's cache."""
    global _looked
    if time.monotonic() > _looked + YOUNG / 4:
        make_room()
        _looked = time.monotonic()
    folder = Path(get_upload_folder()) / secrets.token_hex(16)
    folder.mkdir(parents=True)
    return folder / name


def make_room() -> None:
    """Delete the oldest of Gradio's cache until it has room, earlier results last: nothing young, and nothing
    that is on an open page."""
    told = os.environ.get("COLORIZER_CACHE_MB", CACHE_MB)
    try:
        most = float(told) * 1e6
    except ValueError:
        raise SettingsError(f"COLORIZER_CACHE_MB is “{told}”, but must be a number of megabytes.") from None
    found, kept, last = [], held(), spared()
    for folder in Path(get_upload_folder()).glob("*"):
        with suppress(FileNotFoundError):  # others delete as well
            files = [path.stat() for path in folder.rglob("*")]
            used = max((about.st_mtime for about in files), default=folder.stat().st_mtime)
            found.append((folder in last, used, sum(about.st_size for about in files), folder))
    left = sum(size for *_, size, _ in found)
    for _, used, size, folder in sorted(found):
        if left <= most:
            return
        if folder not in kept and time.time() - used >= YOUNG:
            shutil.rmtree(folder, ignore_errors=True)
            left -= size


def is_upload(path: str) -> bool:
    """Whether a file lies where uploads are put; a browser could name any other file of this machine."""
    return Path(path).resolve().is_relative_to(Path(get_upload_folder()).resolve())


def shown_side(photo: Photo) -> int:
    """The long side in pixels at which a photo is shown: its own, unless it is too large for a browser."""
    share = min(1.0, (SHOWN_PIXELS / (photo.width * photo.height)) ** 0.5)
    return int(max(photo.width, photo.height) * share)


def shown_pixels(photo: Photo, side: int = 0) -> np.ndarray:
    """uint8 (h, w, 3) for the screen: full size up to SHOWN_PIXELS, or that long side; transparency laid over
    the surround."""
    side = min(side or shown_side(photo), shown_side(photo))
    rgb = photo.preview(side) if side < max(photo.width, photo.height) else to_bits(photo.rgb, 8)
    if photo.alpha is None:
        return rgb
    size = rgb.shape[1], rgb.shape[0]
    opacity = to_bits(cv2.resize(photo.alpha, size, interpolation=cv2.INTER_AREA), 8)
    surround = Image.new("RGB", size, (SURROUND,) * 3)
    return np.asarray(Image.composite(Image.fromarray(rgb), surround, Image.fromarray(opacity)))


def plainly_enlarged(photo: Photo, size: tuple[int, int]) -> np.ndarray:
    """uint8 (h, w, 3) of that (width, height): what bicubic interpolation makes of a photo.

    Pillow's, which is resampling.enlarge but for rounding on the way and needs a quarter of the memory.
    """
    return np.asarray(Image.fromarray(shown_pixels(photo)).resize(size, Image.Resampling.BICUBIC))


def beside_plain(photo: Photo, result: Photo) -> tuple[str, str]:
    """Two files of one size for the slider: what bicubic interpolation makes of a photo, and the result."""
    after = shown_pixels(result)
    before = plainly_enlarged(photo, (after.shape[1], after.shape[0]))
    return write_shown(before, "before"), write_shown(after, "after")


def veiled(pixels: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The picture (h, w, 3) with a grey veil where confidence (any size, 0..1) is low."""
    size = pixels.shape[1], pixels.shape[0]
    low, high = np.percentile(confidence, (2, 98))
    doubt = np.clip((high - confidence) / max(high - low, 0.05), 0, 1)
    doubt = np.asarray(Image.fromarray(doubt.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
    return np.rint(pixels + 0.85 * doubt[..., None] * (SURROUND - pixels)).astype(np.uint8)


def kept_pair(pair: tuple[str, str], photo: Photo, result: Photo) -> tuple[str, str]:
    """The files of a slider; others where they have been deleted meanwhile."""
    there = all(Path(path).exists() for path in pair)
    return pair if there else beside_plain(photo, result)


def write_shown(pixels: np.ndarray, name: str) -> str:
    """Write a picture for the screen as a JPEG (quality 95, full chroma); its path."""
    path = new_path(f"{name}.jpg")
    Image.fromarray(pixels).save(path, quality=95, subsampling=0)
    return str(path)


def address(path: str) -> str:
    """Where a browser finds a file that Gradio keeps."""
    return f"gradio_api/file={quote(path)}"


def kept_shown(path: str, photo: Photo) -> str:
    """The file that shows a photo; written anew where the old one has been deleted meanwhile."""
    return path if Path(path).exists() else write_shown(shown_pixels(photo), Path(path).stem)


def write_result(
    photo: Photo, kind: str, ending: str, made_by: Mapping[str, object], quality: int = 95
) -> str:
    """Write grandmother-colorized.png from grandmother.jpg, with what made it inside; its path."""
    path = new_path(f"{photo.name}{ending}{FORMATS[kind]}")
    photo.save(path, format=kind, quality=quality, settings=made_by)
    return str(path)
