"""Marks in a tree's text that tell which pieces a library's extract kept. Reads and writes nothing.

Libraries that find a page's main content return text without saying where on the page it was. So
each piece gets a mark of its own, two letters of a script that the page does not use, set before
its
first word; an extract keeps a piece if it keeps its mark.
"""

import re
from collections.abc import Sequence

from curate.collect.html.pieces import Piece

SCRIPTS = ((0x13000, 1000), (0x14400, 580), (0x12000, 900), (0x16800, 560))
"""(first character, how many) of Egyptian, Anatolian and Cuneiform signs, and of Bamum letters."""


class Marks:
    """The marks of one page."""

    def __init__(self, page: str) -> None:
        """Choose a script that the page's text does not use."""
        self.first, self.base = next(
            (
                (first, size)
                for first, size in SCRIPTS
                if not re.search(f"[{chr(first)}-{chr(first + size)}]", page)
            ),
            SCRIPTS[0],
        )
        sign = f"[{chr(self.first)}-{chr(self.first + self.base - 1)}]"
        self.pattern = re.compile(f"({sign})({sign})")

    def mark(self, number: int) -> str:
        """The mark of a number."""
        high, low = divmod(number, self.base)
        return chr(self.first + high % self.base) + chr(self.first + low)

    def write(self, found: Sequence[Piece]) -> list[int]:
        """Write the marks into the tree; gives the piece that each mark's number belongs to."""
        owners: list[int] = []
        for position, piece in enumerate(found):
            for element, slot in piece.slots:
                text = getattr(element, slot)
                start = len(text) - len(text.lstrip())
                setattr(element, slot, text[:start] + self.mark(len(owners)) + text[start:])
                owners.append(position)
        return owners

    def kept(self, extract: str) -> set[int]:
        """Numbers of the marks in an extract."""
        return {
            (ord(high) - self.first) * self.base + ord(low) - self.first
            for high, low in self.pattern.findall(extract)
        }
