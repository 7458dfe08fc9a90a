"""The first reading knows rows with equal sets, whatever the batches, and refuses numbers."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.screen.sketches import MAX_CHARACTERS, Source, classes, sketch
from schemas.errors import TableError

TEXTS = st.lists(st.text(alphabet="ab É,\n", max_size=12), max_size=20)


def source(texts: list[str], size: int = 1000) -> Source:
    rows = pa.table({"text": pa.array(texts, pa.string())})
    return Source(lambda: iter(rows.to_batches(max_chunksize=size)), "text", 1)


@settings(deadline=None)
@given(TEXTS)
def test_a_class_is_named_by_the_first_row_with_the_same_set(texts: list[str]) -> None:
    sets = [set(text.lower().replace(",", " ").split()) for text in texts]

    expected = [sets.index(own) if own else -1 for own in sets]
    assert classes(sketch(source(texts), 16)).tolist() == expected


@settings(deadline=None)
@given(TEXTS, st.integers(1, 5))
def test_batches_do_not_change_what_is_left_of_a_row(texts: list[str], size: int) -> None:
    whole, again = sketch(source(texts), 16), sketch(source(texts, size), 16)

    assert again.signatures.tolist() == whole.signatures.tolist()
    assert again.sets.tolist() == whole.sets.tolist()
    assert again.sizes.tolist() == whole.sizes.tolist()


def test_case_is_folded_beyond_ascii() -> None:
    texts = ["ÉCOLE Été ΣΟΦΊΑ", "école été σοφία", "ecole ete"]

    assert classes(sketch(source(texts), 16)).tolist() == [0, 0, 2]


def test_a_giant_text_is_cut_and_counted() -> None:
    giant = "é" + "word " * (MAX_CHARACTERS // 5)
    sketches = sketch(source([giant, "x", giant + "tail that is beyond the cut"]), 16)

    assert classes(sketches).tolist() == [0, 1, 0]
    assert sketches.n_truncated == 2


def test_a_missing_column_is_named() -> None:
    rows = pa.record_batch({"id": ["a"], "body": ["x"]})

    with pytest.raises(TableError, match="no column 'text', the rows have id, body"):
        sketch(Source(lambda: iter([rows]), "text", 5), 16)


def test_numbers_are_not_texts() -> None:
    rows = pa.record_batch({"text": [1]})

    with pytest.raises(TableError, match="'text' holds int64"):
        sketch(Source(lambda: iter([rows]), "text", 5), 16)
