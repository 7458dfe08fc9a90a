"""The candidates of a selection: kept training examples with what the methods rank them by.

Reads examples, verdicts, and where they are at hand passages, tokens and a table with a score;
gives one Arrow table in the order of part, then lot: the hash of seed and id that a mixture draws
by. A method that sorts stably settles its ties by the lot, with no more to do.
"""

import re
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from curate.screen import kernels
from schemas.rows import TOKENS

SCORED = pa.schema([("id", pa.string()), ("score", pa.float64())])
PASSAGES = pa.schema([("id", pa.string()), ("section", pa.list_(pa.string()))])
COLUMNS = pa.schema(
    [
        ("id", pa.string()),
        ("part", pa.string()),
        ("lot", pa.string()),
        ("document_id", pa.string()),
        ("task", pa.string()),
        ("domain", pa.string()),
        ("section", pa.string()),
        ("n_loss_tokens", pa.int64()),
        ("n_words", pa.int64()),
        ("n_bytes", pa.int64()),
        ("score", pa.float64()),
    ]
)
"""What is known of a candidate; null where nobody measured it."""
QUERY = """
    select e.id, e.part, sha256(? || e.id) as lot, e.document_id, e.task, e.domain,
           p.section, t.n_loss_tokens::bigint as n_loss_tokens,
           coalesce(e.messages[-1].content, '') as answer, s.score
    from examples e
    join (select id, kept from verdicts) v on v.id = e.id
    left join (select id, section[1] as section from passages) p on p.id = e.passage_id
    left join tokens t on t.id = e.id
    left join (select id, score from scored) s on s.id = e.id
    where v.kept and e.split = 'train' and e.part in (select unnest(?))
          and t.problem is null and coalesce(t.n_tokens, 0) <= ?
"""
BATCH_ROWS = 16_384
NUMBERING = re.compile(
    r"^[\s#*(]*(?:\d+(?:\.\d+)*[.):]*\s+|(?:[ivxlc]+|[a-z])[.):]+\s+)?", re.IGNORECASE
)
"""Marks and a number before the words of a heading: `2.1 `, `IV. `, `(a) `, but no word."""


def candidates(
    examples: object,
    verdicts: object,
    parts: Sequence[str],
    seed: int,
    *,
    passages: object | None = None,
    tokens: object | None = None,
    longest: int | None = None,
    scored: object | None = None,
) -> pa.Table:
    """COLUMNS of every candidate, by part and lot.

    Args:
        examples: Arrow dataset or table of `schemas.rows.EXAMPLES`.
        verdicts: the same of `schemas.rows.VERDICTS`.
        parts: parts that are selected.
        seed: of the lot.
        passages: of `schemas.rows.PASSAGES`, which know the section.
        tokens: of `schemas.rows.TOKENS`, where a base counted them; rows that cannot be trained on
            are no candidates.
        longest: tokens that a row may have to be trained on.
        scored: `id` and `score`.
    """
    with duckdb.connect() as database:
        database.register("examples", examples)
        database.register("verdicts", verdicts)
        database.register("passages", PASSAGES.empty_table() if passages is None else passages)
        database.register("tokens", TOKENS.empty_table() if tokens is None else tokens)
        database.register("scored", SCORED.empty_table() if scored is None else scored)
        found: Any = database.sql(QUERY, params=[str(seed), list(parts), longest or 2**31 - 1])
        rows = pa.Table.from_batches(map(_measured, found.to_arrow_reader(BATCH_ROWS)), COLUMNS)
    rows = rows.sort_by([("part", "ascending"), ("lot", "ascending"), ("id", "ascending")])
    headings = rows["section"].combine_chunks().dictionary_encode()
    plain = pa.array([_plain(one) for one in headings.dictionary.to_pylist()], pa.string())
    section = plain.take(headings.indices)
    return rows.set_column(rows.column_names.index("section"), "section", section)


def _measured(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with lengths of the answers in place of the answers."""
    answer = batch.column("answer")
    lengths = {
        "n_words": pa.array(kernels.count_words(*kernels.buffers(answer)), pa.int64()),
        "n_bytes": pc.binary_length(answer).cast(pa.int64()),
    }
    arrays = [
        lengths[field.name] if field.name in lengths else batch.column(field.name).cast(field.type)
        for field in COLUMNS
    ]
    return pa.record_batch(arrays, schema=COLUMNS)


def _plain(heading: str | None) -> str | None:
    """A heading in lower case without numbering and marks; None where no letter is left."""
    words = " ".join(NUMBERING.sub("", heading or "").split()).strip(" .:*#").lower()
    return words if any(one.isalpha() for one in words) else None
