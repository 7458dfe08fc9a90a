"""The lines of a reference list -> its entries: numbered, or told by indents or gaps."""

import re
from collections.abc import Sequence
from itertools import pairwise

from curate.collect.pdf.layout import Line
from curate.collect.pdf.paragraphs import Words, joined
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
MAX_CHARACTERS = 2_000
MAX_INDENT = 45
"""Points by which the later lines of an entry may be set in; columns are wider."""


def entries(lines: Sequence[Line], words: Words) -> tuple[list[Reference], bool]:
    """(the works cited, whether they are numbered)."""
    for place, line in enumerate(lines):
        if place and OVER.match(line.text) and line.n_cells == 1:
            lines = lines[:place]
            break
    groups, numbered = _numbered(lines), True
    if groups is None:
        groups, numbered = _indented(lines), False
    found = []
    for group in groups:
        text = joined([line.text for line in group], words)
        text = (
            (RAISED_NUMBER if RAISED_NUMBER.match(text) else NUMBER).sub("", text, count=1)
            if numbered
            else text
        )
        text = " ".join(text.replace("\ue000", "").replace("\ue001", "").split())
        if len(text) > 12:
            text = text[:MAX_CHARACTERS]
            found.append(Reference(text, doi_in(text)))
    return found, numbered


def doi_in(text: str) -> str | None:
    """The DOI in a text, in small letters, also where a line end broke it."""
    if "10." not in text:
        return None
    match = DOI.search(BROKEN_DOI.sub(r"\1", text))
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
        match = RAISED_NUMBER.match(line.text) or NUMBER.match(line.text)
        number = int(match[1]) if match else None
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


def _indented(lines: Sequence[Line]) -> list[list[Line]]:
    """Groups that begin at the left edge of their column, or after a gap."""
    starts: dict[int, set[int]] = {}
    for line in lines:
        starts.setdefault(line.page, set()).add(round(line.x0))
    size = lines[0].size if lines else 10.0
    indented = [
        line.x0 - min(x for x in starts[line.page] if x > line.x0 - MAX_INDENT) > 0.6 * size
        for line in lines
    ]
    steps = sorted(
        above.y - below.y
        for above, below in pairwise(lines)
        if above.page == below.page and above.y > below.y
    )
    leading = steps[len(steps) // 4] if steps else 1.2 * size
    hanging = sum(indented) > 0.25 * len(lines)
    groups: list[list[Line]] = []
    for place, line in enumerate(lines):
        above = lines[place - 1] if place else None
        gap = above is not None and above.page == line.page and above.y - line.y > 1.25 * leading
        if above is None or gap or (hanging and not indented[place]):
            begins = True
        else:
            begins = (
                not hanging
                and not gap
                and _ends(above.text)
                and line.text[:1].isupper()
                and (YEAR.search(" ".join(one.text for one in groups[-1])) is not None)
                and above.x1 < line.x1 - 3 * size
            )
        if begins or not groups:
            groups.append([line])
        else:
            groups[-1].append(line)
    return groups


def _ends(text: str) -> bool:
    return text.rstrip()[-1:] in ".)" or text.rstrip()[-4:].isdigit()
