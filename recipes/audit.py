"""Audit: a sample of kept and rejected rows for a reviewer, and what the answers say of the rules.

`write` draws rows of every stratum and writes them as a sheet; the reviewer says of each whether
its verdict is right; `read` turns the answers into precision and recall, with intervals.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from recipes.auditing import answers, sheet
from recipes.auditing.answers import Sheet
from recipes.auditing.estimates import of_gates
from recipes.auditing.population import Gate, column, of_file, of_run
from recipes.auditing.strata import draw
from recipes.auditing.told import COLUMNS, told
from recipes.run_tables import RunTables
from recipes.work import Work
from schemas.errors import TableError


def gates_of(named: str, verdicts: Path | None, text: Sequence[str], work: Path) -> list[Gate]:
    """What an audit draws from.

    Args:
        named: a run's folder, a recipe's name, or a plain file.
        verdicts: the verdicts on the rows of a plain file.
        text: columns of a plain file that are its text; found by their names where empty.
        work: the work folder of runs.

    Raises:
        TableError: there is no such run, or no verdicts.
        RecipeError: no column of a plain file is known to be text.
    """
    if verdicts is not None:
        return [of_file(Path(named), verdicts, text)]
    if Path(named).is_file():
        raise TableError(f"{named}: a file of rows. Name its verdicts with --verdicts.")
    folder = Work(work)
    return of_run(RunTables(folder.find_run(named), folder))


def _check_ids(gate: Gate) -> None:
    """Refuse rows that cannot be told apart when the sheet comes back.

    Raises:
        TableError: two rows have one id.
    """
    counted = pc.value_counts(column(gate.verdicts, "id"))
    repeated = counted.filter(pc.greater(pc.struct_field(counted, "counts"), 1))
    if len(repeated):
        first = repeated[0].as_py()
        raise TableError(
            f"{gate.name}: {first['counts']} rows have the id {str(first['values'])[:80]}, so "
            f"their answers could not be told apart. Give each row an id of its own, or none."
        )


def write(
    gates: Sequence[Gate], out: Path, by: Sequence[str] | None, n: int, seed: int
) -> dict[str, Any]:
    """Draw rows and write them as a sheet.

    Args:
        gates: what is drawn from.
        out: the sheet; it must not be there.
        by: columns, and `rule`, that tell strata apart; by default those of rule, part, task that
            rows have.
        n: rows in all.
        seed: of the draw.

    Returns:
        `sheet`, `rows`, and for each stratum its `stratum`, `rows` and `drawn`.

    Raises:
        TableError: the sheet is there already, or the verdicts are of other rows.
        RecipeError: a column that is not there, or more strata than rows.
    """
    sheet.check(out)
    for gate in gates:
        _check_ids(gate)
    drawn = draw(gates, by, n, seed)
    rows = told(gates, drawn)
    apart = dict.fromkeys(name for one in drawn for name, _ in one.stratum.columns)
    columns = [*COLUMNS[:5], *(name for name in apart if name not in COLUMNS), *COLUMNS[5:]]
    sheet.write(out, columns, (_line(row, columns, gates) for row in rows))
    strata = {one.stratum.label: one for one in drawn}
    return {
        "sheet": str(out),
        "rows": len(rows),
        "strata": [
            {"stratum": label, "rows": one.stratum.n_rows, "drawn": one.n_drawn}
            for label, one in strata.items()
        ],
    }


def _line(row: Mapping[str, str], columns: Sequence[str], gates: Sequence[Gate]) -> list[str]:
    """A row as cells: cut where it is too long, and nothing in it that a spreadsheet runs."""
    from_run = any(gate.name == row["gate"] and gate.run is not None for gate in gates)
    more = f"retort why {row['id']} shows all" if from_run else "the file holds all"
    return [
        sheet.guarded(sheet.shown(row.get(name, ""), more), is_id=name in ("id", "twin"))
        for name in columns
    ]


def read(paths: Sequence[Path]) -> dict[str, Any]:
    """What the answers say of gates and rules.

    Args:
        paths: a sheet; with a second one, how far the two reviewers agree is told too.

    Returns:
        `sheets`, of each its path, rows, answers and what was left out; `gates`, of the first one,
        see `auditing.estimates`; `agreement`, None for one reviewer.

    Raises:
        TableError: a file is no sheet, holds no answer, or one that is neither yes nor no.
    """
    if len(paths) > 2:
        raise TableError(f"{paths[2]}: a third sheet. Read one, or two that are compared.")
    sheets = [answers.read(path) for path in paths]
    return {
        "sheets": [
            {
                "sheet": str(one.path),
                "rows": len(one.answers),
                "answered": sum(answer.correct is not None for answer in one.answers),
                "not_as_written": one.counts,
            }
            for one in sheets
        ],
        "gates": of_gates(sheets[0].answers),
        "agreement": _agreement(*sheets) if len(sheets) == 2 else None,
    }


def _agreement(one: Sheet, other: Sheet) -> dict[str, Any]:
    """How far two reviewers agree on the rows that both answered, each row once.

    Raises:
        TableError: there are none.
    """
    from curate.synthesize.agreement import kappa

    first, second = (
        {(row.gate, row.id): row.correct for row in each.answers if row.correct is not None}
        for each in (one, other)
    )
    both = sorted(first.keys() & second.keys())
    if not both:
        raise TableError(f"{other.path}: no row that {one.path} has an answer to. Read it alone.")
    pairs = [(first[key], second[key]) for key in both]
    return {
        "rows": len(both),
        "same": sum(a == b for a, b in pairs),
        "kappa": kappa([a for a, _ in pairs], [b for _, b in pairs], 2),
        "differ": [
            {"gate": gate, "id": id_} for gate, id_ in both if first[gate, id_] != second[gate, id_]
        ],
    }
