"""A mapping of names to values, a table's row or a paper's front matter -> a document's columns.

The values are a stranger's: each is taken where it can be understood and kept in `metadata` as it
was where it cannot.
"""

import datetime
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from curate.collect import licenses
from curate.collect.plain_text import clean
from schemas.rows import Block, Document, Kind, Section

COLUMNS = (
    "title", "license", "doi", "domain", "language", "kind", "published", "authors", "arxiv_id",
    "pmcid",
)  # fmt: skip
"""Columns of a document that a mapping may fill, besides its text and its id."""

KINDS = frozenset(get_args(Kind))
SUBJECTS = (
    "category", "categories", "mag_field_of_study", "fields_of_study", "MESHES", "subjects",
)  # fmt: skip
"""Columns of subject headings; the last that is filled becomes `subjects` in the metadata."""
DATES = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%d.%m.%Y", "%Y/%m/%d")
ISO_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
DOI_PREFIX = r"^(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*)"
"""What stands before a DOI written as an address or with its name, in small letters."""
FOOTNOTE = re.compile(r"\^\[[^\]]*\]")
NAME_PARTS = (("name",), ("first", "last"), ("given", "family"), ("given-names", "surname"))


def document(
    values: Mapping[str, Any],
    *,
    source: str,
    form: str,
    text: str,
    sections: Sequence[Section],
    blocks: Sequence[Block] = (),
    metadata: Mapping[str, Any] | None = None,
    kind: Kind | None = None,
) -> Document:
    """A document with this text and what the values say of it.

    A licence, a kind or a date that is not understood is kept in `metadata` and leaves its column
    empty. So whoever fills in a licence from elsewhere fills those that have none in `metadata`.

    Args:
        values: column of a document (COLUMNS) -> value; None and "" count as not said.
        source: what the document is called.
        form: what the reader read.
        text: the whole text.
        sections: with offsets in it.
        blocks: with offsets in it.
        metadata: everything else that is known; what is not a scalar is left out.
        kind: what the work is, whatever the values say; by default what they say, or research.
    """
    said = {
        name: value for name, value in values.items() if name in COLUMNS and not _is_blank(value)
    }
    license_ = licenses.of_value(_line(said["license"])) if "license" in said else None
    named = _line(said.get("kind", "research")).lower()
    published = _date(said["published"]) if "published" in said else None
    other = {
        name: _line(said[name])
        for name, understood in (
            ("license", license_ is not None),
            ("kind", named in KINDS),
            ("published", published is not None),
        )
        if name in said and not understood
    }
    return Document(
        source=source,
        form=form,
        text=text,
        kind=kind or (cast(Kind, named) if named in KINDS else "research"),
        title=_line(said["title"]) if "title" in said else None,
        sections=list(sections),
        blocks=list(blocks),
        license=license_,
        language=_line(said["language"]) if "language" in said else None,
        domain=_line(said["domain"]) if "domain" in said else None,
        doi=bare_doi(_line(said["doi"])) if "doi" in said else None,
        pmcid=_line(said["pmcid"]) if "pmcid" in said else None,
        arxiv_id=_line(said["arxiv_id"]) if "arxiv_id" in said else None,
        published=published,
        authors=_authors(said.get("authors", [])),
        metadata=json.dumps({**scalars(metadata or {}), **other}, ensure_ascii=False),
    )


def bare_doi(text: str) -> str:
    """A DOI in small letters, without a resolver's address or its name before it."""
    return re.sub(DOI_PREFIX, "", text.strip().lower())


def scalars(values: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """The values that are text, numbers, truth or dates, as JSON holds them."""
    plain: dict[str, str | int | float | bool] = {}
    for name, value in values.items():
        if isinstance(value, str):
            plain[clean(str(name))] = clean(value)
        elif isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            plain[clean(str(name))] = value
        elif isinstance(value, datetime.date | datetime.time):
            plain[clean(str(name))] = value.isoformat()
    return plain


def other(row: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
    """What a row holds beside the columns that are used, with its subject headings on one line."""
    found = {name: value for name, value in row.items() if name not in used}
    for name in SUBJECTS:
        value = row.get(name)
        if isinstance(value, list) and value and all(isinstance(term, str) for term in value):
            value = "; ".join(value)
        if isinstance(value, str) and value.strip():
            found["subjects"] = value
    return found


def _is_blank(value: object) -> bool:
    return (
        value is None
        or (isinstance(value, str) and not value.strip())
        or (isinstance(value, float) and not math.isfinite(value))
    )


def _line(value: object) -> str:
    """A value as one line of text."""
    return " ".join(clean(str(value)).split())


def _date(value: object) -> str | None:
    """ISO 8601, as precise as the value is; None where it is not a date."""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    text = _line(value)
    if ISO_DATE.fullmatch(text[:10]) and (len(text) <= 10 or text[10] in "T "):
        return text[:10]
    for pattern in DATES:
        try:
            return datetime.datetime.strptime(text, pattern).date().isoformat()
        except ValueError:
            continue
    return None


def _authors(value: object) -> list[str]:
    """Names, from a list of names or of mappings that hold them, or from one text."""
    if isinstance(value, str):
        value = re.split(r"\s*;\s*|\s+and\s+", value)
    if not isinstance(value, Sequence):
        return []
    return [name for name in map(_author, value) if name]


def _name(value: object) -> str:
    """A name without the footnote that Markdown hangs on it."""
    return FOOTNOTE.sub("", _line(value)).strip()


def _author(value: object) -> str:
    if not isinstance(value, Mapping):
        return "" if _is_blank(value) else _name(value)
    for parts in NAME_PARTS:
        found = [_name(value[part]) for part in parts if not _is_blank(value.get(part))]
        if found:
            return " ".join(found)
    return ""
