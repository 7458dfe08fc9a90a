"""Whether an answer rests on its source, and can be learnt without it.

Reads each example's evidence, its context, its document's text where the documents are at hand, its
question and its answer; of a plain file question, answer and context, and evidence if it has any.
Adds the columns named in COLUMNS: quotes that stand where they are said to (`evidence.py`), numbers
that the source has (`claims.py`), questions that point outside themselves (`dangling.py`), answers
whose words the source has, or the question (`held.py`), contexts that instruct a model.

Nothing here understands a text: an answer that has the source's words and numbers and turns them
round is not caught.
"""

from collections.abc import Callable, Iterator, Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from curate.screen import injection
from curate.screen.grounding.claims import check
from curate.screen.grounding.dangling import dangling
from curate.screen.grounding.evidence import (
    Quotes,
    Verified,
    at_offsets,
    has_offsets,
    in_contexts,
    joined,
    quotes_of,
    text_of,
)
from curate.screen.grounding.held import by_chance, hold

VERSION = 2
COLUMNS = {
    "n_evidence": ("int32", "quotes that support the answer"),
    "n_evidence_exact": (
        "int32",
        "of these, those equal to the document's text at their offsets; without the documents or "
        "offsets, those found in the context",
    ),
    "n_evidence_verified": (
        "int32",
        "of these, those that are exact or the same but for white space, hyphenation, ligatures, "
        "kinds of dashes and of quotation marks",
    ),
    "evidence_verified": ("bool", "there is a quote, and every one is verified"),
    "has_source": ("bool", "there is a quote, or a context that is not blank"),
    "n_numbers": ("int32", "numbers in the answer, and names with digits such as IL-6"),
    "n_numbers_supported": (
        "int32",
        "of these, those that the evidence has, with their unit: the quotes, or without quotes the "
        "context; or both question and context; a name, any of them",
    ),
    "n_numbers_asked": ("int32", "of those that are not supported, the ones in the question"),
    "numbers_supported": ("bool", "all numbers are; true where there are none"),
    "unsupported_numbers": ("string", "the first few that are not, as read; null for none"),
    "question_dangling": (
        "bool",
        "the question speaks of what only its source shows: this study, Figure 3, [12]",
    ),
    "dangling_phrase": ("string", "what was found of it; null for nothing"),
    "question_shows_source": ("bool", "the question has eight words in a row from the context"),
    "answer_in_question": (
        "bool",
        "the answer can be read in the question, whatever the case, punctuation and white space",
    ),
    "answer_copied_share": (
        "double",
        "of the answer's words those in runs of four that the question has; 1 where all of it is",
    ),
    "n_answer_content": ("int32", "different words of the answer that are no stop words, by stem"),
    "answer_quoted": ("bool", "the whole answer stands in the context, word by word"),
    "answer_supported_share": (
        "double",
        "of the answer's content words those that the context has, or without one the quotes; 1 "
        "where there are none",
    ),
    "answer_local_share": (
        "double",
        "of the content words those that one window of it has: of 50 words, or twice the answer",
    ),
    "answer_chance_share": (
        "double",
        "what the best window of an unrelated text of that length has once in a hundred, at most 1",
    ),
    "answer_supported": ("bool", "it is quoted, or its local share is no less than by chance"),
    "context_injected": ("bool", "the context instructs a model"),
}
N_OF_QUOTES = 4
"""Columns on quotes, which come first."""
ROWS_AT_ONCE, BYTES_AT_ONCE = 16_384, 1 << 26
CUT_WORDS = 20
"""Characters of an answer from which it is quoted too where its first or last word is cut."""
ALSO = {
    "instruction": ("question", "prompt"),
    "response": ("answer", "completion", "output"),
    "context": ("contexts",),
}
"""Columns that are read in plain files where the one that is named is not there."""


class Params(BaseModel):
    """Which columns are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    evidence: str = "evidence"
    """Column of quotes: with offsets in the document, a list of texts, or a text; may be absent."""
    document_id: str = "document_id"
    """Column that names the document; may be absent."""
    context: str = "context"
    """Column with the passage's text, or a list of texts; may be absent."""
    instruction: str = "instruction"
    """Column with the question."""
    response: str = "response"
    """Column with the answer."""


def reads(params: Params, available: Sequence[str]) -> list[str]:
    """The columns that are read of rows that have these, and those that must be there."""
    found = {name: _named(params, name, available) for name in type(params).model_fields}
    optional = [name for name in ("evidence", "context", "document_id") if found[name] in available]
    return [found[name] for name in ("instruction", "response", *optional)]


def _named(params: Params, name: str, available: Sequence[str]) -> str:
    """The column for a parameter: as given, or what plain files call it."""
    given: str = getattr(params, name)
    is_default = given == type(params).model_fields[name].default
    if given in available or not is_default:
        return given
    return next((other for other in ALSO.get(name, ()) if other in available), given)


def measure_with_documents(
    batches: Callable[[], Iterator[pa.RecordBatch]],
    documents: object | None,
    params: Params,
) -> Iterator[pa.RecordBatch]:
    """One row of COLUMNS per row, in their order.

    Args:
        batches: gives the rows anew at each call, with the columns that `reads` names.
        documents: an Arrow dataset with `id` and `text`, or None.
        params: which columns are compared.

    Raises:
        TableError: the evidence is of a type that holds no quotes.
    """
    with duckdb.connect() as database:
        of_documents: list[tuple[Quotes, pa.Array]] = []
        waiting: list[pa.RecordBatch] = []
        for batch in _gathered(batches()):
            quotes = _quotes(batch, params)
            if documents is not None and _has_offsets(batch, params):
                of_documents.append((quotes, batch.column(params.document_id)))
                waiting.append(_measured(database, batch, params, quotes))
            else:
                verified = in_contexts(database, quotes, _text(batch, params, "context"))
                yield _with_quotes(verified, _measured(database, batch, params, quotes))
        n_rows = 0
        looked_up = at_offsets(database, of_documents, documents)
        for batch in waiting:
            place = slice(n_rows, n_rows + len(batch))
            yield _with_quotes(Verified(*(one[place] for one in looked_up)), batch)
            n_rows += len(batch)


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches that are neither small nor large."""
    some: list[pa.RecordBatch] = []
    n_rows = n_bytes = 0
    pieces = (
        batch.slice(begin, ROWS_AT_ONCE)
        for batch in batches
        for begin in range(0, len(batch), ROWS_AT_ONCE)
    )
    for batch in pieces:
        some.append(batch)
        n_rows, n_bytes = n_rows + len(batch), n_bytes + batch.nbytes
        if n_rows >= ROWS_AT_ONCE or n_bytes >= BYTES_AT_ONCE:
            yield from pa.Table.from_batches(some).combine_chunks().to_batches()
            some, n_rows, n_bytes = [], 0, 0
    if some:
        yield from pa.Table.from_batches(some).combine_chunks().to_batches()


def _has_offsets(batch: pa.RecordBatch, params: Params) -> bool:
    names = batch.schema.names
    return (
        params.document_id in names
        and params.evidence in names
        and has_offsets(batch.schema.field(params.evidence).type)
    )


def _quotes(batch: pa.RecordBatch, params: Params) -> Quotes:
    names = batch.schema.names
    column = batch.column(params.evidence) if params.evidence in names else None
    return quotes_of(column, params.evidence)


def _text(batch: pa.RecordBatch, params: Params, name: str) -> pa.LargeStringArray:
    column = _named(params, name, batch.schema.names)
    found = batch.column(column) if column in batch.schema.names else None
    return text_of(found, len(batch))


def _measured(
    database: duckdb.DuckDBPyConnection,
    batch: pa.RecordBatch,
    params: Params,
    quotes: Quotes,
) -> pa.RecordBatch:
    """The rows of COLUMNS for one batch, but for those on quotes."""
    answers, questions = _text(batch, params, "response"), _text(batch, params, "instruction")
    contexts, quoted = _text(batch, params, "context"), joined(quotes, len(batch))
    sources = pc.if_else(pc.match_substring_regex(contexts, r"\S"), contexts, quoted)
    has_source = pc.match_substring_regex(sources, r"\S")
    held = hold(answers, questions, sources)
    shown = pa.array(held.shows_source)
    numbers = check(database, answers, questions, contexts, quoted, shown)
    phrases = dangling(questions, shown)
    verbatim = held.quoted | _cut(database, answers, sources)
    chance = by_chance(held)
    columns = [
        has_source,
        pa.array(numbers.n),
        pa.array(numbers.n_supported),
        pa.array(numbers.n_asked),
        pa.array(numbers.n == numbers.n_supported),
        numbers.unsupported,
        phrases.is_valid(),
        phrases,
        shown,
        pa.array(held.in_question),
        pa.array(held.copied),
        pa.array(held.n_content),
        pa.array(verbatim),
        pa.array(held.supported),
        pa.array(held.local),
        pa.array(chance),
        pa.array(verbatim | (held.local >= chance)),
        pa.array(injection.count(injection.fold(sources)) > 0),
    ]
    return pa.record_batch(columns, names=list(COLUMNS)[N_OF_QUOTES:])


def _with_quotes(verified: Verified, others: pa.RecordBatch) -> pa.RecordBatch:
    """The rows of COLUMNS, those on quotes first."""
    counts = [pa.array(one, pa.int32()) for one in verified]
    all_verified = pa.array((verified.n > 0) & (verified.n == verified.n_verified))
    return pa.record_batch([*counts, all_verified, *others.columns], names=list(COLUMNS))


def _cut(
    database: duckdb.DuckDBPyConnection, answers: pa.Array, sources: pa.Array
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """(rows,) whether a source has an answer character by character, in whatever words."""
    database.register(
        "held", pa.table({"n": np.arange(len(answers)), "answer": answers, "source": sources})
    )
    found = database.sql(
        f"""select length(trim(answer)) >= {CUT_WORDS} and contains(source, trim(answer)) as found
            from held order by n"""
    ).to_arrow_table()
    database.unregister("held")
    flags: np.ndarray[tuple[int], np.dtype[np.bool_]] = found["found"].to_numpy()
    return flags
