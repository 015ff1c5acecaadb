"""What can a person type after `python -m colorizer`? The commands, and which exit status an error becomes.

A command's file is imported only when that command is asked for, and imports torch only when it runs; so
--help answers at once. Exit status: 0 all went well, 1 something failed and was named on stderr, 2 the
command can't be understood, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

import colorizer
from colorizer import interrupts
from colorizer.errors import Cancelled, ColorizerError

TASKS = ("restore", "colorize", "upscale", "stylize", "restyle")
# Each with the module here whose `add_commands` adds it to the parser.
COMMANDS = dict.fromkeys(TASKS, "tasks") | {
    name: name for name in ("explain", "again", "mcp", "evaluate", "train", "weights")
}


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these arguments: with the one command that they name, or with all if they name none."""
    parser = argparse.ArgumentParser(
        prog="python -m colorizer",
        description="Colour, enlarge and paint photographs. Everything runs on this machine.",
    )
    parser.add_argument("--version", action="version", version=f"colorizer {colorizer.__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    named = [word for word in arguments if not word.startswith("-")][:1]
    asked = named if named and named[0] in COMMANDS else COMMANDS
    for module in dict.fromkeys(COMMANDS[name] for name in asked):
        import_module(f"colorizer.cli.{module}").add_commands(subparsers)
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
