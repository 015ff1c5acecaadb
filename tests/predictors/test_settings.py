"""Is every setting checked when it is made, and does a wrong one say which it is and what is allowed?"""

from __future__ import annotations

import json
import re

import pytest

from colorizer.errors import SettingsError
from colorizer.predictors.settings import (
    ColorizeSettings,
    Hint,
    MendSettings,
    RestoreSettings,
    RestyleSettings,
    StylizeSettings,
    UpscaleSettings,
)

TASKS = (ColorizeSettings, MendSettings, RestoreSettings, RestyleSettings, StylizeSettings, UpscaleSettings)
WHOLE = [(ColorizeSettings, "variant"), (UpscaleSettings, "consistency"), (RestyleSettings, "size")]


@pytest.mark.parametrize(("task", "name"), [(task, name) for task in TASKS for name in task.RANGES])
def test_a_number_is_taken_from_end_to_end_and_refused_beyond(task, name):
    low, high = task.RANGES[name]
    for value in (low, high):
        assert getattr(task(**{name: value}), name) == value
    wrong = [low - 1, high + 0.1, float("nan"), "much", True]
    for value in wrong if getattr(task(), name) is None else [*wrong, None]:
        with pytest.raises(SettingsError, match=f"{name} is {value!r}, but must be a number from {low:g} to"):
            task(**{name: value})


@pytest.mark.parametrize(("task", "name"), WHOLE)
def test_what_counts_is_a_whole_number(task, name):
    low, _ = task.RANGES[name]
    assert type(getattr(task(**{name: float(low)}), name)) is int
    with pytest.raises(SettingsError, match=rf"{name} is {low + 0.5}, but must be a whole number"):
        task(**{name: low + 0.5})


@pytest.mark.parametrize(("task", "name"), [(task, name) for task in TASKS for name in task.CHOICES])
def test_a_name_that_nothing_has_is_refused_with_those_that_there_are(task, name):
    with pytest.raises(SettingsError, match=f"no {name} “vgg16”. Choose one of {task.CHOICES[name][0]}, "):
        task(**{name: "vgg16"})


@pytest.mark.parametrize(
    ("hints", "reason"),
    [
        ([{"x": 0.5, "y": 1.1, "colour": "#b04040"}], "y is 1.1, but must be a number from 0 to 1"),
        ([{"x": "0.5", "y": 0.5, "colour": "#b04040"}], "x is '0.5', but must be a number"),
        ([{"x": float("nan"), "y": 0.5, "colour": "#b04040"}], "x is nan, but must be a number"),
        (
            [{"x": 0.5, "y": 0.5, "colour": "#b04040", "reach": 0}],
            "reach is 0, but must be a number from 0.02",
        ),
        ([{"x": 0.5, "y": 0.5, "colour": "#b0404"}], "“#b0404” is no colour. Write it as #RRGGBB"),
        ([{"x": 0.5, "y": 0.5, "colour": None}], "“None” is no colour"),
        ([{"x": 0.5, "y": 0.5}], "is no hint. It has x, y and colour, and may have reach"),
        ([{"x": 0.5, "y": 0.5, "colour": "#b04040", "size": 3}], "is no hint"),
        (["#b04040"], "'#b04040' is no hint"),
        ({"x": 0.5}, "hints is {'x': 0.5}, but must be a list of hints"),
        ("#b04040", "but must be a list of hints"),
        ([{"x": 0.5, "y": 0.5, "colour": "#b04040"}] * 1001, "There are 1,001 hints. At most 1,000"),
    ],
)
def test_a_hint_that_cannot_be_is_refused(hints, reason):
    with pytest.raises(SettingsError, match=re.escape(reason)):
        ColorizeSettings(hints=hints)


def test_hints_are_made_again_from_what_a_file_holds():
    settings = ColorizeSettings(hints=(Hint(0.3, 0.6, "#7a5230", 0.2), Hint(0, 1, "#FFFFFF")))
    assert ColorizeSettings(**json.loads(json.dumps(settings.as_dict()))) == settings
