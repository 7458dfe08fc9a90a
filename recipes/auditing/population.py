"""What an audit draws from: the rows of a gate, their verdicts, and what was measured of them.

A gate is one of a run's, or a plain file with the verdicts that `retort screen` wrote for it. All
its tables are in the order of the rows, so a row is its position in every one of them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.screen.fields import Hidden, with_fields
from curate.screen.view import Readable
from recipes.plain_screen import RULES
from recipes.run_tables import GATES, LEVELS, RunTables
from schemas.errors import TableError
from schemas.plain import open_rows
from schemas.rows import VERDICTS

PAIRED = (".duplicates", ".semantic")
"""Ends of the names of stages that hold pairs of rows, not columns of them."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The rows of a gate with all that is known of them."""

    name: str
    """`screen.passages`, `screen.examples`, or the name of a plain file."""
    level: str | None
    """What a row is, for `run`; None for a plain file."""
    rows: Readable
    verdicts: Readable
    measured: Sequence[Readable]
    """Tables of measures, in the order of the rows."""
    keep: Mapping[str, Mapping[str, Any]]
    """Rule -> its SQL and reason; empty where nobody wrote them down."""
    unique: Mapping[str, Any] | None
    """How duplicates were resolved."""
    run: RunTables | None

    def columns(self) -> dict[str, Readable]:
        """Every column that is known of a row -> where it is; a row's own come first."""
        tables = [self.rows, *self.measured]
        found: dict[str, Readable] = {}
        for table in tables:
            for name in table.schema.names:
                found.setdefault(name, table)
        return found


def of_run(run: RunTables) -> list[Gate]:
    """The gates of a run that have judged.

    Raises:
        TableError: it has none yet.
    """
    gates = []
    for level, name in GATES.items():
        if name not in run:
            continue
        measures = [one for one in run.names if one.startswith(f"{name}.")]
        parameters = run.table(name).manifest.parameters
        gates.append(
            Gate(
                name=name,
                level=level,
                rows=run.table(LEVELS[level]),
                verdicts=run.table(name),
                measured=[run.table(one) for one in measures if not one.endswith(PAIRED)],
                keep=parameters["keep"],
                unique=parameters["unique"],
                run=run,
            )
        )
    if not gates:
        raise TableError(f"{run.run}: no gate has judged yet. Run the recipe to its end.")
    return gates


def of_file(path: Path, verdicts: Path, text: Sequence[str]) -> Gate:
    """A plain file and the verdicts on its rows.

    Args:
        path: the rows.
        verdicts: what `retort screen` wrote for them; measured columns stand beside.
        text: columns that are the text; found by their names where empty.

    Raises:
        TableError: either cannot be read, or the verdicts are of other rows.
    """
    judged = open_rows(verdicts)
    missing = {"id", "kept", "failed"} - set(judged.schema.names)
    if missing:
        raise TableError(
            f"{verdicts}: no verdicts, it has no column {', '.join(sorted(missing))}. Name the "
            f"file that retort screen wrote with -o, as .parquet or .jsonl."
        )
    rows = with_fields(open_rows(path), text, path)
    own = Hidden(judged, VERDICTS.names)
    measured = [own] if own.schema.names else []
    return Gate(path.name, None, rows, judged, measured, _rules(verdicts), None, None)


def _rules(verdicts: Path) -> dict[str, dict[str, Any]]:
    """Rule -> its SQL and reason, as a Parquet file of verdicts has them; other forms do not."""
    if verdicts.suffix != ".parquet":
        return {}
    stored = pq.read_schema(verdicts).metadata or {}
    found: dict[str, dict[str, Any]] = json.loads(stored.get(RULES.encode(), b"{}"))
    return found


def column(table: Readable, name: str) -> pa.ChunkedArray:
    """(n_rows,) one column, in memory."""
    kind = table.schema.field(name).type
    return pa.chunked_array([batch.column(name) for batch in table.batches([name])], kind)


def with_ids(
    table: Readable, ids: Iterable[str | None], columns: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Id -> row, of the rows with these ids."""
    wanted = pa.array(sorted({one for one in ids if one is not None}), pa.string())
    if not len(wanted):
        return {}
    found: dict[str, dict[str, Any]] = {}
    for batch in table.batches(columns):
        chosen = pc.is_in(batch.column("id").cast(pa.string()), value_set=wanted)
        found |= {row["id"]: row for row in batch.filter(chosen).to_pylist()}
    return found
