"""Whether a row comes from a notice about another work, or from a work that was retracted.

Reads what the row's document says of itself: its kind, its title, its DOI, and in its metadata what
it retracts or is retracted by. Where no documents are at hand the row's own columns of these names
are read, and the beginning of its text where it has no title; a conversation has neither, so
nothing is told of it. A work is retracted when its title says so, its metadata name a retraction,
or a notice among the documents retracts its DOI or PubMed id, in part or as a whole. Only what is
in the corpus is known: a work whose notice is elsewhere counts as standing.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from curate.collect.jats.kinds import NOTICES
from curate.collect.records import DOI_PREFIX

VERSION = 1
COLUMNS = {
    "retraction": ("bool", "its document is a notice that retracts another work, or withdraws it"),
    "correction": ("bool", "its document is a correction of another work, or an erratum"),
    "concern": ("bool", "its document is an expression of concern about another work"),
    "retracted": ("bool", "its document is retracted: by its title, or by a notice in the corpus"),
}
KINDS = ("retraction", "correction", "concern")
FIELDS = ("kind", "title", "doi", "metadata")
"""Columns of a document that are read."""
BEGINNING = 300
"""Characters of a text in which a title is looked for, up to the first line break."""
_TELLING = "(?i)retract|withdraw|remov|correct|concern|errat|corrigend|addend"
"""In every title that says anything; the few that have it are looked at closer."""
_RETRACTED = re.compile(
    r"[\W_]{0,9}(?:retracted|withdrawn|temporary (?:withdrawal|removal)(?=:))"
    r"(?: (?:article|paper|chapter|manuscript|publication|preprint))?(?:\s?[:\])]|\s[-–—]\s)"
    r"|[^(\[]*+(?:[(\[](?!retracted\b)[^(\[]*+)*+[(\[]retracted(?:[\])]| (?:article|paper)\b)",
    re.IGNORECASE,
)
"""How publishers and indexes mark the title of a retracted work: before it, or in brackets."""
PMID = r'"pmid" *: *"(?P<pmid>\d+)"'
LONGEST = 2_000
"""Characters of a title that are looked at."""

Batches = Callable[[], Iterator[pa.RecordBatch]]


class Params(BaseModel):
    """Where a row's document is found, or what stands for it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    document_id: str = "document_id"
    """Column that names the document, where the documents are at hand."""
    kind: str = "kind"
    """Column with what the work is, where rows are documents."""
    title: str = "title"
    """Column with its title."""
    doi: str = "doi"
    """Column with its DOI."""
    metadata: str = "metadata"
    """Column with a JSON object in which `retracts`, `retracted_by` and `pmid` are looked for."""
    text: str = "text"
    """Column with the text, whose first line is the title of a row without one."""


def reads(params: Params, available: Sequence[str]) -> list[str]:
    """The document where there are documents; else what there is of the columns of one."""
    if params.document_id in available and "document_kind" in available:
        return [params.document_id]
    own = [getattr(params, name) for name in FIELDS if getattr(params, name) in available]
    told = params.title in own or {"messages", "response"} & set(available)
    return own if told else [*own, *({params.text} & set(available))]


def measure_with_documents(
    batches: Batches,
    documents: Any,  # noqa: ANN401  a data set or a table of Arrow's
    params: Params,
) -> Iterator[pa.RecordBatch]:
    """One row of COLUMNS per row, in their order.

    Args:
        batches: gives the rows anew at each call, with the columns that `reads` names.
        documents: an Arrow dataset or table with `id` and FIELDS, or None.
        params: where they are found.
    """
    first = next(batches(), None)
    if first is None:
        return
    if documents is None or params.document_id not in first.schema.names:
        yield from _judged(lambda: (_work(batch, params) for batch in batches()))
        return
    ids, told = _of_documents(documents)
    for batch in batches():
        place = pc.index_in(batch.column(params.document_id).cast(ids.type), value_set=ids)
        found = [pc.fill_null(column.take(place), False) for column in told]
        yield pa.record_batch(found, names=list(COLUMNS))


def _of_documents(documents: Any) -> tuple[pa.Array, list[pa.Array]]:  # noqa: ANN401
    """The ids of the documents, and COLUMNS of them."""
    names = ["id", *(name for name in FIELDS if name in documents.schema.names)]

    def read() -> Iterator[pa.RecordBatch]:
        if isinstance(documents, pa.Table):
            return iter(documents.select(names).to_batches())
        return iter(documents.to_batches(columns=names))

    told = pa.Table.from_batches(
        _judged(lambda: (_work(batch, Params()) for batch in read())),
        schema=pa.schema([(name, pa.bool_()) for name in COLUMNS]),
    )
    ids = pa.chunked_array(
        [batch.column("id") for batch in read()], documents.schema.field("id").type
    )
    return ids.combine_chunks(), [column.combine_chunks() for column in told.columns]


def _work(batch: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """FIELDS of a batch as strings; null where it has none, or something else under that name."""
    columns = {name: _strings(batch, getattr(params, name)) for name in FIELDS}
    if params.title not in batch.schema.names:
        text = _strings(batch, params.text, BEGINNING)
        columns["title"] = pc.replace_substring_regex(text, r"(?s)^[\s#]*([^\n]*).*", r"\1")
    return pa.record_batch(columns)


def _strings(batch: pa.RecordBatch, name: str, most: int | None = None) -> pa.Array:
    """(n_rows,) the beginnings of a column's texts; null where it holds none."""
    place = batch.schema.get_field_index(name)
    kind = None if place < 0 else batch.schema.field(place).type
    if kind is not None and pa.types.is_dictionary(kind):
        kind = kind.value_type
    if kind not in (pa.string(), pa.large_string(), pa.string_view()):
        return pa.nulls(len(batch), pa.string())
    column = batch.column(place).cast(kind)
    if most is not None:
        column = pc.utf8_slice_codeunits(column.cast(pa.large_string()), 0, most)
    return column.cast(pa.string())


def _judged(works: Batches) -> Iterator[pa.RecordBatch]:
    """COLUMNS of works that are read twice: for what their notices retract, then one by one."""
    retracted: set[str] = set()
    for work in works():
        retracted |= _retracts(work)
    names = pa.array(sorted(retracted), pa.string())
    for work in works():
        marks = _marks(work.column("title"))
        columns = [pc.or_kleene(pc.equal(work.column("kind"), kind), marks[kind]) for kind in KINDS]
        known = [pc.is_in(one, value_set=names) for one in _names(work)]
        told = pc.match_substring_regex(work.column("metadata"), '"retracted_by" *: *"')
        gone = functools.reduce(pc.or_kleene, [*known, told, marks["retracted"]])
        filled = [pc.fill_null(column, False) for column in (*columns, gone)]
        yield pa.record_batch(filled, names=list(COLUMNS))


def _names(work: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
    """(n_works,) each: DOI and PubMed id, as notices name them."""
    number = pc.struct_field(pc.extract_regex(work.column("metadata"), PMID), "pmid")
    return _plain_doi(work.column("doi")), pc.binary_join_element_wise("pmid:", number, "")


def _plain_doi(doi: pa.Array) -> pa.Array:
    """DOIs in small letters, without a resolver's address."""
    lowered = pc.utf8_lower(pc.utf8_trim_whitespace(doi))
    return pc.replace_substring_regex(lowered, DOI_PREFIX, "")


def _retracts(work: pa.RecordBatch) -> set[str]:
    """The DOIs and PubMed ids of the works that notices retract."""
    metadata = work.column("metadata")
    notices = metadata.filter(pc.match_substring(metadata, '"retracts"'))
    found = [name for text in notices.to_pylist() for name in _named(text)]
    return set(_plain_doi(pa.array(found, pa.string())).to_pylist()) - {""}


def _named(metadata: str) -> list[str]:
    """What one notice retracts; nothing where its metadata are no JSON object that says it."""
    try:
        told = json.loads(metadata)
    except (ValueError, RecursionError):
        return []
    named = told.get("retracts") if isinstance(told, dict) else None
    listed = named if isinstance(named, list) else [named]
    return [one for one in listed if isinstance(one, str)]


def _marks(titles: pa.Array) -> dict[str, pa.Array]:
    """What titles say: (n_works,) for each of KINDS, and for `retracted`."""
    coded = pc.dictionary_encode(titles)
    distinct = pc.utf8_slice_codeunits(coded.dictionary, 0, LONGEST)
    places = pc.indices_nonzero(pc.match_substring_regex(distinct, _TELLING)).to_pylist()
    found = {name: np.zeros(len(distinct), np.bool_) for name in (*KINDS, "retracted")}
    for place, title in zip(
        places, distinct.take(pa.array(places, pa.int64())).to_pylist(), strict=True
    ):
        kind = next((kind for pattern, kind in NOTICES if pattern.match(title)), None)
        if kind is not None:
            found[kind][place] = True
        elif _RETRACTED.match(title):
            found["retracted"][place] = True
    return {name: pa.array(marks).take(coded.indices) for name, marks in found.items()}
