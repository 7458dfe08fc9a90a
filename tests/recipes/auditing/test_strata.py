"""Every stratum is drawn from, alike, and weights make up for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.auditing.strata import allocated, draw
from schemas.errors import RecipeError
from tests.recipes.auditing.sheets import gate, mixed


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(0, 200))
def test_strata_give_equally_many_rows_and_small_ones_all_they_have(
    sizes: list[int], n: int
) -> None:
    shares = allocated(sizes, n)

    assert sum(shares) == min(n, sum(sizes))
    full = [given for given, size in zip(shares, sizes, strict=True) if given == size]
    others = [given for given, size in zip(shares, sizes, strict=True) if given < size]
    assert not others or max(others) - min(others) <= 1
    assert not others or max(full, default=0) <= max(others) + 1


def test_every_stratum_is_drawn_from_and_a_row_of_two_rules_belongs_to_both() -> None:
    failed = [["long", "clean"]] * 5 + [["long"]] * 50 + [[]] * 500
    found = draw([gate(failed)], None, 30, 7)
    sizes = {one.stratum.label: (one.stratum.n_rows, one.n_drawn) for one in found}

    assert sizes == {
        "rows; kept; part=a": (500, 13),
        "rows; rejected; rule=clean; part=a": (5, 5),
        "rows; rejected; rule=long; part=a": (55, 12),
    }


def test_the_same_seed_draws_the_same_rows_and_more_of_them_when_more_are_asked_for() -> None:
    def ids(n: int, seed: int) -> set[tuple[str, int]]:
        found = draw([gate(mixed(400))], ["rule"], n, seed)
        return {(one.stratum.label, one.position) for one in found}

    assert ids(30, 7) == ids(30, 7)
    assert ids(30, 7) < ids(60, 7)
    assert ids(30, 7) != ids(30, 8)


def test_strata_are_told_apart_by_what_the_user_names() -> None:
    parts = ["a", "b"] * 200
    named = {one.stratum.label for one in draw([gate(mixed(400), parts)], ["part"], 40, 7)}

    assert named == {
        *("rows; kept; part=a", "rows; kept; part=b"),
        *("rows; rejected; part=a", "rows; rejected; part=b"),
    }


def test_a_column_that_is_not_there_and_too_many_strata_are_refused() -> None:
    with pytest.raises(RecipeError, match="--by colour: not a column of the rows; there are rule"):
        draw([gate(mixed(20))], ["colour"], 10, 7)
    with pytest.raises(RecipeError, match="--by text: 20 strata, but 10 rows to draw"):
        draw([gate([[]] * 20)], ["text"], 10, 7)


def test_weights_are_unbiased_over_draws() -> None:
    one = gate(mixed(300))
    shorts = {place for place in range(300) if place % 9 < 3}
    totals = []
    for seed in range(40):
        found = draw([one], ["part"], 60, seed)
        totals.append(sum(each.weight for each in found if each.position in shorts))

    assert np.mean(totals) == pytest.approx(len(shorts), abs=3 * np.std(totals) / 40**0.5)
    assert np.std(totals) > 0
