"""A form in which something is written: how RE2 sees that it may be there, how it is found."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from curate.screen.pii.spans import Span


class Form(NamedTuple):
    """One way to find a kind."""

    likely: str
    """A pattern of RE2's that every text matches in which something is found. It is compiled and
    sees every row, so it does not have to be exact."""
    find: Callable[[str], Iterator[Span]]
    """Gives what stands in a text. It is Python and sees the few rows that are likely."""
