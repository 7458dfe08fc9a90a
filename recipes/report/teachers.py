"""Models that were asked: how it went, what they gave, and what a kept example costs.

How requests went and what they took is what the stages that ask say of themselves; examples, their
evidence, their terms and the judge's scores are counted in the rows.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from curate.synthesize.replies import OUTCOMES
from recipes import dollars
from recipes.report import numbers
from recipes.report.text import counted, listed, share, shortened
from schemas.tables import Table

MAKES, JUDGES = "synthesize", "screen.examples.judge"
"""Stages that ask models."""
LABEL = 240
"""Characters of a title or of terms that are shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """One teacher's work on one task, or all of it."""

    teacher: str
    task: str
    requested: int
    outcomes: dict[str, int]
    calls: int
    prompt_tokens: int
    completion_tokens: int
    usd: float
    examples: int = 0
    exact: int = 0
    """Examples of which every quote is in the source as the teacher wrote it."""
    normalised: int = 0
    """Examples of which every quote is, some of them only after normalising."""
    missing: int = 0
    """Examples with a quote that is not."""
    unquoted: int = 0
    """Examples without a quote."""
    kept: int = 0
    judges: bool = False
    """Whether examples are scored here, and none made."""

    @property
    def verified(self) -> int:
        """Examples that have a quote, and every one of them in the source."""
        return self.exact + self.normalised

    @property
    def usd_per_kept(self) -> float | None:
        """Dollars for each kept example; None where it was free, or none was kept."""
        return dollars.per_kept(self.usd, self.kept)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the documents facts were drawn from."""

    told: str
    lowest: list[tuple[str, str, int, int]]
    """(document, title, sentences that are quoted, of how many), the least covered first."""


@dataclass(frozen=True, slots=True)
class Teachers:
    """Everything that is shown of them."""

    groups: dict[str, list[Line]]
    """Teacher -> a line a task."""
    total: Line
    outcomes: dict[str, str]
    """Those that occurred -> what they mean, in the order of OUTCOMES."""
    sentences: list[str]
    """On calls, repeated attempts and terms."""
    notes: list[str]
    coverage: Coverage | None
    scores: list[numbers.Scored]
    """What a judge gave, an axis each; empty where there was none."""


def read(database: duckdb.DuckDBPyConnection, made: Mapping[str, Table]) -> Teachers | None:
    """What there is to say about models that were asked; None where none was."""
    stages = [made[name].manifest for name in (MAKES, JUDGES) if name in made]
    asked = [one for stage in stages for one in stage.facts.get("teachers", [])]
    if not asked:
        return None
    gave = numbers.taught(database)
    lines = [
        _line(one, gave.get((one["teacher"], one["task"]), {}), stage.stage == JUDGES)
        for stage in stages
        for one in stage.facts.get("teachers", [])
    ]
    attempts: Counter[str] = Counter()
    for stage in stages:
        attempts.update(stage.facts.get("attempts", {}))
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.teacher, []).append(line)
    total = _total(lines)
    return Teachers(
        groups=groups,
        total=total,
        outcomes={
            name: OUTCOMES.get(name, "").replace("`", "")
            for name in sorted(total.outcomes, key=_place)
        },
        sentences=[
            _paid(asked, total),
            *_attempts(attempts),
            *_terms(database, list(groups), "screen.examples" in made),
        ],
        notes=[note for stage in stages for note in stage.notes],
        coverage=_coverage(stages[0].facts.get("coverage")),
        scores=numbers.scored(database, made[JUDGES]) if JUDGES in made else [],
    )


def _line(asked: Mapping[str, Any], gave: Mapping[str, int], judges: bool) -> Line:
    names = ("teacher", "task", "requested", "calls", "prompt_tokens", "completion_tokens", "usd")
    told = {name: asked[name] for name in names}
    outcomes = dict(asked["outcomes"])
    counts = {} if judges else dict(gave)
    return Line(**{**told, **counts}, outcomes=outcomes, judges=judges)


def _total(lines: Sequence[Line]) -> Line:
    names = Line.__dataclass_fields__.keys() - {"teacher", "task", "outcomes", "judges"}
    outcomes = {name for line in lines for name in line.outcomes} | {"ok"}
    return Line(
        teacher="",
        task="all",
        outcomes={name: sum(line.outcomes.get(name, 0) for line in lines) for name in outcomes},
        **{name: sum(getattr(line, name) for line in lines) for name in names},
    )


def _place(outcome: str) -> tuple[int, str]:
    known = list(OUTCOMES)
    return (known.index(outcome) if outcome in known else len(known)), outcome


def _paid(asked: Sequence[Mapping[str, Any]], total: Line) -> str:
    """How many of the calls were paid for when the table was made, and how many before."""
    now = sum(one["calls_now"] for one in asked)
    usd = sum(one["usd_now"] for one in asked)
    before = max(total.calls - now, 0)
    cost = f", for {dollars.dollars(usd)}" if usd else ""
    told = (
        f"{counted(now, 'call')} {'was' if now == 1 else 'were'} paid for when this was made{cost}"
    )
    return f"{told}; {before:,} lay in the ledger already." if before else f"{told}."


def _attempts(attempts: Mapping[str, int]) -> list[str]:
    """Attempts that gave no reply."""
    if not attempts:
        return []
    n = sum(attempts.values())
    why = listed([f"{count:,} {name}" for name, count in attempts.items()])
    return [
        f"{counted(n, 'attempt')} gave no reply ({why}); what may succeed when tried again was "
        f"repeated, and calls and dollars here are those of replies."
    ]


def _terms(database: duckdb.DuckDBPyConnection, teachers: Sequence[str], judged: bool) -> list[str]:
    """Under which terms the rows are, and whether a model may be trained on them."""
    told = []
    for teacher, terms, trainable, n, kept in numbers.terms(database, teachers):
        rows = f"{counted(n, 'row')} of {teacher}"
        named = f"under the terms {shortened(terms, LABEL)}" if terms else "under no terms"
        sentence = f"{rows} {'is' if n == 1 else 'are'} {named}"
        if not terms:
            sentence += " that the recipe names"
        if not trainable:
            sentence += ", marked as not to be trained on"
            sentence += f": {kept or 'none'} kept" if judged else ""
        told.append(f"{sentence}.")
    return told


def _coverage(found: Mapping[str, Any] | None) -> Coverage | None:
    """How many sentences of the documents are quoted by a fact."""
    if not found:
        return None
    covered, of = found["sentences_covered"], found["sentences"]
    return Coverage(
        told=f"{counted(found['facts'], 'fact')} were listed from "
        f"{counted(found['documents'], 'document')}. Of {counted(of, 'sentence')} that were shown, "
        f"{covered:,} ({share(covered, of)}) are quoted at least by half.",
        lowest=[
            (id_, shortened(title, LABEL) if title else "without title", n, n_sentences)
            for id_, title, n, n_sentences in found.get("lowest", [])
        ],
    )
