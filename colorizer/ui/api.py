"""How do programs colour, enlarge and paint photographs? By public endpoints; the page's own are private.

The parameters of an endpoint are fields of settings, so that it has all that page and command line have.
"""

from __future__ import annotations

import base64
import inspect
import os
import reprlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, TypeVar, get_args, get_type_hints
from urllib.parse import unquote

import gradio as gr
from gradio.blocks import BlockFunction
from gradio.state_holder import SessionState

from colorizer.errors import ColorizerError, SettingsError
from colorizer.photo import FORMATS, Photo
from colorizer.predictors.results import Result
from colorizer.predictors.settings import (
    ColorizeSettings,
    RestoreSettings,
    RestyleSettings,
    Settings,
    StylizeSettings,
    UpscaleSettings,
    described,
)
from colorizer.ui import files, running

T = TypeVar("T", bound=Settings)
Made = tuple[Photo, Mapping[str, object], dict[str, object]]  # what made it, and what else is to be told
GIVEN_OUT = "/gradio_api/file="  # before the path in the address of a file that the page gave out
FILE = (
    "a file that was sent to /gradio_api/upload or made here, by its path or address, or the file itself as "
    "data:image/jpeg;base64,...; other addresses are not fetched"
)


def restore(photo: Photo, settings: RestoreSettings) -> Made:
    """Mend, colour and enlarge an old photograph in one pass."""
    made = running.restore(photo, settings)
    return made.photo, made.made_by, {}


def colorize(photo: Photo, settings: ColorizeSettings) -> Made:
    """Colour a photograph at full size; its luminance is kept."""
    analysis = running.analyse(photo, settings)
    result = running.colorizer().render(analysis, settings)
    return result, analysis.made_by(settings), {"tone": photo.tone}


def upscale(photo: Photo, settings: UpscaleSettings) -> Made:
    """Make a photograph four times as wide and high, up to 3 megapixels."""
    made = running.enlarge(photo, settings)
    return made.photo, made.made_by, {"remaining_error": made.error}


def stylize(photo: Photo, settings: StylizeSettings) -> Made:
    """Paint a photograph at its own size."""
    painting = running.paint(photo, settings)
    return running.stylizer().render(painting, settings), painting.made_by(settings), {}


def restyle(photo: Photo | None, painting: Photo, settings: RestyleSettings) -> Made:
    """Paint a photograph in the style of a painting; without one, make a texture like it."""
    made = running.restyle(photo, painting, settings)
    return made.photo, made.made_by(painting), {}


@dataclass(frozen=True)
class FileSettings(Settings):
    """How a result is written; SettingsError for a value out of range.

    format: of the file: "PNG", "JPEG", "WebP", "TIFF" or "AVIF".
    quality: of JPEG, WebP and AVIF, 1..100.
    caption: a line of text below the picture, such as “Colourised”.
    """

    CHOICES: ClassVar = {"format": tuple(FORMATS)}
    RANGES: ClassVar = {"quality": (1, 100)}

    format: str = "PNG"
    quality: int = 95
    caption: str | None = None


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
        _endpoint(colorize, "saturation temperature strength model variant format rebalance size hints")
        _endpoint(restore, "mend colour enlarge saturation model detail screen negative fading hints format")
        _endpoint(upscale, "detail model consistency format")
        _endpoint(restyle, "strength brush size steps keep_colours features format")
        if painting:
            _endpoint(stylize, "direction strength brush keep_colours format")


def _endpoint(work: Callable[..., Made], order: str) -> None:
    """An endpoint of the function's name: its photographs and settings in, a file and what made it out.

    order: of the settings, as programs know it; fields that came later follow by themselves.
    """
    pictures = get_type_hints(work)
    kind = pictures.pop("settings")
    del pictures["return"]
    optional = [name for name, of in pictures.items() if type(None) in get_args(of)]
    known = {field.name: field.default for of in (kind, FileSettings) for field in fields(of)}
    names = list(dict.fromkeys((*pictures, *order.split(), *known)))

    def endpoint(*given: object) -> tuple[gr.FileData, dict[str, object]]:
        values = dict(zip(names, given, strict=True))
        try:
            settings, written = _read(kind, values), _read(FileSettings, values)
            photos = [
                _opened(name, values[name], type(None) in get_args(of)) for name, of in pictures.items()
            ]
            return _answer(*work(*photos, settings), written)
        except ColorizerError as error:  # reaches the program as one sentence
            raise gr.Error(str(error), print_exception=False) from error

    types = get_type_hints(kind) | get_type_hints(FileSettings) | {"hints": list[dict[str, float | str]]}
    types |= {name: str | None if name in optional else str for name in pictures}
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
    endpoint.__name__ = work.__name__
    texts = dict.fromkeys(pictures, FILE) | described(FileSettings) | described(kind)
    endpoint.__doc__ = "\n".join((inspect.getdoc(work) or "", "Args:", *(f"{n}: {texts[n]}" for n in names)))
    gr.api(endpoint, api_name=work.__name__, **running.HEAVY)


def _read(kind: type[T], values: Mapping[str, object]) -> T:
    """Those settings; what is None or missing is the default."""
    chosen = {name: values.get(name) for name in kind.__dataclass_fields__}
    return kind(**{name: value for name, value in chosen.items() if value is not None})


def _opened(name: str, given: object, optional: bool) -> Photo | None:
    """The photograph that a program names: a file that this server holds, an upload or a result of its own,
    or data. SettingsError for all else: no other path is read, and nothing is fetched."""
    if given is None and optional:
        return None
    path = given.get("path") if isinstance(given, dict) else given
    if isinstance(path, str):
        _, told, rest = path.rpartition(GIVEN_OUT)
        path = unquote(rest) if told else path
        if path.startswith("data:"):
            with suppress(ValueError), TemporaryDirectory() as folder:
                file = Path(folder, name)
                file.write_bytes(base64.b64decode(path.partition(";base64,")[2], validate=True))
                return Photo.open(file)
        if os.path.isfile(path) and files.is_upload(path):
            return Photo.open(path)
    value = "missing" if given is None else reprlib.repr(path or given)
    raise SettingsError(f"{name} is {value}, but must be {FILE}.")


def _answer(
    photo: Photo, made_by: Mapping[str, object], more: Mapping[str, object], written: FileSettings
) -> tuple[gr.FileData, dict[str, object]]:
    """The result's file, and what made it."""
    result = Result(photo, made_by).captioned(written.caption)
    ending = files.ENDINGS[str(made_by["task"])]
    path = files.write_result(result.photo, written.format, ending, result.settings, written.quality)
    size = {"width": result.photo.width, "height": result.photo.height}
    told = {**result.settings, **size, **more, "notes": list(photo.metadata.notes)}
    return gr.FileData(path=path, orig_name=Path(path).name, size=Path(path).stat().st_size), told
