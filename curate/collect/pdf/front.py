"""The first page: title, authors, abstract and keywords, and what is no part of the text.

Affiliations, dates, notes to the reader, addresses: all of it stands around the abstract, and is
left out of the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from curate.collect.pdf import headings
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
NOT_TITLE = re.compile(
    r"\bjournal\b|^volume\b|www\.|https?:|doi\b|^open access$"
    r"|^(?:original|review|research|short|case|brief|mini|full)[\w ]*"
    r"(?:article|communication|paper|research|report|review)s?$"
    r"|^(?:article|abstract|introduction|contents?)\b",
    re.IGNORECASE,
)
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
NAME = re.compile(
    r"(?:(?:[A-Z][\w'’.-]*|[A-Z]\.(?:-?[A-Z]\.)*|van|von|de|der|den|del|da|di|dos|du|la|le|el|al|bin"
    r"|ibn|ten|ter|y|e)\s+){1,5}[A-Z][\w'’-]+(?:\s(?:Jr|Sr|I{2,3})\.?)?"
)
MARKS = re.compile("\ue000[^\ue001]*\ue001|[*†‡§¶#✉⁎∗]|\\b\\d{1,2}\\b|(?<=[a-z])\\d[\\d,]*")
TITLE_CHARACTERS = 400


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
    last = next(
        (place for place, piece in enumerate(pieces) if piece.first.page > page), len(pieces)
    )
    titled = _title(pieces[:last], title, body)
    front.title = _title_text([pieces[place] for place in titled]) or None
    after_title = titled[-1] + 1 if titled else 0
    if front.title:
        front.authors = _authors(pieces[after_title:last])
    reach = next((n for n, piece in enumerate(pieces) if piece.first.page > page + 1), len(pieces))
    start = _start(pieces, reach, after_title, last)
    front.dropped.update(range(start))
    front.dropped.update(titled)
    front.abstract = _abstract(pieces, start, reach)
    _drop_notices(pieces, front, body, start, last, reach)
    return front


def _title(pieces: Sequence[Piece], given: str, body: Body) -> list[int]:
    """Places of the pieces of the title: those that the metadata repeat, else the largest."""
    known = _letters(given)
    if len(known) > 15:
        for place, piece in enumerate(pieces):
            own = _letters(piece.plain)
            if len(own) >= 12 and own in known:
                return _grown(pieces, place, known)
            if own == known or (len(own) > 20 and known.startswith(own)):
                return [place]
    best, size = None, 1.08 * body.size
    for place, piece in enumerate(pieces):
        if piece.first.size <= size * 1.03 or len(piece.lines) > 6 or piece.kind == "caption":
            continue
        text = piece.plain.strip()
        if (
            len(_letters(text)) < 12
            or len(text) > TITLE_CHARACTERS
            or len(text.split()) < 3
            or NOT_TITLE.search(text)
        ):
            continue
        best, size = place, piece.first.size
    if best is None:
        return []
    end = best + 1
    while (
        end < len(pieces)
        and abs(pieces[end].first.size - size) < 0.03 * size
        and (
            pieces[end].first.font == pieces[best].first.font
            and pieces[end - 1].lines[-1].y - pieces[end].first.y < 2.2 * size
            and not NOT_TITLE.search(pieces[end].plain)
            and end - best < 4
        )
    ):
        end += 1
    return list(range(best, end))


def _grown(pieces: Sequence[Piece], place: int, known: str) -> list[int]:
    """The place and those after it as long as together they repeat the known title."""
    found, text = [place], _letters(pieces[place].plain)
    for later in range(place + 1, min(place + 4, len(pieces))):
        longer = text + _letters(pieces[later].plain)
        if longer not in known or longer == text:
            break
        found.append(later)
        text = longer
    return found


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, plain(text).casefold()))


def _title_text(pieces: Sequence[Piece]) -> str:
    lines = [MARKS_AT_END.sub("", line.text) for piece in pieces for line in piece.lines]
    if len(lines) > 1 and NOT_TITLE.search(lines[0]) and len(lines[0].split()) < 4:
        lines = lines[1:]
    text = " ".join(" ".join(lines).replace("\ue000", "").replace("\ue001", "").split())
    return plain(re.sub(r"(?<=[a-z])- (?=[a-z])", "-", text)).strip(" *†")


MARKS_AT_END = re.compile("\ue000[^\ue001]*\ue001\\s*$")


def _authors(pieces: Sequence[Piece]) -> list[str]:
    """The names below the title, where every part of that line is a name."""
    for piece in pieces[:2]:
        text = " ".join(line.text for line in piece.lines)
        text = MARKS.sub(" , ", plain(text)) if "," not in text else MARKS.sub(" ", plain(text))
        parts = [
            part.strip(" .,").removeprefix("and ")
            for part in re.split(r"\s*[,;•·|&]\s*|\s+and\s+|,?\sand\s", text)
        ]
        names = [" ".join(part.split()) for part in parts if part]
        if names and all(NAME.fullmatch(name) and len(name) < 50 for name in names):
            return names
        if len(piece.plain) > 30:
            return []
    return []


def _start(pieces: Sequence[Piece], reach: int, after_title: int, last: int) -> int:
    """Place of the first piece of the text: abstract, introduction or first paragraph."""
    for place in range(reach):
        text = pieces[place].plain
        if ABSTRACT_START.match(text) and not (place + 1 < reach and len(text) > 4000):
            return place
    main = headings.main_style([piece for piece in pieces if piece.kind == "heading"])
    for place in range(after_title, reach):
        if pieces[place].kind != "heading":
            continue
        known = headings.KNOWN.fullmatch(headings.name_of(pieces[place])) is not None
        if known or headings.style_of(pieces[place]) == main:
            before = [
                earlier
                for earlier in range(after_title, place)
                if pieces[earlier].kind in ("prose", "small")
                and len(pieces[earlier].plain.split()) >= 40
                and not NOTICE.search(pieces[earlier].plain[:300])
                and abs(pieces[earlier].first.x0 - pieces[place].first.x0) < 150
            ]
            return before[0] if before else place
    for place in range(after_title, reach):
        piece = pieces[place]
        if (
            piece.kind == "prose"
            and len(piece.plain.split()) >= 25
            and not NOTICE.search(piece.plain[:200])
        ):
            return place
    return after_title if after_title < last else 0


def _abstract(pieces: Sequence[Piece], start: int, reach: int) -> tuple[int, int] | None:
    """The abstract's pieces; None where the text begins with something else."""
    if start >= reach:
        return None
    named = ABSTRACT_START.match(pieces[start].plain) is not None
    if not named and pieces[start].kind == "heading":
        return None
    first_style = headings.style_of(pieces[start]) if pieces[start].kind == "heading" else None
    for place in range(start + 1, reach):
        piece = pieces[place]
        if KEYWORDS.match(piece.plain):
            return start, place
        if piece.kind == "heading":
            name = headings.name_of(piece)
            style = headings.style_of(piece)
            if (
                re.fullmatch(r"introduction|background", name, re.IGNORECASE)
                and (first_style is None or style[0] >= first_style[0] or style == first_style)
                and (name.casefold() == "introduction" or place > start + 1)
            ):
                return start, place
            if headings.NUMBERING.match(headings.text_of(piece)) or (
                first_style is not None and style == first_style
            ):
                return start, place
            if first_style is not None and style[0] >= first_style[0]:
                return start, place
    return (start, min(start + 2, reach)) if named else None


def _drop_notices(
    pieces: Sequence[Piece], front: Front, body: Body, start: int, last: int, reach: int
) -> None:
    """Leave out what stands around the abstract and below it; take the keywords."""
    first, end = front.abstract or (start, start)
    inside = [piece for piece in pieces[first:end] if piece.kind in ("prose", "small")]
    size = max(inside, key=lambda piece: piece.n_characters).first.size if inside else body.size
    for place in range(start, reach):
        piece = pieces[place]
        text = piece.plain
        if KEYWORDS.match(text):
            front.dropped.add(place)
            listed = KEYWORDS.sub("", plain(text), count=1).strip()
            if not listed and place + 1 < reach:
                front.dropped.add(place + 1)
                listed = plain(pieces[place + 1].plain)
            if not front.keywords and 2 < len(listed) < 500:
                front.keywords = [word for word in SEPARATOR.split(listed.rstrip(". ")) if word]
            continue
        if piece.kind == "heading" and NEVER_TEXT.match(text) and place < last:
            front.dropped.add(place)
        if place >= last or piece.kind in ("caption", "heading", "debris"):
            continue
        if first <= place < end:
            if abs(piece.first.size - size) < 0.06 * size:
                piece.kind = "prose" if piece.kind == "small" else piece.kind
                continue
            if piece.first.size < size:
                front.dropped.add(place)
        elif (
            piece.first.size < 0.94 * body.size
            or NEVER_TEXT.match(text)
            or _is_notice(piece, body, place < end + 6)
        ):
            front.dropped.add(place)


def _is_notice(piece: Piece, body: Body, is_near: bool) -> bool:
    """Whether a piece of the body's size speaks of the paper: by its words and its other style."""
    return (
        NOTICE.search(piece.plain[:160]) is not None
        and abs(piece.first.size - body.size) > 0.02 * body.size
        and (piece.first.font not in body.fonts or (is_near and len(piece.plain) < 600))
    )
