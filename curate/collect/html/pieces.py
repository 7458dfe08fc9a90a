"""A tree -> its pieces: paragraphs, headings, items, tables, code, formulae, in document order.

Reads and writes nothing. The walk is by events, so no depth overflows it.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree
from lxml.html import HtmlElement

from curate.collect.html.formulae import DISPLAY
from curate.collect.html.page import classes, text_of, words

Kind = Literal["paragraph", "heading", "item", "table", "caption", "code", "equation"]
Slot = tuple[HtmlElement, Literal["text", "tail"]]

BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol
    p pre search section summary table tbody td tfoot th thead title tr ul""".split()
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
CAPTIONS = frozenset("figcaption caption".split())
CAPTION_CLASSES = frozenset(
    "figcaption caption fig-caption figure-caption wp-caption-text ltx_caption thumbcaption".split()
)
LISTS = frozenset("ul ol menu dir".split())
BREAK = re.compile(r"\n[ \t\r\f\v]*(?:\n\s*)+")
MAX_CELLS = 20_000


@dataclass(slots=True)
class Piece:
    """A stretch of the page that is kept or left out as a whole."""

    kind: Kind
    text: str
    """As it will stand in the document, without the marks of its kind."""
    element: HtmlElement
    """The innermost block that holds it."""
    slots: list[Slot] = field(default_factory=list)
    """Where its text begins in the tree, for a table in each cell."""
    level: int = 0
    """Of a heading 1 to 6; of an item how deep its list lies."""
    linked: int = 0
    """Characters of its text that are links."""


def cut(root: HtmlElement) -> list[Piece]:
    """All pieces of the tree that hold a letter or a digit."""
    walk = _Walk()
    skipped: HtmlElement | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if skipped is not None:
            if event == "end" and element is skipped:
                skipped = None
                walk.leave(element)
            continue
        if event == "start":
            if walk.enter(element):
                skipped = element
        else:
            walk.leave(element)
    walk.flush()
    return [piece for piece in walk.found if any(sign.isalnum() for sign in piece.text)]


class _Walk:
    """State of one walk: the run of text that is being gathered, and the blocks around it."""

    def __init__(self) -> None:
        self.found: list[Piece] = []
        self.blocks: list[HtmlElement] = []
        self.run: list[tuple[str, Slot | None, bool]] = []
        self.links = 0
        self.depth = 0
        self.item = 0

    def enter(self, element: HtmlElement) -> bool:
        """Take an element's start; whether its inside is already taken."""
        tag = element.tag
        if tag in BLOCKS:
            self.flush()
            self.blocks.append(element)
            if tag in LISTS:
                self.depth += 1
            elif tag == "li":
                self.item = max(self.depth, 1)
            if tag == "pre":
                self._take_code(element)
                return True
            if tag == "table" and is_data(element):
                self._take_table(element)
                return True
            if DISPLAY in classes(element):
                self._take(element, "equation", words(element.text or ""), [(element, "text")])
                return True
        elif tag == "br":
            self.run.append(("\n", None, False))
        elif tag == "a":
            self.links += 1
        elif tag == "code" and len(element) == 0 and (element.text or "").strip():
            self.run.append((f"`{words(element.text)}`", (element, "text"), self.links > 0))
            return True
        if element.text:
            self.run.append((element.text, (element, "text"), self.links > 0))
        return False

    def leave(self, element: HtmlElement) -> None:
        """Take an element's end and the text after it."""
        tag = element.tag
        if tag in BLOCKS:
            self.flush()
            self.blocks.pop()
            if tag in LISTS:
                self.depth -= 1
            elif tag == "li":
                self.item = 0
        elif tag == "a":
            self.links -= 1
        if element.tail:
            self.run.append((element.tail, (element, "tail"), self.links > 0))

    def flush(self) -> None:
        """Close the run: a piece for each stretch between empty lines."""
        run, self.run = self.run, []
        part: list[tuple[str, Slot | None, bool]] = []
        breaks = 0
        for text, slot, linked in run:
            if slot is None:
                breaks += 1
                continue
            if breaks and text.strip():
                if breaks > 1:
                    self._close(part)
                    part = []
                elif part:
                    part.append(("\n", None, False))
                breaks = 0
            part.append((text, slot, linked))
        self._close(part)

    def _close(self, part: list[tuple[str, Slot | None, bool]]) -> None:
        text = _lines("".join("\v" if slot is None else text for text, slot, _ in part))
        first = next((slot for text, slot, _ in part if slot and text.strip()), None)
        if first is None or not self.blocks:
            return
        element = self.blocks[-1]
        kind, level = self._kind()
        piece = self._take(element, kind, text, [first])
        piece.level = level
        piece.linked = sum(len(words(text)) for text, _, linked in part if linked)
        if kind == "heading":
            piece.text = words(text)
        if self.item and kind == "paragraph":
            piece.kind, piece.level, self.item = "item", self.item, 0

    def _kind(self) -> tuple[Kind, int]:
        for block in reversed(self.blocks[-4:]):
            if block.tag in HEADINGS:
                return "heading", HEADINGS[block.tag]
            if block.tag in CAPTIONS or classes(block) & CAPTION_CLASSES:
                return "caption", 0
        return "paragraph", 0

    def _take(self, element: HtmlElement, kind: Kind, text: str, slots: list[Slot]) -> Piece:
        piece = Piece(kind, text, element, slots)
        self.found.append(piece)
        return piece

    def _take_code(self, element: HtmlElement) -> None:
        for line_break in element.iter("br"):
            line_break.text = "\n"
        text = "".join(element.itertext()).expandtabs(4)
        lines = [line.rstrip() for line in text.split("\n")]
        text = "\n".join(lines).strip("\n")
        if slot := first_slot(element):
            self._take(element, "code", text, [slot])

    def _take_table(self, element: HtmlElement) -> None:
        for caption in element.iterchildren("caption"):
            if slot := first_slot(caption):
                self._take(element, "caption", text_of(caption), [slot])
        text, slots = table(element)
        if text:
            self._take(element, "table", text, slots)


def _lines(text: str) -> str:
    """White space as HTML shows it; a vertical tab is a line break."""
    return "\n".join(line for line in map(words, text.split("\v")) if line)


def first_slot(element: HtmlElement) -> Slot | None:
    """Where the first text inside the element stands."""
    for one in element.iter():
        if (one.text or "").strip():
            return one, "text"
        if one is not element and (one.tail or "").strip():
            return one, "tail"
    return None


def own_rows(element: HtmlElement) -> list[HtmlElement]:
    """Rows of the table itself, not of tables inside it."""
    groups = [one for one in element if one.tag in {"thead", "tbody", "tfoot"}]
    return [row for group in [element, *groups] for row in group if row.tag == "tr"]


def is_data(element: HtmlElement) -> bool:
    """Whether a table holds data, rather than the page's layout."""
    if element.get("role") in {"presentation", "none"}:
        return False
    rows = own_rows(element)
    cells = [[one for one in row if one.tag in {"td", "th"}] for row in rows]
    if not cells or max(map(len, cells)) < 2 or element.find(".//table") is not None:
        return False
    if element.find(".//th") is not None or element.find("caption") is not None:
        return len(rows) > 1 or any(one.tag == "td" for row in cells for one in row)
    return len(rows) > 1 and all(
        (one.find(".//h1") is None and one.find(".//p") is None) or len(text_of(one)) < 200
        for row in cells[:50]
        for one in row
    )


def table(element: HtmlElement) -> tuple[str, list[Slot]]:
    """A GitHub Markdown table, and where each cell's text begins; spans repeat no text."""
    rows: list[list[str]] = []
    slots: list[Slot] = []
    taken: dict[tuple[int, int], bool] = {}
    n_cells = 0
    for number, row in enumerate(own_rows(element)):
        cells: list[str] = []
        for cell in row:
            if cell.tag not in {"td", "th"} or n_cells > MAX_CELLS:
                continue
            while taken.pop((number, len(cells)), False):
                cells.append("")
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            n_cells += down * across
            for later in range(1, down):
                for column in range(across):
                    taken[number + later, len(cells) + column] = True
            cells += [text_of(cell).replace("|", "\\|"), *[""] * (across - 1)]
            if slot := first_slot(cell):
                slots.append(slot)
        if any(cells):
            rows.append(cells)
    if not rows:
        return "", []
    width = max(map(len, rows))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]), slots


def _span(cell: HtmlElement, name: str) -> int:
    value = (cell.get(name) or "").strip()
    return (
        min(max(int(value), 1), 50) if value.isascii() and value.isdigit() and len(value) < 5 else 1
    )
