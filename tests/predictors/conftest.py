"""A weights folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pictures import EMPTY


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder in force, empty."""
    monkeypatch.setenv("COLORIZER_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "manifest.json").write_text(EMPTY)
    return tmp_path
