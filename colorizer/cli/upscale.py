"""How are photographs enlarged from the terminal? `python -m colorizer upscale IN... -o OUT`"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from colorizer.cli.batch import (
    Progress,
    Result,
    Task,
    Work,
    add_batch_arguments,
    add_format_arguments,
    run_batch,
)
from colorizer.predictors.settings import UPSCALE_MODELS, UPSCALE_RANGES, UpscaleSettings

if TYPE_CHECKING:
    from colorizer.photo import Photo

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

TASK = Task(ending="-x4", done="enlarged")


def add_upscale_commands(subparsers: Subparsers) -> None:
    """Add `upscale`; it sets `run` (parsed arguments in, exit status out)."""
    parser = subparsers.add_parser(
        "upscale",
        help="make photographs four times as wide and high",
        description="Make photographs four times as wide and high, up to 3 megapixels each.",
    )
    add_batch_arguments(parser)
    default = UpscaleSettings().model
    parser.add_argument(
        "--model",
        choices=UPSCALE_MODELS,
        default=default,
        help=f"clean: small but otherwise good pictures; photo: noisy or compressed ones; default {default}",
    )
    low, high = UPSCALE_RANGES["detail"]
    parser.add_argument(
        "--detail",
        type=float,
        metavar="X",
        help=f"{low:g} is soft and certain, {high:g} invents likely texture; default: the middle, as far as "
        "the weights are there",
    )
    low, high = UPSCALE_RANGES["consistency"]
    parser.add_argument(
        "--consistency",
        type=int,
        metavar="N",
        help=f"how often the result is corrected so that reducing it gives the photograph back; {low:g} to "
        f"{high:g}, default 2, or 0 for --model photo",
    )
    add_format_arguments(parser)
    parser.set_defaults(run=run_upscale)


def run_upscale(args: argparse.Namespace) -> int:
    """`upscale`: 0 only if every photograph was enlarged and saved."""
    chosen = UpscaleSettings(args.model, args.detail, args.consistency)

    def prepare() -> Work:
        from colorizer.predictors.upscale import Upscaler, settled

        settings = settled(chosen)  # what has no weights is said once, not for every photograph
        upscaler = Upscaler.load()

        def enlarge(photo: Photo, progress: Progress) -> Result:
            result = upscaler.run(photo, settings, progress)
            return Result(result.photo, result.made_by, result.photo.metadata.notes)

        return enlarge

    return run_batch(args, TASK, prepare)
