"""Photographs: a file becomes a Photo, a Photo a file. Imports nothing of the package but its errors."""

from colorizer.photo.encode import format_named, writer_of
from colorizer.photo.file_kinds import check_file
from colorizer.photo.photo import FORMATS, LIMITS, SUFFIXES, Limits, Metadata, Photo, Tone, to_bits, turn

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
    "turn",
    "writer_of",
]
