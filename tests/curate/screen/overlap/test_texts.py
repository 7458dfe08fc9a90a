"""All text of a row is one text, whatever its columns are."""

import pyarrow as pa
import pytest

from curate.screen.overlap.texts import flat, joined

TURN = pa.struct([("role", pa.string()), ("content", pa.string())])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["a", None, ""]), [b"a", b"", b""]),
        (pa.array(["a", None], pa.string_view()), [b"a", b""]),
        (pa.array([b"\xff", None], pa.binary()), [b"\xff", b""]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), [b"a", b"b", b"a"]),
        (pa.array([1, None]), [b"1", b""]),
        (pa.array([["a", "b"], [], None, ["c"]]), [b"a\nb\n", b"", b"", b"c\n"]),
        (pa.array([[1, 2]]), [b"1\n2\n"]),
        (
            pa.array([[{"role": "user", "content": "hi"}], None], pa.list_(TURN)),
            [b"user\nhi\n", b""],
        ),
        (pa.array([[("A", "x")]], pa.map_(pa.string(), pa.string())), [b"A\nx\n"]),
        (pa.array([[["a"], ["b"]]]), [b"a\n\nb\n\n"]),
    ],
)
def test_strings_are_joined_in_their_order(column: pa.Array, expected: list[bytes]) -> None:
    text = flat(column)

    assert text is not None
    assert text.to_pylist() == expected


@pytest.mark.parametrize(
    "column",
    [pa.nulls(2), pa.array([True, False]), pa.array([[0.5], [1.5]]), pa.array([[None], []])],
)
def test_what_is_no_text_is_left_out(column: pa.Array) -> None:
    assert flat(column) is None
    assert joined([column], 2).to_pylist() == [b"", b""]


def test_a_slice_is_read_where_it_begins() -> None:
    column = pa.array([["a"], ["b", "c"], [], ["d"]])

    text = flat(column.slice(1, 3))

    assert text is not None
    assert text.to_pylist() == [b"b\nc\n", b"", b"d\n"]


def test_columns_stand_side_by_side() -> None:
    columns = [pa.array(["a", "b"]), pa.nulls(2), pa.array([["c"], None])]

    assert joined(columns, 2).to_pylist() == [b"a\nc\n", b"b\n"]
