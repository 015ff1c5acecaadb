"""How is a result made once more? From its own metadata: `again FILE --original PHOTO -o OUT`"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from colorizer.cli.batch import Progress, Result, check_output, for_each, plan
from colorizer.cli.options import Subparsers, add_command
from colorizer.errors import ColorizerError, WeightsError
from colorizer.photo import Photo, provenance, to_bits
from colorizer.photo.metadata import Step
from colorizer.predictors.settings import OF_TASK

# What a step tells beside its settings
KNOWN = {"task", "version", "weights", "sha256", "caption", "painting", "steps_done", "style_distance"}


def add_again_commands(subparsers: Subparsers) -> None:
    """Add `again`."""
    text = "make a result once more, from the original and what the result's metadata tell"
    parser = add_command(subparsers, "again", run_again, text)
    add = parser.add_argument
    add("file", metavar="FILE", help="the result")
    add("--original", required=True, metavar="PHOTO", help="the photograph that it was made of")
    add("--style", metavar="PAINTING", help="the picture whose style it took on, where it did")
    add("-o", "--output", required=True, metavar="OUT", help="a file, or a folder for it")
    add("--format", type=str.upper, help="of the new file; default: what OUT's name says, or PNG")
    add("--quality", type=int, default=95, metavar="N", help="of JPEG; 1 to 100, default 95")


def run_again(args: argparse.Namespace) -> int:
    """`again`: 0 if it could be made again, even where its pixels differ, which is said."""
    format, original = check_output(args.format, args.quality), Path(args.original)
    made = Photo.open(args.file)
    if not made.metadata.steps:
        raise ColorizerError(f"“{args.file}” doesn't tell how it was made, so it can't be made again.")
    for step in made.metadata.steps:
        check_step(step, args.style)
    target = plan([args.original], [original], args.output, format, "-again")[original]
    if any(os.path.exists(target) and target.samefile(given) for given in (args.file, original)):
        raise ColorizerError(f"“{target}” would be replaced. Name another file with -o.")

    def remake(_: Path, progress: Progress) -> list[str]:
        began, photo = time.perf_counter(), Photo.open(original)
        done, steps = photo.metadata.steps, made.metadata.steps
        if done == steps or done != steps[: len(done)]:
            raise ColorizerError(f"“{args.file}” was not made of it. Name its original.")
        for step in steps[len(done) :]:
            caption = str(step["caption"]) if "caption" in step else None
            result = repeated(photo, step, args.style, progress).captioned(caption)
            photo = replace(result.photo, metadata=provenance.after(result.photo.metadata, result.settings))
        if photo.rgb.shape != made.rgb.shape:
            sizes = [f"{one.width} x {one.height}" for one in (photo, made)]
            raise ColorizerError(f"Of it come {sizes[0]} pixels, not {sizes[1]}. Name another original.")
        result.photo.save(target, format=format, quality=args.quality, settings=result.settings)
        seconds = time.perf_counter() - began
        return [f"{original} -> {target} ({seconds:.1f} s)", f"    {compared(Photo.open(target), made)}"]

    return 1 if for_each([original], remake) else 0


def check_step(step: Step, style: str | None) -> None:
    """ColorizerError with what is missing to do the step again: a newer program, weights, the painting."""
    task = str(step["task"])
    unknown = {task} - set(OF_TASK) or set(step) - KNOWN - {field.name for field in fields(OF_TASK[task])}
    if unknown:
        raise ColorizerError(f"This version of the program doesn't know “{min(unknown)}”. Use a newer one.")
    if task == "restyle" and style is None:
        raise ColorizerError(f"Name the painting with --style; it was “{step.get('painting')}”.")
    if "features" in step:
        return  # whether they are there, is found when they are read
    from colorizer import weights

    hashes, entries = step.get("sha256"), weights.entries()
    for name, version in provenance.networks(step).items():
        wanted = str(hashes.get(name, "")) if isinstance(hashes, Mapping) else ""
        here = entries.get(name)
        if here and (wanted == here.sha256 if wanted else version == here.version):
            continue
        found = f"here is {here.version} ({here.sha256[:8]})" if here else "here is none"
        told = wanted[:8] or "SHA-256 not told"
        raise WeightsError(
            f"It was made with the weights “{name}” {version} ({told}), and {found}. Name the folder that "
            "has them with COLORIZER_WEIGHTS_DIR."
        )


def repeated(photo: Photo, step: Step, style: str | None, progress: Progress) -> Result:
    """The photo after that step, and what made it."""
    task = str(step["task"])
    kind = OF_TASK[task]
    settings: Any = kind(**{field.name: step[field.name] for field in fields(kind) if field.name in step})
    if task == "colorize":
        from colorizer.predictors.colorize import Colorizer

        colorizer = Colorizer.load()
        analysis = colorizer.analyse(photo, settings, progress)
        return Result(colorizer.render(analysis, settings, progress), analysis.made_by(settings))
    if task == "upscale":
        from colorizer.predictors.upscale import Upscaler

        enlarged = Upscaler.load().run(photo, settings, progress)
        return Result(enlarged.photo, enlarged.made_by)
    if task == "stylize":
        from colorizer.predictors.stylize import Stylizer

        stylizer = Stylizer.load()
        painting = stylizer.paint(photo, settings, progress)
        return Result(stylizer.render(painting, settings), painting.made_by(settings))
    from colorizer.predictors.own_style import StyleTransfer

    model = Photo.open(style) if task == "restyle" and style else photo
    most, count = int(str(step.get("steps_done", settings.steps))), itertools.count(1)
    restyled = StyleTransfer.load().paint(
        None if task == "texture" else photo,
        model,
        settings,
        progress=progress,
        stop=lambda: next(count) >= most,
    )
    return Result(restyled.photo, restyled.made_by(model))


def compared(photo: Photo, made: Photo) -> str:
    """How far the new file is from the old one, of the same size."""
    bits = min(photo.bits, made.bits)
    new, old = (to_bits(one.rgb, bits).astype(np.int32) for one in (photo, made))
    if np.array_equal(new, old):
        return "It has the same pixels."
    difference = float(np.abs(new - old).mean()) * 255 / (2**bits - 1)
    maker = provenance.marks_in(made.metadata.xmp).get(provenance.TOOL, "")
    return (
        f"Its pixels differ by {difference:.2f}/255 on average: one file is compressed with loss, another "
        "processor rounds otherwise, or it is another original."
    ) + (f" {maker} made it, and this is {provenance.PROGRAM}." if maker != provenance.PROGRAM else "")
