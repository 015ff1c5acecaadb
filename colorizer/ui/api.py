"""How do programs colour, enlarge and paint photographs? By public endpoints; the page's own are private."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction, Blocks
from gradio.components import Component
from gradio.context import Context

from colorizer.errors import ColorizerError
from colorizer.photo import FORMATS, Photo
from colorizer.predictors.settings import (
    COLOURINGS,
    DIRECTIONS,
    FEATURES,
    MODELS,
    RANGES,
    RESTORE_MODELS,
    RESTORE_RANGES,
    RESTYLE_RANGES,
    SCREENS,
    STYLIZE_RANGES,
    UPSCALE_MODELS,
    VARIANTS,
    ColorizeSettings,
    RestoreSettings,
    RestyleSettings,
    StylizeSettings,
    UpscaleSettings,
)
from colorizer.ui import files, running


def restore(
    photo: str,
    mend: float = RestoreSettings.mend,
    colour: str = RestoreSettings.colour,
    enlarge: int = RestoreSettings.enlarge,
    saturation: float = RestoreSettings.saturation,
    model: str = RestoreSettings.model,
    detail: float | None = None,
    screen: str = RestoreSettings.screen,
    negative: bool = False,
    fading: float = RestoreSettings.fading,
    hints: list[dict[str, Any]] | None = None,
    format: str = "PNG",
) -> tuple[str, dict[str, Any]]:
    """Mend, colour and enlarge an old photograph in one pass. Returns the file and what made it.

    mend 0..1, how readily damage is seen, 0 leaves mending out; colour "auto" (where it has none), "always"
    or "never"; enlarge 1..4 times, or what is possible up to that; saturation 0..2; model "clean", "photo"
    or "auto"; detail 0..1; screen, what is smoothed of a print's dots: "colour", "smooth" or "keep"; negative
    exchanges light and dark; fading 0..1 brings black and white back; hints as `colorize` takes them.
    """
    with _told():
        asked: Any = () if hints is None else hints  # not yet checked
        settings = RestoreSettings(
            mend, "", colour, saturation, asked, enlarge, model, detail, screen, negative, fading
        )
        made = running.restore(_opened(photo), settings)
        return _answer(made.photo, format, files.ENDINGS["restore"], made.made_by)


def colorize(
    photo: str,
    saturation: float = ColorizeSettings.saturation,
    temperature: float = ColorizeSettings.temperature,
    strength: float = ColorizeSettings.strength,
    model: str = ColorizeSettings.model,
    variant: int = ColorizeSettings.variant,
    format: str = "PNG",
    rebalance: float = ColorizeSettings.rebalance,
    size: int = ColorizeSettings.size,
    hints: list[dict[str, Any]] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Colour a photograph at full size; its luminance is kept. Returns the file and what made it.

    saturation 0..2; temperature 0.1..1, lower is bolder; strength 0..1, 0 keeps the photograph's own colours;
    model "unet", "course-unet" or "autoencoder"; variant 0 is the likeliest, 1..4 are others; rebalance 0..1
    favours rare colours; size 128..512, the long side of what the network sees; hints a list of
    {"x": 0.3, "y": 0.6, "colour": "#7a5230"}, places as shares of width and height, of which each may have a
    "reach", 0.02..1, how far it spreads.
    """
    with _told():
        asked: Any = () if hints is None else hints  # not yet checked
        settings = ColorizeSettings(model, saturation, temperature, rebalance, strength, variant, size, asked)
        given = _opened(photo)
        analysis = running.analyse(given, settings)
        result = running.colorizer().render(analysis, settings)
        return _answer(result, format, files.ENDINGS["colorize"], analysis.made_by(settings), tone=given.tone)


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
    with _told():
        made = running.enlarge(_opened(photo), UpscaleSettings(model, detail, consistency))
        return _answer(made.photo, format, files.ENDINGS["upscale"], made.made_by, remaining_error=made.error)


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
    with _told():
        settings = StylizeSettings(direction, strength, brush, keep_colours)
        painting = running.paint(_opened(photo), settings)
        result = running.stylizer().render(painting, settings)
        return _answer(result, format, files.ENDINGS["stylize"], painting.made_by(settings))


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
    with _told():
        settings = RestyleSettings(strength, brush, size, steps, keep_colours, features)
        model = _opened(painting, "painting")
        made = running.restyle(_opened(photo) if photo else None, model, settings)
        ending = files.ENDINGS["restyle" if photo else "texture"]
        return _answer(made.photo, format, ending, made.made_by(model))


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong reaches the program as one sentence."""
    try:
        yield
    except ColorizerError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _opened(path: str | None, what: str = "photograph") -> Photo:
    if not path:
        raise ColorizerError(f"Send a {what}.")
    return Photo.open(path)


def _answer(
    result: Photo, format: str, ending: str, made_by: Mapping[str, object], **more: object
) -> tuple[str, dict[str, Any]]:
    """The result's file, and what made it."""
    path = files.write_result(result, format, ending, made_by)
    size = {"width": result.width, "height": result.height}
    return path, {**made_by, **size, **more, "notes": list(result.metadata.notes)}


def build_api(painting: bool) -> None:
    """Add the endpoints to the current Blocks; their components are never shown. `painting`: there are
    weights for it."""
    assert Context.root_block is not None
    _take_shorter_calls(Context.root_block)
    standard = ColorizeSettings()
    _endpoint(
        colorize,
        gr.Slider(*RANGES["saturation"], standard.saturation, label="saturation", visible=False),
        gr.Slider(*RANGES["temperature"], standard.temperature, label="temperature", visible=False),
        gr.Slider(*RANGES["strength"], standard.strength, label="strength", visible=False),
        gr.Radio(list(MODELS), value=standard.model, label="model", visible=False),
        gr.Slider(0, VARIANTS, standard.variant, step=1, label="variant", visible=False),
        more=(
            gr.Slider(*RANGES["rebalance"], standard.rebalance, label="rebalance", visible=False),
            gr.Number(standard.size, precision=0, label="size", visible=False),
            gr.JSON(None, label="hints", visible=False),
        ),
    )
    old = RestoreSettings()
    _endpoint(
        restore,
        gr.Slider(*RESTORE_RANGES["mend"], old.mend, label="mend", visible=False),
        gr.Radio(list(COLOURINGS), value=old.colour, label="colour", visible=False),
        gr.Slider(*RESTORE_RANGES["enlarge"], old.enlarge, step=1, label="enlarge", visible=False),
        gr.Slider(*RESTORE_RANGES["saturation"], old.saturation, label="saturation", visible=False),
        gr.Radio(list(RESTORE_MODELS), value=old.model, label="model", visible=False),
        gr.Number(None, label="detail", visible=False),
        gr.Radio(list(SCREENS), value=old.screen, label="screen", visible=False),
        gr.Checkbox(old.negative, label="negative", visible=False),
        gr.Slider(*RESTORE_RANGES["fading"], old.fading, label="fading", visible=False),
        gr.JSON(None, label="hints", visible=False),
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


def _take_shorter_calls(page: Blocks) -> None:
    """Over plain HTTP, too, a call may lack the last values; Gradio lets only its clients do that."""
    check = page.validate_inputs

    def filled(block_fn: BlockFunction, inputs: list[Any]) -> None:
        inputs += [getattr(component, "value", None) for component in block_fn.inputs[len(inputs) :]]
        check(block_fn, inputs)

    page.validate_inputs = filled  # type: ignore[method-assign]


def _endpoint(
    function: Callable[..., tuple[str, dict[str, Any]]], *settings: Component, more: Sequence[Component] = ()
) -> None:
    """An endpoint of the function's name: a file and its settings in, a file and what made it out. `more`:
    settings that came later, and that a call may lack."""
    photo = gr.File(label="photo", visible=False)
    kind = gr.Radio(list(FORMATS), value="PNG", label="format", visible=False)
    outputs = [gr.File(label="result", visible=False), gr.JSON(label="made by", visible=False)]
    gr.Button(visible=False).click(
        function, [photo, *settings, kind, *more], outputs, api_name=function.__name__, **running.HEAVY
    )
