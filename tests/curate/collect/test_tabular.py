"""A table gives one document a row; a row that gives none is a failure."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.collect import read
from curate.collect.files import NamedFile
from schemas.errors import RecipeError, SourceError, TableError
from schemas.recipe import Files
from schemas.rows import Document, Failure

ROWS: list[dict[str, Any]] = [
    {"id": "a1", "abstract": "Cold is slow.", "title": "Cold", "year": 1999, "license": "cc0-1.0"},
    {"id": "", "abstract": "Heat is fast.", "title": "Heat", "year": 2001, "license": ""},
    {"id": "a3", "abstract": " ", "title": "Nothing", "year": 2002, "license": ""},
]


def collect(
    path: Path, alone: bool = False, **options: str | dict[str, str]
) -> list[Document | Failure]:
    source = Files.model_validate({"from": "files", "paths": ["."], **options})
    return list(read(source, paths=[NamedFile(path, f"file:{path.name}", alone)]))


def documents(rows: list[Document | Failure]) -> list[Document]:
    return [row for row in rows if isinstance(row, Document)]


def failures(rows: list[Document | Failure]) -> list[tuple[str, str]]:
    return [(row.what, row.reason) for row in rows if isinstance(row, Failure)]


def put(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The same rows in the form that the suffix names."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
        path.write_text("".join(mark.join(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "tsv", "parquet"])
def test_every_form_gives_the_same_documents(tmp_path: Path, suffix: str) -> None:
    rows = collect(put(tmp_path / f"t.{suffix}", ROWS), license="MIT", domain="physics")

    name = f"file:t.{suffix}"
    assert failures(rows) == [(f"{name}:3", "no-text")]
    assert [(row.source, row.text, row.title, row.license) for row in documents(rows)] == [
        (f"{name}#a1", "Cold is slow.", "Cold", "CC0-1.0"),
        (f"{name}#2", "Heat is fast.", "Heat", "MIT"),
    ]
    assert all(row.domain == "physics" for row in documents(rows))
    assert str(json.loads(documents(rows)[0].metadata)["year"]) == "1999"


def test_fields_map_columns_of_the_file(tmp_path: Path) -> None:
    path = put(tmp_path / "t.jsonl", [{"body_md": "Words.", "name": "N", "who": "A; B"}])

    (row,) = documents(collect(path, fields={"text": "body_md", "title": "name", "authors": "who"}))

    assert (row.text, row.title, row.authors, row.metadata) == ("Words.", "N", ["A", "B"], "{}")


def test_a_table_without_text_names_its_columns_and_the_way_out(tmp_path: Path) -> None:
    path = put(tmp_path / "t.jsonl", [{"question": "Why?", "answer": "So."}])

    with pytest.raises(TableError, match=r"question, answer.*fields: \{text: question\}"):
        collect(path, alone=True)


def test_a_table_without_text_inside_a_folder_is_a_failure(tmp_path: Path) -> None:
    path = put(tmp_path / "t.jsonl", [{"question": "Why?", "answer": "So."}])

    assert failures(collect(path)) == [("file:t.jsonl", "no-text-column")]


@pytest.mark.parametrize("content", ["", "no parquet"])
def test_a_named_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.parquet"
    path.write_text(content)

    with pytest.raises(SourceError, match=r"t\.parquet: (unreadable|empty)"):
        collect(path, alone=True)


def test_a_mapping_to_a_column_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    path = put(tmp_path / "t.csv", [{"question": "Why?"}])

    with pytest.raises(TableError, match=r"'query', which fields.text names; it has question"):
        collect(path, alone=True, fields={"text": "query"})


def test_a_field_that_documents_do_not_have_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"'titel' .* Did you mean title\?"):
        collect(tmp_path / "t.csv", fields={"titel": "name"})


def test_a_bad_line_is_a_failure_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "one"}\n{"text": \n\n[1]\n{"text": "two"}\n')

    rows = collect(path)

    assert [row.source for row in documents(rows)] == ["file:t.jsonl#1", "file:t.jsonl#5"]
    assert failures(rows) == [("file:t.jsonl:2", "bad-record"), ("file:t.jsonl:4", "bad-record")]


@pytest.mark.parametrize(
    ("text", "n_documents"),
    [
        ('{"text": "one"}', 1),
        ('{"data": [{"text": "one"}, {"text": "two"}], "version": 1}', 2),
        (' \n [ {"text": "one"} , {"text": "two"}\n] ', 2),
    ],
)
def test_json_is_an_object_an_array_or_an_array_under_data(
    tmp_path: Path, text: str, n_documents: int
) -> None:
    (tmp_path / "t.json").write_text(text)

    assert len(documents(collect(tmp_path / "t.json"))) == n_documents


def test_an_array_longer_than_a_chunk_is_read_whole(tmp_path: Path) -> None:
    long = [{"text": "word " * 500_000}, *({"text": f"row {number}"} for number in range(3000))]

    rows = documents(collect(put(tmp_path / "t.json", long)))

    assert [row.text for row in rows] == [row["text"] for row in long]


@pytest.mark.parametrize("text", ["[1, 2", '[{"text": "one"}, oops]', "nonsense", "[" * 100_000])
def test_json_that_does_not_parse_is_unreadable_or_a_bad_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text)

    assert {reason for _, reason in failures(collect(tmp_path / "t.json"))} <= {
        "unreadable",
        "bad-record",
    }
    assert failures(collect(tmp_path / "t.json"))


def test_a_parquet_file_that_is_none_is_one_failure(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")

    assert failures(collect(tmp_path / "t.parquet")) == [("file:t.parquet", "unreadable")]


def test_an_empty_table_is_one_failure(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("\n")

    assert failures(collect(tmp_path / "t.jsonl")) == [("file:t.jsonl", "empty")]


def test_csv_fields_may_be_longer_than_the_modules_own_limit(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('text,n\n"' + "long " * 100_000 + '",1\n')

    (row,) = documents(collect(tmp_path / "t.csv"))
    assert len(row.text) == 500_000


def test_a_csv_row_with_more_fields_than_names_is_a_bad_record(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,n\none,1\ntwo,2,3\n")

    assert failures(collect(tmp_path / "t.csv")) == [("file:t.csv:2", "bad-record")]


def test_semicolons_are_told_from_the_header(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text;title\none, two;T\n")

    (row,) = documents(collect(tmp_path / "t.csv"))
    assert (row.text, row.title) == ("one, two", "T")


def test_escaped_halves_of_a_character_do_not_crash(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "half \\ud83d of one", "id": "x\\udc00\\ny"}')

    (row,) = documents(collect(tmp_path / "t.jsonl"))
    assert (row.text, row.source) == ("half \ufffd of one", "file:t.jsonl#x\ufffd y")


def test_bytes_that_are_not_utf_8_are_replaced_and_counted(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(b'{"text": "caf\xe9"}\n{"text": "tea"}')

    first, second = documents(collect(tmp_path / "t.jsonl"))
    assert json.loads(first.metadata) == {"encoding": "utf-8 with 1 bytes replaced"}
    assert (first.text, second.metadata) == ("caf\ufffd", "{}")


def test_a_licence_that_is_not_understood_is_kept_and_not_replaced_by_the_setting(
    tmp_path: Path,
) -> None:
    path = put(tmp_path / "t.jsonl", [{"text": "one", "license": "ask the author"}])

    (row,) = documents(collect(path, license="MIT"))

    assert row.license is None
    assert json.loads(row.metadata) == {"license": "ask the author"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["text", "id", "n"]), st.text(), min_size=1)))
def test_rows_in_equal_documents_and_failures_out(
    tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(map(json.dumps, [{"text": "first"}, *rows])))

    found = collect(path)

    assert len(found) == len(rows) + 1
    for row in documents(found):
        row.text.encode()
        assert "\n" not in row.source
