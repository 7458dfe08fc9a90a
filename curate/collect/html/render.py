"""Pieces -> a document's text, with its headings and blocks. Reads and writes nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from curate.collect.html.page import classes
from curate.collect.html.pieces import Piece
from curate.collect.outline import Heading
from curate.collect.plain_text import clean
from schemas.rows import Block

CITED = re.compile(r"\[((?:\[\d+\][\s,;–-]*)+)\]")
TEX = re.compile(
    r"\\\(((?:(?!\\[()\[\]]).){1,2000})\\\)|\\\[((?:(?!\\[()\[\]]).){1,5000})\\\]", re.DOTALL
)
"""A formula between TeX's own delimiters; none may stand inside, so that no text is tried twice."""

UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Soft hyphens and spaces of no width: they part words that a reader sees whole."""

LANGUAGE = re.compile(r"(?:language|lang|highlight|brush)[-:]\s*([\w+#-]{1,20})")
ABSTRACT = "abstract"


@dataclass(slots=True)
class Rendered:
    """A text and what is known of its stretches."""

    text: str = ""
    headings: list[Heading] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def render(found: Sequence[Piece]) -> Rendered:
    """The pieces as Markdown, in their order, parted by empty lines; items stay together."""
    levels = _levels(found)
    whole = Rendered()
    parts: list[str] = []
    length = 0
    before: Piece | None = None
    for piece in found:
        text = clean(_marked(piece, levels))
        if not text.strip():
            continue
        if before is not None:
            gap = "\n" if before.kind == piece.kind == "item" else "\n\n"
            parts.append(gap)
            length += len(gap)
        _note(whole, piece, before, length, text, levels)
        parts.append(text)
        length += len(text)
        before = piece
    whole.text = "".join(parts)
    return whole


def _levels(found: Sequence[Piece]) -> dict[int, int]:
    """Heading level of the page -> level in the document: 1, 2, … without holes."""
    used = {one.level for one in found if one.kind == "heading" and not _is_abstract(one)}
    return {level: rank for rank, level in enumerate(sorted(used), 1)}


def _is_abstract(piece: Piece) -> bool:
    return piece.kind == "heading" and piece.text.strip(" .:").lower() == ABSTRACT


def _level(piece: Piece, levels: dict[int, int]) -> int:
    return 1 if _is_abstract(piece) else levels[piece.level]


def _marked(piece: Piece, levels: dict[int, int]) -> str:
    """The piece's text with the marks of its kind."""
    if piece.kind == "code":
        return _fenced(piece)
    text = inline(piece.text)
    if piece.kind == "heading":
        return f"{'#' * _level(piece, levels)} {text}"
    if piece.kind == "item":
        return f"{'  ' * (piece.level - 1)}- {text}"
    return text


def inline(text: str) -> str:
    """Running text with formulae between dollars and citations in single brackets."""
    text = TEX.sub(_between_dollars, text)
    return UNSEEN.sub("", CITED.sub(lambda match: match[1].rstrip(" ,;–-"), text)).strip()


def _between_dollars(match: re.Match[str]) -> str:
    return f"${match[1].strip()}$" if match[1] else f"$${match[2].strip()}$$"


def _fenced(piece: Piece) -> str:
    """Code between fences that are longer than any run of grave accents in it."""
    runs = re.findall(r"`{3,}", piece.text)
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return f"{fence}{language(piece)}\n{piece.text}\n{fence}"


def language(piece: Piece) -> str:
    """Programming language that the classes of the code or of what is around it name."""
    inner = piece.element.find("code")
    around = [inner, piece.element, piece.element.getparent()]
    around.append(around[2].getparent() if around[2] is not None else None)
    for element in around:
        for name in sorted(classes(element)) if element is not None else ():
            if (match := LANGUAGE.fullmatch(name)) and match[1] not in {"default", "none", "text"}:
                return match[1]
    return ""


def _note(
    whole: Rendered,
    piece: Piece,
    before: Piece | None,
    start: int,
    text: str,
    levels: dict[int, int],
) -> None:
    """Write down a heading or a block that begins here; a table takes its caption along."""
    end = start + len(text)
    if piece.kind == "heading":
        whole.headings.append(Heading(inline(piece.text), _level(piece, levels), start, end))
        return
    kinds: dict[str, Literal["equation", "table", "figure", "code"]] = {
        "equation": "equation", "code": "code", "table": "table", "caption": "figure"
    }  # fmt: skip
    if piece.kind not in kinds:
        return
    if piece.kind == "table" and before is not None and before.kind == "caption":
        start = whole.blocks.pop().start
    whole.blocks.append(Block(kinds[piece.kind], start, end))
