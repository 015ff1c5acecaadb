"""How is a result made once more? From its own metadata: `again FILE --original PHOTO -o OUT`"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from colorizer.cli.batch import check_output
from colorizer.cli.naming import plan
from colorizer.cli.options import Subparsers, add_command
from colorizer.cli.terminal import Progress, for_each
from colorizer.errors import ColorizerError, WeightsError
from colorizer.photo import Photo, provenance, to_bits
from colorizer.photo.metadata import Step
from colorizer.photo.sources import Source
from colorizer.predictors.results import ORIGINAL, Result, sha256
from colorizer.predictors.settings import OF_TASK

if TYPE_CHECKING:
    from colorizer.predictors.tasks import Predictors

# What a step tells beside its settings
KNOWN = {"task", "version", "weights", "sha256", "caption", "painting", "steps_done", "style_distance"}
KNOWN |= {ORIGINAL, "left_out", "precision"}


def add_commands(subparsers: Subparsers) -> None:
    """Add `again`."""
    text = "make a result once more, from the original and what the result's metadata tell"
    parser = add_command(subparsers, "again", run_again, text)
    parser.add_argument("file", metavar="FILE", help="the result")
    parser.add_argument("--original", required=True, metavar="PHOTO", help="what it was made of")
    parser.add_argument("--style", metavar="PAINTING", help="the picture whose style it took on")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="a file, or a folder for it")
    parser.add_argument("--quality", type=int, default=95, metavar="N", help="of JPEG; 1 to 100, default 95")


def run_again(args: argparse.Namespace) -> int:
    """`again`: 0 if it could be made again, even where its pixels differ, which is said."""
    check_output(None, args.quality)
    from colorizer.predictors.tasks import Predictors

    predictors = Predictors()

    def remake(source: Source, progress: Progress) -> list[str]:
        began, original, file = time.perf_counter(), Path(args.original), source.path
        made = Photo.open(file)
        photo, steps = Photo.open(original), made.metadata.steps
        if not steps:
            raise ColorizerError("It doesn't tell how it was made, so it can't be made again.")
        done = photo.metadata.steps
        if done == steps or done != steps[: len(done)]:
            raise ColorizerError(f"It was not made of “{original}”. Name its original.")
        steps = steps[len(done) :]
        if ORIGINAL in steps[0] and steps[0][ORIGINAL] != sha256(original):
            raise ColorizerError(f"It was made of another file than “{original}”. Name its original.")
        for step in steps:
            check_step(step, args.style)
        given = Source(original)
        target = plan([original], [given], args.output, None, "-again")[given]
        if any(os.path.exists(target) and target.samefile(one) for one in (file, original)):
            raise ColorizerError(f"“{target}” would be replaced. Name another file with -o.")
        for step in steps:
            result = repeated(predictors, photo, step, args.style, progress)
            result = result.captioned(str(step["caption"]) if "caption" in step else None)
            told = {**result.settings, **({ORIGINAL: step[ORIGINAL]} if ORIGINAL in step else {})}
            photo = replace(result.photo, metadata=provenance.after(result.photo.metadata, told))
        if photo.rgb.shape != made.rgb.shape:
            sizes = [f"{one.width} x {one.height}" for one in (photo, made)]
            raise ColorizerError(f"Of “{original}” come {sizes[0]} pixels, not {sizes[1]}. Name another.")
        result.photo.save(target, quality=args.quality, settings=told)
        seconds = time.perf_counter() - began
        return [f"{original} -> {target} ({seconds:.1f} s)", f"    {compared(Photo.open(target), made)}"]

    return 1 if for_each([Source(Path(args.file))], remake) else 0


def check_step(step: Step, style: str | None) -> None:
    """ColorizerError with what is missing to do the step again: a newer program, weights, the painting."""
    task = str(step["task"])
    unknown = {task} - set(OF_TASK) or set(step) - KNOWN - {field.name for field in fields(OF_TASK[task])}
    if unknown:
        raise ColorizerError(f"This version of the program doesn't know “{min(unknown)}”. Use a newer one.")
    if step.get("left_out"):
        raise ColorizerError(f"Its file had no room for {step['left_out']}, so it can't be made again.")
    if task == "restyle" and style is None:
        raise ColorizerError(f"Name the painting with --style; it was “{step.get('painting')}”.")
    if "features" in step:
        return  # they are looked for where they are read
    from colorizer import weights

    hashes: Any = step.get("sha256", {})
    entries = weights.entries()
    for name, version in provenance.networks(step).items():
        here, told = entries.get(name), hashes.get(name, "not told")
        if here and (told == here.sha256 if name in hashes else version == here.version):
            continue
        found = f"{here.version} ({here.sha256[:8]})" if here else "none"
        raise WeightsError(
            f"It was made with the weights “{name}” {version} (SHA-256 {told[:8]}), and here is {found}. "
            "Name the folder that has them with COLORIZER_WEIGHTS_DIR."
        )


def repeated(
    predictors: Predictors, photo: Photo, step: Step, style: str | None, progress: Progress
) -> Result:
    """The photo after that step, and what made it."""
    from colorizer.predictors import precision

    kind = OF_TASK[str(step["task"])]
    settings = kind(**{field.name: step[field.name] for field in fields(kind) if field.name in step})
    last, count = int(str(step.get("steps_done", step.get("steps", 0)))), itertools.count(1)
    painting = Photo.open(style) if step["task"] == "restyle" and style else None
    with precision.forced(str(step.get("precision", ""))):
        return predictors.make(photo, settings, progress, painting, stop=lambda: next(count) >= last)


def compared(photo: Photo, made: Photo) -> str:
    """How far the new file is from the old one, of the same size."""
    bits = min(photo.bits, made.bits)
    new, old = (to_bits(one.rgb, bits).astype(np.int32) for one in (photo, made))
    if np.array_equal(new, old):
        return "It has the same pixels."
    difference = float(np.abs(new - old).mean()) * 255 / (2**bits - 1)
    why = "one file is compressed with loss, or it was rounded otherwise (see COLORIZER_BF16 in the README)"
    return f"Its pixels differ by {difference:.2f}/255 on average: {why}."
