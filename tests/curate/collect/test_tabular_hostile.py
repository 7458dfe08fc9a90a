"""What a stranger may put into a table costs a failure: never memory, time or the other rows."""

import gzip
import json
import random
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.collect.tabular import Found, read
from curate.collect.tabular.delimited import FIELD_CHARACTERS
from curate.collect.tabular.table import COLUMNS, RECORD_CHARACTERS
from schemas.errors import TableError
from schemas.recipe import Files
from schemas.rows import Document
from tests.curate.collect.tables import collect, documents, failures, put, texts

FILES = Files.model_validate({"from": "files", "paths": ["."]})


def peak(work: Callable[[], object]) -> int:
    """Most bytes of Python objects that it held at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz"])
def test_a_line_of_two_hundred_megabytes_is_passed_over_in_bounded_memory(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"t.{suffix}"
    with gzip.open(path, "wb", 1) if suffix.endswith("gz") else path.open("wb") as file:
        file.write(b'{"text": "one"}\n{"text": "')
        for _ in range(200):
            file.write(b"a" * 1_000_000)
        file.write(b'"}\n{"text": "three"}\n')
    found: list[Found] = []

    assert peak(lambda: found.extend(collect(path))) < 3 * RECORD_CHARACTERS
    assert [row.text for row in documents(found)] == ["one", "three"]
    assert failures(found) == [(f"file:t.{suffix}:2", "too-large")]


def test_a_csv_line_that_is_too_long_is_passed_over(tmp_path: Path) -> None:
    with (tmp_path / "t.csv").open("w") as file:
        file.write("text,n\none,1\n")
        for _ in range(80):
            file.write("a" * 1_000_000)
        file.write(",2\nthree,3\n")

    found = collect(tmp_path / "t.csv")

    assert [row.text for row in documents(found)] == ["one", "three"]
    assert failures(found) == [("file:t.csv:2", "too-large")]


def test_an_element_of_an_array_that_is_too_long_ends_the_file(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "t.json.gz", "wt", 1) as file:
        file.write('[{"text": "one"}, {"text": "')
        for _ in range(150):
            file.write("a" * 1_000_000)
        file.write('"}]')

    found = collect(tmp_path / "t.json.gz")

    assert [row.text for row in documents(found)] == ["one"]
    assert failures(found) == [("file:t.json.gz", "too-large")]


def test_blanks_without_end_are_not_held(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "t.json.gz", "wt", 1) as file:
        file.write("[")
        for _ in range(100):
            file.write(" " * 1_000_000)
        file.write('{"text": "one"}]')
    found: list[Found] = []

    assert peak(lambda: found.extend(collect(tmp_path / "t.json.gz"))) < 20_000_000
    assert [row.text for row in documents(found)] == ["one"]


@pytest.mark.parametrize("piece", ["[],", "{},", "1,", '"",'])
def test_a_record_of_far_too_many_values_is_not_built(tmp_path: Path, piece: str) -> None:
    many = piece * (4_400_000 if len(piece) < 3 or '"' in piece else 2_200_000)
    (tmp_path / "t.jsonl").write_text(f'{{"text": [{many}0]}}\n{{"text": "two"}}\n')
    (tmp_path / "t.json").write_text(f'[{{"text": "one"}}, {{"text": [{many}0]}}]')

    assert failures(collect(tmp_path / "t.jsonl")) == [("file:t.jsonl:1", "too-large")]
    assert failures(collect(tmp_path / "t.json")) == [("file:t.json", "too-large")]


def test_a_million_columns_are_refused_at_once(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(1_000_000)]
    (tmp_path / "t.csv").write_text(",".join(["text", *names]) + "\n" + "x," * 1_000_000 + "\n")
    (tmp_path / "t.jsonl").write_text(json.dumps({"text": "x", **dict.fromkeys(names[:20_000])}))

    began = time.monotonic()
    assert failures(collect(tmp_path / "t.csv")) == [("file:t.csv", "too-large")]
    assert time.monotonic() - began < 2
    assert failures(collect(tmp_path / "t.jsonl")) == [("file:t.jsonl:1", "too-large")]


def test_more_columns_than_are_read_are_refused_in_parquet_and_arrow(tmp_path: Path) -> None:
    row = {"text": "x"} | {f"c{number}": 1 for number in range(COLUMNS)}
    for suffix in ("parquet", "arrow"):
        path = put(tmp_path / f"t.{suffix}", [row])

        assert failures(collect(path)) == [(f"file:t.{suffix}", "too-large")]


def test_nesting_that_would_overflow_is_a_bad_record(tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    lines = [f'{{"text": {deep}}}', '{"text": "one"}', f'{{"text": "two", "title": {deep[:900]}']
    (tmp_path / "t.jsonl").write_text("\n".join(lines))

    found = collect(tmp_path / "t.jsonl")

    assert [row.text for row in documents(found)] == ["one"]
    assert [reason for _, reason in failures(found)] == ["bad-record", "bad-record"]


@pytest.mark.parametrize("column", ["title", "id", "license", "tools", "other"])
@pytest.mark.parametrize("depth", [300, 900, 940])
def test_a_value_that_is_nested_as_deep_as_can_be_parsed_does_not_overflow(
    tmp_path: Path, column: str, depth: int
) -> None:
    deep = "[" * depth + "]" * depth
    rows = [
        f'{{"text": "words", "{column}": {deep}}}',
        f'{{"question": "Why?", "answer": "So.", "{column}": {deep}}}',
    ]
    for number, row in enumerate(rows):
        (tmp_path / f"{number}.jsonl").write_text(row)

        assert len(collect(tmp_path / f"{number}.jsonl")) == 1


def test_numbers_that_are_none_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(
        '{"text": "one", "a": NaN, "b": Infinity, "title": NaN, "c": 1e999, "d": 2}\n'
        '{"text": NaN}\n{"text": "big", "n": ' + "9" * 5000 + "}\n"
    )

    found = collect(tmp_path / "t.jsonl")

    (row,) = documents(found)
    assert (row.title, json.loads(row.metadata)) == (None, {"d": 2})
    assert failures(found) == [("file:t.jsonl:2", "no-text"), ("file:t.jsonl:3", "bad-record")]


def test_of_a_name_that_is_there_twice_the_last_counts(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "first", "text": "last"}')

    assert texts(tmp_path / "t.jsonl") == ["last"]


def test_invalid_bytes_are_told_of_the_row_that_holds_them(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(b'[{"text": "caf\xe9"}, {"text": "th\xc3\xa9"}]')
    (tmp_path / "t.csv").write_bytes(b"text,n\ncaf\xe9,1\nth\xc3\xa9,2\n")

    for name in ("t.json", "t.csv"):
        first, second = documents(collect(tmp_path / name))
        assert (first.text, second.text) == ("caf\ufffd", "thé")
        assert json.loads(first.metadata)["encoding"] == "utf-8 with 1 bytes replaced"
        assert "encoding" not in second.metadata


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_of_an_encoding_and_line_ends_make_no_difference(
    tmp_path: Path, encoding: str, end: str
) -> None:
    lines = {
        "t.csv": ["text,n", "thé,1", '"two', 'lines",2'],
        "t.jsonl": ['{"text": "thé"}', '{"text": "two\\nlines"}'],
        "t.json": ["[", '{"text": "thé"},', '{"text": "two\\nlines"}', "]"],
    }
    for name, content in lines.items():
        (tmp_path / name).write_bytes((end.join(content) + end).encode(encoding))

        assert texts(tmp_path / name) == ["thé", "two\nlines"]


def test_a_truncated_gzip_gives_what_was_read_and_one_failure(tmp_path: Path) -> None:
    lines = "".join(f'{{"text": "row {random.Random(n).random()}"}}\n' for n in range(20_000))
    path = tmp_path / "t.jsonl.gz"
    whole = gzip.compress(lines.encode())
    path.write_bytes(whole[: len(whole) // 2])

    found = collect(path)

    assert len(documents(found)) > 1000
    assert failures(found)[-1] == ("file:t.jsonl.gz", "unreadable")


def test_a_damaged_gzip_is_a_failure_too(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(b'{"text": "one"}\n' * 1000, mtime=0))
    data[20] ^= 0xFF
    with pytest.raises((zlib.error, OSError)):
        gzip.decompress(data)
    (tmp_path / "t.jsonl.gz").write_bytes(data)

    assert failures(collect(tmp_path / "t.jsonl.gz"))[-1] == ("file:t.jsonl.gz", "unreadable")


def test_a_nul_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"text,n\no\0ne,1\n")
    (tmp_path / "t.jsonl").write_bytes(b'{"text": "o\\u0000ne"}\n{"text": "o\0ne"}\n')

    assert texts(tmp_path / "t.csv") == ["one"]
    assert texts(tmp_path / "t.jsonl") == ["one"]
    assert failures(collect(tmp_path / "t.jsonl")) == [("file:t.jsonl:2", "bad-record")]


def test_a_csv_without_a_header_names_its_first_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Ice melts.,1\nIron melts.,2\n")

    with pytest.raises(TableError, match=r"it has Ice melts\., 1, and text, content"):
        collect(tmp_path / "t.csv")


def test_a_quote_that_is_not_closed_costs_its_own_row_only(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('text,n\none,1\n"two,2\nthree,3\n"fo\nur",4\n')

    found = collect(tmp_path / "t.csv")

    assert [row.text for row in documents(found)] == ["one", "three", "fo\nur"]
    assert failures(found) == [("file:t.csv:2", "bad-record")]


def test_an_open_quote_in_a_long_file_stops_at_the_longest_field(tmp_path: Path) -> None:
    n_rows = FIELD_CHARACTERS // 1000 + 3
    with (tmp_path / "t.csv").open("w") as file:
        file.write('text,n\n"one,1\n')
        for number in range(n_rows):
            file.write("a" * 1000 + f",{number}\n")

    found = collect(tmp_path / "t.csv")

    assert len(documents(found)) == n_rows
    assert failures(found) == [("file:t.csv:1", "too-large")]


def test_nothing_but_open_quotes_ends_in_time(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,n\n" + 'a","\n' * 100_000)

    began = time.monotonic()
    found = collect(tmp_path / "t.csv")

    assert time.monotonic() - began < 20
    assert documents(found) == []


def parquet(path: Path, table: pa.Table, **options: Any) -> Path:  # noqa: ANN401
    pq.write_table(table, path, **options)
    return path


def test_a_string_that_many_rows_share_is_not_held_for_each(tmp_path: Path) -> None:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), ["a" * 5_000_000])
    path = parquet(tmp_path / "t.parquet", pa.table({"text": text}))
    before = pa.total_allocated_bytes()

    def work() -> None:
        for number, row in enumerate(read(path, "file:t", FILES, "parquet")):
            assert isinstance(row, Document)
            if number == 20:
                break

    assert peak(work) < 200_000_000
    assert pa.total_allocated_bytes() - before < 200_000_000


def test_a_row_that_unfolds_beyond_the_limit_is_too_large(tmp_path: Path) -> None:
    table = pa.table({"text": ["one", "a" * (RECORD_CHARACTERS + 1), "three"]})
    path = parquet(tmp_path / "t.parquet", table, compression="zstd")
    assert path.stat().st_size < 100_000

    found = collect(path)

    assert [row.text for row in documents(found)] == ["one", "three"]
    assert failures(found) == [("file:t.parquet:2", "too-large")]


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_rows_that_no_byte_stands_for_are_a_trick(tmp_path: Path, suffix: str) -> None:
    table = pa.table({"text": pa.nulls(3_000_000)})
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        parquet(path, table)
    else:
        with pa.OSFile(str(path), "wb") as out, pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)

    assert failures(collect(path))[-1] == (f"file:t.{suffix}", "too-large")


def _thrift(number: int) -> bytes:
    """A number as Parquet's footer writes it."""
    number, found = number << 1, bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def test_a_footer_that_says_another_number_of_rows_is_told(tmp_path: Path) -> None:
    path = put(tmp_path / "t.parquet", [{"text": f"Row {number}."} for number in range(1234)])
    data = path.read_bytes()
    told, other = _thrift(1234), _thrift(1235)
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    here = data.index(told, footer)
    path.write_bytes(data[:here] + other + data[here + len(other) :])

    found = collect(path)

    assert failures(found) == [("file:t.parquet", "unreadable")]


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "json", "jsonl.gz", "csv"])
@pytest.mark.parametrize("seed", range(20))
def test_flipped_bytes_never_raise(tmp_path: Path, suffix: str, seed: int) -> None:
    draw = random.Random(seed)
    rows = [{"text": f"Row {number}.", "id": f"r{number}", "n": "1"} for number in range(200)]
    path = put(tmp_path / f"t.{suffix}", rows)
    data = bytearray(path.read_bytes())
    for _ in range(draw.choice([1, 3, 10])):
        data[draw.randrange(len(data))] = draw.choice([0, 1, 127, 128, 255, draw.randrange(256)])
    path.write_bytes(data[: draw.randrange(len(data))] if draw.random() < 0.2 else data)

    try:
        found = collect(path)
    except TableError:
        return
    assert len(found) <= 500
    for row in documents(found):
        row.text.encode()
        json.loads(row.metadata)
