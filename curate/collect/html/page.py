"""A page's characters -> a tree without what nobody sees. Reads and writes nothing.

Only the HTML parser is used: it resolves no entity of a document type, follows no address and
takes no malformed page for an error. A tree is never deeper than MAX_DEPTH, so that libraries which
walk it by recursion cannot be overflowed.
"""

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

MAX_DEPTH = 150
"""Deeper elements are unwrapped: their text stays, in its order."""

PROLOG = re.compile(
    r"\s*(?:<\?[^>]{0,2000}>\s*|<!--.{0,20000}?-->\s*"
    r"|<!doctype\b[^\[>]{0,2000}(?:\[[^\]]{0,1000000}\]\s*)?>\s*)*",
    re.IGNORECASE | re.DOTALL,
)
"""What stands before the first element; entities are declared there and nowhere else."""

DOCTYPE = re.compile(r"<!doctype\s+([\w:-]+)", re.IGNORECASE)
FIRST_TAG = re.compile(r"<([a-zA-Z][\w:.-]*)")
HTML_TAG = re.compile(
    r"<(?:html|head|body|title|meta|div|p|span|article|section|main|table|ul|ol|h[1-6]|a|br|pre)\b",
    re.IGNORECASE,
)
TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)[^<>]*>")
VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li".split()
)
"""Elements that hold nothing, or whose end is often left out."""

MAX_PROLOG = 20_000
GONE = "retort-gone"
UNSEEN = frozenset(
    """script style noscript template iframe frame frameset object embed applet svg canvas audio
    video source track map area input select option optgroup textarea datalist button progress
    meter dialog param link meta base menuitem marquee noframes rp""".split()
)
HOLLOW = frozenset("embed source track area input param link meta base menuitem".split())
"""Elements that hold nothing; what an old parser puts inside one came after it."""

INLINE_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


def parse(text: str) -> HtmlElement | str:
    """The page's tree, or one line that says why it is none."""
    prolog = PROLOG.match(text)
    body = text[prolog.end() :] if prolog else text
    if refusal := _refusal(text[: len(text) - len(body)], body):
        return refusal
    try:
        root, is_cut = _tree(body)
        if is_cut:
            root, _ = _tree(shallow(body))
    except (etree.LxmlError, ValueError) as error:
        return " ".join(str(error).split())[:200]
    flatten(root)
    return root


def _tree(body: str) -> tuple[HtmlElement, bool]:
    """The tree of a page, and whether the parser gave up before its end."""
    parser = HTMLParser(
        no_network=True, huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    root = document_fromstring(body.encode("utf-8", "replace"), parser=parser)
    return root, any("RESOURCE_LIMIT" in error.type_name for error in parser.error_log)


def shallow(body: str) -> str:
    """The page without the tags that lie deeper than MAX_DEPTH, for a parser that would give up."""
    parts: list[str] = []
    here = depth = 0
    for tag in TAG.finditer(body):
        parts.append(body[here : tag.start()])
        here = tag.end()
        if tag[2].lower() in VOID:
            parts.append(tag[0])
            continue
        depth += -1 if tag[1] else 1
        parts.append(tag[0] if depth + bool(tag[1]) <= MAX_DEPTH else " ")
        depth = max(depth, 0)
    return "".join([*parts, body[here:]])


def _refusal(prolog: str, body: str) -> str | None:
    """Why this is no page: no element, or XML of another kind."""
    first = FIRST_TAG.search(body[:MAX_PROLOG])
    if first is None or not HTML_TAG.search(body):
        return "it holds no element of HTML"
    doctype = DOCTYPE.search(prolog)
    is_xml = prolog.lstrip().startswith("<?xml") or (doctype and doctype[1].lower() != "html")
    if is_xml and _local(first[1]) not in {"html", "head", "body", "div"}:
        return f"it is XML and no HTML: its first element is <{first[1][:40]}>"
    return None


def _local(tag: str) -> str:
    return tag.rpartition(":")[2].lower()


def flatten(root: HtmlElement) -> None:
    """Unwrap every element that lies deeper than MAX_DEPTH."""
    depth, deep = 0, []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth > MAX_DEPTH:
            deep.append(element)
    if deep:
        _unwrap(root, deep)


def _unwrap(root: HtmlElement, deep: list[HtmlElement]) -> None:
    """Leave of each outermost deep element nothing but its text, in document order.

    Dropping the tags one by one would move the same children again and again, which takes quadratic
    time in 10,000 nested elements.
    """
    within = set(deep)
    for top in [one for one in deep if one.getparent() not in within]:
        for one in list(top.iter(*UNSEEN)):
            one.text = None
        text = " ".join(piece for piece in top.itertext() if piece.strip())
        top.clear(keep_tail=True)
        top.text = words(text)


def remove_unseen(root: HtmlElement) -> None:
    """Take away the head, scripts, frames, controls and what is hidden; what follows them stays."""
    for head in list(root.iter("head")):
        head.clear(keep_tail=True)
    for element in list(root.iter()):
        if element.tag in HOLLOW and len(element):
            element.tag = "span"
        elif (
            not isinstance(element.tag, str)
            or element.tag in UNSEEN
            or (element.getparent() is not None and is_hidden(element))
        ):
            blank(element)


def blank(element: HtmlElement) -> None:
    """Empty an element and mark it to be swept away; the text after it stays.

    Removing it at once would copy the text beside it: quadratic time over many in a row.
    """
    element.clear(keep_tail=True)
    element.tag = GONE


def sweep(root: HtmlElement) -> None:
    """Remove all that was emptied."""
    etree.strip_elements(root, GONE, with_tail=False)


def is_hidden(element: HtmlElement) -> bool:
    """Whether the element itself says that it is not shown."""
    style = element.get("style")
    return (element.get("hidden") is not None and element.get("hidden") != "until-found") or (
        style is not None and INLINE_HIDDEN.search(style) is not None
    )


def classes(element: HtmlElement) -> frozenset[str]:
    """Words of the element's class attribute, in small letters."""
    return frozenset((element.get("class") or "").lower().split())


def words(text: str) -> str:
    """White space runs as one space, none at the ends."""
    return " ".join(text.split())


def short_text(element: HtmlElement, limit: int) -> str | None:
    """All text of an element on one line; None where it is longer than the limit."""
    parts: list[str] = []
    length = 0
    for part in element.itertext():
        parts.append(part)
        length += len(part.strip())
        if length > limit:
            return None
    return words("".join(parts))


def text_of(element: HtmlElement) -> str:
    """All text of an element on one line."""
    return words("".join(element.itertext()))


def ancestors(element: HtmlElement) -> Iterator[HtmlElement]:
    """The element and what it lies in, innermost first."""
    yield element
    yield from element.iterancestors()
