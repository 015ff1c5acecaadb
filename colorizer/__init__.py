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
    from colorizer.predictors.restore import Restorer
    from colorizer.predictors.settings import (
        ColorizeSettings,
        Hint,
        RestoreSettings,
        RestyleSettings,
        StylizeSettings,
        UpscaleSettings,
    )
    from colorizer.predictors.stylize import Stylizer
    from colorizer.predictors.upscale import Upscaler

__version__ = "1.0.0"
__all__ = ["ColorizeSettings", "Colorizer", "ColorizerError", "Hint", "Photo", "RestoreSettings", "Restorer"]
__all__ += ["RestyleSettings", "StyleTransfer", "StylizeSettings", "Stylizer", "UpscaleSettings", "Upscaler"]
__all__ += ["__version__"]

_HOMES = {
    "Colorizer": "predictors.colorize",
    "ColorizerError": "errors",
    "Photo": "photo",
    "Restorer": "predictors.restore",
    "StyleTransfer": "predictors.own_style",
    "Stylizer": "predictors.stylize",
    "Upscaler": "predictors.upscale",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"colorizer.{_HOMES.get(name, 'predictors.settings')}")
    globals()[name] = getattr(module, name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
