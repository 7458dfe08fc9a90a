"""Spans that overlap: the first that claims a place has it."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from curate.screen.pii.spans import Span, apart, redacted

SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 10)).map(
        lambda pair: Span("phone", pair[0], pair[0] + pair[1])
    ),
    max_size=12,
)


def test_the_first_of_two_that_overlap_stays() -> None:
    assert apart([Span("ip", 5, 9), Span("phone", 0, 6), Span("card", 9, 12)]) == [
        Span("ip", 5, 9),
        Span("card", 9, 12),
    ]


@given(SPANS)
def test_no_two_share_a_character_and_none_is_given_up_for_nothing(spans: list[Span]) -> None:
    kept = apart(spans)

    assert all(one.end <= other.start for one, other in itertools.pairwise(kept))
    for span in spans:
        assert any(one.start < span.end and span.start < one.end for one in kept)


@given(SPANS, st.text(st.characters(codec="utf-8"), min_size=50, max_size=60))
def test_what_is_not_in_a_span_stays_as_it_was(spans: list[Span], text: str) -> None:
    kept = apart(spans)
    inside = {place for span in kept for place in range(span.start, span.end)}
    outside = "".join(one for place, one in enumerate(text) if place not in inside)

    changed = redacted(text, kept)
    assert changed.replace("<PHONE>", "") == outside.replace("<PHONE>", "")
    assert changed.count("<PHONE>") == len(kept) + outside.count("<PHONE>")
