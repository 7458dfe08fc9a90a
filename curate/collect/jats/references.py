"""Reference lists: the text of each entry as printed, and its DOI.

An entry with punctuation is taken as it stands. One that is only fields (`element-citation`) is put
together: `Authors (year). Title. Journal volume:pages. Publisher.`
"""

import re
from collections.abc import Iterable

from curate.collect.elements import Element, text_in
from curate.collect.jats.flow import single_spaced
from curate.collect.jats.inline import HREF
from schemas.rows import Reference

PRINTED = ("mixed-citation", "citation")
FIELDS = ("element-citation", "nlm-citation")
CITATIONS = {*PRINTED, *FIELDS}

DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>|]+")
DOI_TAIL = re.compile(r"(?:[.,;:'’”\]}]|&gt|\.?\s*(?:epub|pmid).*)+\Z")
STUCK = ("epub", "pmid", "&gt")
"""What DOI_TAIL takes away behind a DOI, besides punctuation; few have any."""
LEFT_OVER = re.compile(
    r"[\s,;]*(?:\b(?:doi|PMID|PMCID|PubMed|pmid)\s*:?\s*|\[\s*\]\s*|\(\s*\)\s*)+[.;,]?\Z"
)
LEFT_ENDS = ("doi", "PMID", "PMCID", "PubMed", "pmid", "[]", "[ ]", "()", "( )")
"""How a text ends that LEFT_OVER finds something in; to ask is ten times as fast as to look."""
IDENTIFIERS = {"doi", "pmid", "pmcid", "pmc", "medline", None}
TAIL = 40
"""Characters in which what is left of identifiers stands."""
NAMES = {"name", "string-name", "collab", "etal", "anonymous"}
TITLES = ("article-title", "chapter-title", "part-title", "data-title", "trans-title")


def doi_in(text: str) -> str | None:
    """The first DOI in a text or an address, in small letters; None where there is none."""
    match = DOI.search(text) if "10." in text else None
    if match is None:
        return None
    found = match[0].lower()
    if not found[-1].isalnum() or any(word in found for word in STUCK):
        found = DOI_TAIL.sub("", found)
    while found.endswith(")") and found.count("(") < found.count(")"):
        found = DOI_TAIL.sub("", found[:-1])
    return found


def read(lists: Iterable[Element]) -> tuple[list[Reference], dict[str, int]]:
    """(references in their order, id -> number from 1) of all `ref` below these elements."""
    references: list[Reference] = []
    numbers: dict[str, int] = {}
    for part in lists:
        for ref in part.iter("ref"):
            reference = _reference(ref, numbers, len(references) + 1)
            if reference is not None:
                references.append(reference)
    return references, numbers


def _reference(ref: Element, numbers: dict[str, int], number: int) -> Reference | None:
    found = _entries(ref)
    texts = []
    doi = None
    for entry in found:
        known, text = _entry(entry)
        doi = doi or known
        if text:
            texts.append(text)
    if not texts:
        return None
    for element in (ref, *found):
        identity = element.get("id")
        if identity:
            numbers.setdefault(identity, number)
    return Reference(" ".join(texts), doi)


def _entries(ref: Element) -> list[Element]:
    """An entry's citations, of alternatives the printed one; its note where it has none."""
    found = []
    for child in ref:
        if child.tag in CITATIONS:
            found.append(child)
        elif child.tag == "citation-alternatives":
            inner = [one for one in child if one.tag in CITATIONS]
            inner.sort(key=lambda one: one.tag in FIELDS)
            found += inner[:1]
    return found or [child for child in ref if child.tag in {"note", "p"}] or [ref] * bool(len(ref))


def _entry(entry: Element) -> tuple[str | None, str]:
    """(DOI, text) of one citation. Its identifiers are taken out of the tree."""
    if entry.tag in FIELDS or not _is_punctuated(entry):
        doi, text = composed(entry)
    else:
        doi = _identified(entry)
        _part_names(entry)
        text = single_spaced(text_in(entry))
        if text.rstrip(" .,;:").endswith(LEFT_ENDS):
            text = text[:-TAIL] + LEFT_OVER.sub("", text[-TAIL:])
    if doi is None:
        doi = doi_in(text) or _linked(entry)
    return doi, text


def _identified(entry: Element) -> str | None:
    """The DOI among an entry's identifiers. They are emptied: few were printed."""
    doi = None
    for element in entry.iter("pub-id", "object-id"):
        kind = element.get("pub-id-type")
        if kind in IDENTIFIERS:
            text = element.text or ""
            doi = doi or doi_in(text)
            element.text = ""
    return doi


def _part_names(entry: Element) -> None:
    """Put blanks between the parts of names that have nothing between them, as PLOS tags them."""
    first = next(entry.iter("surname", "given-names"), None)
    if first is None or first.tail:
        return
    for part in entry.iter("surname", "given-names", "name", "person-group"):
        if not part.tail and part.getnext() is not None:
            part.tail = ", " if part.tag == "name" else " "


def _linked(entry: Element) -> str | None:
    """The DOI in an address that the entry links to."""
    for link in entry.iter("ext-link", "uri"):
        address = link.get(HREF) or ""
        if (doi := doi_in(address)) is not None:
            return doi
    return None


def _is_punctuated(entry: Element) -> bool:
    """Whether there is text between an entry's fields."""
    if entry.text and entry.text.strip():
        return True
    return any(child.tail and child.tail.strip() for child in entry)


def _line(element: Element) -> str:
    """A field's text; its blanks are made single with the whole entry's."""
    return text_in(element).strip()


def composed(entry: Element) -> tuple[str | None, str]:
    """(DOI, text) of an entry that is only fields, as journals print it."""
    doi = None
    people: list[str] = []
    fields: dict[str, str] = {}
    rest: list[str] = []
    for child in entry:
        tag = child.tag
        if tag in KNOWN:
            fields.setdefault(tag, _line(child))
        elif tag == "pub-id":
            doi = doi or doi_in(child.text or "")
        elif tag == "person-group":
            kind = child.get("person-group-type")
            if kind in {None, "author", "allauthors"} or not people:
                people += _people(child)
        elif tag in NAMES:
            people += _person(child)
        elif tag not in SILENT and (text := _line(child)):
            rest.append(text)
    return doi, _sentence(people, fields, rest)


KNOWN = {
    *TITLES, "year", "source", "volume", "issue", "fpage", "lpage", "page-range", "elocation-id",
    "publisher-name", "publisher-loc", "edition", "series", "version",
}  # fmt: skip
SILENT = {
    "pub-id",
    "object-id",
    "month",
    "day",
    "label",
    "issn",
    "isbn",
    "date-in-citation",
    "size",
}


def _people(group: Element) -> list[str]:
    found: list[str] = []
    for child in group:
        if child.tag == "name" and len(child) == 2:
            first, last = child
            found.append(f"{(first.text or '').strip()} {(last.text or '').strip()}")
        else:
            found += _person(child)
    return found or [text for text in [_line(group)] if text]


def _person(element: Element) -> list[str]:
    tag = element.tag
    if tag == "etal":
        return ["et al."]
    if tag == "name" or (
        tag == "string-name" and not (element.text or "").strip() and len(element)
    ):
        parts = [_line(part) for part in element]
        return [" ".join(filter(None, parts))] if any(parts) else []
    text = _line(element)
    return [text] if text and tag in {*NAMES, "name-alternatives", "aff", "role"} - {"role"} else []


def _sentence(people: list[str], fields: dict[str, str], rest: list[str]) -> str:
    get = fields.get
    year, volume, issue, pages = get("year"), get("volume"), get("issue"), _pages(fields)
    first = f"{', '.join(people)} ({year})" if year else ", ".join(people)
    if volume and issue:
        volume = f"{volume}({issue})"
    place = f"{volume}:{pages}" if volume and pages else volume or pages
    parts = [
        first.lstrip() if first.strip("() ") else "",
        " ".join([fields[tag] for tag in TITLES if get(tag)]),
        f"{get('source') or ''} {place}".strip(),
        *[fields[tag] for tag in ("edition", "series", "version") if get(tag)],
        ": ".join([fields[tag] for tag in ("publisher-loc", "publisher-name") if get(tag)]),
        *rest,
    ]
    text = " ".join([part if part[-1] in ".?!" else f"{part}." for part in parts if part])
    return single_spaced(text)


def _pages(fields: dict[str, str]) -> str:
    first, last = fields.get("fpage", ""), fields.get("lpage", "")
    if first and last and first != last:
        return f"{first}–{last}"
    return first or fields.get("page-range", "") or fields.get("elocation-id", "")
