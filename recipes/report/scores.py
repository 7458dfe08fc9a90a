"""What tuning changed: scores of each part, as numbers and in plain words.

Of every metric less is better. A difference counts as one where its interval does not include zero;
where it does there is "no clear change", whatever the numbers seem to say. The words rest on
the first metric, the negative log-likelihood per token.
"""

from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from recipes.report import axis
from recipes.report.text import counted
from schemas.recipe import Recipe
from train.evaluate.scores import FEW

METRICS = {
    "nll_per_token": "nll per token",
    "bits_per_byte": "bits per byte",
}
"""Metric -> what it is called; in the order in which they are shown."""
DECIMALS = range(3, 6)
Verdict = Literal["better", "worse", "no clear change"]
SIDES = {"better": "below", "worse": "above"}
"""Verdict -> where the interval lies, seen from zero."""


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two models on one part; below zero the first one is better."""

    value: float
    low: float
    high: float
    n_documents: int

    @property
    def verdict(self) -> Verdict:
        """What can be said of it. One document has no interval, so nothing can."""
        if self.n_documents < 2 or self.low <= 0 <= self.high:
            return "no clear change"
        return "better" if self.high < 0 else "worse"

    @property
    def told(self) -> str:
        """`−0.369`."""
        return axis.signed(self.value, self._decimals)

    @property
    def interval(self) -> str:
        """`[−0.390, −0.349]`."""
        if self.n_documents < 2:
            return "no interval"
        ends = (axis.signed(end, self._decimals) for end in (self.low, self.high))
        return f"[{', '.join(ends)}]"

    @property
    def _decimals(self) -> int:
        """So many that an end which is not zero does not look like it."""
        ends = [end for end in (self.low, self.high) if end]
        return next((n for n in DECIMALS if all(round(end, n) for end in ends)), DECIMALS[-1])


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one part."""

    metric: str
    """For people."""
    base: float
    control: float | None
    tuned: float
    over_base: Change
    control_over_base: Change | None
    over_control: Change | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What tuning did to one part."""

    part: str
    general: bool
    """Whether its change is the forgetting."""
    n: int
    n_documents: int
    lines: list[Line]
    """In the order of METRICS."""
    words: list[str]
    """The same in sentences."""

    @property
    def first(self) -> Line:
        """The metric that the words rest on."""
        return self.lines[0]

    @property
    def beyond_control(self) -> Verdict | None:
        """The tuned model against the control; None where there is no control."""
        change = self.first.over_control
        return None if change is None else change.verdict


def outcomes(database: duckdb.DuckDBPyConnection, recipe: Recipe) -> list[Outcome]:
    """Every part that was scored: those of the mixture first, the general one last."""
    rows = database.sql('select * from "evaluate"').to_arrow_table().to_pylist()
    found: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["part"], {})[row["metric"], row["model"]] = row
    mixed, general = list(recipe.mix.parts), recipe.evaluate.general
    order = sorted(found, key=lambda part: (part == general, part not in mixed, part))
    return [_outcome(part, found[part], recipe) for part in order]


def percent(recipe: Recipe) -> str:
    """The confidence of the intervals: `95 %`."""
    return f"{100 * recipe.evaluate.confidence:g} %"


def _outcome(part: str, rows: dict[tuple[str, str], dict[str, Any]], recipe: Recipe) -> Outcome:
    lines = [
        _line(name, rows[metric, "tuned"], rows.get((metric, "control")))
        for metric, name in METRICS.items()
    ]
    general = part == recipe.evaluate.general
    (n, n_documents), *_ = {(row["n"], row["n_documents"]) for row in rows.values()}
    words = [
        _against_base(lines[0].over_base, general, percent(recipe)),
        *_against_control(lines[0], general),
        *_few(n, n_documents),
    ]
    return Outcome(part, general, n, n_documents, lines, words)


def _line(metric: str, tuned: dict[str, Any], control: dict[str, Any] | None) -> Line:
    return Line(
        metric=metric,
        base=tuned["base"],
        control=tuned["control"],
        tuned=tuned["value"],
        over_base=_change(tuned, "difference", "low", "high"),
        control_over_base=None
        if control is None
        else _change(control, "difference", "low", "high"),
        over_control=None
        if tuned["control"] is None
        else _change(tuned, "over_control", "over_control_low", "over_control_high"),
    )


def _change(row: dict[str, Any], value: str, low: str, high: str) -> Change:
    if row[low] is None:  # of one document
        return Change(row[value], row[value], row[value], row["n_documents"])
    return Change(row[value], row[low], row[high], row["n_documents"])


def _against_base(change: Change, general: bool, confidence: str) -> str:
    """The tuned model and the base, in words."""
    if change.verdict == "no clear change":
        why = f"the {confidence} interval includes zero"
        if change.n_documents < 2:
            why = "one document gives no interval"
        return f"{'Forgetting: no' if general else 'No'} clear change against the base: {why}."
    whole = f"the whole {confidence} interval lies {SIDES[change.verdict]} zero"
    if not general:
        return f"{change.verdict.capitalize()} than the base: {whole}."
    if change.verdict == "better":
        return f"Forgetting: none. The model is better here than the base: {whole}."
    return f"Forgetting: the model is worse here than the base: {whole}."


def _against_control(line: Line, general: bool) -> list[str]:
    """The tuned model and the control, in words; none where there is no control."""
    if line.over_control is None:
        return []
    verdict = line.over_control.verdict
    gained = line.over_base.verdict == "better"
    if verdict == "no clear change":
        doubt = ", so what was gained may be the format alone" if gained and not general else ""
        return [f"No clear difference from the control{doubt}."]
    side = f"its interval lies {SIDES[verdict]} zero"
    if general:
        whose = "the control, which was tuned on this part and nothing else"
        return [f"{verdict.capitalize()} than {whose}: {side}."]
    more = ", so more was learned than the format" if verdict == "better" and gained else ""
    return [f"{verdict.capitalize()} than the control: {side}{more}."]


def _few(n: int, n_documents: int) -> list[str]:
    if not 1 < n_documents < FEW:
        return []
    rows, documents = counted(n, "row"), counted(n_documents, "document")
    return [f"{rows} of {documents} are few: take the interval for a rough one."]
