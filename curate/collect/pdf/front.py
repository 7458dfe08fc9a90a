"""The first page: title, authors, abstract and keywords, and what is no part of the text.

Affiliations, dates, notes to the reader, addresses: all of it stands around the abstract, and is
left out of the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from curate.collect.pdf import headings, titles
from curate.collect.pdf.paragraphs import plain
from curate.collect.pdf.pieces import Body, Piece

ABSTRACT = re.compile(
    r"\W*(?:abstract|a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|summary)(?:\s*[:.—–|-]+\s*|\s+(?=[A-Z])|\s*$)",
    re.IGNORECASE,
)
ABSTRACT_START = re.compile(
    r"\W*(?:Abstract|ABSTRACT|A\s?B\s?S\s?T\s?R\s?A\s?C\s?T)(?:\s*[:.—–|-]+\s*|\s+(?=[A-Z])|\s*$)"
)
KEYWORDS = re.compile(
    r"\W*(?:key\s?-?\s?words?(?: and phrases)?|index terms)\b\s*[:.—–-]*\s*", re.IGNORECASE
)
SEPARATOR = re.compile(r"\s*[;,·•|►■]\s*|\s+[-–—⋅∙]\s+")
NOTICE = re.compile(
    r"correspond(?:ence|ing author)|e-?mails?\b|\S@\S|received:? +\(?\d|received:|accepted:"
    r"|published(?: online)?:|copyright|©|\(c\) \d{4}|creative commons|open access|orcid"
    r"|(?:how|please) (?:to )?cite|\bcite (?:this|as)\b|citation:|citation\b.{0,3}$"
    r"|edited by|reviewed by|academic editor|handling editor|\beditor:|specialty section"
    r"|source of support|conflicts? of interest|funding information|equal(?:ly)? contribut"
    r"|contributed equally|\bdepartment of\b|\bdepartamento\b|\buniversity\b|\bfaculty of\b"
    r"|\binstitute of\b|author information|full list|article (?:info|history|type)|crossmark"
    r"|available (?:online|at)|send orders|address for|present address|reprints|abbreviations",
    re.IGNORECASE,
)
NEVER_TEXT = re.compile(
    r"\W*(?:(?:how|please) (?:to )?cite|source of support|conflicts? of interest: ?(?:none|nil)"
    r"|corresponding author|\*\s?correspond)",
    re.IGNORECASE,
)
MAX_ABSTRACT = 4_000
"""Characters of a piece that begins with the word; longer ones are something else."""


@dataclass(slots=True)
class Front:
    """What the first page says, and which pieces of it are no text."""

    title: str | None = None
    authors: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    abstract: tuple[int, int] | None = None
    """First piece of the abstract and the one after its last."""
    dropped: set[int] = field(default_factory=set)
    """Places of pieces that are not part of the text."""


def find(pieces: Sequence[Piece], body: Body, title: str) -> Front:
    """Read the front matter.

    Args:
        pieces: of the whole document, headings marked.
        body: style of its text.
        title: what the file's metadata says, which is often something else.
    """
    front = Front()
    if not pieces:
        return front
    page = pieces[0].first.page
    last, reach = _first_after(pieces, page), _first_after(pieces, page + 1)
    titled = titles.of_page(pieces[:last], title, body)
    front.title = titles.text_of([pieces[place] for place in titled]) or None
    after_title = titled[-1] + 1 if titled else 0
    if front.title:
        front.authors = titles.authors(pieces[after_title:last])
    start = _start(pieces, reach, after_title, last)
    front.dropped.update(range(start), titled)
    front.abstract = _abstract(pieces, start, reach)
    _take_keywords(pieces[:reach], front, start)
    _drop_notices(pieces, front, body, start, last)
    return front


def _first_after(pieces: Sequence[Piece], page: int) -> int:
    """Place of the first piece on a later page."""
    return next((n for n, piece in enumerate(pieces) if piece.first.page > page), len(pieces))


def _start(pieces: Sequence[Piece], reach: int, after_title: int, last: int) -> int:
    """Place of the first piece of the text: abstract, introduction or first paragraph."""
    for place, piece in enumerate(pieces[:reach]):
        if ABSTRACT_START.match(piece.plain) and not (
            place + 1 < reach and len(piece.plain) > MAX_ABSTRACT
        ):
            return place
    main = headings.main_style([piece for piece in pieces if piece.kind == "heading"])
    for place in range(after_title, reach):
        piece = pieces[place]
        if piece.kind == "heading" and (
            headings.is_known(headings.name_of(piece)) or headings.style_of(piece) == main
        ):
            return next(filter(partial(_leads_to, pieces, place), range(after_title, place)), place)
    for place in range(after_title, reach):
        if pieces[place].kind == "prose" and _is_text(pieces[place], 25, 200):
            return place
    return after_title if after_title < last else 0


def _leads_to(pieces: Sequence[Piece], heading: int, place: int) -> bool:
    """Whether a piece before the first heading is an abstract without a title of its own."""
    piece = pieces[place]
    beside = abs(piece.first.x0 - pieces[heading].first.x0) < 150
    return piece.kind in ("prose", "small") and beside and _is_text(piece, 40, 300)


def _is_text(piece: Piece, n_words: int, reach: int) -> bool:
    """Whether a piece has so many words, and no notice among its first characters."""
    is_long = len(piece.plain.split()) >= n_words
    return is_long and NOTICE.search(piece.plain[:reach]) is None


def _abstract(pieces: Sequence[Piece], start: int, reach: int) -> tuple[int, int] | None:
    """The abstract's pieces; None where the text begins with something else."""
    if start >= reach:
        return None
    named = ABSTRACT_START.match(pieces[start].plain) is not None
    if not named and pieces[start].kind == "heading":
        return None
    style = headings.style_of(pieces[start]) if pieces[start].kind == "heading" else None
    for place in range(start + 1, reach):
        piece = pieces[place]
        if KEYWORDS.match(piece.plain):
            return start, place
        if piece.kind == "heading" and _ends_abstract(piece, style, place == start + 1):
            return start, place
    return (start, min(start + 2, reach)) if named else None


def _ends_abstract(piece: Piece, style: headings.Style | None, is_first: bool) -> bool:
    """Whether a heading is not one inside an abstract whose title has this style."""
    own, name = headings.style_of(piece), headings.name_of(piece).casefold()
    if style is not None and own[0] >= style[0]:
        return True
    if style is None and (name == "introduction" or (name == "background" and not is_first)):
        return True
    return own == style or headings.NUMBERING.match(headings.text_of(piece)) is not None


def _take_keywords(pieces: Sequence[Piece], front: Front, start: int) -> None:
    """Move the keywords from the text to where they belong."""
    for place in range(start, len(pieces)):
        text = pieces[place].plain
        if not KEYWORDS.match(text):
            continue
        front.dropped.add(place)
        listed = KEYWORDS.sub("", plain(text), count=1).strip()
        if not listed and place + 1 < len(pieces):
            front.dropped.add(place + 1)
            listed = plain(pieces[place + 1].plain)
        if not front.keywords and 2 < len(listed) < 500:
            front.keywords = [word for word in SEPARATOR.split(listed.rstrip(". ")) if word]


def _drop_notices(pieces: Sequence[Piece], front: Front, body: Body, start: int, last: int) -> None:
    """Leave out what stands around the abstract and below it on the first page."""
    first, end = front.abstract or (start, start)
    inside = [piece for piece in pieces[first:end] if piece.kind in ("prose", "small")]
    size = max(inside, key=lambda piece: piece.n_characters).first.size if inside else body.size
    for place in range(start, last):
        piece = pieces[place]
        is_inside, is_near = first <= place < end, place < end + 6
        if KEYWORDS.match(piece.plain) or piece.kind in ("caption", "debris"):
            continue
        if piece.kind == "heading":
            drops = NEVER_TEXT.match(piece.plain) is not None
        elif is_inside and abs(piece.first.size - size) < 0.06 * size:
            piece.kind, drops = "prose" if piece.kind == "small" else piece.kind, False
        else:
            smaller = piece.first.size < size
            drops = smaller if is_inside else _is_notice(piece, body, is_near)
        if drops:
            front.dropped.add(place)


def _is_notice(piece: Piece, body: Body, is_near: bool) -> bool:
    """Whether a piece speaks of the paper: by its smaller type, or its words and other style."""
    if piece.first.size < 0.94 * body.size or NEVER_TEXT.match(piece.plain):
        return True
    return (
        abs(piece.first.size - body.size) > 0.02 * body.size
        and (piece.first.font not in body.fonts or (is_near and len(piece.plain) < 600))
        and NOTICE.search(piece.plain[:160]) is not None
    )
