"""What can go wrong, as types that a caller can tell apart?

Every message is a sentence (or two) for the person at the page or the terminal: what was wrong, with which
value, and what to do. Code that shows an error shows ``str(error)`` and nothing else.
"""

from __future__ import annotations


class ColorizerError(Exception):
    """The base of everything that the package raises on purpose; its text is meant for a person."""


class PhotoError(ColorizerError):
    """A photo could not be read or written."""


class UnreadablePhoto(PhotoError):
    """The file is missing, forbidden, empty, cut short, damaged, or no picture at all."""


class UnsupportedPhoto(PhotoError):
    """The file is a picture, but of a kind that is not read (SVG, floating-point TIFF, HEIC without its
    plugin)."""


class PhotoTooLarge(PhotoError):
    """The file, its pixels, one of its sides or what it would become is beyond the limits, which is found
    before any work on pixels, or beyond the memory that there is."""


class PhotoNotSaved(PhotoError):
    """The result could not be written: unknown format, no such folder, full disk, picture too big for the
    format."""


class AlbumTooLarge(ColorizerError):
    """These are more photographs, or larger results, than are kept at once."""


class WeightsError(ColorizerError):
    """A weight file is missing, has the wrong hash, is not safetensors, or belongs to another network."""


class SettingsError(ColorizerError):
    """A setting is out of its range or unknown."""


class Cancelled(ColorizerError):
    """The person asked to stop; nothing is wrong."""

    def __init__(self, message: str = "Stopped, as you asked.") -> None:
        super().__init__(message)
