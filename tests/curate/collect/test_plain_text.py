"""Bytes become characters that every table can hold; nothing crashes on the way."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.collect import read
from curate.collect.files import NamedFile, walk
from curate.collect.plain_text import clean, decode
from schemas.recipe import Files
from schemas.rows import Document, Failure

SETTINGS = Files(origin="files", paths=["."], license="cc-by-4.0", language="en", domain="biology")


def read_bytes(tmp_path: Path, data: bytes) -> Document | Failure:
    (tmp_path / "note.txt").write_bytes(data)
    files = [one for one in walk(tmp_path) if isinstance(one, NamedFile)]
    (row,) = read(SETTINGS, paths=files)
    return row


def document(tmp_path: Path, data: bytes) -> Document:
    row = read_bytes(tmp_path, data)
    assert isinstance(row, Document)
    return row


def test_a_text_file_is_one_section_with_the_settings_of_its_source(tmp_path: Path) -> None:
    row = document(tmp_path, b"\nFirst.\n\nSecond.\n")

    assert row.text == "\nFirst.\n\nSecond.\n"
    assert [row.text[one.start : one.end] for one in row.sections] == ["First.\n\nSecond."]
    assert (row.title, row.source, row.form) == ("note", "file:note.txt", "text")
    assert (row.license, row.language, row.domain) == ("CC-BY-4.0", "en", "biology")


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
def test_encodings_and_line_ends_give_the_same_text(tmp_path: Path, data: bytes) -> None:
    row = document(tmp_path, data)

    assert (row.text, row.metadata) == ("naïve\nline", "{}")


def test_bytes_that_are_not_utf_8_are_replaced_and_counted(tmp_path: Path) -> None:
    row = document(tmp_path, b"caf\xe9 cr\xe8me")

    assert row.text == "caf\ufffd cr\ufffdme"
    assert json.loads(row.metadata) == {"encoding": "utf-8 with 2 bytes replaced"}


@pytest.mark.parametrize(("data", "reason"), [(b"", "empty"), (b" \n--\n", "no-text")])
def test_a_file_without_words_is_a_failure(tmp_path: Path, data: bytes, reason: str) -> None:
    row = read_bytes(tmp_path, data)

    assert isinstance(row, Failure)
    assert row.reason == reason


@given(st.binary(max_size=200))
def test_any_bytes_become_text_that_a_table_can_hold(data: bytes) -> None:
    text = clean(decode(data)[0])

    assert "\0" not in text
    assert "\r" not in text
    text.encode("utf-8")
