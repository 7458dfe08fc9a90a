"""`retort calibrate`: how far a judge's scores can be trusted, on examples that people labelled.

The judge scores every labelled example, and copies of the good ones that are made worse on purpose.
What it gives the good ones is compared with what it gives the others.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from recipes import gold
from recipes.dollars import dollars
from recipes.teaching_stage import Counts, fatal, halts
from schemas.errors import RetortError
from schemas.recipe import Synthesize

if TYPE_CHECKING:
    from curate.screen.measures.judge import Judged
    from curate.synthesize.taught import School

NAME = "calibrate"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What was found, and what stopped it."""

    told: dict[str, Any]
    """The object that `--json` prints."""
    notes: list[str]
    halt: RetortError | None


def calibrate(
    path: Path,
    settings: Synthesize,
    hosts: Mapping[str, str | None],
    samples: int,
    corruptions: int,
    ledger: Path,
    tell: Callable[[str], None],
) -> Calibrated:
    """Judge labelled examples and their corrupted copies, and compare.

    Args:
        path: the examples, with a column `label`; it also names the account of a budget.
        settings: the one teacher, and the budget.
        hosts: as `teachers.hosts.allowed` gives them.
        samples: times that each is judged.
        corruptions: copies of each kind, at most.
        ledger: where replies are kept.
        tell: shows progress.

    Raises:
        RecipeError: a teacher or budget that cannot be.
        TableError: the file holds no labelled examples.
    """
    from curate.screen.measures.judge import Params, measure_with_teacher
    from curate.synthesize.compared import LABELLED, Scored, compared

    began = time.monotonic()
    school = _school(path, settings, hosts, ledger)
    labelled, n_unlabelled = gold.read(path)
    planted = gold.planted(labelled, corruptions)
    rows = [*(one.row for one in labelled), *(row for _, row in planted)]
    table = pa.Table.from_pylist(rows, schema=_columns())
    ledger.parent.mkdir(parents=True, exist_ok=True)
    params = Params(teacher=school.teachers[0], samples=samples, rows="all")
    judged = measure_with_teacher(table.to_batches, params, school, tell)
    counts, scores = _heard(judged)
    known = [(LABELLED, one.good, one.grade) for one in labelled]
    known += [(kind, False, None) for kind, _ in planted]
    examples = [
        Scored(kind, good, grade, row["context"] or "", given)
        for (kind, good, grade), row, given in zip(known, rows, scores, strict=True)
    ]
    told = {
        "gold": str(path),
        "teacher": school.teachers[0].label,
        "labels": "good or bad" if labelled[0].grade is None else "1 to 5",
        "labelled": len(labelled),
        "unlabelled": n_unlabelled,
        **compared(examples),
        **_asked(counts, judged),
        "seconds": round(time.monotonic() - began, 3),
    }
    return Calibrated(told, halts(judged.gathered, counts), fatal(judged.gathered))


def _school(
    path: Path, settings: Synthesize, hosts: Mapping[str, str | None], ledger: Path
) -> "School":
    from curate.synthesize.taught import School
    from curate.synthesize.teachers.hosts import check

    (teacher,) = settings.models
    check(teacher, settings.budget, hosts, "--teacher")
    account = f"{NAME} {path.resolve()}"
    return School([teacher], settings.budget, hosts, ledger, account, where="--teacher")


def _columns() -> pa.Schema:
    """Of the rows that are judged."""
    from curate.screen.measures.judge import READS
    from schemas.rows import EXAMPLES

    return pa.schema([*(EXAMPLES.field(name) for name in READS), ("document_title", pa.string())])


def _heard(judged: "Judged") -> tuple[Counts, list[dict[str, float | None]]]:
    """How asking went, and the scores of every row."""
    from curate.synthesize.compared import MEASURED

    counts = Counts()
    scores: list[dict[str, float | None]] = []
    for batch, judgements in judged.rows:
        columns = {name: batch.column(f"judge_{name}").to_pylist() for name in MEASURED}
        scores += [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]
        for one in judgements:
            for answered in one.answered:
                counts.add(answered)
    return counts, scores


def _asked(counts: Counts, judged: "Judged") -> dict[str, Any]:
    """What was asked, and what it took."""
    facts = counts.as_facts(judged.gathered)
    calls = sum(one["calls_now"] for one in facts)
    skipped = judged.skipped.total()
    return {
        "requested": counts.requested + skipped,
        "ok": counts.outcomes["ok"],
        "failed": counts.requested - counts.outcomes["ok"],
        "skipped": skipped,
        "outcomes": dict(sorted(counts.outcomes.items())),
        "calls": calls,
        "calls_reused": sum(one["calls"] for one in facts) - calls,
        "tokens": sum(one["tokens_now"] for one in facts),
        "usd": round(sum(one["usd_now"] for one in facts), 6),
    }


def rows_of(told: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    """Columns and rows of the table that people are shown."""
    columns = list(told["told_apart"][0])
    return columns, [[_shown(one[name]) for name in columns] for one in told["told_apart"]]


def lines(told: Mapping[str, Any]) -> list[str]:
    """The rest of it, in sentences."""
    kappa, auc, at = told["kappa"], told["auc"], told["at_4"]
    between = f" [{_shown(auc['low'])}, {_shown(auc['high'])}]" if auc["low"] is not None else ""
    graded = f"quadratic on grades {_shown(kappa['quadratic'])}, " * (told["labels"] == "1 to 5")
    return [
        f"judge_mean tells good from bad: AUC {_shown(auc['mean'])}{between}; {told['good']} good, "
        f"{told['bad']} bad, {told['unlabelled']} without a label",
        f"Cohen's kappa: {graded}at 4 {_shown(kappa['at_4'])}, at best {_shown(kappa['best'])} "
        f"(at {_shown(kappa['best_threshold'])}, chosen on these rows)",
        f"judge_mean >= 4 keeps {at['good_kept']} of {told['good']} good and {at['bad_kept']} of "
        f"{told['bad']} bad",
        f"requested {told['requested']:,} = ok {told['ok']:,} + failed {told['failed']:,} + "
        f"skipped {told['skipped']:,}; {told['calls']:,} calls, {told['calls_reused']:,} reused, "
        f"{told['tokens']:,} tokens, {dollars(told['usd'])}",
    ]


def _shown(value: object) -> object:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else value
