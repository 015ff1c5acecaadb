"""How are photographs enlarged from the terminal? `python -m colorizer upscale IN... -o OUT`"""

from __future__ import annotations

import argparse

from colorizer.cli.batch import Batch, Progress, Result
from colorizer.cli.options import Subparsers, add_photo_command, add_settings, read_settings
from colorizer.photo import Photo
from colorizer.predictors.settings import UpscaleSettings


def add_upscale_commands(subparsers: Subparsers) -> None:
    """Add `upscale`."""
    text = "make photographs of up to 3 megapixels four times as wide and high"
    parser = add_photo_command(subparsers, "upscale", run_upscale, text)
    add_settings(parser, UpscaleSettings)


def run_upscale(args: argparse.Namespace) -> int:
    """`upscale`: 0 only if every photograph was enlarged and saved."""
    chosen = read_settings(args, UpscaleSettings)
    batch = Batch(args, "-x4")
    from colorizer.predictors.upscale import Upscaler, settled

    settings = settled(chosen)  # what has no weights is said once, not for every photograph
    upscaler = Upscaler.load()

    def enlarge(photo: Photo, progress: Progress) -> Result:
        result = upscaler.run(photo, settings, progress)
        return Result(result.photo, result.made_by)

    return batch.run(enlarge, "enlarged")
