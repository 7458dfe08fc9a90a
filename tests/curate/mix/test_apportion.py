"""Counts are within one row of their share, and never fall as the whole grows."""

import time
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from curate.mix.apportion import FINEST, counts, largest
from schemas.mixing import Mix

weights = st.lists(st.integers(1, 50), min_size=1, max_size=5)


def shares_of(listed: list[int]) -> dict[str, Fraction]:
    return {str(number): Fraction(one, sum(listed)) for number, one in enumerate(listed)}


@given(weights, st.integers(0, 3000))
def test_counts_are_exact_to_one_row_and_never_fall_as_the_size_grows(
    listed: list[int], size: int
) -> None:
    shares = shares_of(listed)
    found = counts(shares, size)

    assert sum(found.values()) == size
    assert all(abs(found[part] - share * size) < 1 for part, share in shares.items())
    bigger = counts(shares, size + 1)
    assert all(bigger[part] >= found[part] for part in shares)


@given(weights, st.lists(st.integers(0, 400), min_size=5, max_size=5))
def test_the_largest_size_fits_and_one_more_does_not(listed: list[int], have: list[int]) -> None:
    shares = shares_of(listed)
    available = dict(zip(map(str, range(5)), have, strict=True))
    size = largest(shares, available)

    def fits(rows: int) -> bool:
        return all(n <= available[part] for part, n in counts(shares, rows).items())

    assert fits(size) and not fits(size + 1)


@given(st.lists(st.integers(1, 10**12), min_size=2, max_size=6), st.integers(0, 100_000))
def test_shares_finer_than_a_billionth_are_still_exact_to_one_row(
    listed: list[int], size: int
) -> None:
    shares = shares_of(listed)
    found = counts(shares, size)

    assert sum(found.values()) == size
    slack = 1 + Fraction(len(listed) * size, FINEST)
    assert all(abs(found[part] - share * size) < slack for part, share in shares.items())


def test_shares_of_a_recipe_are_read_as_they_are_written() -> None:
    ten = Mix.model_validate({"parts": {"a": 0.7, "b": 0.3}}).shares
    assert counts(ten, 10) == {"a": 7, "b": 3}
    three = Mix.model_validate({"parts": {"a": 0.1, "b": 0.2, "c": 0.7}}).shares
    assert counts(three, 1000) == {"a": 100, "b": 200, "c": 700}


def test_a_size_that_no_mixture_has_is_told_at_once() -> None:
    shares = {"a": Fraction(123_456_789, 10**9), "b": Fraction(876_543_211, 10**9)}
    began = time.monotonic()
    found = counts(shares, 10**15)

    assert time.monotonic() - began < 1
    assert found["a"] >= 10**15 * shares["a"]
