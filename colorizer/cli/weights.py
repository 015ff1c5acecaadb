"""How does a person look after the weight files from the terminal? `python -m colorizer weights COMMAND`"""

from __future__ import annotations

import argparse
from pathlib import Path

from colorizer.cli.options import Subparsers, add_command

REPO = "the Hub repository (default: COLORIZER_HUB_REPO, else the manifest's)"


def add_commands(subparsers: Subparsers) -> None:
    """Add `weights` and its commands."""
    weights = subparsers.add_parser("weights", help="list, check, fetch and publish the weight files")
    commands = weights.add_subparsers(metavar="COMMAND", dest="weights_command", required=True)
    add_command(commands, "list", run_weights, "show every weight file and where it is")
    add_command(commands, "verify", run_weights, "check every weight file's SHA-256; nothing is downloaded")

    pull = add_command(commands, "pull", run_weights, "download every weight file that is missing or damaged")
    vgg = "instead: VGG-19 (548 MB), with which `restyle` paints better"
    pull.add_argument("name", nargs="?", choices=["vgg19"], help=vgg)
    pull.add_argument("--repo", metavar="YOU/NAME", help=REPO)
    pull.add_argument("--revision", metavar="V", help="a commit, tag or branch (default: what is pinned)")

    text = "publish the weight files on the Hub; prints the revision"
    push = add_command(commands, "push", run_weights, text)
    push.add_argument("--repo", metavar="YOU/NAME", help=REPO)
    push.add_argument("--private", action="store_true", help="create the repository as a private one")
    push.add_argument("--pin", action="store_true", help="write repository and revision into the manifest")

    text = "copy a weight file into weights/ and list it in the manifest"
    add = add_command(commands, "add", run_weights, text)
    add.add_argument("name", metavar="NAME", help="what the program calls it, as unet")
    add.add_argument("file", metavar="FILE", type=Path, help="a .safetensors file")
    add.add_argument("--version", required=True, metavar="V", help="as 1.0.0")
    add.add_argument("--task", required=True, metavar="T", help="what it is for, as colorize")


def run_weights(args: argparse.Namespace) -> int:
    """Print what there is to say, a line a file; 0, or 1 where `verify` finds a file missing or damaged."""
    from colorizer import weights
    from colorizer.predictors.perception import pull_vgg

    lines, right = [], True
    if args.weights_command == "list":
        for (name, found), entry in zip(weights.verify().items(), weights.entries().values(), strict=True):
            where = found if isinstance(found, Path) else "missing or damaged; see `weights verify`"
            size = f"{entry.bytes / 1e6:8.1f} MB"
            lines += [f"{name:<16} {entry.version:<8} {entry.task:<10} {size}  {where}"]
    elif args.weights_command == "verify":
        for name, found in weights.verify().items():
            lines += [f"{name}: {'right' if isinstance(found, Path) else found}"]
            right = right and isinstance(found, Path)
    elif args.weights_command == "pull":
        paths = [pull_vgg()] if args.name == "vgg19" else weights.pull(args.repo, args.revision)
        lines = [str(path) for path in paths]
    elif args.weights_command == "push":
        revision = weights.push(args.repo, private=args.private, pin=args.pin)
        lines = [f"Published. COLORIZER_HUB_REVISION={revision} pins it, as --pin does in the manifest."]
    else:
        entry = weights.register(args.name, args.file, args.version, args.task)
        size = f"{entry.bytes / 1e6:.1f} MB"
        lines = [f"{entry.name} {entry.version}: {entry.file}, {size}, SHA-256 {entry.sha256}"]
    print("\n".join(lines) or "The manifest names no weight files.")
    return 0 if right else 1
