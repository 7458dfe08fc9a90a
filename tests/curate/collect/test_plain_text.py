"""Bytes become characters that every table can hold; nothing crashes on the way."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.collect.plain_text import clean, decode, read
from schemas.rows import Document, Failure


def read_bytes(data: bytes) -> Document | Failure:
    (row,) = read(data, "file:note.txt")
    return row


def document(data: bytes) -> Document:
    row = read_bytes(data)
    assert isinstance(row, Document)
    return row


def test_a_text_is_one_section_titled_by_its_file() -> None:
    row = document(b"\nFirst.\n\nSecond.\n")

    assert row.text == "\nFirst.\n\nSecond.\n"
    assert [row.text[one.start : one.end] for one in row.sections] == ["First.\n\nSecond."]
    assert (row.title, row.source, row.form) == ("note", "file:note.txt", "text")


@pytest.mark.parametrize(
    "data",
    [
        "naïve\nline".encode(),
        "naïve\r\nline".encode("utf-8-sig"),
        "naïve\rline".encode("utf-16"),
        "\ufeffnaïve\nline".encode("utf-16-be"),
        b"na\x00\xc3\xafve\nline",
    ],
)
def test_encodings_and_line_ends_give_the_same_text(data: bytes) -> None:
    row = document(data)

    assert (row.text, row.metadata) == ("naïve\nline", "{}")


def test_bytes_that_are_not_utf_8_are_replaced_and_counted() -> None:
    row = document(b"caf\xe9 cr\xe8me")

    assert row.text == "caf\ufffd cr\ufffdme"
    assert json.loads(row.metadata) == {"encoding": "utf-8 with 2 bytes replaced"}


@pytest.mark.parametrize(
    ("data", "reason"), [(b"\xef\xbb\xbf", "no-text"), (b" \n--\n", "no-text")]
)
def test_a_file_without_words_is_a_failure(data: bytes, reason: str) -> None:
    row = read_bytes(data)

    assert isinstance(row, Failure)
    assert row.reason == reason


@given(st.binary(max_size=200))
def test_any_bytes_become_text_that_a_table_can_hold(data: bytes) -> None:
    text = clean(decode(data)[0])

    assert "\0" not in text
    assert "\r" not in text
    text.encode("utf-8")
