"""Text is shortened, marked and compared without losing a character."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.report import text


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70))))
def test_marking_changes_no_character(whole: str, spans: list[tuple[int, int]]) -> None:
    pieces = text.marked(whole, spans, limit=1_000)
    covered = {at for start, end in spans for at in range(start, min(end, len(whole)))}

    assert "".join(one.text for one in pieces) == whole
    assert sum(len(one.text) for one in pieces if one.marked) == len(covered)


@given(st.text(alphabet="ab c\n", max_size=80), st.text(alphabet="ab c\n", max_size=80))
def test_differences_change_no_character(one: str, other: str) -> None:
    left, right = text.differences(one, other, limit=1_000)

    assert "".join(piece.text for piece in left) == one
    assert "".join(piece.text for piece in right) == other


@given(st.text(max_size=400), st.integers(1, 100))
def test_a_shortened_text_says_how_much_is_missing(whole: str, limit: int) -> None:
    short = text.shortened(whole, limit)
    gap = re.search(r" … \[([\d,]+) characters left out\] … ", short)

    if gap is None:
        assert short == whole
    else:
        assert len(short) - len(gap[0]) + int(gap[1].replace(",", "")) == len(whole)


@pytest.mark.parametrize(
    ("n", "of", "told"),
    [(0, 0, "–"), (0, 5, "0 %"), (5, 5, "100 %"), (1, 300, "0.3 %"), (2, 3, "67 %")],
)
def test_a_share_never_rounds_something_to_nothing(n: int, of: int, told: str) -> None:
    assert text.share(n, of) == told
