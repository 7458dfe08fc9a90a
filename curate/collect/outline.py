"""Sections of a text from its heading lines. Readers that find headings share it.

Source of the layout: our own. Offsets count Unicode characters, end exclusive.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.rows import Section


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it stands in a text."""

    text: str
    """As printed, without its mark-up."""
    level: int
    """1 for the outermost."""
    start: int
    """First character of its line."""
    end: int
    """One past the last character of its line or its underline."""


def sections(text: str, headings: Sequence[Heading]) -> list[Section]:
    """The sections that these headings open, in their order; text before them has the heading "".

    A section holds its subsections. It neither begins nor ends with white space; one that has no
    text at all is kept, with `start == end`, because its heading was printed.

    Args:
        text: the whole text.
        headings: in order of `start`, not overlapping.
    """
    first = headings[0].start if headings else len(text)
    before = _trimmed(text, 0, first)
    found = [Section("", 1, *before)] if before[0] < before[1] else []
    for position, heading in enumerate(headings):
        end = _end(headings, position, len(text))
        found.append(Section(heading.text, heading.level, *_trimmed(text, heading.end, end)))
    return found


def _end(headings: Sequence[Heading], position: int, length: int) -> int:
    """Where the section of a heading ends: at the next one that is not below it."""
    level = headings[position].level
    for later in headings[position + 1 :]:
        if later.level <= level:
            return later.start
    return length


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The same stretch without white space at either side."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
