"""Measure the rows of a gate, and lay what its rules name side by side.

The same code serves a recipe, whose measures are tables of their own in the work folder, and
`retort screen` over a plain file.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from curate.screen import catalog
from curate.screen.planned import Plan
from curate.screen.view import Readable, schema, view
from schemas.errors import RecipeError, TableError
from schemas.rows import PAIRS

if TYPE_CHECKING:
    from curate.screen.index import Index


def needs_documents(name: str, given: Mapping[str, Any], rows: pa.Schema) -> bool:
    """Whether a measure reads the documents that rows come from."""
    measure = catalog.get(name, "screen")
    if measure.kind == "measure_with_documents":
        return True
    wanted = [value for value in given.values() if isinstance(value, str)]
    return any(value.startswith("document_") and value not in rows.names for value in wanted)


def columns_of(measure: catalog.Measure) -> pa.Schema:
    """What a measure adds."""
    return pa.schema(
        pa.field(name, catalog.arrow(kind), metadata={"doc": doc})
        for name, (kind, doc) in measure.columns.items()
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measure gives for some rows."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    facts: Callable[[], dict[str, Any]]
    """Numbers of the measurement, once the batches are read."""


def measure(
    name: str,
    given: Mapping[str, Any],
    rows: Readable,
    documents: Readable | None,
    where: str = "screen",
    references: Mapping[str, "Readable | Index"] | None = None,
) -> Measured:
    """Apply one measure to rows.

    Args:
        name: a name in the catalogue.
        given: its parameters; defaults for the others.
        rows: passages, examples, or a plain file.
        documents: the table they come from, or None.
        where: place in the recipe, for messages.
        references: what the rows are compared with, by name, see `references_of`.

    Raises:
        RecipeError: parameters that it does not have, or a column that the rows do not have.
    """
    entry = catalog.get(name, where)
    if entry.kind == "measure_with_teacher":
        raise RecipeError(
            f"{where}.measures.{name}: asks a teacher, whose host, key and budget a recipe states. "
            f"Screen examples with a recipe for it: screen.examples.measures.{name}.teacher."
        )
    params = entry.params(given, f"{where}.measures")
    not_read = ""
    if entry.kind == "measure_with_documents":
        not_read = "document_id" if documents is None else "context"
    module = entry.load()
    available = schema(rows.schema, documents is not None).names
    if hasattr(module, "reads"):
        reads = module.reads(params, available)
    else:
        reads = catalog.reads(params, not_read)
    for column in reads:
        if column not in available:
            raise RecipeError(
                f"{where}.measures.{name}: reads the column {column}, which the rows do not "
                f"have; they have {', '.join(available)}. Name another one in its parameters."
            )

    def batches() -> Iterator[pa.RecordBatch]:
        return view(rows, list(dict.fromkeys(["id", *reads])), documents)

    if entry.path is not None:
        from curate.screen import foreign

        texts = documents.dataset() if documents is not None else None
        given_back = foreign.answers(entry, module, batches, texts, params)
        return Measured(columns_of(entry), given_back, dict)
    if entry.kind == "measure_corpus":
        from curate.screen.index import Index

        against = {
            name: one if isinstance(one, Index) else reading(one, reads, f"{where} ({name})")
            for name, one in (references or {}).items()
        }
        found = module.measure_corpus(batches, params, against)
        return Measured(PAIRS, iter(found.pairs.to_batches()), lambda: dict(found.facts))
    if entry.kind == "measure":
        answers = (module.measure(batch, params) for batch in batches())
    elif entry.kind in ("measure_twice", "measure_with_references"):
        answers = getattr(module, entry.kind)(batches, params)
    else:
        texts = documents.dataset() if documents is not None else None
        answers = module.measure_with_documents(batches, texts, params)
    facts: Callable[[], dict[str, Any]] = dict
    if hasattr(module, "describe"):
        facts = functools.partial(module.describe, params)
    guarded = _guarded(answers, reads, f"{where}.measures.{name}")
    return Measured(columns_of(entry), guarded, facts)


def reading(
    rows: Readable, columns: Sequence[str], where: str
) -> Callable[[], Iterator[pa.RecordBatch]]:
    """Gives the rows of a reference anew each time."""
    available = schema(rows.schema, False).names
    for column in columns:
        if column not in available:
            raise RecipeError(
                f"{where}: has no column {column}, which is compared; it has "
                f"{', '.join(available)}."
            )
    return lambda: view(rows, list(dict.fromkeys(["id", *columns])))


WRONG_TYPE = (
    *(pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, pa.ArrowKeyError),
    *(duckdb.BinderException, duckdb.ConversionException, duckdb.InvalidInputException),
)
"""What Arrow and DuckDB raise where a column is of another type than is asked of it."""


def _guarded(
    answers: Iterator[pa.RecordBatch], reads: Sequence[str], where: str
) -> Iterator[pa.RecordBatch]:
    """The answers of a measure; a column of another type than it reads is the user's to mend."""
    try:
        yield from answers
    except WRONG_TYPE as error:
        reason = str(error).splitlines()[0]
        raise TableError(
            f"{where}: cannot be measured on {', '.join(reads)} ({reason}). Name columns of the "
            f"right type in its parameters, or with --text."
        ) from error


def gather(
    plan: Plan, rows: Readable, documents: Readable | None, tables: Mapping[str, Readable]
) -> pa.Table:
    """The columns that a gate's rules name, of all rows, side by side.

    Args:
        plan: what the gate judges by.
        rows: the rows.
        documents: where `document_*` is looked up.
        tables: measure -> its columns, in the order of the rows.
    """
    seen = schema(rows.schema, documents is not None)
    always = [name for name in ("id", "part", "split") if name in seen.names]
    own = [name for name in plan.columns if name in seen.names and name not in always]
    wanted = [*always, *own]
    table = pa.Table.from_batches(
        view(rows, wanted, documents), schema=pa.schema([seen.field(name) for name in wanted])
    )
    for name, measured in tables.items():
        columns = [c for c in catalog.get(name, plan.where).columns if c in plan.columns]
        for column in columns:
            if column not in table.column_names:
                chunks = [batch.column(column) for batch in measured.batches([column])]
                kind = measured.schema.field(column).type
                table = table.append_column(column, pa.chunked_array(chunks, type=kind))
    return table
