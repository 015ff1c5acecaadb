"""What can a person choose? One frozen settings object a task, checked when it is made."""

from __future__ import annotations

import inspect
import re
import reprlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from colorizer.errors import SettingsError

Ranges = dict[str, tuple[float, float]]
Choices = dict[str, tuple[str, ...]]

MODELS = ("unet", "course-unet", "autoencoder")
VARIANTS = 4
RANGES: Ranges = {
    "saturation": (0.0, 2.0),
    "temperature": (0.1, 1.0),
    "rebalance": (0.0, 1.0),
    "strength": (0.0, 1.0),
    "variant": (0, VARIANTS),
    "size": (128, 512),
}
HINT_RANGES: Ranges = {"x": (0.0, 1.0), "y": (0.0, 1.0), "reach": (0.02, 1.0)}
MOST_HINTS = 1000
MEND_RANGES: Ranges = {"sensitivity": (0.0, 1.0)}
UPSCALE_MODELS = ("clean", "photo")
UPSCALE_RANGES: Ranges = {"detail": (0.0, 1.0), "consistency": (0, 4)}
COLOURINGS = ("auto", "always", "never")
RESTORE_MODELS = ("auto", *UPSCALE_MODELS)
SCREENS = ("colour", "smooth", "keep")
RESTORE_RANGES: Ranges = {
    "mend": (0.0, 1.0),
    "saturation": RANGES["saturation"],
    "enlarge": (1, 4),
    "detail": UPSCALE_RANGES["detail"],
    "fading": (0.0, 1.0),
}
DIRECTIONS = ("photo2monet", "monet2photo")
STYLIZE_RANGES: Ranges = {"strength": (0.0, 1.0), "brush": (1.0, 32.0)}
FEATURES = ("auto", "vgg19", "lite0")
RESTYLE_RANGES: Ranges = {
    "strength": (0.0, 1.0),
    "brush": (0.5, 2.0),
    "size": (128, 768),
    "steps": (10, 500),
    "seed": (0, 2**31 - 1),
}


@dataclass(frozen=True)
class Settings:
    """What all have in common: names are looked up in CHOICES, numbers in RANGES; a field's type says whether
    a number must be whole and whether it may be None. What a docstring says of a field, --help says, too."""

    CHOICES: ClassVar[Choices] = {}
    RANGES: ClassVar[Ranges] = {}

    def __post_init__(self) -> None:
        for field in fields(self):
            name, value, kind = field.name, getattr(self, field.name), str(field.type)
            if value is None and "None" in kind:
                continue
            wrong = f"{name} is {reprlib.repr(value)}, but must be"  # what a program sent may be long
            if name in self.CHOICES and value not in self.CHOICES[name]:
                there, known = "are" if name.endswith("s") else "is", ", ".join(self.CHOICES[name])
                raise SettingsError(f"There {there} no {name} “{str(value)[:40]}”. Choose one of {known}.")
            if kind == "bool" and not isinstance(value, bool):
                raise SettingsError(f"{wrong} true or false.")
            if "str" in kind and not isinstance(value, str):
                raise SettingsError(f"{wrong} text.")
            if name not in self.RANGES:
                continue
            low, high = self.RANGES[name]
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
                raise SettingsError(f"{wrong} a number from {low:.12g} to {high:.12g}.")
            if "int" in kind:
                if int(value) != value:
                    raise SettingsError(f"{wrong} a whole number.")
                object.__setattr__(self, name, int(value))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a file's metadata and the API."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }


def described(kind: type[Settings]) -> dict[str, str]:
    """What the docstring says of each field, on one line, and its default where that isn't plain."""
    _, *parts = re.split(r"^(\w+): ", inspect.getdoc(kind) or "", flags=re.MULTILINE)
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    for field in fields(kind):
        text = " ".join(texts.get(field.name, "").split()).rstrip(".")
        plain = field.default in (None, False, "", ())
        texts[field.name] = text if plain else f"{text}; default {field.default}"
    return texts


@dataclass(frozen=True)
class Hint(Settings):
    """The colour that a place has; SettingsError for a value out of range.

    x: the place, as a share of the upright picture's width, from the left.
    y: the same of its height, from the top.
    colour: sRGB, as “#7a5230”; its hue and chroma count, the lightness is the photograph's.
    reach: 0.02..1, how far it spreads: over little more than its spot, over a thing (0.3), over most that
    looks like it.
    """

    RANGES: ClassVar = HINT_RANGES

    x: float
    y: float
    colour: str
    reach: float = 0.3

    def __post_init__(self) -> None:
        if not isinstance(self.colour, str) or not re.fullmatch("#[0-9a-fA-F]{6}", self.colour):
            raise SettingsError(
                f"“{str(self.colour)[:40]}” is no colour. Write it as #RRGGBB, such as #7a5230."
            )
        super().__post_init__()

    @classmethod
    def read(cls, number: int, given: object) -> Hint:
        """A hint, or its fields by their names (as `as_dict` and a file's metadata have them), the first of
        several being number 1."""
        if isinstance(given, Hint):
            return given
        names = {field.name for field in fields(cls)}
        if not isinstance(given, Mapping) or not {"x", "y", "colour"} <= set(given) <= names:
            wrong = reprlib.repr(given)
            raise SettingsError(f"{wrong} is no hint. It has x, y and colour, and may have reach.")
        try:
            return cls(**given)
        except SettingsError as error:
            raise SettingsError(f"Hint {number}: {error}") from None


def read_hints(given: object) -> tuple[Hint, ...]:
    """`Hint`s, or their fields, as hints; SettingsError where they are none, or more than MOST_HINTS."""
    if not isinstance(given, (list, tuple)):
        raise SettingsError(f"hints is {reprlib.repr(given)}, but must be a list of hints.")
    if len(given) > MOST_HINTS:
        raise SettingsError(f"There are {len(given):,} hints. At most {MOST_HINTS:,} can be given.")
    return tuple(Hint.read(*hint) for hint in enumerate(given, 1))


@dataclass(frozen=True)
class ColorizeSettings(Settings):
    """The settings of a colouring; SettingsError for a value out of range.

    model: "unet", or one of the two course models for comparison.
    saturation: factor on the predicted chroma, 0..2.
    temperature: 0.1..1 of the annealed mean (Zhang et al. 2016, section 2.3); lower is bolder. unet only.
    rebalance: 0..1, how far rare colours are favoured over common ones. unet only.
    strength: 0 keeps the photograph's own colours, 1 takes the predicted ones.
    variant: 0 is the likeliest colouring, 1..4 are alternatives. unet only.
    size: the long side, in pixels, of the copy that the network sees, 128..512.
    hints: colours that places have, up to 1,000; `Hint`s, or their fields. unet only.
    """

    CHOICES: ClassVar = {"model": MODELS}
    RANGES: ClassVar = RANGES

    model: str = "unet"
    saturation: float = 1.0
    temperature: float = 0.38
    rebalance: float = 0.0
    strength: float = 1.0
    variant: int = 0
    size: int = 256
    hints: tuple[Hint, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "hints", read_hints(self.hints))
        if self.hints and self.model != "unet":
            raise SettingsError(f"The model “{self.model}” takes no hints. Choose “unet”.")


@dataclass(frozen=True)
class MendSettings(Settings):
    """The settings of mending; SettingsError for a value out of range.

    sensitivity: 0..1, how readily something is taken for damage: 0 finds nothing, 0.5 what is beyond doubt,
    1 whatever might be some.
    """

    RANGES: ClassVar = MEND_RANGES

    sensitivity: float = 0.5


@dataclass(frozen=True)
class UpscaleSettings(Settings):
    """The settings of a fourfold enlargement; SettingsError for a value out of range.

    model: "clean" for pictures that are small but otherwise good, "photo" for noisy or compressed ones.
    detail: 0 keeps to what is certain and is soft, 1 invents the texture that is likely (the weights of two
    networks are interpolated: Wang et al. 2018, section 3.4). By default the middle, or, where only one of
    the networks is there, that one.
    consistency: 0..4, how often the result is corrected so that reducing it gives the photo back
    (back-projection, Irani and Peleg 1991). By default 2 for "clean" and 0 for "photo", whose noise would
    come back with it.
    """

    CHOICES: ClassVar = {"model": UPSCALE_MODELS}
    RANGES: ClassVar = UPSCALE_RANGES

    model: str = "clean"
    detail: float | None = None
    consistency: int | None = None


@dataclass(frozen=True)
class RestoreSettings(Settings):
    """The settings of a restoration; SettingsError for a value out of range.

    mend: 0..1, how readily dust, scratches and creases are seen; 0 leaves mending out.
    marks: what is damaged, in place of what is found, as `restore.packed` writes it.
    colour: "auto" colours photographs that have no colours, "always" replaces those that are there, "never"
    leaves colouring out.
    saturation: factor on the predicted chroma, 0..2.
    hints: colours that places have, up to 1,000; `Hint`s, or their fields.
    enlarge: how many times as wide and high, 1..4, or what is possible up to that; 1 leaves enlarging out.
    model: enlarges as a "clean" picture, or as a noisy or compressed "photo", or "auto": as it is.
    detail: 0 keeps to what is certain and is soft, 1 invents the texture that is likely.
    screen: what is smoothed where a print's halftone dots are found: "colour" the copy from which colours are
    predicted, "smooth" the result as well, "keep" nothing.
    negative: light and dark are exchanged first.
    fading: 0..1, how far a flat print's black and white are brought back.
    """

    CHOICES: ClassVar = {"colour": COLOURINGS, "model": RESTORE_MODELS, "screen": SCREENS}
    RANGES: ClassVar = RESTORE_RANGES

    mend: float = 0.5
    marks: str = ""
    colour: str = "auto"
    saturation: float = 1.0
    hints: tuple[Hint, ...] = ()
    enlarge: int = 4
    model: str = "auto"
    detail: float | None = None
    screen: str = "colour"
    negative: bool = False
    fading: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "hints", read_hints(self.hints))


@dataclass(frozen=True)
class StylizeSettings(Settings):
    """The settings of a painting, or of the way back; SettingsError for a value out of range.

    direction: "photo2monet", or "monet2photo" for a photograph of a painting.
    strength: 0 keeps the picture, 1 takes the painted one, between them both are mixed.
    brush: how many times smaller the network sees the picture, 1..32: the strokes' width in proportion. By
    default what suits the picture's size.
    keep_colours: the painted lightness with the picture's own colours.
    """

    CHOICES: ClassVar = {"direction": DIRECTIONS}
    RANGES: ClassVar = STYLIZE_RANGES

    direction: str = "photo2monet"
    strength: float = 0.8
    brush: float | None = None
    keep_colours: bool = False


@dataclass(frozen=True)
class RestyleSettings(Settings):
    """The settings of a picture in the style of another, or of a texture; SettingsError for a value out of
    range.

    strength: how much of the painting, 0..1; from one end to the other its style weighs a thousand times as
    much. Nothing to a texture.
    brush: how many times as large as the result the painting is seen, 0.5..2: the strokes' width in
    proportion.
    size: the long side of the result in pixels, 128..768. Time and memory grow with its square.
    steps: how often the picture is changed, 10..500.
    keep_colours: the painting gets the photograph's colours before it serves (Gatys et al. 2017, 5.1).
    features: "vgg19", "lite0" (lighter and weaker), or "auto", which is VGG-19 where its weights are there.
    seed: of the noise that a texture begins with.
    """

    CHOICES: ClassVar = {"features": FEATURES}
    RANGES: ClassVar = RESTYLE_RANGES

    strength: float = 0.5
    brush: float = 1.0
    size: int = 384
    steps: int = 110
    keep_colours: bool = False
    features: str = "auto"
    seed: int = 0


OF_TASK: dict[str, type[Settings]] = {  # as `made_by` names it
    "restore": RestoreSettings,
    "colorize": ColorizeSettings,
    "upscale": UpscaleSettings,
    "stylize": StylizeSettings,
    "restyle": RestyleSettings,
    "texture": RestyleSettings,
}
