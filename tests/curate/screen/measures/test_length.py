"""Words are runs between white space, characters are Unicode's."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.measures.length import COLUMNS, Params, measure


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Z"]) | st.just(" "))))
def test_counts_are_those_of_python(texts: list[str]) -> None:
    measured = measure(pa.record_batch({"text": pa.array(texts, pa.string())}), Params())

    assert measured.schema.names == list(COLUMNS)
    assert measured["n_characters"].to_pylist() == [len(text) for text in texts]
    ascii_blanks = [text.translate(dict.fromkeys((9, 10, 11, 12, 13), " ")) for text in texts]
    assert measured["n_words"].to_pylist() == [
        len([word for word in text.split(" ") if word]) for text in ascii_blanks
    ]


def test_a_missing_text_has_no_words() -> None:
    measured = measure(pa.record_batch({"text": pa.array([None, "a b"])}), Params())

    assert measured.to_pylist() == [
        {"n_words": 0, "n_characters": 0},
        {"n_words": 2, "n_characters": 3},
    ]
