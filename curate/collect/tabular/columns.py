"""Which columns of a table become which of a document, told by their names. Reads no file."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from curate.collect import conversations, records
from curate.collect.conversations.forms import Columns
from curate.collect.plain_text import clean
from schemas.errors import RecipeError, TableError

TEXT_COLUMNS = ("text", "content", "abstract", "body", "document")
"""Where the text is looked for, the first that a file has."""
SENTENCES = "source"
"""Column of the text where it is a list of sentences, as in SciTLDR (arXiv 2004.15011)."""
PARTS = ("body_text", "full_text", "pdf_parse", "latex_parse", "grobid_parse")
"""Columns of a whole paper's sections: S2ORC (arXiv 1911.02782) and Qasper (arXiv 2105.03011)."""
MAPPED = ("text", "id", *records.COLUMNS, *conversations.KEYS)
"""What `fields` may map."""
SHOWN = 20

Row = Mapping[str, Any]


class Documents(NamedTuple):
    """How a row becomes a document."""

    text: str
    """The column with the text, or with the sections of a paper."""
    columns: Mapping[str, str]
    """Column of a document -> column of the file."""


class Instructions(NamedTuple):
    """How a row becomes a conversation."""

    form: conversations.Rows
    columns: Columns
    """What the form knows -> the columns of the file to look in."""
    others: Mapping[str, str]
    """Column of a document -> column of the file."""


def check_fields(fields: Mapping[str, str]) -> None:
    """Refuse a mapping to a column that neither documents nor instruction sets have.

    Raises:
        RecipeError: it does.
    """
    for name in fields:
        if name not in MAPPED:
            near = difflib.get_close_matches(name, MAPPED, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Columns are {', '.join(MAPPED)}."
            raise RecipeError(
                f"collect.fields: {name!r} is not a column of documents or of instruction sets. "
                f"{hint}"
            )


def choose(
    name: str, head: Sequence[Row], fields: Mapping[str, str], form: str | None
) -> Documents | Instructions:
    """What the rows of a table are.

    Args:
        name: what failures call the file.
        head: its first rows.
        fields: column of a document, or what a form of instructions knows -> column of the file.
        form: the form of instructions that the recipe names, if it does.

    Raises:
        TableError: it has none of the columns for text or for instructions, or not those named.
    """
    samples = samples_of(head)
    for key, column in fields.items():
        if column not in samples:
            raise TableError(
                f"{name}: it has no column {column!r}, which fields.{key} names; "
                f"it has {_shown(samples)}. Name one of these."
            )
    if form is not None or "text" not in fields:
        found = conversations.recognise(samples, fields, form)
        if found is not None:
            used = {column for names in found.columns.values() for column in names}
            others = _documents_columns(samples, fields, used)
            return Instructions(found.form, found.columns, others)
    if form is not None or any(key in conversations.KEYS for key in fields):
        what = f"no columns of the form {form}" if form else "no instructions under `fields`"
        raise TableError(
            f"{name}: {what}; it has {_shown(samples)}. {conversations.needed(form)} Name them "
            f"in the recipe, such as fields: {{question: {_shown(list(samples)[:1])}, answer: …}}."
        )
    return Documents(_text_column(name, samples, fields), _documents_columns(samples, fields, ()))


def is_row(value: Row, fields: Mapping[str, str]) -> bool:
    """Whether an object has the columns of a row, or those that `fields` names."""
    if fields and set(fields.values()) <= value.keys():
        return True
    samples = samples_of([value])
    return _text_of(samples) is not None or conversations.recognise(samples, {}, None) is not None


def samples_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Column -> its first value that is not empty; None where all are."""
    samples: dict[str, Any] = {}
    for row in rows:
        for column, value in row.items():
            if samples.get(column) in (None, "", [], {}):
                samples[column] = value
    return samples


def _documents_columns(
    samples: Row, fields: Mapping[str, str], used: Sequence[str] | set[str]
) -> dict[str, str]:
    own = ("id", *records.COLUMNS)
    columns = {name: name for name in own if name in samples and name not in used}
    return columns | {name: column for name, column in fields.items() if name in own}


def _text_column(name: str, samples: Row, fields: Mapping[str, str]) -> str:
    text = fields.get("text") or _text_of(samples)
    if text is None:
        raise TableError(
            f"{name}: it has no column for the text; it has {_shown(samples)}, and "
            f"{', '.join(TEXT_COLUMNS)} are looked for. Say which in the recipe: "
            f"fields: {{text: {_shown(list(samples)[:1])}}}."
        )
    return text


def _text_of(samples: Row) -> str | None:
    for column in PARTS:
        if is_paper(samples.get(column)):
            return column
    for column in TEXT_COLUMNS:
        if column in samples:
            return column
    sentences = samples.get(SENTENCES)
    is_text = isinstance(sentences, list) and sentences and isinstance(sentences[0], str)
    return SENTENCES if is_text else None


def is_paper(value: object) -> bool:
    """Whether a value holds the sections of a paper."""
    if isinstance(value, Mapping):
        value = value.get("body_text")
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _shown(samples: Collection[str]) -> str:
    """The columns of a file, for a person."""
    names = [" ".join(clean(str(column)).split())[:40] for column in list(samples)[:SHOWN]]
    return ", ".join(names) + (", …" if len(samples) > SHOWN else "")
