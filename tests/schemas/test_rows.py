"""The rows that code makes and the rows that tables hold are the same."""

import hashlib

import duckdb
import pyarrow as pa
import pytest

from schemas import rows
from schemas.ids import fraction, identity

DOCUMENT = rows.Document(
    source="file:a.md",
    form="markdown",
    text="One.\n\nTwo.",
    sections=[rows.Section("", 1, 0, 4)],
    blocks=[rows.Block("code", 6, 10)],
    references=[rows.Reference("A work", "10.1/x")],
    authors=["A. Writer"],
)
EXAMPLE = rows.Example(
    part="domain",
    split="train",
    messages=[rows.Message("user", "Why?"), rows.Message("assistant", "Because.")],
    task="reading-comprehension/summary",
    domain=None,
    document_id=DOCUMENT.id,
    passage_id=None,
    context=None,
    evidence=[rows.Evidence("One.", 0, 4)],
    teacher="miner",
)


def test_a_document_is_a_row_of_its_schema() -> None:
    row = {**DOCUMENT.row(), "part": "domain", "split": "train"}

    assert set(row) == set(rows.DOCUMENTS.names)
    assert pa.Table.from_pylist([row], schema=rows.DOCUMENTS).to_pylist() == [row]


def test_an_example_is_a_row_of_its_schema() -> None:
    assert set(EXAMPLE.row()) == set(rows.EXAMPLES.names)
    assert pa.Table.from_pylist([EXAMPLE.row()], schema=rows.EXAMPLES).to_pylist() == [
        EXAMPLE.row()
    ]


def test_a_passage_has_the_columns_of_its_schema() -> None:
    assert list(rows.Passage.__dataclass_fields__) == rows.PASSAGES.names


@pytest.mark.parametrize(
    "schema",
    [rows.DOCUMENTS, rows.PASSAGES, rows.EXAMPLES, rows.VERDICTS, rows.PAIRS, rows.MIXTURE],
)
def test_every_column_says_what_it_is(schema: pa.Schema) -> None:
    assert all(field.metadata and field.metadata[b"doc"] for field in schema)


def test_an_id_is_the_head_of_a_sha_256_and_duckdb_makes_the_same() -> None:
    by_hand = hashlib.sha256(b"file:a.md\nOne.\n\nTwo.").hexdigest()[:32]
    by_duckdb = duckdb.execute(
        "select left(sha256(? || chr(10) || ?), 32)", [DOCUMENT.source, DOCUMENT.text]
    ).fetchall()

    assert DOCUMENT.id == by_hand == by_duckdb[0][0]


def test_an_id_depends_on_every_field_of_it() -> None:
    assert identity("a", "b", 1) != identity("a", "b", 2) != identity("a", "c", 2)


def test_fractions_of_ids_are_uniform() -> None:
    fractions = [fraction(identity(number)) for number in range(20_000)]

    assert min(fractions) >= 0 and max(fractions) < 1
    assert abs(sum(one < 0.1 for one in fractions) / 20_000 - 0.1) < 0.01
