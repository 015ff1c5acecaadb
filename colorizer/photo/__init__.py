"""Photographs: a file becomes a Photo, a Photo a file. Imports nothing of the package but its errors."""

from colorizer.photo.caption import with_caption
from colorizer.photo.formats import FORMATS, LIMITS, SUFFIXES, Limits, check_file, format_named, writer_of
from colorizer.photo.metadata import Metadata
from colorizer.photo.photo import Photo, to_bits
from colorizer.photo.tone import Tone

__all__ = [
    "FORMATS",
    "LIMITS",
    "SUFFIXES",
    "Limits",
    "Metadata",
    "Photo",
    "Tone",
    "check_file",
    "format_named",
    "to_bits",
    "with_caption",
    "writer_of",
]
