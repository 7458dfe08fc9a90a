"""What a family finds in a passage: what is asked, what is answered, and where that is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from curate.synthesize.tasks.reading_comprehension import prose

_CODE_NAME = re.compile(r"\w*[\d_(.=]|\w*[A-Z]|[A-Za-z]\b(?! )")
_ENDS = re.compile(r"[.!?…][\"'”\u2019)\]`*_$]*\Z")
_LOOSE = re.compile(r"[,;:\s]+\Z")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question and its answer before they are phrased and checked."""

    kind: str
    """Heading of its phrasings: the family, or family/variant."""
    fields: Mapping[str, str]
    """Placeholder -> text; an empty one drops the clause that it stands in."""
    start: int
    """First character of the answer's quote in the passage's text."""
    end: int
    """One past its last character."""
    answer: str
    """Made from the quote by white space, capitals, a dropped connector and a final full stop."""


def answered(kind: str, fields: Mapping[str, str], text: str, start: int, end: int) -> Candidate:
    """A candidate whose answer is text[start:end], finished as a sentence."""
    return Candidate(kind, fields, start, end, as_sentence(text[start:end]))


def as_sentence(text: str) -> str:
    """White space collapsed, first letter capital, full stop at the end."""
    line = _LOOSE.sub("", prose.collapse(text))
    return capitalised(line) + ("" if _ENDS.search(line) or not line else ".")


def capitalised(line: str) -> str:
    """First letter as a capital, unless the first word is a name from code."""
    return line if _CODE_NAME.match(line) else line[:1].upper() + line[1:]


def as_clause(text: str) -> str:
    """White space collapsed, first letter small, no stop at the end; for use inside a question."""
    line = _LOOSE.sub("", prose.collapse(text)).rstrip(".!?")
    first = line.split(" ", 1)[0]
    return line[:1].lower() + line[1:] if first[1:].islower() or first in {"A", "I"} else line
