"""A sheet says of each row why it is where it is, and two reviewers of it can be compared."""

from pathlib import Path

import pytest

from recipes import audit
from schemas.errors import TableError
from tests.recipes.auditing.sheets import answer, gate, mixed, number, written


def test_the_sheet_says_what_the_rule_says_and_what_it_saw(drawn: Path) -> None:
    row = next(row for row in written(drawn) if row["rule"] == "long")

    assert row["verdict"] == "rejected"
    assert "long: n_words >= 5 (Short ones say nothing.)" in row["rule_says"]
    assert f"n_words = {int(row['id'].removeprefix('row-')) % 9}" in row["values"]
    assert row["text"].endswith(row["id"].removeprefix("row-"))
    assert float(row["weight"]) > 1
    assert row["correct"] == row["comment"] == row["should_fail"] == ""


def test_a_sheet_with_answers_is_never_overwritten(drawn: Path) -> None:
    with pytest.raises(TableError, match="is there already, and may hold answers"):
        audit.write([gate(mixed(50))], drawn, None, 10, 7)


def test_two_reviewers_are_compared(drawn: Path, tmp_path: Path) -> None:
    first = answer(drawn, lambda row: "yes" if number(row) % 2 else "no")
    drawn.rename(tmp_path / "b.csv")
    other = answer(tmp_path / "b.csv", lambda row: "yes" if number(row) % 2 else "no")
    told = audit.read([first, other])["agreement"]
    opposite = answer(tmp_path / "b.csv", lambda row: "no" if number(row) % 2 else "yes")

    assert told["kappa"] == 1.0
    assert told["same"] == told["rows"]
    assert audit.read([first, opposite])["agreement"]["same"] == 0
    assert audit.read([first, opposite])["agreement"]["kappa"] < 0
