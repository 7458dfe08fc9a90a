"""A page's list of references -> references, out of the text. Changes a tree in place.

Reads and writes nothing. A list is one where the page marks it: by class, by role, by id, or by a
heading that says References and a list under it. A link in the text to one of its entries becomes
`[n]`, where what it shows is a number.
"""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from curate.collect.html.metadata import doi_in
from curate.collect.html.page import blank, classes, short_text, text_of
from curate.collect.plain_text import clean
from schemas.rows import Reference

MAX_ENTRIES = 5000
MAX_CHARACTERS = 2000
MAX_LINKS = 8
MAX_LISTS = 2000
MAX_HEADINGS = 20
MAX_HEADING = 60
MIN_SHARE = 0.6
"""Of a marked part's text, that its entries must hold: else it is more than a list."""

CLASSES = frozenset(
    """ltx_bibliography references reference-list ref-list reflist citation-list references-list
    c-article-references c-reading-companion__references-list bibliography html-references
    section-references articlereferences literatures""".split()
)
IDS = frozenset(
    """references reference-list reflist bibliography ref-list refs literature-cited
    references-section
    bib references-list article-references""".split()
)
NAMES = re.compile(
    r"(?:\d+\.?\d*\s*|[IVX]+\.\s*)?(?:references?(?: cited| and notes| list)?|bibliography"
    r"|literature(?: cited)?"
    r"|works cited|cited literature|notes and references|literaturverzeichnis|literatur"
    r"|einzelnachweise"
    r"|références(?: bibliographiques)?|bibliographie|referencias(?: bibliográficas)?|bibliografía"
    r"|referências(?: bibliográficas)?|bibliografia|riferimenti bibliografici|参考文献)\s*:?",
    re.IGNORECASE,
)
LINKS = re.compile(
    r"\s*\[?\s*(?:Google Scholar|Cross ?Ref|PubMed(?: Central)?|PMC free article|Web of Science"
    r"|Scopus|View Article"
    r"|Find this article online|Full Text|Article|CAS|MATH|ADS|MathSciNet|DOI|Free PMC article"
    r"|Publisher Full Text"
    r"|Abstract|Export Citation|View in Article|Open in a new tab|\[)(?=\s|\]|\||·|/"
    r"|$)\s*\]?\s*[|·/]?\s*$",
)
NUMBER = re.compile(r"\s*(?:\^[\sa-z]*(?=[A-Z\[\"“])|[\[(]?\d{1,4}[\])]\.?|\d{1,4}\.)\s*")
CITES = re.compile(r"\s*[\[(]?\s*(\d{1,4})\s*[\])]?\s*")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def split_off(root: HtmlElement) -> list[Reference]:
    """Take the lists of references out of the tree, and number what cites them."""
    found: list[Reference] = []
    numbers: dict[str, int] = {}
    for part in _lists(root):
        entries = _entries(part)
        if not entries or _share(entries, part) < MIN_SHARE:
            continue
        for entry in entries[: MAX_ENTRIES - len(found)]:
            if reference := reference_of(entry):
                found.append(reference)
                numbers.update({name: len(found) for name in _names(entry)})
        _remove(part)
    if numbers:
        _cite(root, numbers)
    return found


def _lists(root: HtmlElement) -> list[HtmlElement]:
    """Elements that hold nothing but references, outermost ones only."""
    found: dict[HtmlElement, None] = {}
    for element in root.iter("div", "section", "ol", "ul", "dl", "aside"):
        marked = (
            classes(element) & CLASSES
            or (element.get("id") or "").lower() in IDS
            or element.get("role") == "doc-bibliography"
        )
        if marked and not any(one in found for one in element.iterancestors()):
            found[element] = None
    heads = [one for one in root.iter(*HEADINGS) if _says_references(one)]
    for heading in heads[:MAX_HEADINGS]:
        part = _below(heading)
        if part is not None and not any(one in found for one in [part, *part.iterancestors()]):
            found[part] = None
    return list(found)[:MAX_LISTS]


def _says_references(element: HtmlElement) -> bool:
    return NAMES.fullmatch(short_text(element, MAX_HEADING) or "") is not None


def _below(heading: HtmlElement) -> HtmlElement | None:
    """The list under a heading: its next sibling, or that of what holds only the heading."""
    element: HtmlElement = heading
    for _ in range(3):
        following = element.getnext()
        while following is not None and short_text(following, 1) == "":
            following = following.getnext()
        if following is not None:
            return _list_in(following)
        parent = element.getparent()
        if parent is None or not _says_references(parent):
            return None
        element = parent
    return None


def _list_in(element: HtmlElement) -> HtmlElement | None:
    """The element, where it is a list or holds little else."""
    if element.tag in {"ol", "ul", "dl"}:
        return element
    inner = element.xpath("self::div//ol|self::div//ul|self::section//ol|self::section//ul")
    return element if inner and _share(inner[:1], element) >= MIN_SHARE else None


def _share(parts: list[HtmlElement], whole: HtmlElement) -> float:
    return sum(len(text_of(part)) for part in parts) / max(1, len(text_of(whole)))


def _entries(part: HtmlElement) -> list[HtmlElement]:
    """The entries of a list: its items, else its classed or numbered blocks."""
    items = [one for one in part.iter("li") if not any(up.tag == "li" for up in _up_to(one, part))]
    if items:
        return items
    for path in (
        ".//*[contains(concat(' ', @class, ' '), ' ltx_bibitem ')]", ".//dd",
        ".//*[@role='doc-biblioentry' or @role='listitem']",
        ".//*[self::div or self::p][contains(@class, 'citation') or contains(@class, 'ref')][@id]",
        "./p",
    ):  # fmt: skip
        if found := part.xpath(path):
            return list(found)
    return []


def _up_to(element: HtmlElement, top: HtmlElement) -> Iterator[HtmlElement]:
    for ancestor in element.iterancestors():
        if ancestor is top:
            return
        yield ancestor


def reference_of(entry: HtmlElement) -> Reference | None:
    """What an entry says, without its number and its links to services; None of nothing."""
    hrefs = [one.get("href") or "" for one in list(entry.iter("a"))[:50]]
    text = NUMBER.sub("", clean(text_of(entry))[: 2 * MAX_CHARACTERS], count=1)
    for _ in range(MAX_LINKS):
        text = LINKS.sub("", text)
    if not any(sign.isalnum() for sign in text):
        return None
    linked = [found for one in hrefs if "doi.org/" in one and (found := doi_in(one))]
    return Reference(text.strip()[:MAX_CHARACTERS], doi_in(text) or next(iter(linked), None))


def _names(entry: HtmlElement) -> list[str]:
    """Ids by which the text may point at an entry."""
    around = [entry, *entry.iter()]
    names = [one.get(name) for one in around for name in ("id", "name", "data-id")]
    return [name for name in names if name][:10]


def _remove(part: HtmlElement) -> None:
    """Remove a list, and its heading where it stands before it by itself."""
    before = part.getprevious()
    while before is not None and short_text(before, 1) == "":
        before = before.getprevious()
    if before is not None and _says_references(before):
        blank(before)
    blank(part)


def _cite(root: HtmlElement, numbers: dict[str, int]) -> None:
    """Show each link to an entry whose text is a number as `[n]`."""
    for link in root.iter("a"):
        name = (link.get("href") or "").rpartition("#")[2] or link.get("data-bid") or ""
        number = numbers.get(name)
        if number is None or not CITES.fullmatch(short_text(link, 12) or ""):
            continue
        for child in list(link):
            link.remove(child)
        link.text = f"[{number}]"
