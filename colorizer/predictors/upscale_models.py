"""Which networks can enlarge here, and what lies between two of them?

Two networks that began as one can be interpolated weight by weight, and what lies between them enlarges as
well: that is the setting `detail` (Wang et al. 2018, section 3.4). Only what the manifest lists is offered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from colorizer import weights
from colorizer.errors import SettingsError, WeightsError
from colorizer.networks.srgan import Generator
from colorizer.predictors.precision import prepared
from colorizer.predictors.settings import UPSCALE_MODELS, UpscaleSettings

# model -> the weights of least detail and those of most
ENDS = {"clean": ("srresnet", "srgan"), "photo": ("srgan-photo", "srgan-photo")}
CONSISTENCY = {"clean": 2, "photo": 0}
MIDDLE = 0.5

Network = tuple[Generator, tuple[str, ...]]  # and the names and versions of the weights that it is made of


@dataclass(frozen=True)
class Offer:
    """A model whose weights are there: `details` are the least and the most detail (equal where there is no
    choice), `defaults` its settings with every value filled in."""

    model: str
    details: tuple[float, float]
    defaults: UpscaleSettings


def offered() -> tuple[Offer, ...]:
    """The models that can be chosen, the usual one first; WeightsError when the manifest can't be read."""
    there, offers = weights.entries(), []
    for model in UPSCALE_MODELS:
        ends = {name: float(end) for end, name in enumerate(ENDS[model])}
        found = [end for name, end in ends.items() if name in there]
        if found:
            default = MIDDLE if len(found) == 2 else found[0]
            settings = UpscaleSettings(model, default, CONSISTENCY[model])
            offers.append(Offer(model, (found[0], found[-1]), settings))
    return tuple(offers)


def settled(settings: UpscaleSettings | None = None) -> UpscaleSettings:
    """The settings with every None filled in.

    SettingsError: the model, or that much detail, has no weights yet. WeightsError: no model has any.
    """
    settings = settings or UpscaleSettings()
    offers = {offer.model: offer for offer in offered()}
    if not offers:
        raise WeightsError(
            "There are no weights for enlarging yet. Train some with `python -m colorizer train srresnet` "
            "and enter them with `python -m colorizer weights add`."
        )
    if settings.model not in offers:
        raise SettingsError(
            f"There are no weights for the model “{settings.model}” yet. Choose {' or '.join(offers)}."
        )
    offer = offers[settings.model]
    given = {name: value for name, value in settings.as_dict().items() if value is not None}
    filled = replace(offer.defaults, **given)
    low, high = offer.details
    if filled.detail is None or not low <= filled.detail <= high:
        raise SettingsError(
            f"detail is {filled.detail:g}, but the weights that are there for the model “{settings.model}” "
            f"only give {low:g}. Choose {low:g}, or leave it out."
        )
    return filled


def read_network(model: str, detail: float, device: torch.device) -> Network:
    """The network of settled settings; WeightsError where its weights are none, or don't fit each other."""
    names = ENDS[model] if 0 < detail < 1 else ENDS[model][int(detail) :][:1]
    states = [weights.load(name)[0] for name in names]
    state = states[0] if len(states) == 1 else _between(names, states, detail)
    network = weights.fitted(Generator.from_state, state, " and ".join(names))
    known = weights.entries()
    return prepared(network, device), tuple(f"{name} {known[name].version}" for name in names)


def _between(names: tuple[str, ...], states: list[dict[str, Tensor]], detail: float) -> dict[str, Tensor]:
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    if shapes[0] != shapes[1]:
        raise WeightsError(
            f"The weights {' and '.join(names)} belong to networks of different shape, so there is nothing "
            "between them. Choose a detail of 0 or 1."
        )
    return {name: torch.lerp(value, states[1][name], detail) for name, value in states[0].items()}
