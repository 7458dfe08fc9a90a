"""A reviewer's answers, read from a sheet, and what of it is not as it was written."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recipes.auditing import sheet
from recipes.auditing.told import checked
from schemas.errors import TableError

NEEDED = ("id", "gate", "verdict", "failed", "rule", "stratum", "check", "correct")
YES = set("yes y true t 1 1.0 right correct ok ja j wahr richtig oui vrai si sí da x ✓".split())
NO = set("no n false f 0 0.0 wrong incorrect nein falsch non faux nee net".split())
UNSURE = set("? ?? unsure unclear unknown maybe skip n/a na none unklar -".split())
STRATUM = re.compile(r"(.+) \((\d{1,15}) of (\d{1,15})\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """A drawn row and what the reviewer said of it."""

    id: str
    gate: str
    kept: bool
    failed: tuple[str, ...]
    """Rules that set it aside."""
    rule: str
    """The one that it was drawn for; empty where strata are not told apart by rule."""
    stratum: str
    n_drawn: int
    """Rows drawn from the stratum."""
    n_rows: int
    """Rows in it."""
    correct: bool | None
    """Whether the verdict is right; None where nobody said."""
    should_fail: tuple[str, ...]
    """Rules that should have set it aside, where the reviewer named any."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The answers of one reviewer."""

    path: Path
    answers: list[Answer]
    """One for each drawn row of a stratum."""
    counts: dict[str, int]
    """What was left out or is lacking, in words -> how many rows."""


def read(path: Path) -> Sheet:
    """The answers of a sheet.

    Raises:
        TableError: it is none, an answer is neither yes nor no, or there are none at all.
    """
    counts: Counter[str] = Counter()
    found: dict[tuple[str, str, str], Answer] = {}
    for line, row in sheet.read(path, NEEDED):
        one = _answer(path, line, row)
        if one is None:
            counts["changed since they were written (id, gate, verdict, rules or stratum)"] += 1
            continue
        key = (one.gate, one.id, one.stratum)
        if key in found:
            counts["there twice"] += 1
            one = _merged(found[key], one, counts)
        found[key] = one
        counts["answered unsure"] += row["correct"].strip().lower() in UNSURE
    answers = _shared(list(found.values()), counts)
    counts["lacking: drawn, but no longer in the sheet"] = _n_lacking(answers)
    counts["without an answer"] = sum(one.correct is None for one in answers)
    if not any(one.correct is not None for one in answers):
        raise TableError(
            f"{path}: no row has an answer. Write yes or no into the column correct: is the "
            f"verdict right?"
        )
    return Sheet(path, answers, {what: n for what, n in counts.items() if n})


def _answer(path: Path, line: int, row: Mapping[str, str]) -> Answer | None:
    """A row of the sheet; None where it was changed beyond its answer."""
    matched = STRATUM.fullmatch(" ".join(row["stratum"].split()))
    if matched is None or row["check"].strip() != checked(row):
        return None
    return Answer(
        id=row["id"],
        gate=row["gate"],
        kept=row["verdict"] == "kept",
        failed=_names(row["failed"]),
        rule=row["rule"],
        stratum=matched[1],
        n_drawn=int(matched[2]),
        n_rows=int(matched[3]),
        correct=_said(path, line, row["correct"]),
        should_fail=_names(row.get("should_fail", "")),
    )


def _said(path: Path, line: int, cell: str) -> bool | None:
    """Yes or no; None for an empty cell and for one that says that nobody knows."""
    said = cell.strip().lower().rstrip(".!")
    if not said or said in UNSURE:
        return None
    if said in YES or said in NO:
        return said in YES
    raise TableError(
        f"{path}, line {line}: correct is {cell.strip()[:60]!r}. Write yes or no, or nothing."
    )


def _names(cell: str) -> tuple[str, ...]:
    return tuple(name for name in re.split(r"[\s,;]+", cell.strip()) if name)


def _merged(one: Answer, other: Answer, counts: Counter[str]) -> Answer:
    """A row that is there twice, as one; without an answer where the two differ."""
    if one.correct is not None and other.correct is not None and one.correct != other.correct:
        counts["answered both yes and no"] += 1
        return replace(one, correct=None)
    return other if one.correct is None else one


def _shared(answers: Sequence[Answer], counts: Counter[str]) -> list[Answer]:
    """A row that was drawn for two rules is answered once, wherever its answer stands."""
    said: dict[tuple[str, str], set[bool]] = {}
    for one in answers:
        if one.correct is not None:
            said.setdefault((one.gate, one.id), set()).add(one.correct)
    counts["answered both yes and no"] += sum(len(both) == 2 for both in said.values())
    shared = []
    for one in answers:
        here = said.get((one.gate, one.id), set())
        shared.append(replace(one, correct=next(iter(here)) if len(here) == 1 else None))
    return shared


def _n_lacking(answers: Sequence[Answer]) -> int:
    """Rows that were drawn from the strata that are there, and are not."""
    present = Counter((one.gate, one.stratum, one.n_drawn) for one in answers)
    return sum(max(0, n_drawn - n) for (_, _, n_drawn), n in present.items())
