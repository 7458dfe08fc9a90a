"""An article's front matter: title, people, identifiers, dates, subjects, what it is related to.

`article-meta` of JATS and NLM, `front-stub` of a sub-article. Nothing is fetched or guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from curate.collect.elements import Element
from curate.collect.jats import kinds, licence
from curate.collect.jats.flow import Flow
from curate.collect.jats.inline import HREF
from curate.collect.jats.references import doi_in

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MONTHS = {name: number for number, name in enumerate(
    "jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # fmt: skip
NOT_PUBLISHED = re.compile(
    r"submi|receiv|accept|rev-|pmc|nihms|retract|correct|update|embargo|withdraw|release|revis|request",
)
"""In a date's type: it is not the day when the work came out."""
NOT_AUTHORS = re.compile(r"non-byline|editor|reviewer|translator|illustrator|guest|sponsor|referee")
YEAR_IN = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
PMCID = re.compile(r"(?:PMC)?(\d+)(?:\.\d+)?", re.IGNORECASE)
LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_].*)?")


@dataclass(slots=True)
class Front:
    """What the front matter says."""

    title: str | None = None
    authors: list[str] = field(default_factory=list)
    doi: str | None = None
    pmcid: str | None = None
    arxiv_id: str | None = None
    published: str | None = None
    license: str | None = None
    subjects: list[str] = field(default_factory=list)
    related: dict[str, str] = field(default_factory=dict)
    """Key of RELATED -> a DOI, or `pmid:1234`."""
    metadata: dict[str, str] = field(default_factory=dict)


def read(flow: Flow, journal: Element | None, meta: Element | None) -> Front:
    """The front matter of `journal-meta` and `article-meta`, either of which may be missing."""
    front = Front()
    if journal is not None:
        _journal(flow, journal, front)
    if meta is None:
        return front
    _title(flow, meta, front)
    _identifiers(meta, front)
    front.authors = authors(flow, meta)
    front.published = published(meta)
    _headings(flow, meta, front)
    _relations(meta, front)
    front.license, said = licence.of_article(meta)
    if front.license is None and said:
        front.metadata["license"] = said
    return front


def _journal(flow: Flow, journal: Element, front: Front) -> None:
    for tag in ("journal-title", "abbrev-journal-title", "journal-id"):
        title = flow.line(next(journal.iter(tag), None))
        if title:
            front.metadata["journal"] = title
            break
    publisher = flow.line(next(journal.iter("publisher-name"), None))
    if publisher:
        front.metadata["publisher"] = publisher


def _title(flow: Flow, meta: Element, front: Front) -> None:
    group = meta.find("title-group")
    if group is None:
        return
    title = _without_notes(flow, group.find("article-title"))
    subtitles = [_without_notes(flow, one) for one in group.iterchildren("subtitle")]
    for subtitle in filter(None, subtitles):
        title += f" {subtitle}" if title.endswith((":", "?", ".")) else f": {subtitle}"
    front.title = title or flow.line(group.find("alt-title")) or None


def _without_notes(flow: Flow, element: Element | None) -> str:
    """A title without its links to notes, which are no part of its words."""
    if element is None:
        return ""
    for link in list(element.iter("xref", "fn")):
        link.text = None
        for child in list(link):
            link.remove(child)
    return flow.line(element)


def _identifiers(meta: Element, front: Front) -> None:
    for element in meta.iterchildren("article-id"):
        kind = element.get("pub-id-type") or ""
        text = "".join((element.text or "").split())
        if kind == "doi" and front.doi is None:
            front.doi = doi_in(text)
        elif kind in {"pmc", "pmcid"} and (match := PMCID.fullmatch(text)):
            front.pmcid = f"PMC{match[1]}"
        elif kind == "pmid" and text.isdigit():
            front.metadata["pmid"] = text
        elif kind == "arxiv" and text:
            front.arxiv_id = text.removeprefix("arXiv:")


def authors(flow: Flow, meta: Element) -> list[str]:
    """Names in the order of the byline, groups of people by their own name."""
    found: list[str] = []
    for group in meta.iterchildren("contrib-group", "collab"):
        if group.tag == "collab":
            found += _person(flow, group)
            continue
        for contrib in group.iterchildren("contrib", "name", "collab", "string-name"):
            kind = (contrib.get("contrib-type") or group.get("content-type") or "").lower()
            if not NOT_AUTHORS.search(kind):
                found += _contributor(flow, contrib)
    return list(dict.fromkeys(found))


def _contributor(flow: Flow, contrib: Element) -> list[str]:
    if contrib.tag != "contrib":
        return _person(flow, contrib)
    for child in contrib:
        if child.tag in {
            "name",
            "string-name",
            "collab",
            "collab-alternatives",
            "name-alternatives",
            "anonymous",
        }:
            return _person(flow, child)
    return []


def _person(flow: Flow, element: Element) -> list[str]:
    tag = element.tag
    if tag in {"name-alternatives", "collab-alternatives"}:
        return _person(flow, element[0]) if len(element) else []
    if tag == "anonymous":
        return ["Anonymous"]
    if tag == "collab":
        return [text] if (text := _group_name(flow, element)) else []
    parts = {child.tag: flow.line(child) for child in element}
    if tag == "string-name" and ((element.text or "").strip() or "surname" not in parts):
        text = flow.line(element)
        return [text] if text else []
    names = [parts.get(part, "") for part in ("prefix", "given-names", "surname", "suffix")]
    return [" ".join(filter(None, names))] if any(names[1:3]) else []


def _group_name(flow: Flow, element: Element) -> str:
    """The name of a group of people, without those who belong to it."""
    named = element.find("named-content")
    if named is None:
        named = element.find("institution")
    if named is not None and not (element.text or "").strip():
        return flow.line(named)
    parts = [element.text or ""]
    for child in element:
        if child.tag not in {
            "contrib-group",
            "xref",
            "fn",
            "address",
            "aff",
            "email",
            "contrib-id",
        }:
            parts.append(flow.line(child))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split()).rstrip(",;: ")


def published(meta: Element) -> str | None:
    """The earliest full date on which the work came out, else the most precise one there is."""
    dates = []
    for element in meta.iterchildren("pub-date"):
        kind = element.get("pub-type") or element.get("date-type") or ""
        if not NOT_PUBLISHED.search(kind):
            dates.append(date(element))
    if not any(dates):
        dates += [date(one) for one in meta.iterchildren("pub-date")]
    if not any(dates):
        dates += [
            date(one)
            for one in meta.iter("date")
            if one.get("date-type") in {"pub", "published", "preprint"}
        ]
    known = [one for one in dates if one]
    if known:
        return min(known, key=lambda one: (-len(one), one))
    year = next((_year(one.text) for one in meta.iter("copyright-year")), None)
    return year


def date(element: Element) -> str | None:
    """ISO 8601 date of an element with year, month and day, as precise as they are."""
    parts = {child.tag: (child.text or "").strip() for child in element}
    year = _year(parts.get("year"))
    if year is None:
        written = element.get("iso-8601-date") or ""
        return written[:10] if re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", written[:10]) else None
    month = _month(parts.get("month", ""))
    if month is None:
        return year
    day = parts.get("day", "")
    if day.isdecimal() and 1 <= int(day) <= 31:
        return f"{year}-{month:02}-{int(day):02}"
    return f"{year}-{month:02}"


def _year(text: str | None) -> str | None:
    match = YEAR_IN.search(text or "")
    return match[0] if match else None


def _month(text: str) -> int | None:
    if text.isdecimal():
        return int(text) if 1 <= int(text) <= 12 else None
    return MONTHS.get(text[:3].lower())


def _headings(flow: Flow, meta: Element, front: Front) -> None:
    """Subject headings and keywords."""
    categories = meta.find("article-categories")
    if categories is not None:
        found = (flow.line(one) for one in categories.iter("subject", "compound-subject-part"))
        front.subjects = list(dict.fromkeys(filter(None, found)))
    told = [one for one in front.subjects if kinds.name_of(one) not in kinds.KINDS]
    if told:
        front.metadata["subjects"] = "; ".join(told)
    words = []
    for group in meta.iterchildren("kwd-group"):
        if "abbrev" not in (group.get("kwd-group-type") or ""):
            words += [
                flow.line(one)
                for one in group.iter("kwd", "compound-kwd")
                if one.tag == "kwd" or len(one)
            ]
    if any(words):
        front.metadata["keywords"] = "; ".join(dict.fromkeys(filter(None, words)))


def _relations(meta: Element, front: Front) -> None:
    for element in meta.iter("related-article", "related-object"):
        kind = element.get("related-article-type") or element.get("link-type") or ""
        key = kinds.RELATED.get(kind)
        target = _target(element)
        if key and target:
            front.related.setdefault(key, target)


def _target(element: Element) -> str | None:
    """The DOI of a related work, else `pmid:1234` or `pmcid:PMC1234`."""
    text = "".join(element.itertext())
    links: Iterable[str | None] = [
        element.get(HREF),
        *(one.get(HREF) for one in element.iter("ext-link")),
        text,
    ]
    for link in links:
        if link and (doi := doi_in(link)):
            return doi
    address = (element.get(HREF) or text).strip()
    kind = element.get("ext-link-type") or ""
    if kind in {"pubmed", "pmid"} and address.isdigit():
        return f"pmid:{address}"
    if kind in {"pmc", "pmcid"} and (match := PMCID.fullmatch(address)):
        return f"pmcid:PMC{match[1]}"
    return None


def language(element: Element) -> str | None:
    """ISO 639-1 code that an element states for itself."""
    match = LANGUAGE.fullmatch((element.get(LANG) or "").strip())
    return match[1].lower() if match else None
