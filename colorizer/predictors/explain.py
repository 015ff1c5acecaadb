"""What was done to a photograph? What its file tells, in plain words."""

from __future__ import annotations

from dataclasses import fields

from colorizer.photo import provenance
from colorizer.photo.metadata import Metadata, Step
from colorizer.predictors.settings import OF_TASK, Settings


def explained(about: Metadata) -> list[str]:
    """A line for each thing that the metadata tell."""
    marks = provenance.marks_in(about.xmp)
    lines = []
    for number, step in enumerate(about.steps, 1):
        chosen = ", ".join(choices(step))
        lines += [f"{number}. {provenance.sentence(step)}", *([f"   {chosen}"] if chosen else [])]
    if not lines:  # another program may have left the marks and taken the rest
        lines = marks.get(provenance.HISTORY, "").splitlines()
    if code := marks.get(provenance.TYPE, "").removeprefix(provenance.IPTC):
        lines.append(f"Marked for other programs as “{provenance.SOURCE_TYPES.get(code, code)}” ({code}).")
    return lines or ["Nothing is known of what was done to it."]


def choices(step: Step) -> list[str]:
    """The settings of a step that aren't the usual ones, in words."""
    words = []
    for field in fields(OF_TASK.get(str(step["task"]), Settings)):
        name, value, usual = field.name, step.get(field.name, field.default), field.default
        if name == "hints" and isinstance(value, (list, tuple)):
            words += [f"{len(value)} colour{'s' * (len(value) > 1)} set by hand"] if value else []
        elif name == "marks":
            words += ["damage marked by hand"] if value else []
        elif name != "features" and value != usual:
            instead = "" if usual in (None, "auto") else f" instead of {usual}"
            words.append(f"{name.replace('_', ' ')} {value}{instead}")
    if step.get("steps_done", step.get("steps")) != step.get("steps"):
        words.append(f"stopped after step {step['steps_done']}")
    if step.get("left_out"):
        words.append(f"its file had no room for {step['left_out']}")
    if step.get("caption"):
        words.append(f"“{step['caption']}” below it")
    return words
