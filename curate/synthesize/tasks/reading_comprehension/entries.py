"""Entries of a list of parameters: a name, perhaps a type, and an indented description.

alpha : float
    The significance level.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from curate import sentences
from curate.synthesize.tasks.reading_comprehension import prose
from curate.synthesize.tasks.reading_comprehension.prose import Prose

MIN_WORDS = 4
MAX_WORDS = 50

_ENTRY = re.compile(
    r"^(?P<name>\*{0,2}[A-Za-z_][\w.]*(?:, ?\*{0,2}[A-Za-z_]\w*)*)(?P<kind>[^\S\n]*:[^\S\n][^\n]+)?"
    r"\n(?P<indent>[^\S\n]+)(?P<body>\S[^\n]*(?:\n(?P=indent)\S[^\n]*)*)",
    re.MULTILINE,
)
_BEGINS = re.compile(r"[A-Z`\"'(]")
_ENDS = re.compile(r"[.!?][\"'”\u2019)\]`]*\Z")
_VAGUE = re.compile(r"\b(?:see|above|below|following|follows|e\.g|\[\d+\]|notes|examples?)\b", re.I)


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and the start of its description."""

    name: str
    typed: bool
    """Whether a type is given, so that the name is not one itself."""
    start: int
    """First character of the description in the passage's text."""
    end: int
    """One past the last character of the sentences taken."""
    n_words: int


def entries(found: Prose) -> Iterator[Entry]:
    """Entries whose description begins with whole, readable sentences, in the text's order."""
    text = found.passage.text
    for match in _ENTRY.finditer(text):
        taken = _description(match["body"])
        if taken is not None:
            start, (end, n_words) = match.start("body"), taken
            yield Entry(match["name"], match["kind"] is not None, start, start + end, n_words)


def _description(body: str) -> tuple[int, int] | None:
    """(end, number of words) of the sentences from the beginning that can be quoted."""
    taken: tuple[int, int] | None = None
    n_words = 0
    spans = sentences.spans(body)
    for start, end in spans:
        line = prose.collapse(body[start:end])
        n_words += line.count(" ") + 1
        ended = _ENDS.search(line) is not None
        last = end == spans[-1][1]
        if (
            n_words > MAX_WORDS
            or not (ended or (last and line[-1].isalnum()))
            or not _BEGINS.match(line)
            or _VAGUE.search(line)
            or not prose.is_readable(line)
        ):
            break
        if n_words >= MIN_WORDS:
            taken = end, n_words
    return taken
