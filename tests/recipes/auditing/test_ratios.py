"""An interval for 95 % holds in 95 % of samples, however they are stratified."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.auditing.ratios import Share, Stratum, recall, share, wilson

DESIGNS = {
    "one stratum, 100 answers": ([5_000], [0.6], [100], 1),
    "three strata of 20": ([1_000, 300, 5_000], [0.9, 0.6, 0.8], [20] * 3, 3),
    "eight strata of 8": ([1_000, 300, 5_000, 100, 2_000, 50, 700, 900], [0.8] * 8, [8] * 8, 8),
    "twenty strata of 5": ([100 * n for n in range(1, 21)], [0.95] * 20, [5] * 20, 20),
    "recall, rules and one kept stratum": ([300, 200, 9_000], [0.9, 0.8, 0.05], [40] * 3, 2),
    "recall, where a rare miss decides": ([300, 200, 9_000], [0.9, 0.8, 0.01], [40] * 3, 2),
    "recall, ten strata on each side": (
        *([300] * 10 + [2_000] * 10, [0.85] * 10 + [0.08] * 10),
        *([10] * 20, 10),
    ),
}
"""Rows, chance of a yes and answers of each stratum, and how many of the strata were set aside."""
DRAWS = 4_000


@pytest.mark.parametrize("name", DESIGNS)
def test_a_95_percent_interval_holds_in_95_percent_of_samples(name: str) -> None:
    sizes, chances, ns, n_found = DESIGNS[name]
    draws = np.random.default_rng(11)
    so = [size * chance for size, chance in zip(sizes, chances, strict=True)]
    whole = sum(sizes) if n_found == len(sizes) else sum(so)
    truth = sum(so[:n_found]) / whole
    n_held, values = 0, []
    for _ in range(DRAWS):
        counts = draws.binomial(ns, chances)
        strata = [
            Stratum(size, count / n, n) for size, count, n in zip(sizes, counts, ns, strict=True)
        ]
        missed = strata[n_found:]
        found = recall(strata[:n_found], missed) if missed else share(strata)
        assert found is not None
        values.append(found.value)
        n_held += found.low <= truth <= found.high

    assert 0.93 <= n_held / DRAWS <= 0.97
    assert missed or np.mean(values) == pytest.approx(truth, abs=0.01)


@pytest.mark.parametrize("n", [10, 20, 60, 200])
def test_of_one_stratum_it_holds_in_95_percent_over_all_truths_exactly(n: int) -> None:
    from scipy.stats import binom

    ends = [wilson(k / n, n) for k in range(n + 1)]
    truths = np.linspace(0.02, 0.98, 97)
    held = [[low <= truth <= high for low, high in ends] for truth in truths]
    exact = (binom.pmf(np.arange(n + 1), n, truths[:, None]) * held).sum(axis=1)

    assert np.mean(exact) == pytest.approx(0.95, abs=0.02)
    assert np.min(exact) >= 0.83


def test_the_interval_of_one_stratum_is_wilsons() -> None:
    assert wilson(0.9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert share([Stratum(500, 0.9, 10)]) == Share(0.9, *wilson(0.9, 10))


@given(
    st.lists(
        st.builds(Stratum, st.floats(1, 1e6), st.sampled_from([0, 0.5, 1.0]), st.floats(1, 500)),
        min_size=2,
        max_size=8,
    )
)
def test_an_interval_holds_its_estimate_and_lies_between_0_and_1(strata: list[Stratum]) -> None:
    for found in (share(strata), recall(strata[:1], strata[1:])):
        if found is not None:
            assert -1e-9 <= found.low <= found.value + 1e-9
            assert found.value - 1e-9 <= found.high <= 1 + 1e-9
