"""Are rate and stages laid out over the steps, or over the minutes, and does a stopped run go on so?"""

import math
from dataclasses import replace

import pytest
from tiny import same, state_of, train

from colorizer import interrupts
from colorizer.training import common, regression, run

SECONDS = 6  # that a step takes, so that two minutes are 20 steps


@pytest.fixture
def steps(monkeypatch):
    """What each step saw, (rate, side, places), under a clock that only steps move."""
    found, now, sides = [], [1000.0], []
    descend, batch = run.Run.descend, regression.course_batch

    def look(crops):
        sides.append(crops.shape[1])
        return batch(crops)

    def tick(self, loss):
        found.append((self.optimiser.param_groups[0]["lr"], sides[-1], self.places))
        now[0] += SECONDS
        descend(self, loss)

    monkeypatch.setattr(regression, "course_batch", look)
    monkeypatch.setattr(run, "monotonic", lambda: now[0])
    monkeypatch.setattr(run.Run, "descend", tick)
    return found


def test_rate_and_stages_follow_the_time(options_of, steps):
    options = options_of("course-unet", "32x4:70%,64x2:30%", minutes=2, every=5)
    assert train(options).exists()
    rates, sides, places = zip(*steps, strict=True)
    cosine = [0.5 * (1 + math.cos(math.pi * number * SECONDS / 120)) for number in range(20)]
    assert rates == pytest.approx([options.rate * (n + 1) / 100 * value for n, value in enumerate(cosine)])
    first, peak, last = (common.cosine_rate(step, 1000, 0.1) for step in (0, 100, 1000))
    assert (first, peak, last) == (pytest.approx(0.001), 0.1, pytest.approx(0, abs=1e-9))
    assert sides == (32,) * 14 + (64,) * 6
    assert [place for batch in places for place in batch] == list(range(14 * 4 + 6 * 2))


def test_a_stopped_run_goes_on_with_the_time_that_is_left(options_of, steps, tmp_path, monkeypatch):
    whole = options_of("course-unet", "32x4:70%,64x2:30%", minutes=2, every=5)
    train(whole)
    parts = replace(whole, out=tmp_path / "parts")
    for _ in range(2):  # each stops after seven steps
        steps.clear()
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(interrupts, "asked", lambda: len(steps) == 7)
            train(parts)
    train(parts)
    one, other = state_of(whole.out), state_of(parts.out)
    assert one["step"] == other["step"] == 20
    assert one["minutes"] == pytest.approx(2) and one["seen"] == other["seen"]
    assert same(one["average"], other["average"])
