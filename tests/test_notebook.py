"""Is the lesson whole, as it lies there to be read? That it runs is shown by .ci/run, which executes it."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def cells():
    return json.loads((ROOT / "train.ipynb").read_text(encoding="utf-8"))["cells"]


def code_of(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


def words_of(cells):
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def outputs_of(cells, kind):
    """The texts of that kind among what the code cells gave."""
    found = []
    for cell in code_of(cells):
        for output in cell["outputs"]:
            text = output.get("text") if kind == "text" else output.get("data", {}).get(kind)
            found += ["".join(text)] if text else []
    return found


def test_its_outputs_come_from_one_run_from_top_to_bottom(cells):
    numbers = [cell["execution_count"] for cell in code_of(cells)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert not [out for cell in code_of(cells) for out in cell["outputs"] if out["output_type"] == "error"]


def test_every_question_is_asked_once(cells):
    assert re.findall(r"\*\*(Q\d+)\.", words_of(cells)) == [f"Q{number}" for number in range(1, 18)]


def test_it_shows_pictures_and_tells_nothing_of_the_machine_that_made_them(cells):
    assert len(outputs_of(cells, "image/jpeg")) >= 20
    said = "\n".join(outputs_of(cells, "text") + outputs_of(cells, "text/markdown"))
    assert not re.search(r"/(tmp|home|root|work|Users)/|Warning|WARNING|Traceback", said)


def test_its_figures_of_the_shipped_networks_are_those_of_the_readme(cells):
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    (table,) = [text for text in outputs_of(cells, "text/markdown") if "AuC" in text]
    for line in table.splitlines():
        assert line in readme


def test_it_trains_with_the_package_and_not_with_code_of_its_own(cells):
    code = "\n".join("".join(cell["source"]) for cell in code_of(cells))
    assert "optim" not in code and ".backward(" not in code
    for trainer in ("train_course_unet", "train_autoencoder", "colorizer.train,", "train_srresnet"):
        assert trainer in code
    assert "train_srgan" in code and "train_cyclegan" in code
