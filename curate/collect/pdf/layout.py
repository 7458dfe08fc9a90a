"""All pages of an open file -> their lines in reading order.

The heavy work is compiled (`characters`, `lines`, `columns`); here Python sees each line once.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, repeat

import numpy as np
from numpy.typing import NDArray

from curate.collect.pdf import characters, columns, lines, pdfium

BOLD = re.compile(
    r"(?i:bold|black|heavy|demi|-medi$|[-_.](?:b|bd|bi|sb)$|^(?:cm|sf)(?:b|ssb))|Adv\w*[a-z]BI?$"
)
ITALIC = re.compile(
    r"(?i:ital|obli|slant|[-_.](?:i|it|bi)$|^(?:cm|sf)(?:ti|mi|bxti))|Adv\w*[a-z]B?I$"
)
PLAIN = re.compile(r"[-,]|regul|roman|book|light|medium|text|std|pro\b|Adv", re.IGNORECASE)
"""Names that would say so if the font were bold."""


@dataclass(slots=True)
class Line:
    """One line of a page, in points from the lower left corner."""

    page: int
    x0: float
    x1: float
    y: float
    size: float
    font: str
    bold: float
    """Share of its characters that are bold."""
    italic: float
    n_cells: int
    block: int
    left: float
    """Left edge of its block."""
    right: float
    leading: float
    """Usual step between the baselines of its block; 0 where it is the only line."""
    starts: bool
    """Whether its place and look alone tell that a new piece begins with it."""
    n_letters: int
    n_words: int
    """Runs of two letters or more."""
    n_in_words: int
    """Letters of those."""
    text: str
    """With RAISED and LOWERED around what is set above the baseline."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What pdfium finds in a file."""

    lines: list[Line]
    """Upright lines in reading order."""
    turned: list[str]
    """Text of the lines of the first page that run in another direction."""
    n_pages: int
    n_scanned_pages: int
    """Pages with images and next to no text."""


class Room(characters.Room):
    """That of characters, and arrays for their lines and text."""

    def __init__(self, n_characters: int) -> None:
        super().__init__(n_characters)
        self.lines = np.empty(n_characters, lines.LINE)
        self.text = np.empty(5 * n_characters, np.uint32)


@cache
def prepare() -> None:
    """Compile the kernels or load them: 10 s after an installation, else 0.4 s, once a process.

    Before several processes read, one should call it, so that they find what it kept. Where the
    disk has no room left for that, numba says so for each kernel, but has compiled it.
    """
    for _ in range(MAX_KERNELS):
        with suppress(OSError):
            _run_kernels(Room(1))
            return


def _run_kernels(room: Room) -> None:
    """What `_page` does, with no character."""
    characters.link()
    styles, same = np.zeros((2, 1), np.int32)
    characters.gather(0, 0, np.zeros(4, np.float32), room.rows, room.names, room.weights)
    lines.split(room.rows[:0], styles, room.lines)
    order = columns.order(room.lines[:0])
    lines.mark_starts(room.lines[:0], order, same)
    lines.write(room.rows[:0], room.lines[:0], order, lines.letters(), room.text)


def of_file(file: pdfium.Handle) -> Layout:
    """The lines of all pages."""
    prepare()
    found: list[Line] = []
    turned: list[str] = []
    n_scanned = 0
    total = pdfium.n_pages(file)
    fonts, room = Fonts(), Room(MIN_CHARACTERS)
    for number in range(total):
        with pdfium.page(file, number) as page:
            if page is None:
                continue
            if page.n_characters > len(room.rows):
                room = Room(page.n_characters)
            upright, others = _page(page, number, fonts, room)
            found += upright
            if number == 0:
                turned = others
            n_scanned += _has_few(upright) and pdfium.has_image(page.page)
    return Layout(found, turned, total, n_scanned)


MAX_KERNELS = 30
"""More than there are."""
MIN_CHARACTERS = 8_000
"""Most pages have fewer."""
FEW_CHARACTERS = 30
"""A page with less text than this holds a page number or a stamp at most."""


def _has_few(lines: Sequence[Line]) -> bool:
    return not any(n >= FEW_CHARACTERS for n in accumulate(len(line.text) for line in lines))


class Fonts:
    """Names and styles of a file's fonts, told once for each."""

    def __init__(self) -> None:
        self.names: dict[bytes, str] = {}
        self.styles: dict[str, int] = {}

    def of_page(self, fonts: Sequence[characters.Font]) -> tuple[list[str], NDArray[np.int32]]:
        """Names of a page's fonts; (2, n_fonts) their styles, and the first of the same name."""
        names = [self.names.get(tagged) or self._told(tagged, weight) for tagged, weight in fonts]
        styles = [self.styles[name] for name in names]
        if not names:
            return [""], np.zeros((2, 1), np.int32)
        return names, np.array([styles, [names.index(name) for name in names]], np.int32)

    def _told(self, tagged: bytes, weight: int) -> str:
        name = bare(tagged)
        self.names[tagged] = name
        self.styles.setdefault(name, style(name, weight))
        return name


def bare(name: bytes) -> str:
    """The name of a font without the tag of its subset."""
    whole = name.decode("latin-1")
    return whole.partition("+")[2] or whole


@lru_cache(maxsize=4096)
def style(name: str, weight: int) -> int:
    """1 for bold, 2 for italic, 3 for both, told by the font's name, else by its stems."""
    bold = BOLD.search(name) is not None or (weight >= 700 and PLAIN.search(name) is None)
    return bold + 2 * (ITALIC.search(name) is not None)


def _page(page: pdfium.Page, number: int, fonts: Fonts, room: Room) -> tuple[list[Line], list[str]]:
    """(upright lines of a page in reading order, text of those that run in another direction)."""
    found = characters.of_page(page, room)
    if not len(found.rows):
        return [], []
    names, (styles, same) = fonts.of_page(found.fonts)
    rows = room.lines[: lines.split(found.rows, styles, room.lines)]
    order = columns.order(rows)
    lines.mark_starts(rows, order, same)
    n_written = lines.write(found.rows, rows, order, lines.letters(), room.text)
    texts = room.text[:n_written].tobytes().decode("utf-32-le", "replace").split("\n")
    rows = rows[order]
    n_upright = int(np.count_nonzero(rows["direction"] == 0))
    upright = _lines(rows[:n_upright], number, names, texts)
    return upright, texts[n_upright : len(rows)]


def _lines(
    rows: NDArray[np.void], number: int, names: Sequence[str], texts: Sequence[str]
) -> list[Line]:
    """Rows of LINE as objects. Column by column, for a record costs more than its numbers."""
    n_characters = rows["n_characters"]
    return list(
        map(
            Line,
            repeat(number),
            rows["x0"].tolist(),
            rows["x1"].tolist(),
            rows["y"].tolist(),
            rows["size"].tolist(),
            map(names.__getitem__, rows["font"].tolist()),
            (rows["n_bold"] / n_characters).tolist(),
            (rows["n_italic"] / n_characters).tolist(),
            rows["n_cells"].tolist(),
            rows["block"].tolist(),
            rows["left"].tolist(),
            rows["right"].tolist(),
            rows["leading"].tolist(),
            rows["starts"].tolist(),
            rows["n_letters"].tolist(),
            rows["n_words"].tolist(),
            rows["n_in_words"].tolist(),
            texts,
        )
    )
