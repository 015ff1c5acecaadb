"""How do programs colour, enlarge and paint photographs? By public endpoints; the page's own are private."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from colorizer.errors import ColorizerError
from colorizer.photo import FORMATS, Photo
from colorizer.predictors.settings import (
    DIRECTIONS,
    FEATURES,
    MODELS,
    RANGES,
    RESTYLE_RANGES,
    STYLIZE_RANGES,
    UPSCALE_MODELS,
    VARIANTS,
    ColorizeSettings,
    RestyleSettings,
    StylizeSettings,
    UpscaleSettings,
)
from colorizer.ui import files, style_work
from colorizer.ui.colorize_work import Coloured
from colorizer.ui.engine import analyse, colorizer, enlarge, paint, stylizer
from colorizer.ui.engine import restyle as engine_restyle
from colorizer.ui.monet_work import Painted
from colorizer.ui.upscale_work import Enlarged
from colorizer.ui.workbench import HEAVY


def colorize(
    photo: str,
    saturation: float = 1.0,
    temperature: float = 0.38,
    strength: float = 1.0,
    model: str = "unet",
    variant: int = 0,
    format: str = "PNG",
) -> tuple[str, dict[str, Any]]:
    """Colour a photograph at full size; its luminance is kept. Returns the file and what made it.

    saturation 0..2; temperature 0.1..1, lower is bolder; strength 0..1, 0 keeps the photograph's own colours;
    model "unet", "course-unet" or "autoencoder"; variant 0 is the likeliest, 1..4 are others.
    """
    if not photo:
        raise gr.Error("Send a photograph.", print_exception=False)
    try:
        settings = ColorizeSettings(model, saturation, temperature, strength=strength, variant=variant)
        given = Photo.open(photo)
        analysis = analyse(given, settings)
        result = colorizer().render(analysis, settings)
        about = analysis.made_by(settings)
        path = files.write_result(result, format, Coloured.ending, about)
    except ColorizerError as error:
        raise gr.Error(str(error), print_exception=False) from error
    return path, {
        **about,
        "width": result.width,
        "height": result.height,
        "tone": given.tone,
        "notes": list(given.metadata.notes),
    }


def upscale(
    photo: str,
    detail: float | None = None,
    model: str = "clean",
    consistency: int | None = None,
    format: str = "PNG",
) -> tuple[str, dict[str, Any]]:
    """Make a photograph four times as wide and high, up to 3 megapixels. Returns the file and what made it.

    detail 0..1, from soft to invented texture; model "clean", or "photo" for noisy or compressed ones;
    consistency 0..4, how often the result is corrected so that reducing it gives the photograph back. Left
    out, detail and consistency are what suits the weights that are there.
    """
    if not photo:
        raise gr.Error("Send a photograph.", print_exception=False)
    try:
        made = enlarge(Photo.open(photo), UpscaleSettings(model, detail, consistency))
        about = made.made_by
        path = files.write_result(made.photo, format, Enlarged.ending, about)
    except ColorizerError as error:
        raise gr.Error(str(error), print_exception=False) from error
    return path, {
        **about,
        "width": made.photo.width,
        "height": made.photo.height,
        "remaining_error": made.error,
        "notes": list(made.photo.metadata.notes),
    }


def stylize(
    photo: str,
    direction: str = "photo2monet",
    strength: float = StylizeSettings.strength,
    brush: float | None = None,
    keep_colours: bool = False,
    format: str = "PNG",
) -> tuple[str, dict[str, Any]]:
    """Paint a photograph at its own size. Returns the file and what made it.

    direction "photo2monet" or "monet2photo"; strength 0..1, 0 keeps the photograph; brush 1..32, how many
    times smaller the network sees the picture, left out what suits its size; keep_colours paints the
    lightness alone.
    """
    if not photo:
        raise gr.Error("Send a photograph.", print_exception=False)
    try:
        settings = StylizeSettings(direction, strength, brush, keep_colours)
        painting = paint(Photo.open(photo), settings)
        result = stylizer().render(painting, settings)
        about = painting.made_by(settings)
        path = files.write_result(result, format, Painted.ending, about)
    except ColorizerError as error:
        raise gr.Error(str(error), print_exception=False) from error
    notes = list(result.metadata.notes)
    return path, {**about, "width": result.width, "height": result.height, "notes": notes}


def restyle(
    photo: str | None,
    painting: str,
    strength: float = RestyleSettings.strength,
    brush: float = RestyleSettings.brush,
    size: int = RestyleSettings.size,
    steps: int = RestyleSettings.steps,
    keep_colours: bool = False,
    features: str = RestyleSettings.features,
    format: str = "PNG",
) -> tuple[str, dict[str, Any]]:
    """Paint a photograph in the style of a painting; without a photograph, make a texture like the painting.
    Returns the file and what made it.

    strength 0..1, how much of the painting; brush 0.5..2, width of the strokes; size 128..768, the long side
    of the result; steps 10..500; features "vgg19", "lite0" or "auto".
    """
    if not painting:
        raise gr.Error("Send a painting.", print_exception=False)
    mode = "photo" if photo else "texture"
    try:
        settings = RestyleSettings(strength, brush, size, steps, keep_colours, features)
        given = Photo.open(photo) if photo else None
        model = Photo.open(painting)
        made = engine_restyle(given, model, settings)
        about = made.made_by(model)
        path = files.write_result(made.photo, format, style_work.ENDINGS[mode], about)
    except ColorizerError as error:
        raise gr.Error(str(error), print_exception=False) from error
    size_out = {"width": made.photo.width, "height": made.photo.height}
    return path, {**about, **size_out, "notes": list(made.photo.metadata.notes)}


def build_api(painting: bool) -> None:
    """Add the endpoints to the current Blocks; their components are never shown. `painting`: there are
    weights for it."""
    standard = ColorizeSettings()
    _endpoint(
        colorize,
        gr.Slider(*RANGES["saturation"], standard.saturation, label="saturation", visible=False),
        gr.Slider(*RANGES["temperature"], standard.temperature, label="temperature", visible=False),
        gr.Slider(*RANGES["strength"], standard.strength, label="strength", visible=False),
        gr.Radio(list(MODELS), value=standard.model, label="model", visible=False),
        gr.Slider(0, VARIANTS, standard.variant, step=1, label="variant", visible=False),
    )
    _endpoint(
        upscale,
        gr.Number(None, label="detail", visible=False),
        gr.Radio(list(UPSCALE_MODELS), value=UpscaleSettings().model, label="model", visible=False),
        gr.Number(None, precision=0, label="consistency", visible=False),
    )
    _endpoint(
        restyle,
        gr.File(label="painting", visible=False),
        gr.Slider(*RESTYLE_RANGES["strength"], RestyleSettings().strength, label="strength", visible=False),
        gr.Slider(*RESTYLE_RANGES["brush"], RestyleSettings().brush, label="brush", visible=False),
        gr.Number(RestyleSettings().size, precision=0, label="size", visible=False),
        gr.Number(RestyleSettings().steps, precision=0, label="steps", visible=False),
        gr.Checkbox(False, label="keep_colours", visible=False),
        gr.Radio(list(FEATURES), value=RestyleSettings().features, label="features", visible=False),
    )
    if painting:
        _endpoint(
            stylize,
            gr.Radio(list(DIRECTIONS), value=DIRECTIONS[0], label="direction", visible=False),
            gr.Slider(
                *STYLIZE_RANGES["strength"], StylizeSettings().strength, label="strength", visible=False
            ),
            gr.Number(None, label="brush", visible=False),
            gr.Checkbox(False, label="keep_colours", visible=False),
        )


def _endpoint(function: Callable[..., tuple[str, dict[str, Any]]], *settings: Component) -> None:
    """An endpoint of the function's name: a file and its settings in, a file and what made it out."""
    photo = gr.File(label="photo", visible=False)
    kind = gr.Radio(list(FORMATS), value="PNG", label="format", visible=False)
    outputs = [gr.File(label="result", visible=False), gr.JSON(label="made by", visible=False)]
    gr.Button(visible=False).click(
        function, [photo, *settings, kind], outputs, api_name=function.__name__, **HEAVY
    )
