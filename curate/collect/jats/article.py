"""An `article`, `sub-article` or `response` -> a document.

Its text is the abstracts, the body, figures and tables that the file keeps at its end and nothing
cites, and the end matter without the reference lists. Reviews, replies and translations are
documents of their own: `<name>#<id>`, with the licence, journal and date of the article.
"""

import json
from collections.abc import Iterator, Mapping

from curate.collect import outline
from curate.collect.elements import Element
from curate.collect.jats import blocks, formulas, front, inline, kinds, references, tables
from curate.collect.jats.flow import Flow
from curate.collect.jats.tree import Notes
from schemas.rows import Document, Failure, Kind, Reference

OASIS = "{http://www.niso.org/standards/z39-96/ns/oasis-exchange/table}"
PARTS = {"sub-article", "response"}

ABSTRACTS = {
    "graphical": "Graphical abstract", "teaser": "Teaser", "executive-summary": "Executive summary",
    "summary": "Summary", "toc": "In brief", "key-points": "Key points", "precis": "Précis",
    "author-highlights": "Highlights", "highlights": "Highlights", "editor": "Editor's summary",
    "editors-summary": "Editor's summary", "web-summary": "Summary", "synopsis": "Synopsis",
    "plain-language-summary": "Plain language summary", "lay-summary": "Lay summary",
    "short": "Short abstract", "patient": "Patient summary", "significance": "Significance",
}  # fmt: skip
"""`abstract-type` -> heading, where the abstract has none of its own."""

_NOT_PRINTED = (
    "object-id permissions alt-text long-desc sec-meta processing-meta index-term private-char "
    "ref-list inline-graphic target milestone-start milestone-end sub-article response front-stub "
    "contrib-id custom-meta-group rp rt".split()
)
_SPACED = (
    "surname given-names prefix suffix institution country addr-line city state postal-code phone "
    "fax year source volume fpage lpage article-title publisher-name publisher-loc collab".split()
)

_SECTIONS = "sec ack app app-group glossary bio notes fn-group".split()
_PARAGRAPHS = (
    "p attrib sig sig-block speaker question answer explanation subtitle verse-line aff "
    "mixed-citation element-citation citation nlm-citation".split()
)

HANDLERS = {
    **dict.fromkeys(_NOT_PRINTED, inline.nothing),
    **dict.fromkeys(_SPACED, inline.spaced),
    **dict.fromkeys(_SECTIONS, blocks.section),
    **dict.fromkeys(_PARAGRAPHS, blocks.paragraph),
    **dict.fromkeys(["fig", "fig-group", "chem-struct-wrap"], blocks.figure),
    **dict.fromkeys(["graphic", "media", "supplementary-material"], blocks.picture),
    **dict.fromkeys(["table-wrap", "table-wrap-group"], tables.wrapped),
    **dict.fromkeys(["table", "TABLE", "tgroup", f"{OASIS}tgroup", "array"], tables.table),
    **dict.fromkeys(["tex-math", "tex", formulas.MATH, "math"], formulas.inline),
    **dict.fromkeys(["ext-link", "uri", "email", "self-uri"], inline.address),
    **dict.fromkeys(["break", "hr", "HR", "BR", "br"], inline.line_break),
    **dict.fromkeys(["sup", "SUP"], inline.superscript),
    **dict.fromkeys(["sub", "SUB"], inline.subscript),
    **dict.fromkeys(["code", "preformat"], blocks.code),
    "alternatives": formulas.alternatives,
    "boxed-text": blocks.box,
    "def-list": blocks.definitions,
    "disp-formula": formulas.display,
    "disp-quote": blocks.quotation,
    "fn": inline.note,
    "inline-formula": formulas.inline_formula,
    "label": blocks.label,
    "list": blocks.items,
    "monospace": inline.monospace,
    "speech": blocks.speech,
    "statement": blocks.statement,
    "title": blocks.title,
    "verse-group": blocks.verse,
    "xref": inline.link,
}
"""Tag -> what is done with it; other elements are transparent."""

MATTER = ("body", "floats-group", "back")


def read(root: Element, name: str, notes: Notes) -> Iterator[Document | Failure]:
    """An article, then its sub-articles and responses, each after the one that holds it."""
    first = _one(root, name, notes, None, [])
    yield first
    whole = first if isinstance(first, Document) else None
    waiting = [(child, whole) for child in _parts(root)][::-1]
    number = 0
    while waiting:
        element, parent = waiting.pop()
        number += 1
        key = element.get("id") or f"{element.tag}-{number}"
        lent = parent.references if parent and element.get("article-type") == "translation" else []
        found = _one(element, f"{name}#{key}", notes, parent, lent)
        yield found
        below = found if isinstance(found, Document) else parent
        waiting += [(child, below) for child in _parts(element)][::-1]


def _parts(element: Element) -> list[Element]:
    return [child for child in element if child.tag in PARTS]


def _one(
    element: Element, name: str, notes: Notes, parent: Document | None, lent: list[Reference]
) -> Document | Failure:
    try:
        return _document(element, name, notes, parent, lent)
    except RecursionError:
        return Failure(name, "unreadable", "its elements are nested as no article's are")


def _document(
    element: Element, name: str, notes: Notes, parent: Document | None, lent: list[Reference]
) -> Document | Failure:
    found, numbers = references.read(part for part in element if part.tag in MATTER)
    flow = Flow(HANDLERS, numbers)
    journal, meta = _front_parts(element)
    said = front.read(flow, journal, meta)
    _write(flow, element, meta)
    text = flow.writer.text or said.title or ""
    if not any(character.isalnum() for character in text):
        return Failure(name, "no-text", "the article has neither title nor text")
    own = said.metadata | said.related | notes | flow.counts | _types(element)
    return Document(
        source=name,
        form="jats",
        text=text,
        kind=_kind(element, said),
        title=said.title,
        sections=outline.sections(text, flow.writer.headings),
        blocks=sorted(flow.writer.blocks, key=lambda block: (block.start, -block.end)),
        license=said.license or (parent.license if parent and "license" not in own else None),
        language=front.language(element) or (parent.language if parent else None),
        doi=said.doi,
        pmcid=said.pmcid,
        arxiv_id=said.arxiv_id,
        published=said.published or (parent.published if parent else None),
        authors=said.authors,
        references=found or lent,
        metadata=json.dumps(_inherited(parent, own), ensure_ascii=False),
    )


def _front_parts(element: Element) -> tuple[Element | None, Element | None]:
    """(`journal-meta`, `article-meta`); a stub is both."""
    for tag in ("front", "front-stub"):
        part = element.find(tag)
        if part is not None:
            meta = part.find("article-meta")
            return part.find("journal-meta"), part if meta is None else meta
    return None, None


def _types(element: Element) -> dict[str, str]:
    raw = element.get("article-type") or element.get("response-type")
    return {"article_type": " ".join(raw.split())} if raw and raw.strip() else {}


def _kind(element: Element, said: front.Front) -> Kind:
    raw = element.get("article-type") or element.get("response-type") or ""
    raw = raw or ("response" if element.tag == "response" else "")
    titled = kinds.name_of(said.title or "")
    if element.tag in PARTS and titled in kinds.KINDS:
        raw = titled
    return kinds.kind_of(raw, said.subjects, said.title or "", list(said.related))


def _inherited(parent: Document | None, own: Mapping[str, object]) -> dict[str, object]:
    """A part's metadata: its own, and the article's that hold for it too."""
    if parent is None:
        return dict(own)
    whole = json.loads(parent.metadata)
    kept = {key: whole[key] for key in ("journal", "publisher", "license") if key in whole}
    if parent.license is not None or "license" in own:
        kept.pop("license", None)
    link = {"part_of": parent.doi} if parent.doi else {}
    return {**kept, **link, **own}


def _write(flow: Flow, element: Element, meta: Element | None) -> None:
    """Write the whole text."""
    if meta is not None:
        for abstract in meta.iterchildren("abstract", "trans-abstract"):
            blocks.titled(flow, abstract, _abstract_title(flow, abstract))
    for group in element.iterchildren("floats-group", "floats-wrap"):
        floats = [one for one in group if one.tag in flow.handlers]
        flow.floats.update((one.get("id") or f"-{len(flow.floats)}", one) for one in floats)
    for body in element.iterchildren("body"):
        _part(flow, body)
    flow.pending += flow.floats.values()
    flow.floats.clear()
    flow.settle()
    for back in element.iterchildren("back"):
        _part(flow, back)


def _part(flow: Flow, element: Element) -> None:
    flow.walk(element)
    flow.flush()
    flow.settle()


def _abstract_title(flow: Flow, abstract: Element) -> str:
    own = flow.line(abstract.find("title")).rstrip(":")
    if abstract.tag == "trans-abstract":
        code = abstract.get(front.LANG)
        return own or (f"Abstract ({code})" if code else "Abstract")
    kind = abstract.get("abstract-type")
    if kind in {None, "", "normal", "abstract", "structured"}:
        return "Abstract"
    return own or ABSTRACTS.get(kind, kind.replace("-", " ").capitalize())
