"""The funnel: how many rows there are at each level, and what fell away on the way to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from curate.mix import NOT_DRAWN, NOT_MIXED
from curate.screen.planned import DUPLICATES, Gate, preset
from curate.screen.rules import UNIQUE
from recipes.report import numbers
from recipes.report.text import counted, share
from schemas.manifest import Manifest
from schemas.recipe import Recipe, Screen
from schemas.tables import Table

STAGES = {
    "documents": "collect",
    "passages": "segment",
    "kept passages": "screen.passages",
    "examples": "synthesize",
    "kept examples": "screen.examples",
    "train": "mix",
    "valid": "mix",
    "test": "mix",
}
"""Level -> the stage that made it."""
BEFORE = {"kept passages": "passages", "kept examples": "examples"}
GATES: dict[str, Gate] = {"kept passages": "passages", "kept examples": "examples"}


@dataclass(frozen=True, slots=True)
class Fell:
    """One rule and what it set aside."""

    rule: str
    sql: str
    reason: str
    parts: str
    """Parts that it is limited to; empty for all."""
    n: int
    alone: int
    """Rows that no other rule set aside."""
    off: bool
    """Whether the recipe switched it off."""


@dataclass(frozen=True, slots=True)
class Level:
    """One step of the funnel."""

    name: str
    total: int
    parts: list[tuple[str, int, float]]
    """(part, rows, length of its bar in percent of the longest)."""
    remarks: list[str] = field(default_factory=list)
    fell: list[Fell] = field(default_factory=list)


def build(
    database: duckdb.DuckDBPyConnection, recipe: Recipe, made: Mapping[str, Table]
) -> list[Level]:
    """The levels of the stages that were made, in order."""
    found = numbers.levels(database)
    parts = list(recipe.collect)
    used = numbers.gave(database)
    most = max([n for by_part in found.values() for n in by_part.values()], default=0)
    levels = []
    for name, stage in STAGES.items():
        if stage in made:
            rows = found.get(name, {})
            bars = [(part, rows.get(part, 0), _length(rows.get(part, 0), most)) for part in parts]
            fallen = _fell(database, recipe, GATES[name]) if name in GATES else []
            remarks = _remarks(name, found, used)
            if name == "train":
                remarks = _not_drawn(made["mix"].manifest)
            levels.append(Level(name, sum(rows.values()), bars, remarks, fallen))
    return levels


def _length(n: int, most: int) -> float:
    return round(100 * n / most, 2) if most else 0.0


def _remarks(name: str, found: Mapping[str, Mapping[str, int]], used: tuple[int, int]) -> list[str]:
    """Sentences about the way from the level before to this one."""
    total = {level: sum(parts.values()) for level, parts in found.items()}
    here = total.get(name, 0)
    documents_used, passages_used = used
    if name == "passages":
        documents = total.get("documents", 0)
        return [f"{documents_used:,} of {counted(documents, 'document')} gave a passage."]
    if name == "examples":
        passages = total.get("kept passages", total.get("passages", 0))
        return [f"{passages_used:,} of {counted(passages, 'kept passage')} gave an example."]
    if name in BEFORE:
        before = total.get(BEFORE[name], 0)
        return [
            f"{share(here, before)} kept, {before - here:,} of {before:,} set aside. A row may "
            f"fail several rules; duplicates are looked for among those that pass them all."
        ]
    if name == "valid":
        return ["Held out to choose a checkpoint by: taken whole from the parts that are mixed."]
    return ["Held out, only reported."] if name == "test" else []


def _not_drawn(mixed: Manifest) -> list[str]:
    """What became of kept examples that are in no split of the mixture."""
    reasons = dict(mixed.reasons)
    left, elsewhere = reasons.pop(NOT_DRAWN, 0), reasons.pop(NOT_MIXED, 0)
    told = [f"{counted(left, 'kept example')} not drawn: the shares asked for no more."]
    if elsewhere:
        told.append(f"{counted(elsewhere, 'kept example')} of parts that are not mixed.")
    if reasons:
        why = "; ".join(f"{n:,} {reason}" for reason, n in reasons.items())
        aside = counted(sum(reasons.values()), "kept example")
        told.append(f"{aside} of all splits set aside before that: {why}.")
    return told


def _fell(database: duckdb.DuckDBPyConnection, recipe: Recipe, gate: Gate) -> list[Fell]:
    """Every rule of a gate, in the recipe's order, duplicates last."""
    screen: Screen = getattr(recipe.screen, gate)
    counts = numbers.fell(database, gate)
    keep = {**preset(screen.preset, gate, f"screen.{gate}"), **screen.keep}
    lines = [
        Fell(
            rule=name,
            sql=rule.sql,
            reason=rule.reason or "",
            parts=", ".join(rule.parts or []),
            n=counts.get(name, (0, 0))[0],
            alone=counts.get(name, (0, 0))[1],
            off=rule.sql == "true",
        )
        for name, rule in keep.items()
    ]
    if screen.unique is not None:
        words = screen.measures.get(DUPLICATES, {}).get("shingle_words", 5)
        sql = f"similarity to every kept row < {screen.unique.threshold:g}"
        exact = numbers.exact_copies(database, gate)
        reason = f"Jaccard similarity of {words}-word shingles. {exact:,} hold the same shingles."
        if screen.unique.prefer:
            reason += f" Preferred: {'; '.join(screen.unique.prefer)}."
        lines.append(Fell(UNIQUE, sql, reason, "", *counts.get(UNIQUE, (0, 0)), off=False))
    return lines
