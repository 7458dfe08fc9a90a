"""The first reading knows rows with equal sets, whatever the batches, and refuses numbers."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.screen.shingles import MAX_CHARACTERS, shingling
from curate.screen.sketches import Sketches, Texts, classes, sketch
from schemas.errors import TableError

TEXTS = st.lists(st.text(alphabet="ab É,\n", max_size=12), max_size=20)


def read(texts: list[str], size: int = 1000, words: int = 1) -> Sketches:
    rows = pa.table({"id": pa.array(texts, pa.string()), "text": pa.array(texts, pa.string())})
    source = Texts(
        lambda: iter(rows.to_batches(max_chunksize=size)), ("text",), shingling(words, 8)
    )
    return sketch([source], 16)


@settings(deadline=None)
@given(TEXTS)
def test_a_class_is_named_by_the_first_row_with_the_same_set(texts: list[str]) -> None:
    sets = [set(text.lower().replace(",", " ").split()) for text in texts]

    expected = [sets.index(own) if own else -1 for own in sets]
    assert classes(read(texts)).tolist() == expected


@settings(deadline=None)
@given(TEXTS, st.integers(1, 5))
def test_batches_do_not_change_what_is_left_of_a_row(texts: list[str], size: int) -> None:
    whole, again = read(texts), read(texts, size)

    assert again.signatures.tolist() == whole.signatures.tolist()
    assert again.sets.tolist() == whole.sets.tolist()
    assert again.sizes.tolist() == whole.sizes.tolist()


def test_a_giant_text_is_cut_and_counted() -> None:
    giant = "é" + "word " * (MAX_CHARACTERS // 5)
    sketches = read([giant, "x", giant + "tail that is beyond the cut"])

    assert classes(sketches).tolist() == [0, 1, 0]
    assert sketches.n_truncated == 2


def test_a_missing_column_is_named() -> None:
    rows = pa.record_batch({"id": ["a"], "body": ["x"]})

    with pytest.raises(TableError, match="no column 'text', the rows have id, body"):
        sketch([Texts(lambda: iter([rows]), ("text",), shingling(5, 8))], 16)


def test_numbers_are_not_texts() -> None:
    rows = pa.record_batch({"id": ["a"], "text": [1]})

    with pytest.raises(TableError, match="'text' holds int64"):
        sketch([Texts(lambda: iter([rows]), ("text",), shingling(5, 8))], 16)


def test_two_fields_are_kept_apart_whatever_they_hold() -> None:
    rows = pa.record_batch(
        {"id": list("abcd"), "q": ["x y", "x", "x y", "x\0y"], "a": ["z", "y z", "z", "z"]}
    )
    source = Texts(lambda: iter([rows]), ("q", "a"), shingling(1, 8, paired=True))

    assert classes(sketch([source], 16)).tolist() == [0, 1, 0, 0]
