"""How well scores tell good from bad: Cohen's kappa, the area under the ROC curve, its interval."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

RESAMPLES = 2_000
Numbers = NDArray[np.float64]


def auc(good: ArrayLike, bad: ArrayLike) -> float | None:
    """Probability that a good row has the higher score, ties counting half; None without rows.

    By the sum of ranks (Mann-Whitney): 1 where every good row is above every bad one, .5 for
    scores that say nothing.
    """
    above, below = np.asarray(good, np.float64), np.asarray(bad, np.float64)
    if not len(above) or not len(below):
        return None
    ranks = rankdata(np.concatenate([above, below]))[: len(above)]
    n_pairs = len(above) * len(below)
    return float((ranks.sum() - len(above) * (len(above) + 1) / 2) / n_pairs)


def interval(
    good: ArrayLike, bad: ArrayLike, groups: Sequence[Hashable], seed: int = 7, level: float = 0.95
) -> tuple[float, float] | None:
    """Bootstrap interval of `auc`, by percentiles, of RESAMPLES draws of whole groups.

    Rows of one passage stand and fall together, so passages are drawn, not rows. Draws in which one
    of the two kinds is missing are left out.

    Args:
        good: (n_good,) scores.
        bad: (n_bad,) scores.
        groups: (n_good + n_bad,) what each row belongs to, the good ones first.
        seed: of the draws.
        level: share of the draws that lie inside.

    Returns:
        (low, high), or None where there is but one group, or nothing to compare.
    """
    above, below = np.asarray(good, np.float64), np.asarray(bad, np.float64)
    named = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    if len(named) < 2 or not len(above) or not len(below):
        return None
    group = np.array([named[one] for one in groups])
    values, value = np.unique(np.concatenate([above, below]), return_inverse=True)
    counts = np.zeros((2, len(named), len(values)))  # (good or bad, groups, values)
    kind = np.repeat([0, 1], [len(above), len(below)])
    np.add.at(counts, (kind, group, value), 1)
    draws = np.random.default_rng(seed)
    times = draws.multinomial(len(named), np.full(len(named), 1 / len(named)), RESAMPLES)
    n_good, n_bad = times @ counts[0], times @ counts[1]  # (draws, values)
    lower = np.cumsum(n_bad, axis=1) - n_bad / 2
    pairs = n_good.sum(axis=1) * n_bad.sum(axis=1)
    found = (n_good * lower).sum(axis=1)[pairs > 0] / pairs[pairs > 0]
    if not len(found):
        return None
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def kappa(one: ArrayLike, other: ArrayLike, n: int, quadratic: bool = False) -> float | None:
    """Cohen's kappa of two raters: 1 full agreement, 0 what chance gives (doi:10.1037/h0026256).

    Args:
        one: (n_rows,) classes of the first rater, whole numbers from 0.
        other: (n_rows,) classes of the second.
        n: number of classes.
        quadratic: weigh a disagreement by its distance squared, for grades.

    Returns:
        kappa, or None without rows, or where chance alone leaves no disagreement.
    """
    first, second = np.asarray(one, np.int64), np.asarray(other, np.int64)
    seen = np.zeros((n, n))
    np.add.at(seen, (first, second), 1)
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / max(len(first), 1)
    apart = np.subtract.outer(np.arange(n), np.arange(n))
    weights = apart**2 if quadratic else apart != 0
    by_chance = float((weights * expected).sum())
    return None if by_chance == 0 else float(1 - (weights * seen).sum() / by_chance)


def at(threshold: float, scores: ArrayLike, good: ArrayLike) -> float | None:
    """Kappa of `score >= threshold` and whether a row is good."""
    passed = np.asarray(scores, np.float64) >= threshold
    return kappa(passed, np.asarray(good, np.bool_), 2)


def best(scores: ArrayLike, good: ArrayLike) -> tuple[float, float] | None:
    """(threshold, kappa) of the threshold with the highest kappa, the lowest of equal ones.

    It is chosen on the rows that it is measured on, so it flatters; more so the fewer they are.
    """
    found = [(float(one), at(one, scores, good)) for one in np.unique(np.asarray(scores))]
    told = [(threshold, value) for threshold, value in found if value is not None]
    return max(told, key=lambda one: (one[1], -one[0]), default=None)
