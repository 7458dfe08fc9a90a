"""Rows -> items, in two steps: what the number of an answer means is told by all rows.

Reads no file.
"""

from collections.abc import Sequence
from typing import NamedTuple

from curate.screen.benchmarks.fields import Named, Row, by_small_letters, question, row_doi
from curate.screen.benchmarks.items import Item
from curate.screen.benchmarks.options import Options, answer, first_place, options


class Draft(NamedTuple):
    """A row as it was read."""

    number: int
    """Of the row, from 1."""
    question: str
    options: Options
    doi: str


def draft(number: int, row: Row, named: Named) -> Draft | None:
    """What one row asks and offers; None where no column of it holds a question."""
    columns = by_small_letters(row)
    asked = question(row, columns, named)
    if not asked:
        return None
    return Draft(number, asked, options(row, columns, named), row_doi(row, columns))


def items(drafts: Sequence[Draft]) -> list[Item]:
    """The items of all rows of one benchmark, in their order."""
    first = first_place([one.options for one in drafts])
    return [
        Item(
            one.number,
            one.question,
            tuple(text for text in one.options.texts if text),
            answer(one.options, first),
            one.doi,
        )
        for one in drafts
    ]
