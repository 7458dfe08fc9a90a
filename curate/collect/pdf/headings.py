"""Which pieces are headings, and of which level: by size, weight, numbering and known names."""

import re
from collections import Counter
from collections.abc import Sequence, Set

from curate.collect.pdf.pieces import Body, Piece

NUMBERING = re.compile(
    r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,4}|[IVX]{1,5}(?=[.)])|[A-H](?:\.\d{1,2}){1,3}"
    r"|[A-H](?=[.)]?\s)|Appendix [A-Z\d])[.):]?\s*(?:[|│]\s*)?(?=\S)"
)
KNOWN = re.compile(
    r"(?:general |main |brief |author |data |ethics? |competing |supporting |the )?"
    r"(?:abstract|summary|introduction|background(?: and .{3,40})?|literature review|related works?"
    r"|objectives?|aims?|statement of need|methodology|findings|limitations|keywords|notes"
    r"|(?:materials?|patients?|subjects|experimental)(?:,? (?:and|&) (?:patients and )?methods?)?"
    r"|methods?|methods? (?:and|&) materials?|experimental(?: section| procedures?| design)?"
    r"|results?(?: (?:and|&) discussions?)?|discussions?(?: (?:and|&) conclusions?)?"
    r"|conclusions?(?: and .{3,40})?|concluding remarks|future (?:work|directions?)"
    r"|acknowledge?ments?|funding(?: .{3,20})?|conflicts? of interests?(?: statement)?"
    r"|competing interests?|declarations?(?: of .{3,30})?|disclosures?|contributions?"
    r"|authors?['’]s? contributions?|author contributions(?: statement)?|abbreviations"
    r"|availability(?: of .{3,40})?|data availability(?: statement)?|ethics(?: .{3,50})?"
    r"|supplementary (?:materials?|data|information)|supporting information"
    r"|references?(?: cited)?|bibliography|literature cited|works cited|appendix|appendices"
    r"|case (?:report|presentation)|statistical analysis)",
    re.IGNORECASE,
)
MAIN = re.compile(
    r"introduction|background|methods?|materials? (?:and|&) methods?|results?|discussions?"
    r"|conclusions?|references|results? (?:and|&) discussions?|summary|statement of need"
    r"|acknowledge?ments?|experimental.*|bibliography",
    re.IGNORECASE,
)
LISTED = re.compile(r"\(?\d{1,2}[.)]\s")
TABLE = re.compile(r"table\b", re.IGNORECASE)
BAR = re.compile(r"^(\d[\d.]*)\s*[|│]\s*")
SPACED = re.compile(r"(?:[^\W\d_] ){3,}[^\W\d_]\b")
MAX_KNOWN = 75
"""Characters of the longest name in KNOWN."""
MAX_CHARACTERS, MAX_WORDS = 160, 24
SENTENCE = re.compile(r"[a-z\])]{2,}\. (?:[A-Z][a-z]+ ){2}|\[\d+\]")
"""What a heading has not: an end of a sentence, or a citation."""
MIN_PLAIN = 3
"""So many lines that only the room around them tells make them headings, fewer do not."""

Style = tuple[float, bool, bool, bool]


def mark(pieces: Sequence[Piece], body: Body) -> None:
    """Set the kind of the pieces that are headings."""
    fonts = {
        piece.first.font
        for piece in pieces
        if len(piece.lines) < 3
        and piece.first.font not in body.fonts
        and MAIN.fullmatch(name_of(piece))
    }
    looks = [piece.kind != "caption" and _looks(piece, body, fonts) for piece in pieces]
    plain = [place for place in range(1, len(pieces) - 1) if _is_apart(pieces, place, body)]
    in_table = False
    for place, piece in enumerate(pieces):
        if piece.kind == "caption":
            in_table = TABLE.match(piece.plain) is not None
        elif _is_wide(piece, body) or piece.first.page != pieces[place - 1].first.page:
            in_table = False
        if in_table and not (place + 1 < len(pieces) and _is_wide(pieces[place + 1], body)):
            continue
        if looks[place] and (_is_sure(piece, body) or _leads(pieces, looks, place, body)):
            piece.kind = "heading"
    if len(plain) >= MIN_PLAIN:
        for place in plain:
            pieces[place].kind = "heading"


def _is_wide(piece: Piece, body: Body) -> bool:
    """Whether a piece is a paragraph of the text, which no cell of a table is."""
    first = piece.first
    return piece.kind == "prose" and len(piece.lines) > 1 and first.x1 - first.x0 > 0.6 * body.width


def _is_apart(pieces: Sequence[Piece], place: int, body: Body) -> bool:
    """Whether a line of the body's own style stands over a paragraph, with room around it."""
    before, piece, after = pieces[place - 1 : place + 2]
    line, below = piece.first, after.first
    if piece.kind != "prose" or len(piece.lines) > 1 or line.x1 - line.x0 > 0.75 * body.width:
        return False
    if after.kind != "prose" or len(after.lines) < 3 or line.page != below.page:
        return False
    if not 1.5 * below.leading < line.y - below.y < 4 * below.leading:
        return False
    near = before.first.page == line.page and before.lines[-1].y > line.y
    return (
        -2 < below.x0 - line.x0 < 2.5 * line.size
        and line.text[:1].isupper()
        and line.text[-1:].isalnum()
        and 2 <= len(line.text.split()) <= 12
        and below.text[:1].isupper()
        and (not near or before.lines[-1].y - line.y > 1.5 * below.leading)
    )


def text_of(piece: Piece) -> str:
    """A heading as printed, on one line, without a colon or a stop at its end."""
    if piece.title is None:
        piece.title = tidy(piece.plain)
    return piece.title


def tidy(text: str) -> str:
    """The words of a heading without a bar after its number or a mark at its end."""
    text = " ".join(text.split())
    if text[:1].isdigit():
        text = BAR.sub(r"\1 ", text)
    if text[1:2] == " " and SPACED.fullmatch(text):
        text = text.replace(" ", "")
    text = text.strip(" :■●▪|")
    return text if text.endswith("..") else text.removesuffix(".")


def name_of(piece: Piece) -> str:
    """A heading without its number."""
    if piece.name is None:
        text = text_of(piece)
        match = NUMBERING.match(text)
        piece.name = text[match.end() :] if match and match.end() < len(text) else text
    return piece.name


def is_known(name: str) -> bool:
    """Whether papers call their sections so."""
    return len(name) <= MAX_KNOWN and KNOWN.fullmatch(name) is not None


def _looks(piece: Piece, body: Body, fonts: Set[str]) -> bool:
    if len(piece.lines) > 4:
        return False
    first, n_characters = piece.first, piece.n_characters
    if (
        not 3 <= n_characters <= MAX_CHARACTERS
        or first.size < (0.65 if first.font in fonts else 0.9) * body.size
    ):
        return False
    n_letters = sum([line.n_letters for line in piece.lines])
    if n_letters < 3 or max([line.n_cells for line in piece.lines]) > 2:
        return False
    text = text_of(piece)
    if n_letters < 0.55 * len(text) or text.count(" ") >= MAX_WORDS:
        return False
    if is_known(name_of(piece)):
        return True
    numbered = NUMBERING.match(text)
    start = text[numbered.end() :] if numbered else text
    if (
        not (start[:1].isupper() or start[:1].isdigit() or start[:1] in "“‘\"'(")
        and first.size < 1.15 * body.size
    ):
        return False
    if piece.plain.rstrip()[-1:] in ".;,-" and not numbered:
        return False
    if SENTENCE.search(text):
        return False
    if first.font in fonts:
        return True
    return _stands_out(piece, body, text, n_letters, numbered is not None)


def _stands_out(piece: Piece, body: Body, text: str, n_letters: int, numbered: bool) -> bool:
    lines = piece.lines
    size = min(line.size for line in lines)
    bold = min(line.bold for line in lines) >= 0.75 and not body.bold
    if size < (0.92 if bold else 0.96) * body.size:
        return False
    italic = min(line.italic for line in lines) >= 0.9
    other = all(line.font not in body.fonts for line in lines)
    capitals = text.upper() == text and n_letters >= 4
    larger = size >= 1.08 * body.size
    return (
        bold
        or (larger and (other or numbered or size >= 1.15 * body.size))
        or (other and (capitals or numbered))
        or (capitals and len(text.split()) <= 10)
        or (italic and len(lines) == 1 and lines[0].x1 - lines[0].x0 < 0.85 * body.width)
    )


def _is_sure(piece: Piece, body: Body) -> bool:
    """Whether its name alone makes it a heading, whatever follows."""
    return is_known(name_of(piece))


def _leads(pieces: Sequence[Piece], looks: Sequence[bool], place: int, body: Body) -> bool:
    """Whether text follows it, in a column that it stands over."""
    if place + 1 >= len(pieces):
        return False
    piece, after = pieces[place], pieces[place + 1]
    if looks[place + 1]:
        return True
    if after.kind not in ("prose", "item", "small", "caption"):
        return False
    first = piece.first
    hangs = min(line.x0 for line in after.lines) - first.x0 > 0.8 * first.size
    if LISTED.match(piece.plain) and hangs and after.first.page == first.page:
        return False
    in_table = place and (
        pieces[place - 1].kind == "debris" or TABLE.match(pieces[place - 1].plain)
    )
    return not in_table or after.first.x1 - after.first.x0 > 0.5 * body.width


def style_of(piece: Piece) -> Style:
    """What headings of one level share."""
    first = piece.first
    text = text_of(piece)
    return round(first.size), first.bold >= 0.5, text.upper() == text, first.italic >= 0.5


def main_style(found: Sequence[Piece]) -> Style | None:
    """The style of Introduction, Methods and their like; None where none of them is there."""
    named = Counter(style_of(piece) for piece in found if MAIN.fullmatch(name_of(piece)))
    return named.most_common(1)[0][0] if named else None


def levels(headings: Sequence[Piece]) -> list[int]:
    """The level of each heading, 1 for the outermost."""
    styles = Counter(map(style_of, headings))
    top = main_style(headings) or max(styles, default=(0.0, False, False, False))
    lower = sorted((style for style in styles if style != top and style[0] <= top[0]), reverse=True)
    numbered = sum(NUMBERING.match(text_of(piece)) is not None for piece in headings)
    found = []
    for piece in headings:
        style = style_of(piece)
        number = NUMBERING.match(text_of(piece))
        if number and numbered >= 3 and number["number"][0].isdigit():
            level = number["number"].count(".") + 1
        elif style not in lower or MAIN.fullmatch(name_of(piece)):
            level = 1
        else:
            level = min(2 + lower.index(style), 4)
        found.append(level)
    return found
