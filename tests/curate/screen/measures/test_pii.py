"""What is found is counted, placed and, where that is asked for, taken out of the text."""

import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.measures.pii import COLUMNS, Params, measure

TEXT = "𝛼 Write to ann@x.org, call +44 20 7946 0958, or password='hunter2!'."


def measured(texts: pa.Array, params: Params) -> pa.RecordBatch:
    return measure(pa.record_batch({"text": texts}), params)


def test_each_kind_is_counted_and_placed() -> None:
    (row,) = measured(pa.array([TEXT]), Params()).to_pylist()

    places = [(one["kind"], TEXT[one["start"] : one["end"]]) for one in row["pii_spans"]]
    assert places == [
        ("email", "ann@x.org"),
        ("phone", "+44 20 7946 0958"),
        ("secret", "hunter2!"),
    ]
    assert (row["n_emails"], row["n_phones"], row["n_secrets"], row["pii"]) == (1, 1, 1, True)


def test_a_redacted_text_has_markers_where_things_stood() -> None:
    (row,) = measured(pa.array([TEXT]), Params(redact=True)).to_pylist()

    assert row["redacted"] == "𝛼 Write to <EMAIL>, call <PHONE>, or password='<SECRET>'."


def test_a_text_without_anything_is_redacted_to_itself() -> None:
    texts = ["Nothing is here.", TEXT, "", None]

    redacted = measured(pa.array(texts), Params(redact=True))["redacted"].to_pylist()
    assert redacted[0] == texts[0]
    assert redacted[2:] == ["", None]


def test_nothing_is_redacted_unasked() -> None:
    assert measured(pa.array([TEXT]), Params())["redacted"].null_count == 1


def test_only_the_kinds_that_are_named_are_looked_for() -> None:
    (row,) = measured(pa.array([TEXT]), Params(kinds=("phone",))).to_pylist()

    assert [one["kind"] for one in row["pii_spans"]] == ["phone"]


def test_a_place_that_two_kinds_claim_counts_once() -> None:
    (row,) = measured(pa.array(["https://ann:pa55word@x.org"]), Params()).to_pylist()

    assert [one["kind"] for one in row["pii_spans"]] == ["secret"]


def test_what_is_redacted_is_not_found_again() -> None:
    once = measured(pa.array([TEXT]), Params(redact=True))["redacted"]

    assert measured(once, Params())["pii"].to_pylist() == [False]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary()])
def test_text_is_read_in_any_of_its_types(kind: pa.DataType) -> None:
    texts = pa.array([TEXT, None, ""], pa.string()).cast(kind)

    assert measured(texts, Params())["n_emails"].to_pylist() == [1, 0, 0]


def test_bytes_that_are_no_text_stand_for_one_character_each() -> None:
    row = measured(pa.array([b"\xff\xfe\0 ann@x.org"], pa.binary()), Params(redact=True))

    assert row["pii_spans"].to_pylist() == [[{"kind": "email", "start": 4, "end": 13}]]
    assert row["redacted"].to_pylist() == ["\ufffd\ufffd\0 <EMAIL>"]


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8")) | st.just(TEXT), max_size=8))
def test_every_row_has_one_of_each_column(texts: list[str | None]) -> None:
    batch = measured(pa.array(texts, pa.string()), Params(redact=True))

    assert batch.schema.names == list(COLUMNS)
    assert batch.num_rows == len(texts)
    for text, spans in zip(texts, batch["pii_spans"].to_pylist(), strict=True):
        assert all(0 <= one["start"] < one["end"] <= len(text or "") for one in spans)


@pytest.mark.parametrize(
    "piece",
    [
        *("1", "@", "a.a.a.", "+", "-", "1.1.1.", "1-", "(1)", "a@a.", "1:", "call ", "tel 1 "),
        *("GB29 ", "eyJaaaaaaaa.", "password=", "-----BEGIN PRIVATE KEY-----", "://a:", "fax\n"),
        *("SSN 123-45-", "\u200b", "\u202e", "\0", " ", "sk-"),
    ],
)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    def seconds(n_characters: int) -> float:
        text = pa.array([piece * (n_characters // len(piece))], pa.large_string())
        began = time.process_time()
        measured(text, Params(redact=True))
        return time.process_time() - began

    seconds(1_000)
    # Twenty times as long: a quadratic rule would take four hundred times as long.
    assert seconds(400_000) < 80 * max(seconds(20_000), 0.005)
