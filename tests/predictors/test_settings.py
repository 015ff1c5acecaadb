"""Is every setting checked when it is made, and does a wrong one say which it is and what is allowed?"""

from __future__ import annotations

import pytest

from colorizer.errors import SettingsError
from colorizer.predictors.settings import ColorizeSettings, RestyleSettings, StylizeSettings, UpscaleSettings

TASKS = (ColorizeSettings, UpscaleSettings, StylizeSettings, RestyleSettings)
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
