"""How are several ways to treat many pictures compared? Figures, means, a table for a README, a file.

A row is a dictionary of figures by name, as --json writes them.
"""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from tqdm import tqdm

from colorizer.errors import ColorizerError
from colorizer.evaluation.features import Extract, kid
from colorizer.photo import Photo

S = TypeVar("S")
Row = dict[str, Any]
Column = str | Callable[[Row], str]  # a format string of a row's figures, or a function of the row
Compare = Callable[[np.ndarray], dict[str, float]]  # of a result (H, W, 3) uint8, its figures by name


@dataclass
class Tally:
    """What one way reaches, picture by picture: figures and, where sets are compared, features (d,)."""

    figures: list[dict[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    features: list[np.ndarray] = field(default_factory=list)

    def means(self) -> dict[str, float]:
        """The mean of each figure; fsum is exact, so that the order of the pictures doesn't matter."""
        columns = {name: [figures[name] for figures in self.figures] for name in self.figures[0]}
        return {name: math.fsum(values) / len(values) for name, values in columns.items()}

    def kid(self, goal: Sequence[np.ndarray], paired: bool) -> float:
        """KID x 1000 to the pictures with the features `goal` (N, d); see features.kid."""
        return 1000 * kid(np.stack(self.features), np.stack(goal), paired=paired)


def measure(
    paths: Sequence[Path],
    ways: Mapping[str, S],
    make: Callable[[Photo, S], Photo],
    prepare: Callable[[int, Path], tuple[Photo, Compare]],
    extract: Extract | None,
) -> dict[str, Tally]:
    """Every picture treated in every way, and measured.

    ways: settings by name. make: what is given and the settings of a way -> its result. prepare: a picture's
    number and path -> what all ways are given, and what tells the figures of a result.
    """
    tallies = {name: Tally() for name in ways}
    for number, path in enumerate(tqdm(paths, unit="picture")):
        given, compare = prepare(number, path)
        for name, settings in ways.items():
            began = time.perf_counter()
            result = make(given, settings).rgb
            tallies[name].seconds.append(time.perf_counter() - began)
            tallies[name].figures.append(compare(result))
            if extract:
                tallies[name].features.append(extract(result))
    return tallies


def markdown_table(rows: Sequence[Row], columns: Mapping[str, Column]) -> str:
    """A Markdown table without a newline at its end; `columns` say what stands under each head."""
    cells = [
        [column.format(**row) if isinstance(column, str) else column(row) for column in columns.values()]
        for row in rows
    ]
    lines = ["| " + " | ".join(line) + " |" for line in ([*columns], *cells)]
    return "\n".join([lines[0], "|---" * len(columns) + "|", *lines[1:]])


def write_rows(path: Path, rows: Sequence[Row], about: Mapping[str, object]) -> None:
    """Rows of figures as JSON, null where one isn't finite, with what is said about them and the machine.

    ColorizerError if the file can't be written.
    """
    machine = {"torch": torch.__version__, "threads": torch.get_num_threads(), "machine": platform.machine()}
    plain = [{name: _finite(value) for name, value in row.items()} for row in rows]
    try:
        path.write_text(json.dumps({**about, **machine, "rows": plain}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ColorizerError(
            f"“{path}” can't be written ({error.strerror}). Choose another --json file."
        ) from None


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
