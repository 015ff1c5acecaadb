"""How do figures of many pictures become means, a table for a README, and a file?"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from colorizer.errors import ColorizerError
from colorizer.evaluation.features import kid

R = TypeVar("R")


class Tally:
    """Gathers what one model, or one setting of it, reaches, picture by picture."""

    def __init__(self) -> None:
        self.figures: list[dict[str, float]] = []
        self.features: list[np.ndarray] = []

    def add(self, features: np.ndarray | None = None, **figures: float) -> None:
        """One picture's figures and, where sets are compared, its features (d,)."""
        self.figures.append(figures)
        if features is not None:
            self.features.append(features)

    def means(self) -> dict[str, float]:
        """The mean of each figure; fsum is exact, so that the order of the pictures doesn't matter."""
        columns = {name: [figures[name] for figures in self.figures] for name in self.figures[0]}
        return {name: math.fsum(values) / len(values) for name, values in columns.items()}

    def kid(self, goal: np.ndarray, paired: bool) -> float:
        """KID x 1000 to the pictures with the features `goal` (N, d); see features.kid."""
        return 1000 * kid(np.stack(self.features), goal, paired=paired)


def markdown_table(rows: Sequence[R], columns: Mapping[str, Callable[[R], str]]) -> str:
    """A Markdown table without a newline at its end; `columns` say what stands under each head."""
    cells = [columns, *([cell(row) for cell in columns.values()] for row in rows)]
    lines = ["| " + " | ".join(line) + " |" for line in cells]
    return "\n".join([lines[0], "|---" * len(columns) + "|", *lines[1:]])


def write_rows(path: Path, rows: Sequence[dict[str, object]], about: dict[str, object]) -> None:
    """Rows of figures as JSON, null where one isn't finite, with what is said about them and the machine.

    ColorizerError if the file can't be written.
    """
    machine = {"torch": torch.__version__, "threads": torch.get_num_threads(), "machine": platform.machine()}
    plain = [{name: _finite(value) for name, value in row.items()} for row in rows]
    try:
        path.write_text(json.dumps(about | machine | {"rows": plain}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ColorizerError(
            f"“{path}” can't be written ({error.strerror}). Choose another --json file."
        ) from None


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
