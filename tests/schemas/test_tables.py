"""A table's folder is whole or not there, and its manifest says what is in it."""

from pathlib import Path

import pyarrow as pa
import pytest

from schemas import manifest
from schemas.errors import TableError
from schemas.rows import Failure
from schemas.tables import ROW_GROUP_ROWS, Table, Writer, write_whole

NUMBERS = pa.schema([pa.field("n", pa.int64()), pa.field("text", pa.string())])


def rows(n: int, first: int = 0) -> list[dict[str, object]]:
    return [{"n": number, "text": f"row {number}"} for number in range(first, first + n)]


def finish(out: Writer) -> manifest.Manifest:
    return out.finish(
        stage="numbers", version=1, fingerprint="f" * 64, parameters={}, parents=[], retort="0"
    )


def test_rows_come_back_in_order_whatever_batches_they_were_written_in(tmp_path: Path) -> None:
    with Writer(tmp_path / "t", NUMBERS) as out:
        for first in range(0, 3 * ROW_GROUP_ROWS, 1000):
            out.write(rows(1000, first))
        made = finish(out)

    table = Table(tmp_path / "t")
    read = [row for batch in table.batches() for row in batch.column("n").to_pylist()]
    assert read == list(range(made.rows))
    assert table.read(["n"])["n"].to_pylist() == read


def test_two_tables_of_the_same_rows_have_the_same_content(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        with Writer(tmp_path / name, NUMBERS) as out:
            out.write(rows(100))
            made.append(finish(out))

    assert made[0].content == made[1].content
    with Writer(tmp_path / "c", NUMBERS) as out:
        out.write(rows(99))
        assert finish(out).content != made[0].content


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    with Writer(tmp_path / "t", NUMBERS) as out:
        finish(out)

    assert Table(tmp_path / "t").read().schema.names == ["n", "text"]
    assert list(Table(tmp_path / "t").batches()) == []


def test_named_parts_hold_their_own_rows_even_none(tmp_path: Path) -> None:
    with Writer(tmp_path / "t", NUMBERS) as out:
        for name, n in (("train", 5), ("valid", 0), ("test", 2)):
            out.begin_part(name)
            out.write(rows(n))
        made = finish(out)

    assert [(part.file, part.rows) for part in made.parts] == [
        ("train.parquet", 5),
        ("valid.parquet", 0),
        ("test.parquet", 2),
    ]


def test_an_error_inside_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Writer(tmp_path / "t", NUMBERS) as out:
        out.write(rows(ROW_GROUP_ROWS))
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []


def test_what_was_requested_is_what_was_obtained_failed_and_skipped(tmp_path: Path) -> None:
    with Writer(tmp_path / "t", NUMBERS) as out:
        out.write(rows(3))
        out.fail(Failure("file:x", "unreadable", "no"))
        out.skip("read twice", 2)
        made = finish(out)

    assert (made.requested, made.ok, made.failed, made.skipped) == (6, 3, 1, 2)
    assert made.reasons == {"read twice": 2, "unreadable": 1}
    assert Table(tmp_path / "t").failures().to_pylist()[0]["what"] == "file:x"


def test_counts_that_do_not_add_up_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="requested 1"), Writer(tmp_path / "t", NUMBERS) as out:
        out.requested = 1
        out.fail(Failure("a", "unreadable"))
        out.fail(Failure("b", "unreadable"))
        finish(out)


def test_a_retryable_failure_makes_the_table_partial(tmp_path: Path) -> None:
    with Writer(tmp_path / "t", NUMBERS) as out:
        out.fail(Failure("a", "timeout", retryable=True))
        assert finish(out).status == "partial"


def test_a_table_takes_the_place_of_one_of_the_same_name(tmp_path: Path) -> None:
    for n in (1, 2):
        with Writer(tmp_path / "t", NUMBERS) as out:
            out.write(rows(n))
            finish(out)

    assert Table(tmp_path / "t").manifest.rows == 2
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_a_folder_without_a_manifest_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    with pytest.raises(TableError, match=r"no manifest\.json"):
        Table(tmp_path / "t")


def test_a_manifest_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(TableError, match=r"Delete .* and run again"):
        manifest.read(tmp_path)


def test_a_small_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"one")
    with pytest.raises(TypeError):
        write_whole(tmp_path / "a", "not bytes")  # type: ignore[arg-type]

    assert (tmp_path / "a").read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
