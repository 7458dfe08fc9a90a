"""The walk over an article's elements: running text is gathered, blocks are handed to a writer.

An element without a handler is transparent: its text belongs to the paragraph around it. Python's
stack grows by at most three frames a level, and the parser refuses more than 256 levels; where even
that is too much, `article` says so.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from curate.collect.elements import Element
from curate.collect.jats import citations
from curate.collect.jats.writer import Writer


def single_spaced(text: str) -> str:
    """The text on one line, all its blanks single.

    Most text has few kinds of blanks and no two together; it is not taken apart, which is slow.
    """
    text = text.replace("\n", " ").replace("\xa0", " ").replace("\u2009", " ")
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(text.split())


@dataclass(slots=True)
class Flow:
    """Where the walk stands."""

    handlers: Mapping[str, Callable[["Flow", Element], None]]
    """Tag -> what is done with it."""
    numbers: Mapping[str, int]
    """Id of a reference -> its number, from 1."""
    floats: dict[str, Element] = field(default_factory=dict)
    """Figures and tables from the end of the file, by id, until they are cited."""
    writer: Writer = field(default_factory=Writer)
    buffer: list[str] = field(default_factory=list)
    """Pieces of the paragraph that is being gathered."""
    level: int = 0
    """Level of the heading that was written last and still holds."""
    inside: int = 0
    """Paragraphs around the present place."""
    run_in: bool = False
    """Whether the next paragraph goes on with what is gathered: a label, a term."""
    pending: list[Element] = field(default_factory=list)
    """Figures, tables and notes that follow the paragraph they are in."""
    flat: bool = False
    """Whether all of it becomes one line: a heading, a cell."""
    counts: dict[str, int] = field(default_factory=dict)
    """What had to be left out: kind -> number."""

    def walk(self, element: Element, without: Collection[str] = ()) -> None:
        """Gather an element's text and that of its children, but for children of these tags."""
        text = element.text
        if text:
            self.buffer.append(text)
        handlers = self.handlers
        for child in element:
            tag = child.tag
            if tag not in without:
                handler = handlers.get(tag)
                if handler is not None:
                    handler(self, child)
                elif len(child):
                    self.walk(child)
                elif text := child.text:
                    self.buffer.append(text)
            tail = child.tail
            if tail:
                self.buffer.append(tail)

    def flush(self) -> None:
        """End the paragraph that is being gathered."""
        self.run_in = False
        if self.buffer:
            text = self.taken()
            if text:
                self.writer.put(text)

    def taken(self) -> str:
        """What was gathered, on one line; it is gone from here."""
        text = "".join(self.buffer)
        self.buffer.clear()
        if citations.OPEN in text:
            text = citations.settled(text)
        return single_spaced(text)

    def lead(self, text: str) -> None:
        """Begin a paragraph with these words; the next one goes on behind them."""
        self.flush()
        if text:
            self.buffer.append(text)
            self.run_in = True

    def line(self, element: Element | None) -> str:
        """An element's text on one line, its blocks beside one another."""
        if element is None:
            return ""
        if not len(element):
            return " ".join((element.text or "").split())
        kept: Any = (self.writer, self.buffer, self.inside, self.pending, self.run_in, self.flat)
        self.writer, self.buffer, self.inside, self.pending = Writer(), [], 0, []
        self.run_in, self.flat = False, True
        self.walk(element)
        self.settle()
        text = self.taken()
        if self.writer.parts:
            text = " ".join(f"{self.writer.text} {text}".split())
        self.writer, self.buffer, self.inside, self.pending, self.run_in, self.flat = kept
        return text

    def settle(self) -> None:
        """Write what waits for the end of its paragraph."""
        if not self.pending:
            return
        self.flush()
        inside, self.inside = self.inside, 0  # or each would wait again, for ever
        while self.pending:
            waiting, self.pending = self.pending, []
            for element in waiting:
                self.handlers[element.tag](self, element)
        self.flush()
        self.inside = inside

    def count(self, what: str) -> None:
        """Note that something was left out."""
        self.counts[what] = self.counts.get(what, 0) + 1
