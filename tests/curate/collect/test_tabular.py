"""A table gives one document a row; a row that gives none is a failure or skipped."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.collect.conversations import turns
from curate.collect.tabular import check_fields
from schemas.errors import RecipeError, TableError
from schemas.rows import Document, Failure, Skipped
from tests.curate.collect.tables import collect, documents, failures, put, texts

ROWS: list[dict[str, Any]] = [
    {"id": "a1", "abstract": "Cold is slow.", "title": "Cold", "year": 1999, "license": "cc0-1.0"},
    {"id": "", "abstract": "Heat is fast.", "title": "Heat", "year": 2001, "license": ""},
    {"id": "a3", "abstract": " ", "title": "Nothing", "year": 2002, "license": ""},
]


@pytest.mark.parametrize(
    "suffix",
    [
        *("json", "jsonl", "csv", "tsv", "parquet", "arrow"),
        *("json.gz", "jsonl.gz", "csv.gz", "tsv.gz"),
    ],
)
def test_every_form_gives_the_same_documents(tmp_path: Path, suffix: str) -> None:
    rows = collect(put(tmp_path / f"t.{suffix}", ROWS))

    name = f"file:t.{suffix}"
    assert failures(rows) == [(f"{name}:3", "no-text")]
    assert [(row.source, row.text, row.title, row.license) for row in documents(rows)] == [
        (f"{name}#a1", "Cold is slow.", "Cold", "CC0-1.0"),
        (f"{name}#2", "Heat is fast.", "Heat", None),
    ]
    assert str(json.loads(documents(rows)[0].metadata)["year"]) == "1999"


def test_fields_map_columns_of_the_file(tmp_path: Path) -> None:
    path = put(tmp_path / "t.jsonl", [{"body_md": "Words.", "name": "N", "who": "A; B"}])

    (row,) = documents(collect(path, fields={"text": "body_md", "title": "name", "authors": "who"}))

    assert (row.text, row.title, row.authors, row.metadata) == ("Words.", "N", ["A", "B"], "{}")


def test_a_table_without_text_names_its_columns_and_the_way_out(tmp_path: Path) -> None:
    path = put(tmp_path / "t.jsonl", [{"question": "Why?", "score": "1"}])

    with pytest.raises(TableError, match=r"question, score.*fields: \{text: question\}"):
        collect(path)


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "parquet", "arrow"])
@pytest.mark.parametrize("content", [b"", b"no table", b"\x1f\x8bno gzip", b"\0\0\0\0"])
def test_a_file_that_holds_something_else_gives_failures_and_no_document(
    tmp_path: Path, suffix: str, content: bytes
) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(content)

    try:
        found = collect(path)
    except TableError:
        assert suffix == "csv"
    else:
        assert found and all(isinstance(row, Failure) for row in found)


def test_a_file_that_is_not_there_is_one_failure(tmp_path: Path) -> None:
    assert failures(collect(tmp_path / "t.jsonl")) == [("file:t.jsonl", "unreadable")]


def test_a_mapping_to_a_column_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    path = put(tmp_path / "t.csv", [{"question": "Why?"}])

    with pytest.raises(TableError, match=r"'query', which fields.text names; it has question"):
        collect(path, fields={"text": "query"})


@pytest.mark.parametrize(("wrong", "near"), [("titel", "title"), ("anwser", "answer")])
def test_a_field_that_no_table_has_names_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(RecipeError, match=rf"'{wrong}' .* Did you mean {near}\?"):
        check_fields({wrong: "name"})


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
        ('{"text": "one", "authors": [{"name": "A"}]}', 1),
        ('{"data": [{"text": "one"}, {"text": "two"}], "version": 1}', 2),
        ('{"version": [{}, {}], "rows": [{"text": "one"}, {"text": "two"}]}', 2),
        ('{"venue": "icml", "papers": [{"abstract": "one"}, {"abstract": "two"}]}', 2),
        ('{"a": {"abstract": "one"}, "b": {"abstract": "two"}}', 2),
        (' \n [ {"text": "one"} , {"text": "two"}\n] ', 2),
    ],
)
def test_json_is_an_array_one_in_an_object_an_object_of_objects_or_a_row(
    tmp_path: Path, text: str, n_documents: int
) -> None:
    (tmp_path / "t.json").write_text(text)

    assert len(documents(collect(tmp_path / "t.json"))) == n_documents


def test_an_array_longer_than_a_chunk_is_read_whole(tmp_path: Path) -> None:
    long = [{"text": "word " * 500_000}, *({"text": f"row {number}"} for number in range(3000))]

    rows = documents(collect(put(tmp_path / "t.json", long)))

    assert [row.text for row in rows] == [row["text"] for row in long]


@pytest.mark.parametrize(
    "text",
    [
        *("[1, 2", '[{"text": "one"}, oops]', "nonsense", "[" * 100_000, '{"a":' * 100_000),
        *('[{"text": "one"} {"text": "two"}]', '[{"text": "one"}] more', '{"text" "one"}'),
        *("{1: 2}", '[{"text": "on', '{"data": [{"text": "one"}', "3", "null", '["one", "two"]'),
    ],
)
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


def test_a_licence_that_is_not_understood_is_kept_as_it_was(
    tmp_path: Path,
) -> None:
    path = put(tmp_path / "t.jsonl", [{"text": "one", "license": "ask the author"}])

    (row,) = documents(collect(path))

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


def test_an_object_of_objects_names_its_rows(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"k7": {"abstract": "one"}, "k8": {"abstract": "two"}}')

    found = documents(collect(tmp_path / "t.json"))

    assert [row.source for row in found] == ["file:t.json#k7", "file:t.json#k8"]


def test_an_object_of_many_objects_is_streamed(tmp_path: Path) -> None:
    row = {"abstract": "word " * 2000}
    with (tmp_path / "t.json").open("w") as file:
        file.write("{" + ",".join(f'"k{n}": {json.dumps(row)}' for n in range(2000)) + "}")

    assert len(documents(collect(tmp_path / "t.json"))) == 2000


def test_an_object_that_is_no_table_is_one_failure_that_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"set_a": {"file_name": "a.json"}, "set_b": {"hub": "x/y"}}')

    assert collect(tmp_path / "t.json") == [
        Failure(
            "file:t.json",
            "no-text-column",
            "it is one object and no table; it holds set_a, set_b, each with file_name",
        )
    ]


def test_each_question_of_squad_is_a_conversation_with_its_context(tmp_path: Path) -> None:
    questions = [
        {"id": "q1", "question": "What melts?", "answers": [{"text": "Ice", "answer_start": 0}]},
        {"id": "q2", "question": "What burns?", "answers": [], "is_impossible": True},
        {"id": "q3", "question": "When?", "answers": [{"text": "in spring", "answer_start": 10}]},
    ]
    article = {
        "title": "On ice",
        "paragraphs": [{"context": "Ice melts in spring.", "qas": questions}],
    }
    (tmp_path / "t.json").write_text(json.dumps({"version": "1", "data": [article]}))

    first, second, third = collect(tmp_path / "t.json")

    assert isinstance(first, Document) and isinstance(third, Document)
    assert (first.source, first.title, first.form) == (
        "file:t.json#q1",
        "On ice",
        "question-answer",
    )
    assert [turn.content for turn in turns(third.text, third.sections)] == [
        "Ice melts in spring.\n\nWhen?",
        "in spring",
    ]
    assert second == Skipped("file:t.json:2", "a question without an answer")


def test_a_list_of_sentences_is_a_text(tmp_path: Path) -> None:
    path = put(tmp_path / "t.jsonl", [{"source": ["One.", "Two."], "title": "T", "target": ["x"]}])

    (row,) = documents(collect(path))

    assert (row.text, row.title) == ("One. Two.", "T")


def test_sections_of_a_paper_in_a_row_are_kept(tmp_path: Path) -> None:
    paper = {
        "paper_id": "7",
        "metadata": {"title": "On ice", "authors": [{"first": "Ada", "last": "Byron"}]},
        "abstract": [{"text": "Ice melts.", "section": "Abstract"}],
        "body_text": [
            {"text": "Before any heading.", "section": ""},
            {"text": "It is cold.", "section": "Methods", "sec_num": "1"},
            {"text": "Still cold.", "section": "Methods", "sec_num": "1"},
            {"text": "", "section": "Nothing"},
            {"text": "In a jar.", "section": "Jars", "sec_num": "1.1"},
        ],
    }

    (row,) = documents(collect(put(tmp_path / "t.jsonl", [paper])))

    assert (row.title, row.authors) == ("On ice", ["Ada Byron"])
    assert [(one.heading, one.level, row.text[one.start : one.end]) for one in row.sections] == [
        ("Abstract", 1, "Ice melts.\n\nBefore any heading."),
        ("Methods", 1, "It is cold.\n\nStill cold.\n\n## Jars\n\nIn a jar."),
        ("Jars", 2, "In a jar."),
    ]


def test_a_data_set_that_the_datasets_library_saved_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = [{"id": f"r{n}", "text": f"Row {n} of words.", "tags": ["a", "b"]} for n in range(2500)]
    datasets.Dataset.from_list(rows).save_to_disk(tmp_path / "saved", num_shards=2)

    found = [row for file in sorted((tmp_path / "saved").glob("*.arrow")) for row in texts(file)]

    assert found == [row["text"] for row in rows]


def test_an_arrow_file_with_an_index_is_read_too(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    path = str(tmp_path / "t.arrow")
    with pa.OSFile(path, "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)

    assert texts(tmp_path / "t.arrow") == ["Cold is slow.", "Heat is fast."]


def test_a_file_of_one_object_a_line_is_read_as_such_whatever_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"text": "one"}\n{"text": \n{"text": "three"}\n')
    (tmp_path / "t.jsonl").write_text('[\n {"text": "one"},\n {"text": "two"}\n]\n')

    assert texts(tmp_path / "t.json") == ["one", "three"]
    assert failures(collect(tmp_path / "t.json")) == [("file:t.json:2", "bad-record")]
    assert texts(tmp_path / "t.jsonl") == ["one", "two"]


def test_one_object_is_a_row_if_it_has_what_fields_name(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"body_md": "Words.", "data": [{"x": 1}]}')

    (row,) = documents(collect(tmp_path / "t.json", fields={"text": "body_md"}))

    assert row.text == "Words."


def test_cells_that_python_has_no_value_for_do_not_cost_their_row(tmp_path: Path) -> None:
    far = pa.array([2**62, 1], pa.timestamp("ms"))
    wrong = pa.array([b"caf\xe9", b"tea"]).view(pa.string())
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": wrong, "when": far}), path)

    assert texts(path) == ["caf\ufffd", "tea"]
