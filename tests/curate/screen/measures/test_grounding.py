"""A quote is verified where it stands in its document's text, character for character."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.gate import measure
from schemas.plain import Plain
from schemas.rows import EXAMPLES

TEXT = "Ångström units 𝛼 are small. They measure light."
DOCUMENTS = Plain(pa.table({"id": ["d"], "text": [TEXT]}))


def example(
    evidence: list[dict[str, Any]], question: str = "What?", answer: str = "It."
) -> pa.Table:
    row = {
        "id": "e",
        "document_id": "d",
        "context": TEXT,
        "evidence": evidence,
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ],
    }
    return pa.Table.from_pylist([row], schema=EXAMPLES)


def quote(text: str, start: int, end: int) -> dict[str, Any]:
    return {"quote": text, "start": start, "end": end, "match": "exact"}


def measured(rows: pa.Table, documents: Plain | None = DOCUMENTS) -> list[dict[str, Any]]:
    return pa.Table.from_batches(
        measure("grounding", {}, Plain(rows), documents).batches
    ).to_pylist()


@pytest.mark.parametrize(
    ("evidence", "verified"),
    [
        ([quote("Ångström", 0, 8)], True),
        ([quote("𝛼 are", 15, 20)], True),
        ([quote("They measure light.", 28, 47)], True),
        ([quote("Ångström", 0, 8), quote("small", 21, 26)], True),
        ([quote("Ångström", 0, 8), quote("large", 21, 26)], False),
        ([quote("Ångström", 1, 9)], False),
        ([quote("ångström", 0, 8)], False),
        ([quote("Ångström", 0, 7)], False),
        ([quote("light.", 41, 48)], False),
        ([quote("t.", -2, 0)], False),
        ([quote("", 3, 3)], False),
        ([quote("Ångström", 8, 0)], False),
        ([], False),
    ],
)
def test_every_quote_must_stand_at_its_offsets(
    evidence: list[dict[str, Any]], verified: bool
) -> None:
    (row,) = measured(example(evidence))

    assert row["evidence_verified"] is verified
    assert row["n_evidence"] == len(evidence)


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.data())
def test_any_slice_of_any_text_is_verified(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    documents = Plain(pa.table({"id": ["d"], "text": [text]}))

    (row,) = measured(example([quote(text[start:end], start, end)]), documents)
    assert row["evidence_verified"]


def test_without_documents_a_quote_is_looked_for_in_the_context() -> None:
    assert measured(example([quote("small", 0, 1)]), None)[0]["evidence_verified"]
    assert not measured(example([quote("large", 0, 1)]), None)[0]["evidence_verified"]


def test_a_row_whose_document_is_not_there_is_not_verified() -> None:
    rows = example([quote("Ångström", 0, 8)])
    elsewhere = Plain(pa.table({"id": ["other"], "text": [TEXT]}))

    assert not measured(rows, elsewhere)[0]["evidence_verified"]


@pytest.mark.parametrize(
    ("question", "answer", "told"),
    [
        ("What are Ångström units?", "Small units of length.", False),
        ("Is light, as they say, fast?", "As they say", True),
        ("Why is the LIGHT  fast?", "the light", True),
        ("Lighthouses are what?", "light", False),
        ("What?", "...", False),
    ],
)
def test_an_answer_that_can_be_read_in_the_question_is_seen(
    question: str, answer: str, told: bool
) -> None:
    (row,) = measured(example([quote("Ångström", 0, 8)], question, answer))

    assert row["answer_in_question"] is told


def test_rows_keep_their_order_over_many_batches() -> None:
    good, bad = example([quote("Ångström", 0, 8)]), example([quote("nothing", 0, 7)])
    rows = pa.concat_tables([good, bad, good] * 20_000)

    verified = [row["evidence_verified"] for row in measured(rows)]
    assert verified == [True, False, True] * 20_000
