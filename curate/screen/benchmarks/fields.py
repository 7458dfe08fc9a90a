"""A row of a benchmark -> what is asked, told by the names of its columns. Reads no file.

The names are those of the data sets themselves, in small letters. Where a row has several, the
first of the list is taken.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curate.collect.conversations.forms import MESSAGES
from curate.collect.conversations.turns import NotTakenError, UnsoundError, parse
from curate.collect.plain_text import clean

QUESTIONS = (
    "question", "query", "problem", "question_stem", "stem", "goal", "ctx", "prompt", "instruction",
    "input", "hypothesis", "sentence2", "sentence", "startphrase", "turns", "premise", "claim",
    "context", "text",
)  # fmt: skip
"""MMLU and ARC, llm-foundry, MATH, OpenBookQA, PIQA, HellaSwag, IFEval, Alpaca, BIG-bench, …"""
BEFORE = {
    "hypothesis": ("premise",),
    "sentence2": ("sentence1",),
    "question": ("premise", "sentence", "context", "passage", "article", "story", "background"),
    "query": ("context", "passage", "article", "story", "background"),
}
"""Column of the question -> columns that stand before it, see LONGEST_BEFORE."""
BEHIND = {"instruction": ("input",), "startphrase": ("sent2",)}
ALWAYS_BEFORE = ("premise", "sentence1")
LONGEST_BEFORE = 64
"""Words of a context that still belongs to the question. A longer one is a passage and not looked
for: a corpus may well hold the paper that a question was asked about. The number is ours."""
INSIDE = ("stem", "text", "value", "content", "spans", "number", "aliases")
"""Names of the text in an object that stands for one."""
LABEL = re.compile(r"\s*(?:question|q|problem)\s*(?:[0-9]+\s*)?:\s*", re.IGNORECASE)
CUE = re.compile(r"\s*\b(?:answer|a)\s*:\s*\Z", re.IGNORECASE)
DOIS = ("doi", "document_doi", "paper_doi", "source_doi", "article_doi", "url", "source")
DOI = re.compile(r"\b10\.[0-9]{4,9}/[^\s\"<>]+")

Row = Mapping[str, Any]


class Named(NamedTuple):
    """Columns of benchmark files that the user names; the others are told by their names."""

    question: str | None = None
    """Column with the question."""
    answer: str | None = None
    """Column with the answer."""


def by_small_letters(row: Row) -> dict[str, str]:
    """Name of a column in small letters -> the name that the row has for it."""
    columns: dict[str, str] = {}
    for column in row:
        columns.setdefault(str(column).strip().lower(), column)
    return columns


def question(row: Row, columns: Mapping[str, str], named: Named) -> str:
    """What a row asks; empty where no column of it holds a question.

    Args:
        row: column -> value.
        columns: of `by_small_letters`.
        named: columns that the user names.
    """
    if named.question is not None:
        return without_cues(text(row.get(named.question)))
    for name in QUESTIONS:
        asked = without_cues(text(row[columns[name]])) if name in columns else ""
        if asked:
            before = [_context(row, columns, one) for one in BEFORE.get(name, ())]
            behind = [text(row[columns[one]]) for one in BEHIND.get(name, ()) if one in columns]
            return "\n".join(piece for piece in [*before, asked, *behind] if piece)
    turns = (said(row[columns[name]], "user") for name in MESSAGES if name in columns)
    return next((one for one in turns if one), "")


def without_cues(asked: str) -> str:
    """A question without `Question:` before it and `Answer:` behind it."""
    start = LABEL.match(asked)
    return CUE.sub("", asked[start.end() :] if start else asked)


def _context(row: Row, columns: Mapping[str, str], name: str) -> str:
    found = text(row[columns[name]]) if name in columns else ""
    return found if name in ALWAYS_BEFORE or len(found.split()) <= LONGEST_BEFORE else ""


def said(value: object, role: str) -> str:
    """What one role says in a conversation; empty where the value is none."""
    try:
        turns = parse(value)
    except (UnsoundError, NotTakenError):
        return ""
    return "\n".join(turn.content for turn in turns if turn.role == role)


def text(value: object) -> str:
    """A text as it is; the texts of a list, one a line; of an object the one that is its text."""
    if isinstance(value, str):
        return clean(value).strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return next((found for name in INSIDE if (found := text(value.get(name)))), "")
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return "\n".join(found for one in value if (found := text(one)))
    return ""


def row_doi(row: Row, columns: Mapping[str, str]) -> str:
    """The DOI of the paper that a row was made from; empty where no column holds one."""
    found = (doi_of(row[columns[name]]) for name in DOIS if name in columns)
    return next((doi for doi in found if doi), "")


def doi_of(value: object) -> str:
    """The DOI in a value, in small letters, without a resolver's address; empty without one."""
    found = DOI.search(str(value)) if value is not None else None
    return found[0].rstrip(".,;)]}").lower() if found else ""
