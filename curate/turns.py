"""Instruction sets of several forms as conversations: what `mix` reads from plain files.

What a form is and when a conversation is sound is told by `curate.collect.conversations`, so that a
file means the same here and under `collect`. Reads rows, writes nothing.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from curate.collect import conversations as instructions
from curate.collect.gather import splits
from curate.collect.tabular.columns import samples_of
from schemas.errors import TableError
from schemas.ids import identity
from schemas.plain import Rows
from schemas.recipe import Holdout
from schemas.rows import EXAMPLES

DOCUMENTS = {"id", "kind", "sections", "split", "text"}
"""Columns of documents; those of kind `instructions` are conversations, a section a turn."""
MADE = {"id", "messages", "split"}
"""Columns of examples that Retort made."""
HEAD_ROWS = 100
TOLD = ("document_id", "task", "domain", "license", "source", "teacher")
"""What rows may say of themselves besides their turns."""
COLUMNS = pa.schema(
    [EXAMPLES.field(name) for name in ("id", "part", "split", "messages", *TOLD)]
    + [pa.field("amount", pa.float64())]
)
"""`amount` is the column that a mixture is counted in, where the file has it."""
OF_DOCUMENTS = """
    select id, $part as part, split, list_transform(
        sections, lambda turn: {{role: turn.heading, content: text[turn.start + 1:turn.end]}}
    ) as messages, id as document_id, {told}
    from rows where kind = 'instructions'
"""


class Conversations(NamedTuple):
    """The conversations of a file."""

    rows: pa.Table
    """COLUMNS of each."""
    set_aside: Counter[str]
    """Why rows are none -> how many."""


def conversations(rows: Rows, path: Path, part: str, unit: str | None = None) -> Conversations:
    """The conversations of a file's rows, in their order.

    Rows that Retort made keep id and split; others are named `part:id`. A split that is not there
    is cut from the hash of the document's id, or of the row's where no document is named.

    Args:
        rows: of the file.
        path: the file, for messages.
        part: the part that they are.
        unit: a column of numbers to keep as `amount`.

    Raises:
        TableError: the rows are of no known form, all of them unsound, or an id is there twice.
    """
    have = set(rows.schema.names)
    set_aside: Counter[str] = Counter()
    if have >= DOCUMENTS:
        with duckdb.connect() as database:
            database.register("rows", rows.dataset())
            told = ", ".join(_told(name, have, unit) for name in COLUMNS.names[5:])
            query = database.sql(OF_DOCUMENTS.format(told=told), params={"part": part})
            found = query.to_arrow_table().select(COLUMNS.names).cast(COLUMNS)
    else:
        made = list(_made(rows, path, part, have >= MADE, set_aside, unit))
        found = pa.Table.from_pylist(made, schema=COLUMNS)
    if not len(found):
        why = ", ".join(f"{reason} {n}" for reason, n in set_aside.items()) or "no instructions"
        raise TableError(f"{path}: holds no conversation ({why}). Name a file of examples.")
    _check_ids(found, path)
    origin = pc.coalesce(found["document_id"], found["id"]).to_pylist()
    hashes = pa.array([identity(one) for one in origin], pa.string())
    split = pc.coalesce(found["split"], splits(hashes, Holdout()))
    return Conversations(
        found.set_column(found.column_names.index("split"), "split", split), set_aside
    )


def _made(
    rows: Rows,
    path: Path,
    part: str,
    ours: bool,
    set_aside: Counter[str],
    unit: str | None,
) -> Iterator[dict[str, Any]]:
    """One row of COLUMNS for each conversation."""
    values = (row for batch in rows.batches() for row in batch.to_pylist())
    head = list(itertools.islice(values, HEAD_ROWS))
    form = instructions.recognise(samples_of(head), {}, None)
    if form is None:
        raise TableError(
            f"{path}: not examples, it has the columns {', '.join(rows.schema.names)}. "
            f"{instructions.needed(None)}"
        )
    for row in itertools.chain(head, values):
        found = list(instructions.conversations(row, *form))
        for number, one in enumerate(found, 1):
            if isinstance(one, Exception):
                set_aside[str(one)] += 1
                continue
            key = str(row["id"]) + (f".{number}" if len(found) > 1 else "")
            yield {
                "id": key if ours else f"{part}:{key}",
                "part": part,
                "split": row["split"] if ours else None,
                "messages": [{"role": turn.role, "content": turn.content} for turn in one],
                **{name: _text(row.get(name)) for name in TOLD},
                "amount": _number(row.get(unit)) if unit is not None else None,
            }


def _told(name: str, have: set[str], unit: str | None) -> str:
    """SQL of a column of COLUMNS that documents may have."""
    if name == "amount":
        quoted = f'"{unit}"' if unit in have else "null"
        return f"try_cast({quoted} as double) as amount"
    return name if name in have else f"null as {name}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    """A number as it is; anything else is none."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known else None  # type: ignore[arg-type]


def _check_ids(found: pa.Table, path: Path) -> None:
    n_ids = pc.count_distinct(found["id"]).as_py()
    if n_ids < len(found):
        raise TableError(
            f"{path}: {len(found)} rows have {n_ids} different ids. Make each id unique, or take "
            f"the column out; row numbers are used then."
        )
