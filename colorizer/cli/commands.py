"""What can a person type after `python -m colorizer`? The commands, and which exit status an error becomes.

Each command lives in a file of its own that is imported only when that command is asked for, and that imports
torch only when it runs; so --help answers at once. Exit status: 0 all went well, 1 something failed and was
named on stderr, 2 the command can't be understood, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

import colorizer
from colorizer import interrupts
from colorizer.errors import Cancelled, ColorizerError

# Each is a module here, and adds itself to the parser with its function add_NAME_commands.
COMMANDS = (
    *("restore", "colorize", "upscale", "stylize", "restyle"),
    *("explain", "again", "evaluate", "train", "weights"),
)


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these arguments: with the one command that they name, or with all if they name none."""
    parser = argparse.ArgumentParser(
        prog="python -m colorizer",
        description="Colour, enlarge and paint photographs. Everything runs on this machine.",
    )
    parser.add_argument("--version", action="version", version=f"colorizer {colorizer.__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    named = [word for word in arguments if not word.startswith("-")][:1]
    for command in named if named and named[0] in COMMANDS else COMMANDS:
        module = import_module(f"colorizer.cli.{command}")
        getattr(module, f"add_{command}_commands")(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; SystemExit for --help and for what can't be understood."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a file's name need not fit the terminal's encoding
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if argv is None else list(argv)
    args = build_parser(arguments).parse_args(arguments)
    try:
        with interrupts.noted():
            return int(args.run(args))
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except ColorizerError as error:
        print(error, file=sys.stderr)
        return 130 if isinstance(error, Cancelled) else 1
