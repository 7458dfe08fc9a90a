"""Leaves out what belongs to the page: running heads and feet, page numbers, line numbers.

Reads and gives lines in reading order.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from curate.collect.pdf.layout import Line

DIGITS = re.compile(r"\d+")
PAGE_NUMBER = re.compile(
    r"\W*(?:page|pg\.?|p\.)?\s*(?:\d{1,5}|[ivxlc]{1,6})(?:\s*(?:of|/|\|)\s*\d{1,5})?\W*",
    re.IGNORECASE,
)
MAX_PAGE_NUMBER = 60
"""Characters from which a line is more than a page number and what is printed around it."""
EDGE_ROWS = 4
"""How many rows from the top and the bottom of a page a running head or foot may lie."""
MIN_LINE_NUMBERS = 8
"""Fewer numbers in a margin are no numbering of lines."""


@dataclass(slots=True)
class Edge:
    """A line near the upper or lower edge of its page."""

    line: Line
    is_outermost: bool
    """Whether it is in the two rows that are."""
    key: tuple[str, int]
    """What it shares with running heads of other pages."""
    is_number: bool
    """Whether it looks like a page number."""
    offset: int | None
    """What that has more than its page's; None where it is in letters or none."""


def removed(lines: Sequence[Line], n_pages: int) -> list[Line]:
    """The lines without the furniture of their pages."""
    by_page: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_page[line.page].append(line)
    edges = [_edges(found) for found in by_page.values()]
    seen: Counter[tuple[str, int]] = Counter()
    offsets: Counter[int | None] = Counter()
    for found in edges:
        seen.update({edge.key for edge in found})
        offsets.update({edge.offset for edge in found})
    n_repeats = 2 if n_pages < 30 else 3
    dropped: set[int] = set()
    for found in edges:
        for edge in found:
            counted = edge.offset is not None and offsets[edge.offset] > 1
            if seen[edge.key] >= n_repeats or counted or _is_number_alone(edge, found):
                dropped.add(id(edge.line))
    for on_page in by_page.values():
        dropped.update(map(id, _line_numbers(on_page)))
    for line, after in pairwise(lines):
        if id(line) in dropped:
            after.starts = True
    return [line for line in lines if id(line) not in dropped]


def _edges(lines: Sequence[Line]) -> list[Edge]:
    """The lines in the outer rows of a page."""
    heights = sorted({round(line.y) for line in lines})
    low, inner_low = _inward(heights)
    high, inner_high = _inward(heights[::-1])
    return [
        _edge(line, not inner_low < line.y < inner_high)
        for line in lines
        if line.y <= low or line.y >= high
    ]


def _edge(line: Line, is_outermost: bool) -> Edge:
    text = line.text
    is_number = len(text) < MAX_PAGE_NUMBER and PAGE_NUMBER.fullmatch(text) is not None
    digits = DIGITS.search(text) if is_number else None
    offset = int(digits[0]) - line.page if digits else None
    return Edge(line, is_outermost, _key(line), is_number, offset)


def _inward(heights: Sequence[int]) -> tuple[float, float]:
    """(edge of the outer rows, edge of the outermost two), going inwards from the first height."""
    rows = [heights[0]]
    for height in heights:
        if abs(height - rows[-1]) > 2:
            rows.append(height)
            if len(rows) == EDGE_ROWS:
                break
    step = 1.5 if heights[-1] >= heights[0] else -1.5
    return rows[-1] + step, rows[:2][-1] + step


def _key(line: Line) -> tuple[str, int]:
    """The same for the running heads of two pages, whatever their page numbers."""
    text = DIGITS.sub("0", line.text).casefold().strip(" |·•") if line.n_letters else line.text
    return text, round(line.y / 6)


def _is_number_alone(edge: Edge, found: Sequence[Edge]) -> bool:
    """Whether it is a page number for its look: nothing else stands in its row."""
    line = edge.line
    return (
        edge.is_outermost
        and edge.is_number
        and all(other is edge or abs(other.line.y - line.y) > 2 for other in found)
    )


def _line_numbers(lines: Sequence[Line]) -> list[Line]:
    """Numbers that count the lines of a page, in a column of their own."""
    numbers = [line for line in lines if len(line.text) < 6 and line.text.strip().isdecimal()]
    if len(numbers) < MIN_LINE_NUMBERS:
        return []
    columns: dict[int, list[Line]] = defaultdict(list)
    for line in numbers:
        columns[round(line.x1 / 4)].append(line)
    found: list[Line] = []
    for column in columns.values():
        column.sort(key=lambda line: -line.y)
        values = [int(line.text) for line in column]
        steps = [after - before for before, after in pairwise(values)]
        regular = steps.count(1) + steps.count(5)
        if len(column) >= MIN_LINE_NUMBERS and regular >= 0.9 * len(steps):
            left = (
                min(line.x0 for line in lines if line.x1 > column[0].x1 + 1)
                if len(lines) > len(column)
                else 0
            )
            if column[0].x1 <= left + 2 * column[0].size:
                found += column
    return found
