"""Quotes that are said to support an answer, and whether their source has them.

A quote with offsets has to stand there, in its document's text; one without, or where the documents
are not at hand, anywhere in the row's context. What copying changes does not count: white space,
hyphens at the ends of lines, ligatures, kinds of dashes and quotation marks (`copied.py`). Exact
quotes are found by DuckDB; only of the others those are normalised whose letters and digits are in
the source.
"""

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.screen.injection import fold
from curate.screen.overlap.texts import flat
from curate.screen.readable import readable
from schemas.errors import TableError

LONGEST_QUOTE, LONGEST_SOURCE = 10_000, 1_000_000
"""Characters; beyond them a quote is only found exactly."""
SLACK = 64
"""Characters that a stretch at a quote's offsets may have more than four times the quote's."""

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Quotes(NamedTuple):
    """The quotes of some rows."""

    rows: Counts
    """(quotes,) the row of each, ascending."""
    texts: pa.Array
    """(quotes,)"""
    starts: pa.Array
    """(quotes,) offset in the document, null where none is told."""
    ends: pa.Array


class Verified(NamedTuple):
    """How many quotes each row has, and how many stand in its source; all (rows,)."""

    n: Counts
    n_exact: Counts
    n_verified: Counts


def text_of(column: pa.Array | None, n_rows: int) -> pa.LargeStringArray:
    """(rows,) a column as text: lists are joined by line breaks, nulls and no column are empty."""
    joined = flat(column) if column is not None else None
    if joined is None:
        return pa.array([""] * n_rows, pa.large_string())
    return readable(joined)


def has_offsets(kind: pa.DataType) -> bool:
    """Whether quotes of this type tell where they stand."""
    inner = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else None
    names = (
        {field.name for field in inner}
        if inner is not None and pa.types.is_struct(inner)
        else set()
    )
    return {"start", "end"} <= names


def quotes_of(column: pa.Array | None, where: str) -> Quotes:
    """The quotes in a column: lists of quotes with offsets, lists of texts, or a text a row.

    Raises:
        TableError: the column is of another type.
    """
    if column is None or pa.types.is_null(column.type):
        return _quotes(np.empty(0, np.int64), pa.array([], pa.string()))
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = pc.fill_null(column, "")
        rows = np.flatnonzero(pc.not_equal(column, "").to_numpy(zero_copy_only=False))
        return _quotes(rows, column.take(pa.array(rows)))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
        rows = np.repeat(np.arange(len(column)), lengths)
        inner = column.flatten()
        if pa.types.is_string(inner.type) or pa.types.is_null(inner.type):
            return _quotes(rows, inner)
        if pa.types.is_struct(inner.type) and inner.type.get_field_index("quote") >= 0:
            offsets: tuple[pa.Array, ...] = ()
            if has_offsets(kind):
                offsets = (pc.struct_field(inner, "start"), pc.struct_field(inner, "end"))
            return _quotes(rows, pc.struct_field(inner, "quote"), *offsets)
    raise TableError(
        f"grounding: the column {where} is {kind}; it may be a text, a list of texts, or a list of "
        f"quotes with quote, start and end. Name another one in its parameters."
    )


def _quotes(
    rows: Counts, texts: pa.Array, starts: pa.Array | None = None, ends: pa.Array | None = None
) -> Quotes:
    none = pa.nulls(len(rows), pa.int64())
    return Quotes(
        rows.astype(np.int64),
        pc.fill_null(texts.cast(pa.string()), ""),
        none if starts is None else starts.cast(pa.int64()),
        none if ends is None else ends.cast(pa.int64()),
    )


def joined(quotes: Quotes, n_rows: int) -> pa.LargeStringArray:
    """(rows,) the quotes of each row, by line breaks."""
    offsets = np.concatenate([[0], np.cumsum(np.bincount(quotes.rows, minlength=n_rows))])
    lists = pa.LargeListArray.from_arrays(
        pa.array(offsets, pa.int64()), quotes.texts.cast(pa.large_string())
    )
    return pc.binary_join(lists, pa.scalar("\n", pa.large_string()))


def at_offsets(
    database: duckdb.DuckDBPyConnection,
    batches: Sequence[tuple[Quotes, pa.Array]],
    documents: object,
) -> Verified:
    """Hold all quotes of all rows against their documents.

    Args:
        database: where they are looked up.
        batches: quotes and the ids of the rows' documents, batch by batch.
        documents: an Arrow dataset with `id` and `text`.
    """
    tables, n_rows = [], 0
    for quotes, ids in batches:
        columns = {"row": quotes.rows + n_rows, "quote": quotes.texts}
        columns |= {"s": quotes.starts, "e": quotes.ends}
        places = pa.array(quotes.rows)
        tables.append(pa.table(columns | {"document": ids.cast(pa.string()).take(places)}))
        n_rows += len(ids)
    if not tables:
        return _counted(np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0, np.bool_), 0)
    database.register(
        "quoted",
        pa.concat_tables(tables).append_column(
            "n", pa.array(range(sum(map(len, tables))), pa.int64())
        ),
    )
    database.register("documents", documents)
    found = database.sql(
        f"""select row, coalesce(there = quote, false) as exact,
                   case when there <> quote then quote end as quote,
                   case when there <> quote then there end as there
            from (select quoted.*, case when quote <> '' and s >= 0 and e > s and e <= length(text)
                             and e - s <= 4 * length(quote) + {SLACK}
                         then substring(text, s + 1, e - s) end as there
                  from quoted left join documents on documents.id = document)
            order by n"""
    ).to_arrow_table()
    database.unregister("quoted")
    database.unregister("documents")
    exact = found["exact"].to_numpy()
    verified = exact.copy()
    quotes_, texts = found["quote"].combine_chunks(), found["there"].combine_chunks()
    for place in _candidates(
        quotes_, texts, np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False))
    ):
        verified[place] = _same(quotes_[int(place)].as_py(), texts[int(place)].as_py())
    return _counted(found["row"].to_numpy(), exact, verified, n_rows)


def in_contexts(
    database: duckdb.DuckDBPyConnection, quotes: Quotes, contexts: pa.LargeStringArray
) -> Verified:
    """Look for the quotes of one batch in the contexts of their rows."""
    n = len(contexts)
    if not len(quotes.rows):
        return _counted(quotes.rows, np.empty(0, np.bool_), np.empty(0, np.bool_), n)
    places = pa.array(quotes.rows)
    database.register("contexts", pa.table({"row": np.arange(n), "context": contexts}))
    database.register(
        "quoted",
        pa.table({"n": np.arange(len(places)), "row": places, "quote": quotes.texts}),
    )
    found = database.sql(
        """select quote <> '' and contains(context, quote) as exact
           from quoted join contexts using (row) order by n"""
    ).to_arrow_table()
    database.unregister("quoted")
    database.unregister("contexts")
    exact = found["exact"].to_numpy()
    verified = exact.copy()
    unfound = np.flatnonzero(~exact & pc.not_equal(quotes.texts, "").to_numpy(zero_copy_only=False))
    if len(unfound):
        texts = contexts.take(places)
        for place in _candidates(quotes.texts, texts, unfound):
            verified[place] = _located(quotes.texts[int(place)].as_py(), texts[int(place)].as_py())
    return _counted(quotes.rows, exact, verified, n)


def _candidates(quotes: pa.Array, texts: pa.Array, places: Counts) -> Counts:
    """Of these places those whose text has all letters and digits of the quote, side by side."""
    chosen = pa.array(places)
    quotes, texts = quotes.take(chosen), texts.take(chosen)
    short = pc.and_(
        pc.less_equal(pc.utf8_length(quotes), LONGEST_QUOTE),
        pc.less_equal(pc.utf8_length(texts), LONGEST_SOURCE),
    ).to_numpy(zero_copy_only=False)
    places, quotes, texts = (
        places[short],
        quotes.filter(pa.array(short)),
        texts.filter(pa.array(short)),
    )
    pairs = zip(fold(quotes).squeezed.to_pylist(), fold(texts).squeezed.to_pylist(), strict=True)
    return places[np.array([quote in text for quote, text in pairs], np.bool_)]


def _same(quote: str, there: str) -> bool:
    """Whether two short texts are the same once normalised."""
    from curate.synthesize.copied import normalise

    return normalise(quote).text.strip() == normalise(there).text.strip()


def _located(quote: str, text: str) -> bool:
    """Whether a quote stands in a text once both are normalised."""
    from curate.synthesize.quotes import locate

    return locate(quote, text) is not None


def _counted(rows: Counts, exact: Flags, verified: Flags, n_rows: int) -> Verified:
    return Verified(
        np.bincount(rows, minlength=n_rows),
        np.bincount(rows[exact], minlength=n_rows),
        np.bincount(rows[verified], minlength=n_rows),
    )
