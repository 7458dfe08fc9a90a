"""A sheet that tests answer."""

from pathlib import Path

import pytest

from recipes import audit
from tests.recipes.auditing.sheets import gate, mixed


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A sheet of 60 rows of a gate with 1,000."""
    audit.write([gate(mixed(1_000))], tmp_path / "a.csv", None, 60, 7)
    return tmp_path / "a.csv"
