"""How do programs colour, enlarge and paint photographs? By public endpoints; the page's own are private.

The parameters of an endpoint are fields of settings, so that it has all that page and command line have.
"""

from __future__ import annotations

import base64
import inspect
import os
import reprlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, get_type_hints
from urllib.parse import unquote

import gradio as gr
import gradio.mcp
from gradio.blocks import BlockFunction
from gradio.state_holder import SessionState

from colorizer.errors import ColorizerError, SettingsError
from colorizer.photo import Photo
from colorizer.photo.provenance import sentence
from colorizer.predictors.explain import explained
from colorizer.predictors.results import FileSettings, Result
from colorizer.predictors.settings import OF_TASK, RestyleSettings, Settings, UpscaleSettings, described
from colorizer.predictors.tasks import offered
from colorizer.ui import files, running
from colorizer.ui.assistants import Tools

T = TypeVar("T", bound=Settings)
GIVEN_OUT = "/gradio_api/file="  # before the path in the address of a file that the page gave out
FILE = (
    "a file that was sent to /gradio_api/upload or made here, by its path or address, or the file itself as "
    "data:image/jpeg;base64,...; other addresses are not fetched"
)
HINTS = (
    'colours that places have, up to 1,000: [{"x": 0.3, "y": 0.6, "colour": "#7a5230", "reach": 0.3}]; x and '
    "y as shares of width and height; reach, 0.02..1, is how far a colour spreads and may be left out"
)
RETURNED = "the result's file, and its size, what was done in words, and all that is needed to make it again"
ENDPOINTS = {  # what each does, and the order of its settings; fields that came later follow by themselves
    "restore": (
        "Mend, colour and enlarge an old photograph in one pass.",
        "mend colour enlarge saturation model detail screen negative fading hints format",
    ),
    "colorize": (
        "Colour a photograph at full size; its luminance is kept.",
        "saturation temperature strength model variant format rebalance size hints",
    ),
    "upscale": (
        "Make a photograph four times as wide and high, up to 3 megapixels.",
        "detail model consistency format",
    ),
    "stylize": ("Paint a photograph at its own size.", "direction strength brush keep_colours format"),
    "restyle": (
        "Paint a photograph in the style of a painting; if photo is null, make a texture like the painting.",
        "strength brush size steps keep_colours features format",
    ),
}


class Page(gr.Blocks):
    """A page with endpoints, which get what a program sends as it is. Gradio would fetch addresses and move
    files first, and has no sentence for too few values, nor for a path that it doesn't know."""

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """The arguments of a handler; None in place of those that a call to an endpoint lacks."""
        if block_fn.api_visibility != "public":
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        lacking = len(block_fn.inputs) - len(inputs)
        if lacking < 0:
            text = f"/{block_fn.api_name} takes {len(block_fn.inputs)} values, but {len(inputs)} were sent."
            raise gr.Error(text, print_exception=False)
        return inputs + [None] * lacking


def build_api(painting: bool) -> None:
    """Add the endpoints to the current Page. `painting`: there are weights for it."""
    with gr.Column(visible=False):  # for what stands for their parameters, and has no looks
        for task in ENDPOINTS:
            if task != "stylize" or painting:
                gr.api(_endpoint(task), api_name=task, **running.HEAVY)
        gr.api(explain)
        gr.api(models)
    gradio.mcp.GradioMCPServer = Tools  # type: ignore[misc]  # which launch() makes where MCP is wanted


def explain(photo: str) -> str:
    """Say in plain words what was done to a picture that this program made.

    Args:
        photo: as the other tools take it, by its path or address, or as data.
    """
    with told():
        return "\n".join(explained(opened("photo", photo).metadata))


def models() -> dict[str, Any]:
    """List the models that are there, and the limits: of pictures, and of every setting by its task."""
    with told():
        there = offered()
    settings = {task: {**OF_TASK[task].RANGES, **OF_TASK[task].CHOICES} for task in ENDPOINTS}
    return {**there, "settings": settings}


def _endpoint(task: str) -> Callable[..., Any]:
    """The function that does a task: photographs and settings in, a file and what made it out."""
    kind, (text, order) = OF_TASK[task], ENDPOINTS[task]
    pictures = ["photo", "painting"] if kind is RestyleSettings else ["photo"]
    known = {field.name: field.default for of in (kind, FileSettings) for field in fields(of)}
    names = list(dict.fromkeys((*pictures, *order.split(), *known)))

    def endpoint(*given: object) -> tuple[gr.FileData, dict[str, object]]:
        values = dict(zip(names, given, strict=True))
        with told():
            settings, written = _read(kind, values), _read(FileSettings, values)
            needed = [name for name in pictures if values[name] is not None or name == pictures[-1]]
            return _answer([opened(name, values[name]) for name in needed], settings, written)

    types = get_type_hints(kind) | get_type_hints(FileSettings) | dict.fromkeys(pictures, str)
    types |= {"hints": list[dict[str, float | str]]} | ({"photo": str | None} if pictures[1:] else {})
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=known.get(name, inspect.Parameter.empty),
            annotation=types[name],
        )
        for name in names
    ]
    endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        parameters, return_annotation=tuple[gr.FileData, dict[str, object]]
    )
    endpoint.__annotations__ = {one.name: one.annotation for one in parameters}
    endpoint.__name__ = task
    texts = dict.fromkeys(pictures, FILE) | described(FileSettings) | described(kind) | {"hints": HINTS}
    told_of = (f"{name}: {texts[name]}" for name in names)
    endpoint.__doc__ = "\n".join((text, "Args:", *told_of, "Returns:", RETURNED))
    return endpoint


def _answer(
    photos: list[Photo], settings: Settings, written: FileSettings
) -> tuple[gr.FileData, dict[str, object]]:
    """The result's file, and what made it."""
    told: dict[str, object] = {"tone": photos[0].tone}
    if isinstance(settings, UpscaleSettings):
        made = running.enlarge(photos[0], settings)
        result = Result(made.photo, made.made_by)
        told["remaining_error"] = made.error
    else:
        result = running.make(photos[0], settings, photos[1] if photos[1:] else None)
    notes, result = list(result.photo.metadata.notes), result.captioned(written.caption)
    ending = files.ENDINGS[str(result.settings["task"])]
    path = files.write_result(result.photo, written.format, ending, result.settings, written.quality)
    told |= {"width": result.photo.width, "height": result.photo.height, "done": sentence(result.settings)}
    file = gr.FileData(path=path, orig_name=Path(path).name, size=Path(path).stat().st_size)
    return file, {**result.settings, **told, "notes": notes}


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong reaches the program as one sentence, and leaves no traceback in the log."""
    try:
        yield
    except ColorizerError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _read(kind: type[T], values: Mapping[str, object]) -> T:
    """Those settings; what is None or missing is the default."""
    chosen = {name: values.get(name) for name in kind.__dataclass_fields__}
    return kind(**{name: value for name, value in chosen.items() if value is not None})


def opened(name: str, given: object) -> Photo:
    """The photograph that a program names: a file that this server holds, an upload or a result of its own,
    or data. SettingsError for all else: no other path is read, and nothing is fetched."""
    path = given.get("path") if isinstance(given, dict) else given
    if isinstance(path, str):
        _, told, rest = path.rpartition(GIVEN_OUT)
        path = unquote(rest) if told else path
        if path.startswith("data:") and ";base64," in path:
            with suppress(ValueError), TemporaryDirectory() as folder:
                file = Path(folder, name)
                file.write_bytes(base64.b64decode(path.partition(";base64,")[2], validate=True))
                return Photo.open(file)
        if os.path.isfile(path) and files.is_upload(path):
            return Photo.open(path)
    value = "missing" if given is None else reprlib.repr(path or given)
    raise SettingsError(f"{name} is {value}, but must be {FILE}.")
