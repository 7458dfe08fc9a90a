"""What of a plain file's rows is text, question and answer, told by the names of its columns.

Rows with `messages` have these already (`view.py`). Others get a column `text`, and where their
form has both, `instruction` and `response`, joined batch by batch. In an instruction file's own
form the field `instruction` is the instruction with its input.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from curate.screen import catalog
from curate.screen.planned import Gate
from curate.screen.readable import readable
from curate.screen.view import SEPARATOR, Readable
from schemas.errors import RecipeError, TableError
from schemas.rows import EXAMPLES, PASSAGES

FORMS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("text",), ()),
    (("messages",), ()),
    (("instruction", "input"), ("output",)),
    (("instruction",), ("output",)),
    (("instruction",), ("response",)),
    (("prompt",), ("completion",)),
    (("question",), ("answer",)),
    (("abstract",), ()),
    (("content",), ()),
)
"""Columns with the question, or all of the text, and those with the answer; the first form whose
columns are all there is taken."""


class Joined:
    """Rows with columns that are made of several of theirs."""

    def __init__(self, rows: Readable, made: Mapping[str, Sequence[str]]) -> None:
        """Name -> the columns that are joined by a blank line; a null where there are none."""
        self._rows, self._made = rows, dict(made)

    @property
    def schema(self) -> pa.Schema:
        """Columns of the rows, with those that are made."""
        own = [field for field in self._rows.schema if field.name not in self._made]
        return pa.schema([*own, *(pa.field(name, pa.large_string()) for name in self._made)])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in order, some columns of them, a batch at a time."""
        wanted = self.schema.names if columns is None else list(columns)
        sources = [source for name in wanted for source in self._made.get(name, (name,))]
        for batch in self._rows.batches(list(dict.fromkeys(sources)) or ["id"]):
            arrays = [
                _joined(batch, self._made[name]) if name in self._made else batch.column(name)
                for name in wanted
            ]
            yield pa.record_batch(arrays, names=wanted)

    def dataset(self) -> pa.Table:
        """For DuckDB."""
        return pa.Table.from_batches(self.batches(), schema=self.schema)


def _joined(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.Array:
    if not columns:
        return pa.nulls(len(batch), pa.large_string())
    texts = [pc.fill_null(readable(batch.column(column)), "") for column in columns]
    return pc.binary_join_element_wise(*texts, pa.scalar(SEPARATOR, pa.large_string()))


class Hidden:
    """Rows whose columns of certain names are not seen, though a measure may still read them."""

    def __init__(self, rows: Readable, names: Iterable[str]) -> None:
        """Names that are not in the schema."""
        self._rows, self._names = rows, frozenset(names)

    @property
    def schema(self) -> pa.Schema:
        """Columns of the rows but those that are hidden."""
        return pa.schema([field for field in self._rows.schema if field.name not in self._names])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in order, some columns of them, a batch at a time."""
        return self._rows.batches(self.schema.names if columns is None else columns)

    def dataset(self) -> object:
        """For DuckDB."""
        return self._rows.dataset()


def _measured() -> set[str]:
    """Columns that measures add to rows."""
    found = [one.columns for one in catalog.measures().values() if not one.gives_pairs]
    return {column for columns in found for column in columns}


def without_measured(rows: Readable) -> Readable:
    """Rows without columns of a measure's names: rules are about what is measured.

    A stranger's file could otherwise say of itself that it is in order.
    """
    taken = _measured() & set(rows.schema.names)
    return Hidden(rows, taken) if taken else rows


def with_nulls(rows: Readable, named: Iterable[str], gate: Gate) -> Readable:
    """Rows with a null in the columns of text that rows of a gate have and these lack.

    So the rules of a preset, which are for rows made from passages, can be asked of any file.

    Args:
        rows: as `with_fields` gives them.
        named: columns that the preset's rules name.
        gate: whose columns.
    """
    of_gate = {
        field.name
        for field in (EXAMPLES if gate == "examples" else PASSAGES)
        if pa.types.is_string(field.type)
    }
    lacking = sorted(set(named) & of_gate - _measured() - set(rows.schema.names))
    return Joined(rows, dict.fromkeys(lacking, ())) if lacking else rows


def with_fields(rows: Readable, named: Sequence[str], path: Path) -> Readable:
    """Rows with a column `text`, and with `instruction` and `response` where they have both.

    Args:
        rows: a plain file or a table.
        named: columns that are the text, joined by blank lines; found by their names where empty.
        path: of the rows, for messages.

    Raises:
        RecipeError: a named column is not there, or none is known to be text.
        TableError: `messages` holds no conversations.
    """
    have = rows.schema.names
    for column in named:
        if column not in have:
            raise RecipeError(f"--text {column}: not a column of {path}; it has {', '.join(have)}.")
    forms = [form for form in FORMS if {*form[0], *form[1]} <= set(have)]
    if not named and not forms:
        raise RecipeError(
            f"{path}: no column is known to be text; it has {', '.join(have)}. "
            f"Name one with --text."
        )
    question, answer = forms[0] if forms else ((), ())
    if "messages" in (tuple(named) or question):
        _check_messages(rows.schema, path)
    made: dict[str, Sequence[str]] = {}
    text = tuple(named) or (*question, *answer)
    for column in text:
        _check_text(rows.schema.field(column), path)
    if text not in (("text",), ("messages",)) or not _is_text(rows.schema, text[0]):
        made["text"] = text
    if answer:
        made |= {"instruction": question, "response": answer}
    return Joined(rows, made) if made else rows


def _is_text(columns: pa.Schema, name: str) -> bool:
    """Whether a column is read as it is; numbers, nulls and bytes are made strings first."""
    kind = columns.field(name).type
    return name == "messages" or pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _check_text(column: pa.Field, path: Path) -> None:
    """Refuse a column that holds no text, but lists or structures."""
    if column.name != "messages" and pa.types.is_nested(column.type):
        raise TableError(
            f"{path}: the column {column.name} is {column.type}, not text. Name a column of text "
            f"with --text."
        )


def _check_messages(columns: pa.Schema, path: Path) -> None:
    """Refuse a column `messages` that holds no conversations."""
    kind = columns.field("messages").type
    turn = kind.value_type if pa.types.is_list(kind) else None
    wanted = {"role", "content"}
    if turn is None or not (pa.types.is_struct(turn) and wanted <= {field.name for field in turn}):
        raise TableError(
            f"{path}: the column messages is {kind}, not a list of turns with role and content. "
            f"Mend it, or name the text with --text."
        )
