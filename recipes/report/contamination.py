"""Contamination: which benchmarks a gate's rows hold, how they were found, what became of them.

The samples are those with the lowest ids, and ids are hashes, so a choice is as good as drawn and
the same in every run.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from recipes.report.text import shortened
from schemas.recipe import Recipe, Screen
from schemas.tables import Table

MEASURE = "contamination"
RULE = "clean"
"""The rule that `clean_of` adds."""
GATES = ("passages", "examples")
HOW = ("question_and_answer", "question", "doi", "paraphrase")
"""In the order of the page, the surest first."""
SAMPLES = 2
TEXT = 300
READ = ("id", "contaminated", "contaminated_by", "contaminated_row", "contaminated_how",
        "contaminated_text", "contaminated_share")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A row that was found, and what it shares with the item."""

    id: str
    item: int
    """Row number of the item in the benchmark's file."""
    how: str
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the rows hold of one benchmark."""

    benchmark: str
    items: int | None
    """Items that it has; None where the measure does not tell."""
    found: int
    """Items of it that are in the rows, each once."""
    rows: int
    by_how: list[int]
    """Rows by each way of HOW."""
    set_aside: int
    """Of the rows those that the rules on contamination set aside."""
    samples: list[Sample]


@dataclass(frozen=True, slots=True)
class Gate:
    """What one gate was compared with and what was found."""

    name: str
    n_rows: int
    held: list[Held]
    """Benchmarks of which something was found, the most rows first."""
    clean: int
    """Benchmarks of which nothing was found."""
    items: int
    """Items of all benchmarks."""
    failures: int
    """Rows of benchmark files that could not be read."""


def read(recipe: Recipe, made: Mapping[str, Table]) -> list[Gate]:
    """Every gate that was compared with benchmarks and judged."""
    found = []
    for name in GATES:
        measured, verdicts = made.get(f"screen.{name}.{MEASURE}"), made.get(f"screen.{name}")
        if measured is None or verdicts is None:
            continue
        screen: Screen = getattr(recipe.screen, name)
        rules = {rule for rule, body in screen.keep.items() if "contaminated" in body.sql}
        told = measured.manifest.facts.get("benchmarks") or {}
        rows = measured.read(READ)
        found.append(gate(name, rows, verdicts.read(["failed"]), told, rules | {RULE}))
    return found


def gate(
    name: str,
    measured: pa.Table,
    verdicts: pa.Table,
    benchmarks: Mapping[str, Mapping[str, int]],
    rules: Collection[str],
) -> Gate:
    """What one gate found.

    Args:
        name: of the gate.
        measured: the columns READ of every row.
        verdicts: `failed` of every row, in the same order.
        benchmarks: benchmark -> `items` and `failures`, as the measure describes them.
        rules: names of the rules on contamination.
    """
    mask = pc.fill_null(measured["contaminated"], False)
    failed = verdicts.filter(mask)["failed"].to_pylist()
    rows = [
        {**row, "set_aside": not set(rules).isdisjoint(rules_failed or ())}
        for row, rules_failed in zip(measured.filter(mask).to_pylist(), failed, strict=True)
    ]
    by: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        by.setdefault(row["contaminated_by"], []).append(row)
    held = [
        _held(benchmark, group, benchmarks.get(benchmark, {})) for benchmark, group in by.items()
    ]
    return Gate(
        name=name,
        n_rows=len(measured),
        held=sorted(held, key=lambda one: (-one.rows, one.benchmark)),
        clean=len(benchmarks.keys() - by.keys()),
        items=sum(one.get("items", 0) for one in benchmarks.values()),
        failures=sum(one.get("failures", 0) for one in benchmarks.values()),
    )


def _held(benchmark: str, rows: list[dict[str, object]], told: Mapping[str, int]) -> Held:
    by_how = Counter(row["contaminated_how"] for row in rows)
    return Held(
        benchmark=benchmark,
        items=told.get("items"),
        found=len({row["contaminated_row"] for row in rows}),
        rows=len(rows),
        by_how=[by_how[how] for how in HOW],
        set_aside=sum(bool(row["set_aside"]) for row in rows),
        samples=[
            Sample(
                id=str(row["id"]),
                item=int(str(row["contaminated_row"])),
                how=str(row["contaminated_how"]).replace("_", " "),
                share=float(str(row["contaminated_share"])),
                text=shortened(str(row["contaminated_text"]), TEXT),
            )
            for row in sorted(rows, key=lambda row: str(row["id"]))[:SAMPLES]
        ],
    )
