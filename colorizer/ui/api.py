"""How do programs colour photographs? One public endpoint, /colorize; the page's own events are private."""

from __future__ import annotations

from typing import Any

import gradio as gr

from colorizer.errors import ColorizerError
from colorizer.photo import FORMATS, Photo
from colorizer.predictors.settings import MODELS, RANGES, VARIANTS, ColorizeSettings
from colorizer.ui import files
from colorizer.ui.engine import analyse, colorizer


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
        path = files.write_result(result, format, analysis, settings)
    except ColorizerError as error:
        raise gr.Error(str(error), print_exception=False) from error
    about = {
        **files.made_by(analysis, settings),
        "width": result.width,
        "height": result.height,
        "tone": given.tone,
        "notes": list(given.metadata.notes),
    }
    return path, about


def build_api() -> None:
    """Add the endpoint to the current Blocks; its components are never shown."""
    standard = ColorizeSettings()
    inputs = [
        gr.File(label="photo", visible=False),
        gr.Slider(*RANGES["saturation"], standard.saturation, label="saturation", visible=False),
        gr.Slider(*RANGES["temperature"], standard.temperature, label="temperature", visible=False),
        gr.Slider(*RANGES["strength"], standard.strength, label="strength", visible=False),
        gr.Radio(list(MODELS), value=standard.model, label="model", visible=False),
        gr.Slider(0, VARIANTS, standard.variant, step=1, label="variant", visible=False),
        gr.Radio(list(FORMATS), value="PNG", label="format", visible=False),
    ]
    outputs = [gr.File(label="result", visible=False), gr.JSON(label="made by", visible=False)]
    gr.Button(visible=False).click(
        colorize, inputs, outputs, api_name="colorize", concurrency_id="heavy", concurrency_limit=1
    )
