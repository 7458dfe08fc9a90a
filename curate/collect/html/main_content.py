"""Which pieces of a page are its main content. Changes the tree's text; reads and writes nothing.

Three extracts vote: trafilatura made for precision, trafilatura made for recall (Barbaresi 2021,
https://aclanthology.org/2021.acl-demo.15), and readability (Arc90's, as readability-lxml has it). A
piece is content where two agree; what lies between content and belongs to it is added.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from lxml import etree
from lxml.html import HtmlElement

from curate.collect.html.marks import Marks
from curate.collect.html.pieces import Piece
from curate.collect.html.silence import silent

Extract = Callable[[str], str]
ENOUGH = 2
"""Votes of three."""

MAX_ELEMENTS = 60_000
"""Of a page; for a larger one only readability votes, whose time grows with the size alone."""

MIN_CHARACTERS = 80
"""An extract of fewer says that the library found nothing."""

GAP_CHARACTERS = 1500
"""Rejected text that parts two stretches of content; ours."""

SMALL_SHARE = 0.25
"""Of the largest stretch; what lies apart and is smaller belongs to other pages; ours."""


def votes(root: HtmlElement, found: Sequence[Piece], page: str) -> list[int]:
    """How many of the three extracts keep each piece."""
    marks = Marks(page)
    owners = marks.write(found)
    # Cells that claim to span thousands of columns are laid out in full by the libraries.
    etree.strip_attributes(root, "colspan", "rowspan")
    markup = etree.tostring(root, encoding="unicode", method="html")
    counts = [0] * len(found)
    small = sum(1 for _ in root.iter()) <= MAX_ELEMENTS
    for extract in (_precise, _broad, _readable) if small else (_readable,):
        extracted = _safely(extract, markup)
        kept = {owners[one] for one in marks.kept(extracted) if one < len(owners)}
        for position in kept:
            counts[position] += 1 if small else ENOUGH
    return counts


def _safely(extract: Extract, markup: str) -> str:
    """What a library extracts, or nothing where a stranger's page is too much for it."""
    with silent():
        try:
            return extract(markup)
        except ImportError:  # a broken installation is not the page's fault
            raise
        except Exception:  # three libraries, each with failures of its own; two remain
            return ""


def _precise(markup: str) -> str:
    import trafilatura

    return trafilatura.extract(markup, favor_precision=True, include_comments=False) or ""


def _broad(markup: str) -> str:
    import trafilatura

    return trafilatura.extract(markup, favor_recall=True, include_comments=False) or ""


def _readable(markup: str) -> str:
    from readability import Document

    return str(Document(markup).summary(html_partial=True))


def choose(found: Sequence[Piece], counts: Sequence[int]) -> set[int]:
    """Positions of the pieces that are content, from their votes."""
    kept = {here for here, count in enumerate(counts) if count >= ENOUGH}
    if sum(len(found[here].text) for here in kept) < MIN_CHARACTERS:
        kept = {here for here, count in enumerate(counts) if count} or set(range(len(found)))
    kept = _largest(found, kept)
    return _filled(found, kept, counts)


def _largest(found: Sequence[Piece], kept: set[int]) -> set[int]:
    """The stretches of content that are near each other or large, without stray ones."""
    stretches: list[list[int]] = []
    gap = 0
    for here, piece in enumerate(found):
        if here not in kept:
            gap += len(piece.text)
            continue
        if not stretches or gap > GAP_CHARACTERS:
            stretches.append([])
        stretches[-1].append(here)
        gap = 0
    sizes = [sum(len(found[here].text) for here in stretch) for stretch in stretches]
    return {
        here
        for stretch, size in zip(stretches, sizes, strict=True)
        if size >= SMALL_SHARE * max(sizes)
        for here in stretch
    }


def _filled(found: Sequence[Piece], kept: set[int], counts: Sequence[int]) -> set[int]:
    """Content with the headings, lists, formulae, code and tables that lie inside it."""
    ordered = sorted(kept)
    if not ordered:
        return kept
    added = set(kept)
    for first, last in pairwise(ordered):
        between = range(first + 1, last)
        if len(between) and all(
            _belongs(found[here], counts[here], found[first], found[last]) for here in between
        ):
            added.update(between)
    return added


def _belongs(piece: Piece, count: int, before: Piece, after: Piece) -> bool:
    """Whether a piece between two that are content is content as well."""
    if piece.kind in {"equation", "code"}:
        return True
    if piece.kind == "heading":
        return count > 0 and after.kind != "heading"
    return count > 0 and piece.kind in {"item", "table"} and piece.linked < 0.5 * len(piece.text)
