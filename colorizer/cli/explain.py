"""What was done to a photograph? Its metadata in plain words: `python -m colorizer explain FILE...`"""

from __future__ import annotations

import argparse
from pathlib import Path

from colorizer.cli.options import Subparsers, add_command
from colorizer.cli.terminal import Progress, for_each
from colorizer.photo import Photo
from colorizer.photo.sources import Source
from colorizer.predictors.explain import explained


def add_commands(subparsers: Subparsers) -> None:
    """Add `explain`."""
    parser = add_command(subparsers, "explain", run_explain, "say in plain words what was done to a picture")
    parser.add_argument("files", nargs="+", metavar="FILE", help="pictures that this program made")


def run_explain(args: argparse.Namespace) -> int:
    """`explain`: 0 only if every file could be read."""

    def told(file: Source, _: Progress) -> list[str]:
        return [f"{file}:", *(f"    {line}" for line in explained(Photo.open(file.path).metadata))]

    return 1 if for_each([Source(Path(name)) for name in args.files], told) else 0
