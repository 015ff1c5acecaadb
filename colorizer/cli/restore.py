"""How are photographs restored from the terminal? `python -m colorizer restore IN... -o OUT`"""

from __future__ import annotations

import argparse
from dataclasses import replace

from colorizer.cli.batch import Batch, Progress, Result
from colorizer.cli.colorize import add_hints, given_hints
from colorizer.cli.options import Subparsers, add_photo_command, add_settings, read_settings
from colorizer.photo import Photo
from colorizer.predictors.settings import RestoreSettings


def add_restore_commands(subparsers: Subparsers) -> None:
    """Add `restore`."""
    text = "mend, colour and enlarge old photographs in one go"
    parser = add_photo_command(subparsers, "restore", run_restore, text)
    add_settings(parser, RestoreSettings)
    add_hints(parser)


def run_restore(args: argparse.Namespace) -> int:
    """`restore`: 0 only if every photograph was restored and saved."""
    chosen = read_settings(args, RestoreSettings)
    hints_on = given_hints(args, chosen)
    batch = Batch(args, "-restored")
    from colorizer.predictors.restore import Restorer, check

    check(chosen)  # what has no weights is said once, not for every photograph
    restorer = Restorer.load()

    def restore(photo: Photo, progress: Progress) -> Result:
        made = restorer.run(photo, replace(chosen, hints=hints_on(photo)), progress)
        return Result(made.photo, made.made_by)

    return batch.run(restore, "restored")
