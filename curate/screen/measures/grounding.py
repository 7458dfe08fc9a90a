"""Whether an answer rests on its source: its quotes stand where they are said to stand.

Reads each example's evidence, its document's text where the documents are at hand and its context
where they are not, its question and its answer. Comparing is DuckDB's: the text of a document is
looked up, never copied to a row.
"""

import itertools
from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

VERSION = 1
COLUMNS = {
    "n_evidence": ("int32", "quotes that support the answer"),
    "n_evidence_verified": (
        "int32",
        "of these, those equal to the document's text at their offsets; without the documents, "
        "those found in the context",
    ),
    "evidence_verified": ("bool", "there is a quote, and every one is verified"),
    "answer_in_question": (
        "bool",
        "the answer can be read in the question, whatever the case, punctuation and white space",
    ),
}
AT_OFFSETS = """
    select position, count(*) as n,
           count(*) filter (where quote <> '' and "end" - "start" = length(quote)
               and substring(text, "start" + 1, "end" - "start") = quote) as verified
    from (select position, document_id, unnest(evidence, recursive := true) from rows) as quotes
    left join documents on documents.id = quotes.document_id group by position
"""
IN_CONTEXT = """
    select position, count(*) as n,
           count(*) filter (where quote <> '' and contains(context, quote)) as verified
    from (select position, context, unnest(evidence, recursive := true) from rows) group by position
"""
PLAIN = r"trim(regexp_replace(lower({0}), '[^\pL\pN]+', ' ', 'g'))"


class Params(BaseModel):
    """Which columns are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    evidence: str = "evidence"
    """Column of quotes with their offsets in the document."""
    document_id: str = "document_id"
    """Column that names the document."""
    context: str = "context"
    """Column with the passage's text."""
    instruction: str = "instruction"
    """Column with the question."""
    response: str = "response"
    """Column with the answer."""


def measure_with_documents(
    batches: Callable[[], Iterator[pa.RecordBatch]],
    documents: object | None,
    params: Params,
) -> Iterator[pa.RecordBatch]:
    """One row of COLUMNS per row, in their order.

    Args:
        batches: gives the rows anew at each call, with the columns that `params` names.
        documents: an Arrow dataset with `id` and `text`, or None.
        params: which columns are compared.
    """
    question, answer = PLAIN.format("instruction"), PLAIN.format("response")
    verified = IN_CONTEXT if documents is None else AT_OFFSETS
    with duckdb.connect() as database:
        rows = _stream(batches, params, with_context=documents is None)
        if rows is None:
            return
        database.register("streamed", rows)
        database.execute("create table rows as select * from streamed")
        if documents is not None:
            database.register("documents", documents)
        answered = database.sql(
            f"""select coalesce(n, 0)::int as n_evidence,
                       coalesce(verified, 0)::int as n_evidence_verified,
                       coalesce(n = verified, false) as evidence_verified,
                       {answer} <> '' and contains(' ' || {question} || ' ', ' ' || {answer} || ' ')
                           as answer_in_question
                from rows left join ({verified}) as quotes using (position) order by position"""
        )
        yield from answered.to_arrow_table().to_batches()


def _stream(
    batches: Callable[[], Iterator[pa.RecordBatch]], params: Params, with_context: bool
) -> pa.RecordBatchReader | None:
    """The numbered rows under the names that the queries use; None where there are none."""
    unused = "document_id" if with_context else "context"
    fields = [name for name in type(params).model_fields if name != unused]

    def numbered() -> Iterator[pa.RecordBatch]:
        n_rows = 0
        for batch in batches():
            position = pa.array(range(n_rows, n_rows + len(batch)), pa.int64())
            columns = [batch.column(getattr(params, name)) for name in fields]
            yield pa.record_batch([position, *columns], names=["position", *fields])
            n_rows += len(batch)

    stream = numbered()
    first = next(stream, None)
    if first is None:
        return None
    return pa.RecordBatchReader.from_batches(first.schema, itertools.chain([first], stream))
