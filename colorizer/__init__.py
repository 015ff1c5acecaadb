"""What does the package offer to other programs? A class for each task, settings, Photo, errors.

    from colorizer import Colorizer, Photo

    Colorizer.load().colorize(Photo.open("grandmother.jpg")).save("grandmother-colorized.png")

Each name is imported when it is first asked for, so `import colorizer` costs nothing and doesn't read torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colorizer.errors import ColorizerError
    from colorizer.photo import Photo
    from colorizer.predictors.colorize import Colorizer
    from colorizer.predictors.own_style import StyleTransfer
    from colorizer.predictors.settings import (
        ColorizeSettings,
        RestyleSettings,
        StylizeSettings,
        UpscaleSettings,
    )
    from colorizer.predictors.stylize import Stylizer
    from colorizer.predictors.upscale import Upscaler

__version__ = "1.0.0"
__all__ = [
    "ColorizeSettings",
    "Colorizer",
    "ColorizerError",
    "Photo",
    "RestyleSettings",
    "StyleTransfer",
    "StylizeSettings",
    "Stylizer",
    "UpscaleSettings",
    "Upscaler",
    "__version__",
]

_HOMES = {
    "ColorizeSettings": "colorizer.predictors.settings",
    "Colorizer": "colorizer.predictors.colorize",
    "ColorizerError": "colorizer.errors",
    "Photo": "colorizer.photo",
    "RestyleSettings": "colorizer.predictors.settings",
    "StyleTransfer": "colorizer.predictors.own_style",
    "StylizeSettings": "colorizer.predictors.settings",
    "Stylizer": "colorizer.predictors.stylize",
    "UpscaleSettings": "colorizer.predictors.settings",
    "Upscaler": "colorizer.predictors.upscale",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
