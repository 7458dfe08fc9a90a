"""Lines that come again are found in their document and over documents, whatever cuts the rows."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.measures.boilerplate import COLUMNS, Params, measure_twice, reads
from schemas.errors import TableError

Rows = Sequence[tuple[str | None, str | None]]


def measured(rows: Rows, at_once: int = 1000, **params: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """The columns of (document, text) rows; without documents where all are None."""
    table = pa.table(
        {
            "id": [str(place) for place in range(len(rows))],
            "document_id": pa.array([document for document, _ in rows], pa.string()),
            "text": pa.array([text for _, text in rows], pa.string()),
        }
    )
    if all(document is None for document, _ in rows):
        table = table.drop(["document_id"])
    given_ = Params(**params)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches(max_chunksize=at_once)

    found = list(measure_twice(batches, given_))
    return [row for batch in found for row in batch.to_pylist()]


def page(number: int, body: str) -> str:
    return f"Journal of Tides 7 (2019)\n{body}\nPage {number} of 12"


def test_heads_and_feet_are_running_lines_whatever_their_page_number() -> None:
    rows = [("a", page(number, f"Text {'abcd'[number]} alone.")) for number in range(4)]

    found = measured(rows)

    assert [row["n_running_lines"] for row in found] == [2] * 4
    assert found[0]["running_line_share"] == pytest.approx((21 + 9) / (21 + 11 + 9))


@pytest.mark.parametrize(("places", "expected"), [(3, 1), (4, 0)])
def test_a_line_runs_from_as_many_places_as_are_asked_for(places: int, expected: int) -> None:
    found = measured([("a", "A head")] * 3, places=places)

    assert [row["n_running_lines"] for row in found] == [expected] * 3


def test_lines_of_one_row_are_places_too() -> None:
    (found,) = measured([("a", "\n".join(page(number, "abcd"[number] * 9) for number in range(4)))])

    assert found["n_running_lines"] == 8


def test_a_line_of_other_documents_does_not_run() -> None:
    found = measured([(name, "Introduction") for name in "abcd"])

    assert [row["n_running_lines"] for row in found] == [0] * 4


@pytest.mark.parametrize(("one_document", "share"), [(False, 0.0), (True, 1.0)])
def test_without_documents_each_row_is_one_unless_all_are(one_document: bool, share: float) -> None:
    found = measured([(None, "A running head")] * 3, one_document=one_document)

    assert [row["running_line_share"] for row in found] == [share] * 3


def test_another_column_may_name_the_document() -> None:
    found = measured([("a", "A running head")] * 3, document_id="id")

    assert [row["n_running_lines"] for row in found] == [0] * 3


def test_common_lines_are_those_of_many_documents_not_of_many_rows() -> None:
    many = [(str(number), "All rights reserved.\nOwn") for number in range(10)]
    one = [("x", "Only here it stands.")] * 20

    found = measured([*many, *one])

    assert [row["n_common_lines"] for row in found] == [1] * 10 + [0] * 20
    assert found[0]["common_line_share"] == pytest.approx(18 / 21)


def test_case_white_space_marks_and_accents_do_not_part_lines() -> None:
    texts = ["Étude  of TIDES, 12", "etude of tides 7", "E\u0301tude of: Tides - 123"]

    assert [row["n_running_lines"] for row in measured([("a", one) for one in texts])] == [1] * 3


@pytest.mark.parametrize("line", ["1234", "| Control | 1.2 |", "abc", "", "x" * 400])
def test_numbers_tables_scraps_and_long_copies_are_not_looked_at(line: str) -> None:
    assert [row["n_running_lines"] for row in measured([("a", line)] * 5)] == [0] * 5


def test_a_null_is_an_empty_text_and_rows_without_a_document_are_one() -> None:
    found = measured([("a", None), (None, "A head"), (None, "A head"), (None, "A head")])

    assert [row["n_running_lines"] for row in found] == [0, 1, 1, 1]


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(TableError, match="'paper', the rows have id, text"):
        reads(Params(document_id="paper"), ["id", "text"])


def test_the_document_is_read_where_there_is_one() -> None:
    assert reads(Params(), ["id", "text", "document_id"]) == ["text", "document_id"]
    assert reads(Params(), ["id", "text"]) == ["text", "id"]
    assert reads(Params(one_document=True), ["id", "text"]) == ["text"]


LINES = st.lists(st.sampled_from(["A head 1", "A head 2", "a body", "other line", ""]), max_size=5)
ROWS = st.lists(st.tuples(st.sampled_from("ab"), LINES.map("\n".join)), max_size=12)


@given(ROWS, st.integers(1, 5), st.randoms(use_true_random=False))
def test_neither_batches_nor_order_change_a_row(rows: Rows, at: int, draw: random.Random) -> None:
    order = draw.sample(range(len(rows)), len(rows))

    whole = measured(rows)
    again = measured([rows[place] for place in order], at_once=at)

    assert again == [whole[place] for place in order]


@given(ROWS)
def test_running_lines_are_those_that_counting_finds(rows: Rows) -> None:
    from collections import Counter

    def plain(line: str) -> str:
        return "".join("0" if one.isdigit() else one for one in line.lower() if one.isalnum())

    counts = Counter(
        (document, plain(line)) for document, text in rows for line in (text or "").split("\n")
    )
    expected = [
        sum(
            counts[document, plain(line)] >= 3 and sum(map(str.isalpha, line)) >= 4
            for line in (text or "").split("\n")
        )
        for document, text in rows
    ]

    assert [row["n_running_lines"] for row in measured(rows)] == expected


@pytest.mark.parametrize("piece", ["a", "\n", "1", "\u200b", "a\n"])
def test_ten_million_bytes_cost_at_most_a_few_seconds(piece: str) -> None:
    text = piece * (10_000_000 // len(piece.encode()))
    measured([("a", "")])
    began = time.process_time()

    measured([("a", text)])

    assert time.process_time() - began < 5


def test_bytes_that_are_no_utf_8_are_read() -> None:
    batch = pa.record_batch({"id": ["0"], "text": pa.array([b"\xff\xfeab\n\x00"], pa.binary())})
    batches: Callable[[], Iterator[pa.RecordBatch]] = lambda: iter([batch])  # noqa: E731

    (found,) = measure_twice(batches, Params())

    assert found.schema.names == list(COLUMNS)
