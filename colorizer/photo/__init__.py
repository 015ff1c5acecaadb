"""Photographs: a file becomes a Photo, a Photo a file. Imports nothing of the package but its errors."""

from colorizer.photo.photo import FORMATS, LIMITS, SUFFIXES, Limits, Metadata, Photo, Tone, to_bits, turn

__all__ = ["FORMATS", "LIMITS", "SUFFIXES", "Limits", "Metadata", "Photo", "Tone", "to_bits", "turn"]
