"""Measures and rules see an example's turns as text, and its document's columns."""

import pyarrow as pa

from curate.screen.view import schema, view
from schemas.plain import Plain
from schemas.rows import EXAMPLES

EXAMPLE_ROWS = pa.table(
    {
        "id": ["a", "b", "c"],
        "document_id": ["d2", "d1", "unknown"],
        "messages": pa.array(
            [
                [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "Why?"},
                    {"role": "assistant", "content": "Because."},
                ],
                [],
                None,
            ],
            EXAMPLES.field("messages").type,
        ),
    }
)
DOCUMENT_ROWS = pa.table({"id": ["d1", "d2"], "license": ["MIT", "CC0-1.0"], "title": ["x", None]})


def columns(*names: str) -> list[dict[str, object]]:
    batches = view(Plain(EXAMPLE_ROWS), names, Plain(DOCUMENT_ROWS))
    return pa.Table.from_batches(batches).to_pylist()


def test_turns_are_joined_by_role() -> None:
    assert columns("text", "instruction", "response") == [
        {
            "text": "Be brief.\n\nWhy?\n\nBecause.",
            "instruction": "Be brief.\n\nWhy?",
            "response": "Because.",
        },
        {"text": "", "instruction": "", "response": ""},
        {"text": "", "instruction": "", "response": ""},
    ]


def test_turns_of_a_slice_are_those_of_its_rows() -> None:
    whole = pa.concat_tables([EXAMPLE_ROWS.slice(0, 1)] * 4).combine_chunks()
    batches = view(Plain(whole.slice(2)), ["response"])

    assert pa.Table.from_batches(batches)["response"].to_pylist() == ["Because.", "Because."]


def test_a_row_sees_its_documents_columns_and_null_where_there_is_none() -> None:
    assert columns("document_license", "id") == [
        {"document_license": "CC0-1.0", "id": "a"},
        {"document_license": "MIT", "id": "b"},
        {"document_license": None, "id": "c"},
    ]


def test_the_schema_names_what_can_be_asked_for() -> None:
    names = schema(EXAMPLE_ROWS.schema, with_documents=True).names

    assert {"text", "instruction", "response", "document_license", "document_kind"} <= set(names)
    assert "document_text" not in names
    assert "document_license" not in schema(EXAMPLE_ROWS.schema, with_documents=False).names
