"""Which networks can enlarge here, and what lies between two of them?

Two networks that began as one can be interpolated weight by weight, and what lies between them enlarges as
well: that is the setting `detail` (Wang et al. 2018, section 3.4). Only what the manifest lists is offered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from colorizer import weights
from colorizer.errors import SettingsError, WeightsError
from colorizer.networks.srgan import Generator
from colorizer.predictors.settings import UPSCALE_MODELS, UpscaleSettings

# model -> the weights of least detail and those of most
ENDS = {"clean": ("srresnet", "srgan"), "photo": ("srgan-photo", "srgan-photo")}
CONSISTENCY = {"clean": 2, "photo": 0}
MIDDLE = 0.5
KEPT = 4  # networks that stay in memory


@dataclass(frozen=True)
class Offer:
    """A model whose weights are there: `details` are the least and the most detail (equal where there is no
    choice), `defaults` its settings with every value filled in."""

    model: str
    details: tuple[float, float]
    defaults: UpscaleSettings


def offered() -> tuple[Offer, ...]:
    """The models that can be chosen, the usual one first; WeightsError when the manifest can't be read."""
    there = weights.entries()
    offers = []
    for model in UPSCALE_MODELS:
        ends = ENDS[model]
        if len(set(ends)) == 1:
            found = [1.0] if ends[0] in there else []
        else:
            found = [float(end) for end, name in enumerate(ends) if name in there]
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
    detail = offer.defaults.detail if settings.detail is None else settings.detail
    low, high = offer.details
    assert detail is not None
    if not low <= detail <= high:
        raise SettingsError(
            f"detail is {detail:g}, but the weights that are there for the model “{settings.model}” only "
            f"give {low:g}. Choose {low:g}, or leave it out."
        )
    consistency = offer.defaults.consistency if settings.consistency is None else settings.consistency
    return replace(settings, detail=detail, consistency=consistency)


class Networks:
    """Reads and interpolates the networks; the last few stay in memory, on the device."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._kept: OrderedDict[tuple[str, float], tuple[Generator, tuple[str, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, settings: UpscaleSettings) -> tuple[Generator, tuple[str, ...]]:
        """The network of settled settings, and the names and versions of the weights that it is made of."""
        assert settings.detail is not None
        key = (settings.model, settings.detail)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._make(*key)
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]

    def _make(self, model: str, detail: float) -> tuple[Generator, tuple[str, ...]]:
        names = ENDS[model] if 0 < detail < 1 else ENDS[model][int(detail) :][:1]
        states = [weights.load(name)[0] for name in names]
        state = states[0] if len(states) == 1 else _between(names, states, detail)
        network = weights.fitted(Generator.from_state, state, " and ".join(names))
        network = network.eval().requires_grad_(False).to(self.device)
        network.to(memory_format=torch.channels_last)
        known = weights.entries()
        return network, tuple(f"{name} {known[name].version}" for name in names)


def _between(names: tuple[str, ...], states: list[dict[str, Tensor]], detail: float) -> dict[str, Tensor]:
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    if shapes[0] != shapes[1]:
        raise WeightsError(
            f"The weights {' and '.join(names)} belong to networks of different shape, so there is nothing "
            "between them. Choose a detail of 0 or 1."
        )
    return {name: torch.lerp(value, states[1][name], detail) for name, value in states[0].items()}
