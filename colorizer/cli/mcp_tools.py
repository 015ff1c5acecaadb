"""What can an assistant ask for? A tool for each task, whose parameters are the fields of its settings."""

from __future__ import annotations

import argparse
import base64
import json
import os
import reprlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import MISSING, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
from mcp.types import CallToolResult, ImageContent, TextContent, Tool, ToolAnnotations

from colorizer.cli.options import read_settings
from colorizer.cli.tasks import TASKS
from colorizer.cli.terminal import Progress
from colorizer.errors import ColorizerError, PhotoNotSaved, SettingsError, UnreadablePhoto
from colorizer.photo import FORMATS, LIMITS, Photo, check_file, provenance
from colorizer.photo.sources import Source
from colorizer.predictors import results
from colorizer.predictors.explain import explained
from colorizer.predictors.results import FileSettings, Result
from colorizer.predictors.settings import MOST_HINTS, OF_TASK, Hint, Settings, described

if TYPE_CHECKING:
    from colorizer.predictors.tasks import Predictors

SHOWN = 768  # pixels on the long side of a picture that an assistant looks at
PHOTO = {"type": "string", "description": "path of a picture file in the folders that are open to you"}
PAINTING = {
    "type": "string",
    "description": "the same of a painting; without a photo, a texture is made of it",
}
SHOW = {"type": "boolean", "default": False, "description": "give the picture, too, made small"}
TEXTS = {task: f"{text[0].upper()}{text[1:]}; the result is a new file." for task, text in TASKS.items()}
TEXTS["explain"] = "Say how large a picture is and what was done to it; or look at it."
TEXTS["models"] = "List the networks with their versions, the limits, and the folders that are open to you."


def parameters(tool: str) -> dict[str, Any]:
    """JSON schemas of what a tool takes, by name."""
    if tool in TASKS:
        pictures = {"photo": PHOTO} | ({"painting": PAINTING} if tool == "restyle" else {})
        return pictures | schemas(OF_TASK[tool]) | schemas(FileSettings)
    return {"photo": PHOTO, "show": SHOW} if tool == "explain" else {}


def schemas(kind: type[Settings]) -> dict[str, Any]:
    """JSON schemas of the fields, by name: what their types, CHOICES, RANGES and the docstring say."""
    texts, found = described(kind), dict[str, Any]()
    for field in fields(kind):
        name, of = field.name, str(field.type)
        schema: dict[str, Any] = {"type": "boolean" if of == "bool" else "string"}
        if name == "hints":
            hint = {"type": "object", "properties": schemas(Hint), "required": ["x", "y", "colour"]}
            schema = {"type": "array", "maxItems": MOST_HINTS, "items": hint}
        elif name in kind.CHOICES:
            schema["enum"] = list(kind.CHOICES[name])
        elif name in kind.RANGES:
            low, high = kind.RANGES[name]
            schema = {"type": "integer" if "int" in of else "number", "minimum": low, "maximum": high}
        if field.default not in (MISSING, None, ()):
            schema["default"] = field.default
        found[name] = schema | {"description": texts[name]}
    found.pop("marks", None)  # packed pixels, which the page draws
    return found


class Tools:
    """The tools, which work with the files in some folders, and no others.

    roots: these folders. out: another, made if it isn't there, for results; None: beside each photograph.
    ColorizerError where one can't be.
    """

    def __init__(self, roots: Iterable[Path], out: Path | None = None) -> None:
        try:
            if out:
                out.mkdir(parents=True, exist_ok=True)
            self.folders = [folder.resolve(strict=True) for folder in (*roots, *filter(None, [out]))]
        except OSError as error:
            raise ColorizerError(
                f"“{error.filename}” is no folder ({error.strerror}). Name another."
            ) from None
        self.out = out and out.resolve()
        self.places = ", ".join(f"“{folder}”" for folder in self.folders)

    @cached_property
    def predictors(self) -> Predictors:
        from colorizer.predictors.tasks import Predictors  # brings torch

        return Predictors()

    async def listed(self) -> list[Tool]:
        """What can be called, as the protocol describes it."""
        tools = []
        for name, text in TEXTS.items():
            takes, needed = parameters(name), "painting" if name == "restyle" else "photo"
            schema = {"type": "object", "properties": takes, "required": [needed] if takes else []}
            about = ToolAnnotations(
                readOnlyHint=name not in TASKS, destructiveHint=False, openWorldHint=False
            )
            tools.append(Tool(name=name, description=text, inputSchema=schema, annotations=about))
        return tools

    def answer(self, tool: str, arguments: dict[str, Any], progress: Progress) -> CallToolResult:
        """What a tool says. ColorizerError, and whatever progress raises to stop it."""
        progress(0.0, "")
        if tool not in TEXTS:
            raise SettingsError(f"There is no tool “{tool}”. There are {', '.join(TEXTS)}.")
        known = parameters(tool)
        if unknown := sorted(set(arguments) - set(known)):
            raise SettingsError(
                f"{tool} has no parameter “{unknown[0]}”. It has {', '.join(known) or 'none'}."
            )
        given = {name: value for name, value in arguments.items() if value is not None}
        if tool in TASKS:
            return self.make(tool, given, progress)
        return self.explain(given) if tool == "explain" else self.models()

    def make(self, tool: str, given: dict[str, Any], progress: Progress) -> CallToolResult:
        """Do a task, and say what the new file is."""
        values = argparse.Namespace(**given)
        settings, file = read_settings(values, OF_TASK[tool]), read_settings(values, FileSettings)
        painting = self.path("painting", given.get("painting")) if tool == "restyle" else None
        if painting and "photo" not in given:
            source, painting, tool = painting, None, "texture"
        else:
            source = self.path("photo", given.get("photo"))

        def work(photo: Photo) -> Result:
            style = Photo.open(painting) if painting else None
            return self.predictors.make(photo, settings, progress, style).captioned(file.caption)

        names = results.numbered(source.stem + results.ENDINGS[tool], FORMATS[file.format])
        target = next(filter(claimed, ((self.out or source.parent) / name for name in names)))
        try:
            made, told = results.make(Source(source), target, work, file.format, file.quality)
            progress(1.0, "")  # whoever stopped it meanwhile is told of no file
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        done, notes = provenance.sentence(made.settings), [*made.photo.metadata.notes, made.note]
        again = {name: made.settings[name] for name in schemas(OF_TASK[tool])}
        about = {"path": str(target), "width": told["width"], "height": told["height"]}
        about |= {"bytes": target.stat().st_size, "done": done, "notes": [*filter(None, notes)]}
        size = "{path}: {width} x {height} pixels, {bytes:,} bytes.".format_map(about)
        lines = [size, done, *about["notes"], f"Settings: {json.dumps(again, ensure_ascii=False)}"]
        return self.said(lines, about | {"settings": again})

    def explain(self, given: dict[str, Any]) -> CallToolResult:
        """How large a picture is and what was done to it; with `show` the picture, too."""
        path = self.path("photo", given.get("photo"))
        photo = Photo.open(path)
        about = {"path": str(path), "width": photo.width, "height": photo.height, "tone": photo.tone}
        lines = ["{path}: {width} x {height} pixels, {tone}.".format_map(about), *explained(photo.metadata)]
        answer = self.said(lines, about | {"done": lines[1:]})
        if given.get("show"):
            picture = cv2.imencode(".jpg", photo.preview(SHOWN)[..., ::-1])[1]
            data = base64.b64encode(picture.tobytes()).decode()
            answer.content.append(ImageContent(type="image", data=data, mimeType="image/jpeg"))
        return answer

    def models(self) -> CallToolResult:
        """The networks, the limits, and the folders."""
        from colorizer.predictors.tasks import offered

        about = {**offered(), "folders": list(map(str, self.folders))}
        return self.said([json.dumps(about, ensure_ascii=False)], about)

    def path(self, name: str, given: object) -> Path:
        """The file that is meant, in the folders that are open; links are followed first. PhotoError."""
        if not isinstance(given, str) or not given:
            raise SettingsError(f"{name} is {reprlib.repr(given)}, but must be the path of a picture.")
        inside = []
        for folder in self.folders:
            with suppress(OSError, RuntimeError, ValueError):  # a circle of links, or no text
                path = (folder / given).resolve()
                str(path).encode()
                inside += [path] if any(map(path.is_relative_to, self.folders)) else []
        if not inside:
            raise UnreadablePhoto(f"“{given}” is not open to you. Open are {self.places}, and what is below.")
        found = next(filter(os.path.exists, inside), inside[0])
        check_file(found, LIMITS)
        return found

    @staticmethod
    def said(
        lines: Iterable[str], about: dict[str, Any] | None = None, failed: bool = False
    ) -> CallToolResult:
        """An answer in words, and as data."""
        words = TextContent(type="text", text="\n".join(lines))
        return CallToolResult(content=[words], structuredContent=about, isError=failed)


def claimed(path: Path) -> bool:
    """Whether there was no such file; now there is an empty one. PhotoNotSaved where there can be none."""
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    except OSError as error:
        raise PhotoNotSaved(
            f"“{path.name}” can't be written to “{path.parent}” ({error.strerror})."
        ) from None
    return True
