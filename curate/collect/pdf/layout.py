"""All pages of an open file -> their lines in reading order.

The heavy work is compiled (`characters`, `lines`, `columns`); here Python sees each line once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

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


def of_file(file: pdfium.Handle) -> Layout:
    """The lines of all pages."""
    found: list[Line] = []
    turned: list[str] = []
    n_scanned = 0
    total = pdfium.n_pages(file)
    fonts = Fonts()
    for number in range(total):
        with pdfium.page(file, number) as page:
            if page is None:
                continue
            n_before = len(found)
            for line, direction in _page(page, number, fonts):
                if direction == 0:
                    found.append(line)
                elif number == 0:
                    turned.append(line.text)
            few = sum(len(line.text) for line in found[n_before:]) < FEW_CHARACTERS
            n_scanned += few and pdfium.has_image(page.page)
    return Layout(found, turned, total, n_scanned)


FEW_CHARACTERS = 30
"""A page with less text than this holds a page number or a stamp at most."""


class Fonts:
    """Names and styles of a file's fonts, asked once for each."""

    def __init__(self) -> None:
        self.styles: dict[str, int] = {}

    def of_page(self, handles: list[int]) -> tuple[list[str], Any]:
        """Names, and styles as `lines.split` wants them, of a page's fonts."""
        names = [pdfium.font_name(handle) for handle in handles]
        for name, handle in zip(names, handles, strict=True):
            if name not in self.styles:
                self.styles[name] = style(name, pdfium.font_weight(handle))
        return names, np.array([self.styles[name] for name in names] or [0], np.int32)


def style(name: str, weight: int) -> int:
    """1 for bold, 2 for italic, 3 for both, told by the font's name, else by its stems."""
    bold = BOLD.search(name) is not None or (weight >= 700 and PLAIN.search(name) is None)
    return bold + 2 * (ITALIC.search(name) is not None)


def _page(page: pdfium.Page, number: int, fonts: Fonts) -> Iterator[tuple[Line, int]]:
    """The lines of one page in reading order, each with its direction."""
    found = characters.of_page(page)
    if not len(found.rows):
        return
    names, styles = fonts.of_page(found.fonts)
    rows = np.empty(len(found.rows), lines.LINE)
    rows = rows[: lines.split(found.rows, styles, rows)]
    order = columns.order(rows)
    characters_ = np.empty(4 * len(found.rows) + len(rows), np.uint32)
    n_written = lines.write(found.rows, rows, order, characters_)
    texts = characters_[:n_written].tobytes().decode("utf-32-le", "replace").split("\n")
    for row, text in zip(rows[order].tolist(), texts, strict=False):
        (
            x0,
            x1,
            y,
            size,
            direction,
            font,
            n,
            n_bold,
            n_italic,
            n_cells,
            _,
            _,
            block,
            left,
            right,
            leading,
        ) = row
        yield (
            Line(
                number,
                x0,
                x1,
                y,
                size,
                names[font],
                n_bold / n,
                n_italic / n,
                n_cells,
                block,
                left,
                right,
                leading,
                text,
            ),
            direction,
        )
