"""How do commands and options come into the parser? An option for each field of the task's settings."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TypeAlias, TypeVar

from colorizer.predictors.settings import Settings

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run = Callable[[argparse.Namespace], int]  # parsed arguments in, exit status out
T = TypeVar("T")


def add_command(
    subparsers: Subparsers, name: str, run: Run, text: str, about: str = ""
) -> argparse.ArgumentParser:
    """A command of that name, which does `run`."""
    parser = subparsers.add_parser(name, help=text, description=about or f"{text[0].upper()}{text[1:]}.")
    parser.set_defaults(run=run)
    return parser


def add_photo_command(
    subparsers: Subparsers, name: str, run: Run, text: str, about: str = ""
) -> argparse.ArgumentParser:
    """A command that makes new photographs out of given ones: IN..., --output, --format, --quality."""
    parser = add_command(subparsers, name, run, text, about)
    add = parser.add_argument
    add("inputs", nargs="+", metavar="IN", help="photographs, or folders of them")
    add("-o", "--output", required=True, metavar="OUT", help="a file for one photograph, else a folder")
    add("--format", type=str.upper, help="of the results; default: what OUT's name says, or PNG")
    add("--quality", type=int, default=95, metavar="N", help="of JPEG; 1 to 100, default 95")
    return parser


def add_settings(parser: argparse._ActionsContainer, kind: type[Settings], texts: Mapping[str, str]) -> None:
    """An option for each field that has a text, which choices, range and default are added to.

    Where the default is None, the text says what that means, behind “; default ”.
    """
    known = {field.name: (field.default, str(field.type)) for field in fields(kind)}
    for name, text in texts.items():
        flag, (default, type_) = f"--{name.replace('_', '-')}", known[name]
        if default is False:
            parser.add_argument(flag, action="store_true", help=text)
        elif name in kind.CHOICES:
            help = f"{text}; default {default}"
            parser.add_argument(flag, choices=kind.CHOICES[name], default=default, help=help)
        else:
            number, metavar = (int, "N") if "int" in type_ else (float, "X")
            low, high = kind.RANGES[name]
            text, _, told = text.partition("; default ")
            help = f"{text}; {low:.10g} to {high:.10g}, default {told or f'{default:g}'}"
            parser.add_argument(flag, type=number, default=default, metavar=metavar, help=help)


def read_settings(args: argparse.Namespace, kind: type[T]) -> T:
    """An object of that dataclass with what was given; SettingsError for a value out of its range."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: getattr(args, name) for name in names if hasattr(args, name)})
