"""What the rules of a preset would set aside, with examples of it."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.screen import rules
from curate.screen.judge import judge
from schemas.recipe import Rule

PER_RULE = 3
SEED = 7
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Example:
    """A row that a rule would set aside."""

    id: str
    text: str
    values: Mapping[str, Any]
    """Of the columns that the rule names."""


@dataclass(frozen=True, slots=True)
class Told:
    """One rule, applied."""

    name: str
    rule: Rule
    n: int
    """Rows that it sets aside."""
    alone: int
    """Of these, rows that no other rule of the preset sets aside."""
    examples: list[Example] = field(default_factory=list)
    missing: str = ""
    """Why it cannot be applied to these rows, where it cannot."""


@dataclass(frozen=True, slots=True)
class Preset:
    """All rules of a preset, applied."""

    name: str
    kept: int
    """Rows that meet every rule that can be applied."""
    rules: list[Told]


Texts = Callable[[Sequence[int]], list[str]]


def apply(
    name: str,
    keep: Mapping[str, Rule],
    measured: pa.Table,
    missing: Callable[[frozenset[str]], str],
    texts: Texts,
) -> Preset:
    """Judge rows by a preset's rules.

    Args:
        name: the preset's.
        keep: rule name -> rule.
        measured: rows with an `id` and every column that there is.
        missing: says why columns are not there; an empty string where they all are.
        texts: gives the texts of rows at ascending positions.

    Raises:
        RecipeError: a rule that cannot be.
    """
    where = f"preset {name}"
    columns = {one: rules.check(f"{where}.{one}", rule.sql).columns for one, rule in keep.items()}
    reasons = {one: missing(columns[one]) for one in keep}
    applied = {one: rule for one, rule in keep.items() if not reasons[one]}
    verdicts = judge(measured, applied, where=where)
    failed = verdicts["failed"].combine_chunks()
    n_failed = pc.list_value_length(failed).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(failed)), n_failed)
    names = pc.list_flatten(failed)
    told = []
    for one, rule in keep.items():
        rows = row[pc.equal(names, one).to_numpy(zero_copy_only=False)] if len(row) else row
        alone = rows[n_failed[rows] == 1]
        chosen = _chosen(rows, alone)
        examples = _examples(chosen, measured, sorted(columns[one]), texts)
        told.append(Told(one, rule, len(rows), len(alone), examples, reasons[one]))
    return Preset(name, int((n_failed == 0).sum()), told)


def _chosen(rows: Positions, alone: Positions) -> list[int]:
    """A few rows by lot, first among those that one rule alone sets aside."""
    draw = random.Random(SEED)
    first = draw.sample(alone.tolist(), min(PER_RULE, len(alone)))
    left = PER_RULE - len(first)
    if left:
        others = np.setdiff1d(rows, alone).tolist()
        first += draw.sample(others, min(left, len(others)))
    return sorted(first)


def _examples(
    chosen: Sequence[int], measured: pa.Table, columns: Sequence[str], texts: Texts
) -> list[Example]:
    if not chosen:
        return []
    values = measured.select(["id", *columns]).take(pa.array(chosen)).to_pylist()
    return [
        Example(str(row["id"]), text, {column: row[column] for column in columns})
        for row, text in zip(values, texts(chosen), strict=True)
    ]
