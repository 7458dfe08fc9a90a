"""Answers are read as they were meant, and what cannot be is told."""

import csv
from pathlib import Path
from typing import Any

import pytest

from recipes import audit
from schemas.errors import TableError
from tests.recipes.auditing.sheets import answer, by_truth, changed, gate, mixed, number, written


def test_where_all_rows_are_drawn_the_estimates_are_the_counts(tmp_path: Path) -> None:
    failed = mixed(500)
    audit.write([gate(failed)], tmp_path / "a.csv", None, 10_000, 7)
    bad = {place for place in range(500) if place % 4 == 0}
    saved = answer(tmp_path / "a.csv", by_truth(lambda row: number(row) in bad))
    (told,) = audit.read([saved])["gates"]
    gone = {place for place, rules in enumerate(failed) if rules}

    assert told["precision"]["value"] == pytest.approx(len(bad & gone) / len(gone), abs=1e-6)
    assert told["recall"]["value"] == pytest.approx(len(bad & gone) / len(bad), abs=1e-6)
    assert told["kept_wrongly"]["value"] == pytest.approx(
        len(bad - gone) / (500 - len(gone)), abs=1e-6
    )
    for rule in told["rules"]:
        of_it = {place for place, rules in enumerate(failed) if rule["rule"] in rules}
        assert rule["precision"]["value"] == pytest.approx(len(bad & of_it) / len(of_it), abs=1e-6)
        assert rule["recall"] is None


def test_a_rule_has_a_recall_where_the_reviewer_names_what_it_missed(drawn: Path) -> None:
    saved = answer(drawn, lambda row: "no" if row["verdict"] == "kept" else "yes")
    rows = written(saved)
    kept = [row for row in rows if row["verdict"] == "kept"]
    for row in kept[:5]:
        row["should_fail"] = "long"
    with saved.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (told,) = audit.read([saved])["gates"]
    rules = {one["rule"]: one for one in told["rules"]}

    assert rules["long"]["missed"] == 5
    missed = 5 * float(kept[0]["weight"])
    n_long = sum("long" in one for one in mixed(1_000))
    assert rules["long"]["recall"]["value"] == pytest.approx(n_long / (n_long + missed), abs=1e-3)
    assert rules["clean"]["recall"] is None


@pytest.mark.parametrize(
    "how",
    [
        {"delimiter": ";"},
        {"delimiter": "\t", "encoding": "utf-16"},
        {"encoding": "utf-8-sig", "quoting": csv.QUOTE_ALL},
        {"delimiter": ";", "encoding": "cp1252"},
    ],
)
def test_a_sheet_is_read_however_a_spreadsheet_saved_it(drawn: Path, how: dict[str, Any]) -> None:
    says = by_truth(lambda row: number(row) % 3 == 0)
    plain = audit.read([answer(drawn, says)])
    other = audit.read([answer(drawn, says, **how)])

    assert other["gates"] == plain["gates"]


@pytest.mark.parametrize(
    ("yes", "no"), [("Y", "N"), ("TRUE", "FALSE"), ("1", "0"), ("1.0", "0.0"), (" Ja ", "Nein")]
)
def test_answers_may_be_spelled_in_several_ways(drawn: Path, yes: str, no: str) -> None:
    plain = audit.read([answer(drawn, lambda row: "yes" if number(row) % 3 else "no")])
    other = audit.read([answer(drawn, lambda row: yes if number(row) % 3 else no)])

    assert other["gates"] == plain["gates"]


def test_an_answer_that_is_neither_yes_nor_no_is_named_with_its_line(drawn: Path) -> None:
    with pytest.raises(TableError, match=r"line \d+: correct is 'perhaps not'\. Write yes or no"):
        audit.read([answer(drawn, lambda row: "perhaps not" if number(row) % 2 else "yes")])


def test_rows_without_an_answer_count_as_the_others_of_their_stratum(drawn: Path) -> None:
    saved = answer(drawn, lambda row: ["yes", "no", "", "?"][number(row) % 4])
    told = audit.read([saved])
    (counted,) = told["sheets"]

    assert counted["rows"] == 60
    assert counted["not_as_written"]["without an answer"] == 60 - counted["answered"]
    assert 0 < counted["not_as_written"]["answered unsure"] < 60 - counted["answered"]
    assert 0 < told["gates"][0]["precision"]["value"] < 1


def test_edited_ids_and_strata_are_counted_and_left_out(drawn: Path) -> None:
    saved = changed(
        answer(drawn, lambda row: "yes"),
        lambda rows: [
            {**rows[0], "id": "row-9999"},
            {**rows[1], "stratum": "rows; kept (1 of 9999)"},
            {**rows[2], "verdict": "rejected" if rows[2]["verdict"] == "kept" else "kept"},
            *rows[3:],
        ],
    )
    counts = audit.read([saved])["sheets"][0]["not_as_written"]

    assert counts == {
        "changed since they were written (id, gate, verdict, rules or stratum)": 3,
        "lacking: drawn, but no longer in the sheet": 3,
    }


def test_rows_that_are_there_twice_count_once_and_not_where_they_differ(drawn: Path) -> None:
    def twice(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [*rows, rows[0], {**rows[1], "correct": "no"}, {**rows[2], "correct": ""}]

    told = audit.read([changed(answer(drawn, lambda row: "yes"), twice)])
    (counted,) = told["sheets"]

    assert counted["rows"] == 60
    assert counted["answered"] == 59
    assert counted["not_as_written"]["there twice"] == 3
    assert counted["not_as_written"]["answered both yes and no"] == 1


def test_a_row_drawn_for_two_rules_is_answered_once(tmp_path: Path) -> None:
    audit.write([gate([["long", "clean"]] * 9 + [[]] * 9)], tmp_path / "a.csv", None, 27, 7)
    saved = answer(tmp_path / "a.csv", lambda row: "yes" if row["rule"] == "long" else "")
    (told,) = audit.read([saved])["gates"]

    assert {one["rule"]: one["answered"] for one in told["rules"]} == {"clean": 9, "long": 9}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,text\na,b\n", "no sheet of an audit, it has no column gate"),
        (b"", "no sheet of an audit"),
        (b"\x00\xff\x00" * 1_000, "no sheet of an audit"),
        (b"PK\x03\x04", "a workbook of a spreadsheet. Save it as CSV"),
        (b'"' * 1_000_001, "no sheet of an audit"),
    ],
)
def test_what_is_no_sheet_is_refused_in_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(TableError, match=message) as refused:
        audit.read([tmp_path / "a.csv"])
    assert len(str(refused.value)) < 600


def test_a_sheet_without_answers_says_what_to_write(drawn: Path) -> None:
    with pytest.raises(TableError, match=r"no row has an answer\. Write yes or no"):
        audit.read([drawn])
