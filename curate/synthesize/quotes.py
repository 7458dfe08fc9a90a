"""Find a teacher's quotes in their source: exactly, then after normalising.

Normalising (`copied.py`) drops what copying changes and meaning does not; the letter case of a
first word and punctuation at the end may differ too. What is found is the source's own text, so
evidence is always `document.text[start:end]`.

A quote begins and ends where words and numbers do: `5 mg` is not in `1.5 mg`, nor `toxic` in
`non-toxic`. What an ellipsis leaves out of a sentence holds no negation.

The rules are our own.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from curate.synthesize.copied import Plain, normalise, of_source
from curate.synthesize.edges import is_apart, is_in_number
from schemas.rows import Evidence, Passage

MIN_PIECE_WORDS = 3
"""Words of each piece of a quote that was shortened by an ellipsis."""
_ELLIPSIS = re.compile(r"\[\s?(?:…|\.\.\.)\s?\]|\(\s?(?:…|\.\.\.)\s?\)|…|\.{3,}|\.(?:\s\.){2,}")
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nor|neither|cannot|without|hardly|barely|rarely|fail\w*|lack\w*)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]\s+(?=[A-Z])")
_AROUND = " \t\r\n\u00a0\"'“”‘’«»„`*_"
_LAST = ".,;:!?"
_MARKS = "$*_`"
"""Marks of Markdown and TeX that are dropped in pairs."""

_WORD = re.compile(
    r"[A-Za-z][a-z]{2,}(?![A-Za-z\d])|(?:A|a|An|an|As|as|At|at|Be|be|By|by|If|if|In|in|It|it|Is|is"
    r"|No|no|Of|of|On|on|Or|or|So|so|To|to|Up|up|We|we)(?= )"
)
"""First words whose case may differ; symbols such as Mg, mM and pH are not among them."""


def evidence(quote: str, passage: Passage) -> list[Evidence]:
    """Where a quote stands in its document, one row a piece.

    Args:
        quote: what a teacher says is verbatim.
        passage: what it was shown.

    Returns:
        Rows whose quote is the source's text. Where nothing is found, one row with the teacher's
        words, the passage's start twice, and the match `none`.
    """
    found = _found(quote, passage.text)
    if not found:
        return [Evidence(quote, passage.start, passage.start, "none")]
    exact = len(found) == 1 and passage.text[slice(*found[0])] == quote
    return [
        Evidence(
            passage.text[start:end],
            passage.start + start,
            passage.start + end,
            "exact" if exact else "normalised",
        )
        for start, end in found
    ]


def whole(passage: Passage) -> list[Evidence]:
    """The passage itself as evidence, for answers that restate it."""
    return [Evidence(passage.text, passage.start, passage.end)]


def _found(quote: str, text: str) -> list[tuple[int, int]]:
    """Ranges of the quote's pieces in the text, ascending; none where one of them is missing."""
    place = locate(quote, text)
    if place is not None:
        return [place]
    pieces = [piece.strip() for piece in _ELLIPSIS.split(quote) if piece.strip(_AROUND + _LAST)]
    if len(pieces) > 1 and any(len(piece.split()) < MIN_PIECE_WORDS for piece in pieces):
        return []
    ranges: list[tuple[int, int]] = []
    for piece in pieces:
        after = ranges[-1][1] if ranges else 0
        place = locate(piece, text, after)
        if place is None or (ranges and _negated(text[after : place[0]])):
            return []
        ranges.append(place)
    return ranges


def _negated(left_out: str) -> bool:
    """Whether a sentence that is quoted loses a negation with what is left out between pieces."""
    first, *others = _SENTENCE_END.split(left_out)
    return any(_NEGATION.search(part) for part in (first, *others[-1:]))


def locate(quote: str, text: str, after: int = 0) -> tuple[int, int] | None:
    """Start and end of a quote in a text, or None.

    Args:
        quote: the words.
        text: where to look.
        after: first character that may belong to it.
    """
    if not quote.strip(_AROUND + _LAST):
        return None
    for start in _places(quote, text, after):
        end = start + len(quote)
        if is_apart(text, start, end) and not is_in_number(text, start, end):
            return start, end
    plain = of_source(text)
    first = bisect_left(plain.starts, after)
    for wanted in _wanted(quote):
        for begin in _places(wanted, plain.text, first):
            stop = begin + len(wanted)
            start, end = plain.starts[begin], plain.ends[stop - 1]
            if (
                is_apart(plain.text, begin, stop)
                and _unsplit(plain, begin, stop)
                and not is_in_number(text, start, end)
            ):
                return _balanced(text, start, end, after)
    return None


def normalised(text: str) -> tuple[str, list[int]]:
    """The text without what copying changes, and where each of its characters came from."""
    plain = of_source(text)
    return plain.text, plain.starts


def _places(wanted: str, text: str, first: int) -> Iterator[int]:
    """Each place of a string in another."""
    place = text.find(wanted, first)
    while place >= 0:
        yield place
        place = text.find(wanted, place + 1)


def _wanted(quote: str) -> Iterator[str]:
    """What is looked for: the quote normalised, then with the other case of its first word."""
    bare = quote.strip(_AROUND)
    wanted = normalise(bare).text.strip(_AROUND).rstrip(_LAST + _AROUND)
    if not wanted:
        return
    yield wanted
    if _WORD.match(wanted):
        yield wanted[0].swapcase() + wanted[1:]


def _unsplit(plain: Plain, begin: int, stop: int) -> bool:
    """Whether no character of the source, such as a ligature, lies half in a range."""
    starts = plain.starts
    return (begin == 0 or starts[begin - 1] != starts[begin]) and (
        stop == len(starts) or starts[stop] != starts[stop - 1]
    )


def _balanced(text: str, start: int, end: int, after: int) -> tuple[int, int]:
    """A range with the mark of a pair that it has half of, or that stands on either side of it."""
    for mark in _MARKS:
        left = len(text[after:start]) - len(text[after:start].rstrip(mark))
        right = len(text[end:]) - len(text[end:].lstrip(mark))
        odd = text.count(mark, start, end) % 2 == 1
        if not odd and left == right:
            start, end = start - left, end + right
        elif odd and right and not left:
            end += right
        elif odd and left and not right:
            start -= left
    return start, end
