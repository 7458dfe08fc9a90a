"""The text of a document as it grows: Markdown blocks, and where headings and blocks stand.

Blocks are set apart by one blank line; items of a list follow one another line by line.
"""

from typing import Literal

from curate.collect import outline
from schemas.rows import Block

BlockKind = Literal["equation", "table", "figure", "code"]


class Writer:
    """Collects blocks of text; offsets count characters of the whole text."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.headings: list[outline.Heading] = []
        self.blocks: list[Block] = []
        self.starts: list[int] = []
        self.indent = ""
        """What stands before every line, in a list or a quotation."""
        self.marker = ""
        """What stands before the first line of the next block instead."""
        self.tight = False
        """Whether the next block follows without a blank line."""

    @property
    def text(self) -> str:
        """Everything so far."""
        return "".join(self.parts)

    def put(self, text: str) -> None:
        """Add a block; it neither begins nor ends with white space and has no empty line."""
        if self.indent and "\n" in text:
            text = text.replace("\n", "\n" + self.indent)
        between = "" if not self.parts else "\n" if self.tight else "\n\n"
        lead = between + (self.marker or self.indent)
        self.starts.append(self.length + len(lead))
        self.parts.append(lead + text)
        self.length += len(lead) + len(text)
        self.marker = ""
        self.tight = False

    def heading(self, text: str, level: int) -> None:
        """Add a heading line; in a list or a quotation it is a paragraph."""
        if self.indent or self.marker:
            self.put(text)
            return
        self.put(f"{'#' * min(level, 6)} {text}")
        self.headings.append(outline.Heading(text, level, self.starts[-1], self.length))

    def block(self, kind: BlockKind, n_before: int) -> None:
        """Say that everything since there were `n_before` parts is a block of this kind."""
        if len(self.starts) > n_before:
            self.blocks.append(Block(kind, self.starts[n_before], self.length))

    def open(self, marker: str) -> str:
        """Begin an item or a quotation; gives what `close` wants."""
        before = self.indent
        self.marker = (self.marker or self.indent) + marker
        self.indent += marker if marker.startswith(">") else " " * len(marker)
        return before

    def close(self, before: str) -> None:
        """End it; one that got no text leaves nothing."""
        self.indent = before
        self.marker = ""
        self.tight = False
