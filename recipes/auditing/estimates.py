"""What answers say of a gate and its rules: precision and recall, of the whole from the sample.

Precision of a rule is the share of the rows that it set aside which the reviewer agrees should have
been set aside, for whatever reason. Recall of a gate is the share that it set aside of all rows
that should have been: those set aside rightly, and those kept wrongly. A row that was kept wrongly
is no single rule's miss unless the reviewer names the rule in `should_fail`; so a rule has a recall
only where one was named, and it is too high by what was kept wrongly and not named.

Each answer stands for `rows of its stratum / answers there`: rows without an answer count as the
others of their stratum do. A row that was drawn from rules' strata belongs to as many strata as it
fails rules, and counts as that part of a row wherever rows of the gate are counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from recipes.auditing.answers import Answer
from recipes.auditing.ratios import Share, Stratum, recall, share, stratum

Test = Callable[[Answer], bool]


def of_gates(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """For each gate: precision and recall, how many kept rows should have gone, and its rules."""
    gates = dict.fromkeys(one.gate for one in answers)
    return [_gate(name, [one for one in answers if one.gate == name]) for name in gates]


def _gate(name: str, answers: Sequence[Answer]) -> dict[str, Any]:
    rejected = _strata(answers, lambda one: not one.kept, _right, parts=True)
    kept = _strata(answers, lambda one: one.kept, _wrong)
    rules = dict.fromkeys(rule for one in answers for rule in (*one.failed, *one.should_fail))
    return {
        "gate": name,
        **_counts(answers, lambda one: True),
        "precision": _told(share(rejected)),
        "recall": _told(recall(rejected, kept)),
        "kept_wrongly": _told(share(kept)),
        "rules": [_rule(rule, answers) for rule in sorted(rules)],
    }


def _rule(rule: str, answers: Sequence[Answer]) -> dict[str, Any]:
    def set_aside(one: Answer) -> bool:
        return not one.kept and (one.rule == rule if one.rule else rule in one.failed)

    def missed(one: Answer) -> bool:
        return one.correct is False and rule in one.should_fail

    found = _strata(answers, set_aside, _right)
    lost = _strata(answers, lambda one: one.kept, missed)
    n_missed = sum(one.kept and missed(one) for one in answers)
    return {
        "rule": rule,
        **_counts(answers, set_aside),
        "precision": _told(share(found)),
        "missed": n_missed,
        "recall": _told(recall(found, lost)) if n_missed else None,
    }


def _right(one: Answer) -> bool:
    return one.correct is True


def _wrong(one: Answer) -> bool:
    return one.correct is False


def _counts(answers: Sequence[Answer], concerned: Test) -> dict[str, int]:
    rows = [one for one in answers if concerned(one)]
    return {"drawn": len(rows), "answered": sum(one.correct is not None for one in rows)}


def _strata(
    answers: Sequence[Answer], concerned: Test, so: Test, parts: bool = False
) -> list[Stratum]:
    """The strata of the rows that are concerned, with the share of which something is so.

    Args:
        answers: of one gate.
        concerned: whether a row counts.
        so: what is asked of it.
        parts: count a row of several strata in part in each of them.
    """
    answered: dict[str, list[Answer]] = {}
    for one in answers:
        if one.correct is not None:
            answered.setdefault(one.stratum, []).append(one)
    found = []
    for rows in answered.values():
        chosen = [one for one in rows if concerned(one)]
        if chosen:
            shares = [1 / max(1, len(one.failed)) if parts and one.rule else 1 for one in chosen]
            weight = rows[0].n_rows / len(rows)
            found.append(stratum([so(one) for one in chosen], shares, weight))
    return found


def _told(found: Share | None) -> dict[str, float] | None:
    return None if found is None else {name: round(x, 6) for name, x in asdict(found).items()}
