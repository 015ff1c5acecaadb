"""How does a person look after the weight files from the terminal? `python -m colorizer weights COMMAND`"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

REPO = "the Hub repository (default: COLORIZER_HUB_REPO, else the manifest's)"
Parsers = Any  # argparse has no public name for what add_subparsers() returns


def add_weights_commands(subparsers: Parsers) -> None:
    """Add `weights` and its commands; each sets `run`, from the parsed arguments to an exit status."""
    weights = subparsers.add_parser("weights", help="list, check, fetch and publish the weight files")
    commands = weights.add_subparsers(metavar="COMMAND", required=True)
    _add(commands, "list", "show every weight file and where it is", list_weights)
    _add(commands, "verify", "check every weight file's SHA-256; nothing is downloaded", verify_weights)

    pull = _add(commands, "pull", "download every weight file that is missing or damaged", pull_weights)
    pull.add_argument(
        "name",
        nargs="?",
        choices=["vgg19"],
        help="instead: VGG-19 (548 MB), with which `restyle` paints better",
    )
    pull.add_argument("--repo", metavar="YOU/NAME", help=REPO)
    pull.add_argument("--revision", metavar="V", help="a commit, tag or branch (default: what is pinned)")

    push = _add(
        commands, "push", "publish the weight files on the Hub; prints the revision to pin", push_weights
    )
    push.add_argument("--repo", metavar="YOU/NAME", help=REPO)
    push.add_argument("--private", action="store_true", help="create the repository as a private one")
    push.add_argument("--pin", action="store_true", help="write repository and revision into the manifest")

    add = _add(commands, "add", "copy a weight file into weights/ and list it in the manifest", add_weights)
    add.add_argument("name", metavar="NAME", help="what the program calls it, as unet")
    add.add_argument("file", metavar="FILE", type=Path, help="a .safetensors file")
    add.add_argument("--version", required=True, metavar="V", help="as 1.0.0")
    add.add_argument("--task", required=True, metavar="T", help="what it is for, as colorize")


def _add(commands: Parsers, name: str, text: str, run: object) -> argparse.ArgumentParser:
    description = f"{text[0].upper()}{text[1:]}."
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=description)
    parser.set_defaults(run=run)
    return parser


def list_weights(args: argparse.Namespace) -> int:
    """One line a file: name, version, task, size, and where it is."""
    from colorizer.weights import verify

    checks = verify()
    if not checks:
        print("The manifest names no weight files.")
    for check in checks:
        entry = check.entry
        where = check.path or "missing or damaged; see `weights verify`"
        print(f"{entry.name:<16} {entry.version:<8} {entry.task:<10} {entry.bytes / 1e6:8.1f} MB  {where}")
    return 0


def verify_weights(args: argparse.Namespace) -> int:
    """One line a file; status 1 unless every one is there and right."""
    from colorizer.weights import verify

    checks = verify()
    for check in checks:
        print(f"{check.entry.name}: {'right' if check.path else check.message}")
    if not checks:
        print("The manifest names no weight files.")
    return 0 if all(check.path for check in checks) else 1


def pull_weights(args: argparse.Namespace) -> int:
    if args.name == "vgg19":
        from colorizer.predictors.perception import pull_vgg

        print(pull_vgg())
        return 0
    from colorizer.weights import pull

    paths = pull(args.repo, args.revision)
    for path in paths:
        print(path)
    if not paths:
        print("The manifest names no weight files.")
    return 0


def push_weights(args: argparse.Namespace) -> int:
    from colorizer.weights import push

    revision = push(args.repo, private=args.private, pin=args.pin)
    print(f"Published. The revision to pin is {revision}")
    if not args.pin:
        print(f"Set COLORIZER_HUB_REVISION={revision}, or publish with --pin to keep it in the manifest.")
    return 0


def add_weights(args: argparse.Namespace) -> int:
    from colorizer.weights import register

    entry = register(args.name, args.file, args.version, args.task)
    print(f"{entry.name} {entry.version}: {entry.file}, {entry.bytes / 1e6:.1f} MB, SHA-256 {entry.sha256}")
    return 0
