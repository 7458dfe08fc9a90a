"""The title of a paper and its authors: by what the file says of itself, size and place.

Reads the pieces of the first page.
"""

import re
from collections.abc import Sequence

from curate.collect.pdf.lines import LOWERED, RAISED
from curate.collect.pdf.paragraphs import plain
from curate.collect.pdf.pieces import Body, Piece

NOT_TITLE = re.compile(
    r"\bjournal\b|^volume\b|www\.|https?:|doi\b|^open access$"
    r"|^(?:original|review|research|short|case|brief|mini|full)[\w ]*"
    r"(?:article|communication|paper|research|report|review)s?$"
    r"|^(?:article|abstract|introduction|contents?)\b",
    re.IGNORECASE,
)
NAME = re.compile(
    r"(?:(?:[A-Z][\w'’.-]*|[A-Z]\.(?:-?[A-Z]\.)*|van|von|de|der|den|del|da|di|dos|du|la|le|el|al|bin"
    r"|ibn|ten|ter|y|e)\s+){1,5}[A-Z][\w'’-]+(?:\s(?:Jr|Sr|I{2,3})\.?)?"
)
MARKS = re.compile("\ue000[^\ue001]*\ue001|[*†‡§¶#✉⁎∗]|\\b\\d{1,2}\\b|(?<=[a-z])\\d[\\d,]*")
MARKS_AT_END = re.compile("\ue000[^\ue001]*\ue001\\s*$")
BETWEEN = re.compile(r"\s*[,;•·|&]\s*|\s+and\s+|,?\sand\s")
BROKEN = re.compile(r"(?<=[a-z])- (?=[a-z])")
TITLE_CHARACTERS = 400
MIN_LETTERS = 12
"""Letters of a title or of a part of one that the metadata repeat."""


def of_page(pieces: Sequence[Piece], given: str, body: Body) -> list[int]:
    """Places of the pieces of the title: those that the metadata repeat, else the largest."""
    return _repeated(pieces, _letters(given)) or _largest(pieces, body)


def _repeated(pieces: Sequence[Piece], known: str) -> list[int]:
    """Places of what repeats the letters of the title that the metadata give."""
    if len(known) <= 15:
        return []
    for place, piece in enumerate(pieces):
        own = _letters(piece.plain)
        if len(own) >= MIN_LETTERS and own in known:
            return _grown(pieces, place, known)
        if own == known or (len(own) > 20 and known.startswith(own)):
            return [place]
    return []


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


def _largest(pieces: Sequence[Piece], body: Body) -> list[int]:
    """Places of what is set larger than all that could be a title, and than the body."""
    best, size = None, 1.08 * body.size
    for place, piece in enumerate(pieces):
        if piece.first.size > size * 1.03 and _may_be_title(piece):
            best, size = place, piece.first.size
    if best is None:
        return []
    end = best + 1
    while end < min(best + 4, len(pieces)) and _goes_on(pieces, best, end):
        end += 1
    return list(range(best, end))


def _may_be_title(piece: Piece) -> bool:
    text = piece.plain.strip()
    return (
        len(piece.lines) <= 6
        and piece.kind != "caption"
        and len(text) <= TITLE_CHARACTERS
        and len(_letters(text)) >= MIN_LETTERS
        and len(text.split()) >= 3
        and NOT_TITLE.search(text) is None
    )


def _goes_on(pieces: Sequence[Piece], start: int, place: int) -> bool:
    """Whether a piece is more of the title that starts before it: below it, in the same style."""
    first, piece, above = pieces[start].first, pieces[place], pieces[place - 1].lines[-1]
    return (
        abs(piece.first.size - first.size) < 0.03 * first.size
        and piece.first.font == first.font
        and above.y - piece.first.y < 2.2 * first.size
        and NOT_TITLE.search(piece.plain) is None
    )


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, plain(text).casefold()))


def text_of(pieces: Sequence[Piece]) -> str:
    """A title on one line, without marks of notes and the name of a journal above it."""
    lines = [MARKS_AT_END.sub("", line.text) for piece in pieces for line in piece.lines]
    if len(lines) > 1 and NOT_TITLE.search(lines[0]) and len(lines[0].split()) < 4:
        lines = lines[1:]
    text = " ".join(" ".join(lines).replace(RAISED, "").replace(LOWERED, "").split())
    return plain(BROKEN.sub("-", text)).strip(" *†")


def authors(pieces: Sequence[Piece]) -> list[str]:
    """The names below the title, where every part of that line is a name."""
    for piece in pieces[:2]:
        text = plain(" ".join([line.text for line in piece.lines]))
        text = MARKS.sub(" " if "," in text else " , ", text)
        parts = [part.strip(" .,").removeprefix("and ") for part in BETWEEN.split(text)]
        names = [" ".join(part.split()) for part in parts if part]
        if names and all(NAME.fullmatch(name) and len(name) < 50 for name in names):
            return names
        if len(piece.plain) > 30:
            return []
    return []
