"""What a judge gave good examples, against what it gave bad ones: the numbers of `calibrate`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.synthesize import agreement
from curate.synthesize.judging import AXES

KEPT_FROM = 4.0
"""Mean score from which a rule usually keeps an example."""
MEASURED = ("mean", *AXES)
LABELLED = "labelled"
"""Kind of an example that is as people labelled it."""
ALL = "all corruptions"


@dataclass(frozen=True, slots=True)
class Scored:
    """An example and what the judge gave it."""

    kind: str
    """LABELLED, or what was done to it."""
    good: bool
    grade: int | None
    """1 to 5, where those are the labels."""
    group: str
    """Its passage."""
    scores: Mapping[str, float | None]
    """MEASURED; None where it has no scores."""


def compared(examples: Sequence[Scored]) -> dict[str, Any]:
    """Agreement with the labels, and how well each kind of bad example is told from the good.

    Returns:
        `judged`, `good` and `bad`: labelled examples with scores; `kappa`: with `quadratic` that of
        the rounded mean and the grades, `at_4` that of the rule `judge_mean >= 4`, `best` that of
        the best threshold; `at_4`: what that rule does; `auc`, of the mean, with its interval; and
        `told_apart`: for each kind of bad example the area under the curve of the mean and of each
        axis against the labelled good ones. A number that cannot be is None.
    """
    scored = [one for one in examples if one.scores["mean"] is not None]
    labelled = [one for one in scored if one.kind == LABELLED]
    good = [one for one in labelled if one.good]
    bad = [one for one in labelled if not one.good]
    means, truth = _values(labelled, "mean"), np.array([one.good for one in labelled], np.bool_)
    best = agreement.best(means, truth) if labelled else None
    ends = agreement.interval(
        _values(good, "mean"), _values(bad, "mean"), [one.group for one in (*good, *bad)]
    )
    kept = means >= KEPT_FROM
    return {
        "judged": len(labelled),
        "good": len(good),
        "bad": len(bad),
        "kappa": {
            "quadratic": _graded(labelled),
            "at_4": _rounded(agreement.at(KEPT_FROM, means, truth)),
            "best": _rounded(best[1] if best else None),
            "best_threshold": _rounded(best[0] if best else None),
        },
        "at_4": {
            "good_kept": int((kept & truth).sum()),
            "good_set_aside": int((~kept & truth).sum()),
            "bad_kept": int((kept & ~truth).sum()),
            "bad_set_aside": int((~kept & ~truth).sum()),
        },
        "auc": {
            "mean": _rounded(agreement.auc(_values(good, "mean"), _values(bad, "mean"))),
            "low": _rounded(ends[0] if ends else None),
            "high": _rounded(ends[1] if ends else None),
        },
        "told_apart": _told_apart(good, bad, [one for one in scored if one.kind != LABELLED]),
    }


def _told_apart(
    good: Sequence[Scored], bad: Sequence[Scored], planted: Sequence[Scored]
) -> list[dict[str, Any]]:
    """One object a kind of bad example."""
    kinds = {f"{LABELLED} bad": list(bad)}
    for one in planted:
        kinds.setdefault(one.kind, []).append(one)
    if planted:
        kinds[ALL] = list(planted)
    return [
        {
            "kind": kind,
            "n": len(rows),
            **{
                axis: _rounded(agreement.auc(_values(good, axis), _values(rows, axis)))
                for axis in MEASURED
            },
        }
        for kind, rows in kinds.items()
    ]


def _graded(labelled: Sequence[Scored]) -> float | None:
    """Quadratic kappa of the mean, rounded half up, and the grades; None where there are none."""
    grades = [one.grade for one in labelled if one.grade is not None]
    if not grades or len(grades) != len(labelled):
        return None
    means = np.floor(_values(labelled, "mean") + 0.5)
    return _rounded(agreement.kappa(np.array(grades) - 1, means - 1, 5, quadratic=True))


def _values(rows: Sequence[Scored], axis: str) -> agreement.Numbers:
    return np.array([one.scores[axis] for one in rows], np.float64)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
