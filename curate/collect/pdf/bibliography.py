"""Which pieces are the reference list, and which are text. Reads pieces with their headings."""

import re
from collections.abc import Sequence

from curate.collect.pdf import headings
from curate.collect.pdf.front import Front
from curate.collect.pdf.layout import Line
from curate.collect.pdf.pieces import Body, Piece

TITLE = re.compile(
    r"references?(?: cited| and notes)?|bibliography|literature cited|works cited|literature",
    re.IGNORECASE,
)
TITLE_CHARACTERS = 40
"""More than a title has that nothing sets off from the text."""


def split(pieces: Sequence[Piece], front: Front, body: Body) -> tuple[list[int], list[Line]]:
    """(places of the pieces that are text, lines of the reference list)."""
    text: list[int] = []
    cited: list[Line] = []
    style: headings.Style | None = None
    inside = False
    titles = _titles(pieces)
    for place, piece in enumerate(pieces):
        if place in front.dropped:
            continue
        if place in titles:
            style, inside = headings.style_of(piece), True
            continue
        if inside and style and piece.kind == "heading" and _ends(piece, style):
            inside = False
        if cited and piece.kind != "heading" and abs(cited[0].size - body.size) > 0.5:
            inside = _is_entry(piece, cited, body, inside)
        if inside:
            cited += piece.lines
        else:
            text.append(place)
    return text, cited


def _titles(pieces: Sequence[Piece]) -> set[int]:
    """Places of what stands over reference lists, not over the last column of a table."""
    named = [
        place
        for place in range(int(len(pieces) * 0.2) + 1, len(pieces))
        if _may_be_title(pieces[place]) and TITLE.fullmatch(headings.name_of(pieces[place]))
    ]
    largest = max((pieces[place].first.size for place in named), default=0.0)
    return {place for place in named if pieces[place].first.size > largest - 0.6}


def _may_be_title(piece: Piece) -> bool:
    is_short = len(piece.lines) == 1 and len(piece.first.text) < TITLE_CHARACTERS
    return piece.kind == "heading" or is_short


def _is_entry(piece: Piece, cited: Sequence[Line], body: Body, inside: bool) -> bool:
    """Whether a piece belongs to a list in smaller type, which other text may interrupt."""
    first = piece.first
    if abs(first.size - cited[0].size) < 0.3 and first.page == cited[-1].page:
        return piece.kind != "caption"
    return inside and not (piece.kind == "prose" and abs(first.size - body.size) < 0.1)


def _ends(piece: Piece, style: headings.Style) -> bool:
    """Whether a heading is of another section, not of a part of the list."""
    own, name = headings.style_of(piece), headings.name_of(piece)
    if headings.is_known(name) and not TITLE.fullmatch(name):
        return True
    return own == style or (own[0] >= style[0] and own[1] >= style[1] and own[3] == style[3])
