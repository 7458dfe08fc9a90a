"""Nothing in a sheet is run by a spreadsheet, and nothing is lost by that."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.auditing import sheet


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "  =1",
        "\t=1",
        "＝1",
        "mud;=1",
        "mud\n-1",
        'mud; "=1"',
        "'=1",
    ],
)
def test_no_cell_begins_with_what_a_spreadsheet_runs(text: str, tmp_path: Path) -> None:
    sheet.write(tmp_path / "a.csv", ["id", "text"], [["a", sheet.guarded(sheet.shown(text, ""))]])

    for delimiter in ",;\t":
        with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file, delimiter=delimiter) for cell in row]
        lines = [line for cell in cells for line in cell.splitlines()]
        assert not any(
            line.strip(' "')[:1] in tuple("=+-@＝") for line in lines if line.strip(' "')
        )


@given(st.text(), st.booleans())
def test_what_was_guarded_can_be_had_back(text: str, is_id: bool) -> None:
    assert sheet.unguarded(sheet.guarded(text, is_id)) == text


@pytest.mark.parametrize("name", ["12345", "12e45", "1-2", "03/04", "1,5"])
def test_an_id_is_no_number_and_no_date(name: str) -> None:
    assert sheet.guarded(name, is_id=True) == f"'{name}"


def test_long_and_hidden_text_is_shown_as_such() -> None:
    told = sheet.shown("a\x00b\u202ec\r\nd" + "x" * 10_000, "retort why 5 shows all")

    assert told.startswith("a<U+0000>b<U+202E>c\nd")
    assert told.endswith("[…cut: 6,007 characters more; retort why 5 shows all]")
