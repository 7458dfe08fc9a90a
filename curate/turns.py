"""Instruction sets of several forms as conversations: what `mix` reads from plain files."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from curate.collect.gather import splits
from schemas.errors import TableError
from schemas.ids import identity
from schemas.plain import Plain
from schemas.recipe import Holdout
from schemas.tables import Table

FORMS = {
    ("messages",): "messages",
    ("instruction", "input", "output"): (
        "[{role: 'user', content: concat_ws(chr(10) || chr(10), instruction, nullif(input, ''))}, "
        "{role: 'assistant', content: output}]"
    ),
    ("instruction", "output"): (
        "[{role: 'user', content: instruction}, {role: 'assistant', content: output}]"
    ),
    ("prompt", "completion"): (
        "[{role: 'user', content: prompt}, {role: 'assistant', content: completion}]"
    ),
    ("question", "answer"): (
        "[{role: 'user', content: question}, {role: 'assistant', content: answer}]"
    ),
}
"""Columns that make a form -> SQL of its conversation."""


def conversations(rows: Plain | Table, path: Path, part: str) -> pa.Table:
    """(id, document_id, part, split, messages) of each row.

    Rows that Retort made keep id and split; others are named `part:id`. A split that is not there
    is cut from the hash of the id.

    Raises:
        TableError: the columns are of no known form, or an id is there twice.
    """
    have = rows.schema.names
    form = next((columns for columns in FORMS if set(columns) <= set(have)), None)
    if form is None:
        known = "; ".join(" + ".join(columns) for columns in FORMS)
        raise TableError(
            f"{path}: not examples, it has the columns {', '.join(have)}. Known are {known}."
        )
    check_messages(rows.schema, path)
    ours = "split" in have and form == ("messages",)
    name, split = ("id", "split") if ours else ("? || ':' || id", "null::varchar")
    with duckdb.connect() as database:
        database.register("rows", rows.dataset())
        document = "document_id::varchar" if "document_id" in have else "null::varchar"
        query = (
            f"select {name} as id, {document} as document_id, ? as part, {split} as split, "
            f"{FORMS[form]} as messages from rows"
        )
        found = database.sql(query, params=[part] if ours else [part, part]).to_arrow_table()
    n_ids = pc.count_distinct(found["id"]).as_py()
    if n_ids < len(found):
        raise TableError(
            f"{path}: {len(found)} rows have {n_ids} different ids. Make each id unique, or take "
            f"the column out; row numbers are used then."
        )
    hashes = pa.array([identity(one) for one in found["id"].to_pylist()], pa.string())
    cut = pc.coalesce(found["split"], splits(hashes, Holdout()))
    found = found.set_column(found.column_names.index("split"), "split", cut)
    return found


def check_messages(columns: pa.Schema, path: Path) -> None:
    """Refuse a column `messages` that holds no conversations.

    Raises:
        TableError: it is not a list of turns with `role` and `content`.
    """
    if "messages" not in columns.names:
        return
    kind = columns.field("messages").type
    turn = kind.value_type if pa.types.is_list(kind) else None
    wanted = {"role", "content"}
    if turn is None or not (pa.types.is_struct(turn) and wanted <= {field.name for field in turn}):
        raise TableError(
            f"{path}: the column messages is {kind}, not a list of turns with role and content. "
            f"Mend it, or name the text with --text."
        )
