"""The command line: one file a command; they share options.py and batch.py. Imports all but the page."""

from colorizer.cli.commands import build_parser, main

__all__ = ["build_parser", "main"]
