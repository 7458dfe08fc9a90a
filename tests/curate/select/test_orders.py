"""What each simple method puts first."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.select import ifd, judge, longest, stratified

Strata = st.lists(st.integers(0, 5), min_size=1, max_size=300)


@given(Strata)
def test_every_prefix_holds_two_strata_within_half_a_row_of_their_share(codes: list[int]) -> None:
    two = np.array([code % 2 for code in codes], np.int64)
    order = stratified.order(two, "proportional")
    for value in (0, 1):
        taken = np.cumsum(two[order] == value)
        share = (two == value).mean() * np.arange(1, len(two) + 1)
        assert (np.abs(taken - share) <= 0.5 + 1e-9).all()


@given(Strata)
def test_every_prefix_holds_each_stratum_near_its_share(codes: list[int]) -> None:
    strata = np.array(codes, np.int64)
    order = stratified.order(strata, "proportional")
    n_strata = len(set(codes))
    for value in set(codes):
        taken = np.cumsum(strata[order] == value)
        share = (strata == value).mean() * np.arange(1, len(strata) + 1)
        assert (np.abs(taken - share) <= max(1, n_strata / 2) + 1e-9).all()


@given(Strata)
def test_equal_allocation_takes_turns_until_a_stratum_is_used_up(codes: list[int]) -> None:
    strata = np.array(codes, np.int64)
    order = strata[stratified.order(strata, "equal")]
    for n in range(1, len(order) + 1):
        counts = {value: int((order[:n] == value).sum()) for value in set(codes)}
        open_ = [n_ for value, n_ in counts.items() if n_ < codes.count(value)]
        assert not open_ or min(open_) >= max(counts.values()) - 1


@given(Strata, st.sampled_from(["proportional", "equal"]))
def test_inside_a_stratum_the_lots_decide(codes: list[int], allocation: str) -> None:
    strata = np.array(codes, np.int64)
    order = stratified.order(strata, allocation)  # type: ignore[arg-type]
    assert sorted(order.tolist()) == list(range(len(codes)))
    for value in set(codes):
        places = [place for place in order.tolist() if codes[place] == value]
        assert places == sorted(places)


def test_null_is_a_stratum_of_its_own() -> None:
    rows = pa.table(
        {
            "task": ["a", "a", None, "a"],
            "domain": ["x", None, None, "x"],
            "section": pa.array([None, None, None, None], pa.string()),
        }
    )
    codes = stratified.codes(rows)

    assert codes[0] == codes[3]
    assert len(set(codes.tolist())) == 3


@pytest.mark.parametrize(
    ("tokens", "expected"), [([5, 9, 9], [2, 1, 0]), ([5, None, 9], [0, 2, 1])]
)
def test_the_longest_answer_comes_first_by_tokens_where_all_are_counted(
    tokens: list[int | None], expected: list[int]
) -> None:
    rows = pa.table(
        {
            "n_loss_tokens": pa.array(tokens, pa.int64()),
            "n_words": pa.array([7, 1, 1], pa.int64()),
            "n_bytes": pa.array([30, 8, 9], pa.int64()),
        }
    )

    assert longest.order(rows)[0].tolist() == expected


def test_the_best_score_comes_first_and_none_last() -> None:
    scores = np.array([np.nan, 2.0, 5.0, 2.0, np.nan, -np.inf])

    assert judge.order(scores).tolist() == [2, 1, 3, 5, 0, 4]


def test_answers_that_their_instruction_does_not_help_come_behind_all_others() -> None:
    ratios = np.array([1.2, 0.3, np.nan, 0.99, 1.0, 0.3])

    assert ifd.order(ratios).tolist() == [3, 1, 5, 4, 0, 2]
