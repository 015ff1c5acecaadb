"""What can a person choose? One frozen settings object a task, checked when it is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from colorizer.errors import SettingsError

MODELS = ("unet", "course-unet", "autoencoder")
VARIANTS = 4
RANGES: dict[str, tuple[float, float]] = {
    "saturation": (0.0, 2.0),
    "temperature": (0.1, 1.0),
    "rebalance": (0.0, 1.0),
    "strength": (0.0, 1.0),
    "variant": (0, VARIANTS),
    "size": (128, 512),
}


@dataclass(frozen=True)
class ColorizeSettings:
    """The settings of a colouring; SettingsError for a value out of range.

    model: "unet", or one of the two course models for comparison.
    saturation: factor on the predicted chroma, 0..2.
    temperature: 0.1..1 of the annealed mean (Zhang et al. 2016, section 2.3); lower is bolder. unet only.
    rebalance: 0..1, how far rare colours are favoured over common ones. unet only.
    strength: 0 keeps the photograph's own colours, 1 takes the predicted ones.
    variant: 0 is the likeliest colouring, 1..4 are alternatives. unet only.
    size: the long side, in pixels, of the copy that the network sees, 128..512.
    """

    model: str = "unet"
    saturation: float = 1.0
    temperature: float = 0.38
    rebalance: float = 0.0
    strength: float = 1.0
    variant: int = 0
    size: int = 256

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise SettingsError(f"There is no model “{self.model}”. Choose one of {', '.join(MODELS)}.")
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
                raise SettingsError(f"{name} is {value!r}, but must be a number from {low:g} to {high:g}.")
        for name in ("variant", "size"):
            if int(getattr(self, name)) != getattr(self, name):
                raise SettingsError(f"{name} is {getattr(self, name)!r}, but must be a whole number.")
            object.__setattr__(self, name, int(getattr(self, name)))

    def as_dict(self) -> dict[str, str | float | int]:
        """Plain values, for a file's metadata and the API."""
        return asdict(self)
