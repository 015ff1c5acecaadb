"""How do commands and options come into the parser? An option for each field of the task's settings."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TypeAlias, TypeVar

from colorizer.predictors.settings import Settings, described

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run = Callable[[argparse.Namespace], int]  # parsed arguments in, exit status out
T = TypeVar("T")


def add_command(subparsers: Subparsers, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    """A command of that name, which does `run`."""
    parser = subparsers.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.set_defaults(run=run)
    return parser


def add_photo_command(subparsers: Subparsers, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    """A command that makes new photographs out of given ones: IN..., --output, --format, --quality."""
    parser = add_command(subparsers, name, run, text)
    add = parser.add_argument
    add("inputs", nargs="+", metavar="IN", help="photographs, or folders or zips of them")
    add("-o", "--output", required=True, metavar="OUT", help="a file for one photograph, else a folder")
    add("--format", type=str.upper, help="of the results; default: what OUT's name says, or PNG")
    add("--quality", type=int, default=95, metavar="N", help="of JPEG; 1 to 100, default 95")
    add("--credentials", metavar="CERT.pem", help="sign results as Content Credentials with this certificate")
    add("--key", metavar="KEY.pem", help="the private key of --credentials")
    add("--caption", metavar="TEXT", help="a line of text below the picture, such as “Colourised”")
    add("--recursive", action="store_true", help="folders below, too, each into its like in OUT")
    add("--skip-existing", action="store_true", help="go on: photographs whose results are in OUT are left")
    add("--jobs", type=int, default=1, metavar="N", help="photographs at once, each takes memory; default 1")
    add("--cluster", metavar="ADDRESS", help="of a Dask scheduler whose workers do it, on a shared disk")
    add("--manifest", action="store_true", help="list all results, and what made them, in OUT/manifest.json")
    return parser


def add_settings(
    parser: argparse._ActionsContainer, kind: type[Settings], names: Sequence[str] | None = None
) -> None:
    """An option for each field, or for those of these names: its help is what the docstring says of it."""
    texts = described(kind)
    for field in fields(kind):
        if names and field.name not in names:
            continue
        flag, default = f"--{field.name.replace('_', '-')}", field.default
        help = texts[field.name]
        if default is False:
            parser.add_argument(flag, action="store_true", help=help)
        elif field.name in kind.CHOICES:
            parser.add_argument(flag, choices=kind.CHOICES[field.name], default=default, help=help)
        elif field.name in kind.RANGES:
            number, metavar = (int, "N") if "int" in str(field.type) else (float, "X")
            parser.add_argument(flag, type=number, default=default, metavar=metavar, help=help)


def read_settings(args: argparse.Namespace, kind: type[T]) -> T:
    """An object of that dataclass with what was given; SettingsError for a value out of its range."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: getattr(args, name) for name in names if hasattr(args, name)})
