"""The body of scholarly and reference pages, where tables and captions are content too.

Reads and writes nothing. Libraries made for news leave out much of a paper: tables, captions, short
paragraphs. Where a page is scholarly or marks its body, everything inside the body is content, less
what is plainly not.
"""

import re
from collections.abc import Sequence

from lxml.html import HtmlElement

from curate.collect.html.furniture import SHORT
from curate.collect.html.page import ancestors, classes
from curate.collect.html.pieces import Piece

MARKED = (
    "//article[contains(@class,'ltx_document')]", "//div[contains(@class,'ltx_page_content')]",
    "//div[contains(concat(' ',@class,' '),' mw-parser-output ')]",
    "//div[@role='main' and (contains(@class,'document') or @itemprop='articleBody')]",
    "//*[contains(@class,'md-content__inner')]", "//div[contains(@class,'theme-doc-markdown')]",
    "//div[contains(concat(' ',@class,' '),' sphinxdoc ')]",
    "//article[contains(@class,'bd-article')]",
    "//div[@role='main' and ../div[contains(@class,'documentwrapper')]]",
    "//div[@class='body' and @role='main']",
)  # fmt: skip
"""Bodies of LaTeXML, MediaWiki, Sphinx and its themes, MkDocs, Docusaurus."""

MIN_SHARE = 0.6
"""Of the voted text, that a marked body must hold to be believed."""

CORE_SHARE = 0.9
"""Of the voted text, that the body of a scholarly page holds."""

OUTSIDE = frozenset("nav aside footer form header button".split())
OUTSIDE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:author|affiliation|contrib|share|social|related|recommend|metrics|altmetric"
    r"|toolbar"
    r"|breadcrumb|sidebar|comment|cookie|banner|advert|promo|download|export|citation-tools"
    r"|navigation|nav|menu"
    r"|history|dateline|pub-?date|corresp|figure-?links|fig-?links|tooltip|popup|modal|hidden"
    r"|visually-hidden"
    r"|sr-only|screen-reader|cited-?by|keywords?|copyright|license|doi|article-?info"
    r"|permissions)s?(?:[\s_-]|$)",
    re.IGNORECASE,
)
SERVICE = re.compile(
    r"(?:open in (?:a )?(?:new tab|figure viewer|separate window)|view (?:large|article|figure"
    r"|image|inline|table"
    r"|download slide)\b.{0,40}|download (?:figure|slide|png|original|larger|powerpoint|high|ppt"
    r"|image|all|pdf|citation).{0,60}"
    r"|full size (?:image|table)|google scholar|crossref|pubmed|enlarge image|expand(?: all)?"
    r"|collapse|show (?:more|less)"
    r"|(?:go to|jump to):?.{0,30}|more\b.{0,15}|tiff original image"
    r"|https?://(?:dx\.)?doi\.org/\S+|doi:\s*\S+"
    r"|fig(?:ure)?\.?\s*\d+\.?|table\s*\d+\.?)\s*",
    re.IGNORECASE,
)


def body(
    root: HtmlElement, found: Sequence[Piece], kept: set[int], *, scholarly: bool
) -> HtmlElement | None:
    """The element that holds the body; None where the page is neither scholarly nor marks one."""
    total = sum(len(found[here].text) for here in kept)
    for path in MARKED:
        for element in root.xpath(path):
            inside = {id(one) for one in element.iter()}
            held = sum(len(found[here].text) for here in kept if id(found[here].element) in inside)
            if held >= MIN_SHARE * total:
                return element
    return _core(found, kept, total) if scholarly else None


def _core(found: Sequence[Piece], kept: set[int], total: int) -> HtmlElement | None:
    """The smallest element that holds almost all of the voted text."""
    held: dict[HtmlElement, int] = {}
    for here in kept:
        for element in ancestors(found[here].element):
            held[element] = held.get(element, 0) + len(found[here].text)
    enough = [element for element, size in held.items() if size >= CORE_SHARE * total]
    core = max(enough, key=lambda one: sum(1 for _ in one.iterancestors()), default=None)
    return None if core is None or core.tag in {"html", "body"} else core


def inside(container: HtmlElement, found: Sequence[Piece], kept: set[int]) -> set[int]:
    """The kept pieces, and all of the body that is not plainly something else."""
    within = {id(one): one for one in container.iter()}
    added = {
        here
        for here, piece in enumerate(found)
        if here not in kept and id(piece.element) in within and _is_content(piece, container)
    }
    return {here for here in kept if id(found[here].element) in within} | added


def _is_content(piece: Piece, container: HtmlElement) -> bool:
    if len(piece.text) <= SHORT and SERVICE.fullmatch(piece.text):
        return False
    if piece.linked > 0.7 * len(piece.text) and piece.kind != "heading":
        return False
    for element in ancestors(piece.element):
        if element is container:
            return True
        if element.tag in OUTSIDE or OUTSIDE_CLASS.search(f"{element.get('class') or ''}"):
            return False
        if "ltx_authors" in classes(element):
            return False
    return True
