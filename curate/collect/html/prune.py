"""Parts of a page that are no content wherever they stand: said by element, role or exact class.

Reads and writes nothing. Small marks inside text are taken out of the tree before it is cut into
pieces. Larger parts, navigation or banners for cookies, stay until the libraries have voted, which
know a page by them; then their pieces are left out.
"""

import re
from collections.abc import Sequence

from lxml.html import HtmlElement

from curate.collect.html.page import ancestors, blank, classes, short_text, text_of
from curate.collect.html.pieces import Piece

TAGS = frozenset("nav search".split())
ROLES = frozenset(
    "navigation banner contentinfo search menu menubar dialog alertdialog tooltip".split()
)
SMALL = frozenset(
    """mw-editsection mw-jump-link noprint headerlink header-anchor anchorjs-link anchor-link
    hash-link
    ltx_dates ltx_authors ltx_title_document ltx_role_footnotemark ltx_note_mark ltx_page_footer
    ltx_page_navbar ltx_page_logo ltx_toc skip-link screen-reader-shortcut""".split()
)
"""Classes of marks inside the text, and of the parts around a LaTeXML paper."""

CLASSES = frozenset(
    """navbox vertical-navbox navbox-styles infobox toc catlinks hatnote ambox metadata
    sistersitebox
    printfooter mw-indicators sphinxsidebar rst-footer-buttons wy-breadcrumbs related-articles
    bd-sidebar addtoany_share_save sharedaddy jp-relatedposts breadcrumb breadcrumbs cookie-banner
    cookie-consent cookie-notice cc-window comments-area comment-list comment-respond disqus_thread
    social-share share-buttons sharing-buttons""".split()
)
IDS = frozenset(
    """disqus_thread cookie-banner cookie-consent onetrust-consent-sdk cookiebanner
    CybotCookiebotDialog
    sidebar toc mw-navigation siteSub jump-to-nav contentSub comments respond""".split()
)
LINK_SIGNS = re.compile(r"[¶#§🔗\s]*")
MAX_SHARE = 0.5
"""Of the page's text; a part with more of it is not what its mark says."""


def remove_small(root: HtmlElement) -> None:
    """Take marks out of the text, and footnotes out of the sentences that they interrupt."""
    for element in [one for name in SMALL for one in root.find_class(name)]:
        blank(element)
    for link in list(root.iter("a")):
        if link.get("href", "").startswith("#") and LINK_SIGNS.fullmatch(
            short_text(link, 4) or "x"
        ):
            blank(link)
    _move_notes(root)


def outside(found: Sequence[Piece]) -> set[int]:
    """Positions of the pieces that lie in a part which is marked as no content."""
    total = sum(len(piece.text) for piece in found)
    gone: set[int] = set()
    within: dict[HtmlElement, list[int]] = {}
    for here, piece in enumerate(found):
        for element in ancestors(piece.element):
            if _is_marked(element):
                within.setdefault(element, []).append(here)
    for inside in within.values():
        if sum(len(found[here].text) for here in inside) <= MAX_SHARE * total:
            gone.update(inside)
    return gone


def _is_marked(element: HtmlElement) -> bool:
    return element.tag not in {"html", "body", "main", "article"} and (
        element.tag in TAGS
        or (element.get("role") or "").lower() in ROLES
        or bool(classes(element) & CLASSES)
        or (element.get("id") or "") in IDS
    )


def _move_notes(root: HtmlElement) -> None:
    """LaTeXML's footnotes stand inside sentences: each goes after its paragraph."""
    for note in list(root.find_class("ltx_note")):
        paragraph = next((one for one in note.iterancestors() if one.tag == "p"), None)
        content = next(iter(note.find_class("ltx_note_content")), note)
        text = re.sub(r"^\d+\s*", "", text_of(content))
        blank(note)
        if paragraph is not None and text and paragraph.getparent() is not None:
            made = paragraph.makeelement("p", {})
            made.text, made.tail = text, paragraph.tail
            paragraph.tail = None
            paragraph.addnext(made)
