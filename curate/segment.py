"""Cut documents into passages. Reads DOCUMENTS, writes PASSAGES.

A passage lies in one section (its own text, without the subsections) and holds whole paragraphs up
to a budget of words. What is longer than the budget alone is cut: a paragraph at sentence ends, a
sentence at words, a block of code, an equation or a table at lines. `text` is always
`document.text[start:end]`, in characters, without white space around it. Every word lies in exactly
one passage, but for the headings themselves, which are in `section`. Documents that are ready-made
instructions have no passages.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curate import sentences
from schemas.ids import identity
from schemas.recipe import Segment
from schemas.rows import PASSAGES

Span = tuple[int, int]
Piece = tuple[int, int, int]
"""Start, end and number of words."""

BATCH_ROWS = 8_192
BATCH_CHARACTERS = 16 << 20
COLUMNS = (
    "id",
    "part",
    "split",
    "source",
    "kind",
    "title",
    "text",
    "sections",
    "blocks",
    "license",
    "domain",
)
"""The columns of DOCUMENTS that are read."""
_DOCUMENTS_AT_ONCE = 256
_BREAK = re.compile(r"\n[^\S\n]*\n")
_WORD = re.compile(r"\S+")
_UNDERLINE = re.compile(r"[=\-~^\"'`#*+.]{3,}\Z")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text of one section that no subsection interrupts."""

    start: int
    end: int
    path: list[str]
    """Headings from the outermost to its own; empty ones left out."""


def segment(documents: Iterable[pa.RecordBatch], settings: Segment) -> Iterator[pa.RecordBatch]:
    """Passages of all documents, in their order, in batches of bounded size.

    Args:
        documents: batches with at least COLUMNS. Sections and blocks that overlap or reach beyond
            the text are clipped; they cost no text.
        settings: the budget in words.
    """
    waiting: dict[str, list[Any]] = {name: [] for name in PASSAGES.names}
    n_characters = 0
    for batch in documents:
        columns = batch.select(list(COLUMNS))
        instructions = pc.fill_null(pc.equal(columns["kind"], "instructions"), False)
        if pc.any(instructions).as_py():
            columns = columns.filter(pc.invert(instructions))
        for first in range(0, columns.num_rows, _DOCUMENTS_AT_ONCE):
            for document in columns.slice(first, _DOCUMENTS_AT_ONCE).to_pylist():
                n_characters += _append_passages(waiting, document, settings.max_words)
                if len(waiting["id"]) >= BATCH_ROWS or n_characters >= BATCH_CHARACTERS:
                    yield pa.record_batch(waiting, schema=PASSAGES)
                    waiting = {name: [] for name in PASSAGES.names}
                    n_characters = 0
    if waiting["id"]:
        yield pa.record_batch(waiting, schema=PASSAGES)


def _append_passages(
    columns: dict[str, list[Any]], document: dict[str, Any], max_words: int
) -> int:
    """Append a document's passages column by column; the number of characters appended."""
    text: str = document["text"] or ""
    before = len(columns["id"])
    n_characters = 0
    for start, end, n_words, path in cut(
        text, document["sections"] or [], document["blocks"] or [], max_words
    ):
        columns["id"].append(identity(document["id"], start, end))
        columns["section"].append(path)
        columns["start"].append(start)
        columns["end"].append(end)
        columns["text"].append(text[start:end])
        columns["n_words"].append(n_words)
        n_characters += end - start
    count = len(columns["id"]) - before
    columns["document_id"].extend([document["id"]] * count)
    for name in ("part", "split", "title", "source", "license", "domain"):
        columns[name].extend([document[name]] * count)
    return n_characters


def cut(
    text: str,
    sections: Sequence[dict[str, Any]],
    blocks: Sequence[dict[str, Any]],
    max_words: int,
) -> Iterator[tuple[int, int, int, list[str]]]:
    """Start, end, number of words and section path of each passage of one text.

    Args:
        text: the document's text.
        sections: rows with `heading`, `level`, `start`, `end`, in any order.
        blocks: rows with `start`, `end`, in any order.
        max_words: the budget.
    """
    whole = _whole_blocks(text, blocks)
    for stretch in _stretches(text, sections):
        for start, end, n_words in _passages(text, stretch, whole, max_words):
            held = text[start:end]
            start += len(held) - len(held.lstrip())
            yield start, start + len(held.strip()), n_words, stretch.path


def _passages(text: str, stretch: Stretch, whole: list[Span], max_words: int) -> Iterator[Piece]:
    """The stretch itself where the budget allows, which is most often so, else its parts."""
    n_words = len(text[stretch.start : stretch.end].split())
    if n_words > max_words:
        yield from _pack(_pieces(text, stretch, whole, max_words), max_words)
    elif n_words:
        yield stretch.start, stretch.end, n_words


def _stretches(text: str, sections: Sequence[dict[str, Any]]) -> Iterator[Stretch]:
    """The text in order, by the innermost section it lies in, without the heading lines."""
    length = len(text)
    ordered = sorted(
        (min(max(one["start"], 0), length), one["level"] or 1, one["end"], one["heading"] or "")
        for one in sections
    )
    open_sections: list[tuple[int, int, str]] = []
    cursor = 0
    for start, level, end, heading in ordered:
        for stretch in _close(open_sections, cursor, start):
            yield stretch
            cursor = max(cursor, stretch.end)
        yield Stretch(cursor, _before_heading(text, cursor, start, heading), _path(open_sections))
        cursor = start
        while open_sections and open_sections[-1][1] >= level:
            open_sections.pop()
        open_sections.append((min(max(end, start), length), level, heading))
    for stretch in _close(open_sections, cursor, length):
        yield stretch
        cursor = max(cursor, stretch.end)
    yield Stretch(cursor, length, [])


def _close(
    open_sections: list[tuple[int, int, str]], cursor: int, position: int
) -> Iterator[Stretch]:
    """What is left of the sections that end at or before a position, innermost first."""
    while open_sections and open_sections[-1][0] <= position:
        end = max(cursor, open_sections[-1][0])
        yield Stretch(cursor, end, _path(open_sections))
        cursor = end
        open_sections.pop()


def _path(open_sections: list[tuple[int, int, str]]) -> list[str]:
    return [heading for _, _, heading in open_sections if heading]


def _before_heading(text: str, cursor: int, start: int, heading: str) -> int:
    """Where the heading line begins that is printed before a section's text, or `start`.

    A reader need not keep headings in the text; only a line that holds the heading is taken.
    """
    if not heading:
        return start
    gap = text[cursor:start].rstrip()
    line = gap[gap.rfind("\n") + 1 :]
    if _UNDERLINE.match(line.strip()):
        gap = gap[: len(gap) - len(line)].rstrip()
        line = gap[gap.rfind("\n") + 1 :]
    if line.strip(" \t#*=").endswith(heading.strip()):
        return cursor + len(gap) - len(line)
    return start


def _whole_blocks(text: str, blocks: Sequence[dict[str, Any]]) -> list[Span]:
    """Blocks as ordered disjoint ranges that begin and end between words."""
    whole: list[Span] = []
    for start, end in sorted((one["start"], one["end"]) for one in blocks):
        start, end = max(start, 0), min(end, len(text))
        if start >= end:
            continue
        while start > 0 and not text[start - 1].isspace():
            start -= 1
        while end < len(text) and not text[end].isspace():
            end += 1
        if whole and start < whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def _pieces(text: str, stretch: Stretch, whole: list[Span], max_words: int) -> Iterator[Piece]:
    """Paragraphs and blocks of a stretch, in order, none above the budget."""
    cursor = stretch.start
    index = bisect_left(whole, stretch.start, key=lambda span: span[1])
    while index < len(whole) and whole[index][0] < stretch.end:
        start = max(whole[index][0], cursor)
        end = min(whole[index][1], stretch.end)
        yield from _paragraphs(text, cursor, start, max_words)
        yield from _fit(text, start, end, max_words, is_block=True)
        cursor = max(cursor, end)
        index += 1
    yield from _paragraphs(text, cursor, stretch.end, max_words)


def _paragraphs(text: str, start: int, end: int, max_words: int) -> Iterator[Piece]:
    for mark in _BREAK.finditer(text, start, end):
        yield from _fit(text, start, mark.start(), max_words)
        start = mark.end()
    yield from _fit(text, start, end, max_words)


def _fit(
    text: str, start: int, end: int, max_words: int, is_block: bool = False
) -> Iterator[Piece]:
    """The range whole if the budget allows, else cut at sentences or lines, else at words."""
    n_words = len(text[start:end].split())
    if not n_words:
        return
    if n_words <= max_words:
        yield start, end, n_words
        return
    inner = text[start:end]
    for first, last in _lines(inner) if is_block else sentences.spans(inner):
        n_words = len(inner[first:last].split())
        if n_words <= max_words:
            yield start + first, start + last, n_words
        else:
            yield from _at_words(text, start + first, start + last, max_words)


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for line in text.split("\n"):
        if not line.isspace() and line:
            yield start, start + len(line)
        start += len(line) + 1


def _at_words(text: str, start: int, end: int, max_words: int) -> Iterator[Piece]:
    words = [word.span() for word in _WORD.finditer(text, start, end)]
    for first in range(0, len(words), max_words):
        chunk = words[first : first + max_words]
        yield chunk[0][0], chunk[-1][1], len(chunk)


def _pack(pieces: Iterable[Piece], max_words: int) -> Iterator[Piece]:
    """Neighbouring pieces joined while the budget holds."""
    held: Piece | None = None
    for start, end, n_words in pieces:
        if held is not None and held[2] + n_words <= max_words:
            held = (held[0], end, held[2] + n_words)
            continue
        if held is not None:
            yield held
        held = (start, end, n_words)
    if held is not None:
        yield held
