"""What decides what is drawn at random in a step? The seed, the step and each crop's place in the stream.

So it matters neither how many processes share a batch nor where a run was stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

Random = np.random.Generator


@dataclass(frozen=True)
class Draws:
    """The random numbers of a step."""

    step: Random  # for what is the same for all crops
    crops: list[Random]  # one a crop

    @classmethod
    def of(cls, seed: int, kind: int, step: int, places: Iterable[int]) -> Draws:
        """For crops at these places in the stream; each `kind` of use has numbers of its own."""
        crops = [np.random.default_rng((seed, kind, 1, place)) for place in places]
        return cls(np.random.default_rng((seed, kind, step)), crops)
