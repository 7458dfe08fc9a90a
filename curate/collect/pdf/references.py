"""The lines of a reference list -> its entries: numbered, or told by indents or gaps."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from curate.collect.pdf.layout import Line
from curate.collect.pdf.lines import LOWERED, RAISED
from curate.collect.pdf.paragraphs import Words, joined_lines
from schemas.rows import Reference

NUMBER = re.compile(r"\s*[\[(]?(\d{1,4})[\])]?[.:]?(?:\s+|(?=[A-Z“\"]))")
RAISED_NUMBER = re.compile(r"\s*\ue000\s*(\d{1,4})[.)]?\s*\ue001\s*")
DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+")
BROKEN_DOI = re.compile(r"(\b10\.\d{4,9}/[^\s]*[/._-]|doi\.org/|\b10\.\d{4,9}/?) (?=[^\s]*\d)")
YEAR = re.compile(r"\b(?:1[89]|20)\d\d[a-z]?\b")
OVER = re.compile(
    r"(?:conflicts? of interest|copyright|©|publisher['’]s note|how to cite|open access|received:"
    r"|supporting information|supplementary|submit your (?:next )?manuscript|\*?correspond"
    r"|author(?:s['’])? contributions)",
    re.IGNORECASE,
)
MIN_CHARACTERS, MAX_CHARACTERS = 13, 2_000
"""Of an entry: shorter ones are none, longer ones are cut."""
MAX_INDENT = 45
"""Points by which the later lines of an entry may be set in; columns are wider."""


def entries(lines: Sequence[Line], words: Words) -> tuple[list[Reference], bool]:
    """(the works cited, whether they are numbered)."""
    lines = _before_notices(lines)
    groups = _numbered(lines)
    numbered = groups is not None
    texts = [_text(group, numbered, words) for group in groups or _indented(lines)]
    found = [Reference(text, doi_in(text)) for text in texts if len(text) >= MIN_CHARACTERS]
    return found, numbered


def _before_notices(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines before a publisher's notice at the end of the list."""
    for place, line in enumerate(lines):
        if place and OVER.match(line.text) and line.n_cells == 1:
            return lines[:place]
    return lines


def _text(group: Sequence[Line], numbered: bool, words: Words) -> str:
    """An entry on one line, without its number."""
    text = joined_lines(group, words)
    if numbered:
        number = RAISED_NUMBER if RAISED_NUMBER.match(text) else NUMBER
        text = number.sub("", text, count=1)
    return " ".join(text.replace(RAISED, "").replace(LOWERED, "").split())[:MAX_CHARACTERS]


def doi_in(text: str) -> str | None:
    """The DOI in a text, in small letters, also where a line end broke it."""
    start = text.find("10.")
    if start < 0:
        return None
    match = DOI.search(BROKEN_DOI.sub(r"\1", text[max(start - 1, 0) :]))
    return clean_doi(match[0]) if match else None


def clean_doi(doi: str) -> str | None:
    """A DOI without what follows it in a sentence; None where nothing of it is left."""
    doi = doi.lower().rstrip(".,;:)]}>”’'\"")
    if "(" not in doi:
        doi = doi.split(")")[0]
    doi = re.split(r"(?:https?:|\[|doi:)", doi)[0].rstrip(".,;")
    return doi if len(doi.partition("/")[2]) >= 3 else None


def _numbered(lines: Sequence[Line]) -> list[list[Line]] | None:
    """Groups that begin with 1, 2, 3 …; None where the list is not numbered so."""
    groups: list[list[Line]] = []
    expected = None
    n_starts = 0
    for line in lines:
        number = _number(line.text)
        if number is not None and (
            number == expected
            or (expected is None and number <= 2)
            or (expected is not None and expected < number <= expected + 2 and n_starts > 3)
        ):
            groups.append([line])
            expected = number + 1
            n_starts += 1
        elif groups:
            groups[-1].append(line)
        elif len(line.text) > 200:
            return None
    return groups if n_starts >= 3 or (n_starts and n_starts >= 0.3 * len(lines)) else None


def _number(text: str) -> int | None:
    """The number that a line begins with."""
    if text[:1].isalpha():
        return None
    match = RAISED_NUMBER.match(text) or NUMBER.match(text)
    return int(match[1]) if match else None


def _indented(lines: Sequence[Line]) -> list[list[Line]]:
    """Groups that begin at the left edge of their column, or after a gap."""
    indented = _are_indented(lines)
    leading = _leading(lines)
    hanging = sum(indented) > 0.25 * len(lines)
    groups: list[list[Line]] = []
    has_year = False
    for place, line in enumerate(lines):
        above = lines[place - 1] if place else line
        gap = above.page == line.page and above.y - line.y > 1.25 * leading
        begins = not indented[place] if hanging else has_year and _looks_new(line, above)
        if not place or gap or begins:
            groups.append([])
            has_year = False
        groups[-1].append(line)
        has_year = has_year or (not hanging and YEAR.search(line.text) is not None)
    return groups


def _are_indented(lines: Sequence[Line]) -> list[bool]:
    """Which lines are set in from the left edge of their column."""
    starts: dict[int, set[int]] = {}
    for line in lines:
        starts.setdefault(line.page, set()).add(round(line.x0))

    @cache
    def shift(page: int, x0: float) -> float:
        return x0 - min([x for x in starts[page] if x > x0 - MAX_INDENT])

    return [shift(line.page, line.x0) > 0.6 * lines[0].size for line in lines]


def _leading(lines: Sequence[Line]) -> float:
    """The usual step from one baseline to the next, in points."""
    steps = sorted(
        above.y - below.y
        for above, below in pairwise(lines)
        if above.page == below.page and above.y > below.y
    )
    return steps[len(steps) // 4] if steps else 12.0


def _looks_new(line: Line, above: Line) -> bool:
    """Whether an entry begins after one that ended before the right edge."""
    short = above.x1 < line.x1 - 3 * line.size
    return short and _ends(above.text) and line.text[:1].isupper()


def _ends(text: str) -> bool:
    return text.rstrip()[-1:] in ".)" or text.rstrip()[-4:].isdigit()
