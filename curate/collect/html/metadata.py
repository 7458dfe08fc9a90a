"""What a page says of itself: Highwire's `citation_*`, Dublin Core, Open Graph, JSON-LD, links.

Reads and writes nothing. Highwire's tags are those that Google Scholar asks publishers for
(https://scholar.google.com/intl/en/scholar/inclusion.html#indexing). Nothing is guessed: what is
not stated is absent.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml.html import HtmlElement

from curate.collect.html import json_ld, rights
from curate.collect.html.dates import published
from curate.collect.html.page import text_of, words
from curate.collect.html.tags import Tags
from curate.collect.plain_text import clean
from schemas.rows import Kind, Reference

MAX_TITLE = 1000
DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>&?#]+", re.IGNORECASE)
PMCID = re.compile(r"\bPMC\d{3,9}\b")
ARXIV = re.compile(
    r"arxiv\.org/(?:abs|html|pdf)/(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})"
    r"|arXiv:(\d{4}\.\d{4,5})",
    re.IGNORECASE,
)
LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?", re.IGNORECASE)
SUFFIX = re.compile(r"\s+[|–—»·•:-]\s+")

JOURNAL = (
    "citation_journal_title", "bepress_citation.journal_title", "prism.publicationname",
    "citation_conference_title",
)  # fmt: skip

KINDS: tuple[tuple[str, Kind], ...] = (
    ("retract", "retraction"), ("correct", "correction"), ("corrig", "correction"),
    ("errat", "correction"), ("expression of concern", "concern"), ("case report", "case-report"),
    ("case-report", "case-report"), ("book review", "book-review"), ("book-review", "book-review"),
    ("protocol", "protocol"), ("review", "review"), ("editorial", "editorial"),
    ("commentary", "commentary"), ("letter", "letter"), ("news", "news"),
)  # fmt: skip
"""Words in a publisher's type of an article -> kind; the first that fits."""


@dataclass(slots=True)
class Said:
    """What a page says of itself."""

    title: str | None = None
    authors: list[str] = field(default_factory=list)
    doi: str | None = None
    pmcid: str | None = None
    arxiv_id: str | None = None
    published: str | None = None
    language: str | None = None
    license: str | None = None
    kind: Kind = "other"
    scholarly: bool = False
    references: list[Reference] = field(default_factory=list)
    other: dict[str, str] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    """Every form in which the title may be printed again."""


def read(root: HtmlElement) -> Said:
    """Everything that the page says; call it before anything is removed from the tree."""
    tags, node = Tags(root), json_ld.article(root)
    said = Said()
    said.scholarly = (
        bool(tags.one("citation_title", "bepress_citation.title", "citation_doi"))
        or any(kind.endswith("ScholarlyArticle") for kind in json_ld.types(node))
        or bool(root.find_class("ltx_document"))
    )
    said.titles = titles(root, tags, node)
    said.title = said.titles[0] if said.titles else None
    said.authors = authors(root, tags, node)
    said.doi = doi(root, tags, node)
    said.published = _published(root, tags, node)
    said.language = _language(root, tags, node)
    said.references = [_reference(value) for value in tags.all("citation_reference")]
    _identify(root, tags, said)
    said.license, stated = rights.of_page(root, tags, node)
    if stated:
        said.other["license"] = stated
    _describe(tags, node, said)
    return said


def titles(root: HtmlElement, tags: Tags, node: Mapping[str, Any]) -> list[str]:
    """The title, then the other forms of it on the page."""
    heads = [text_of(one) for one in list(root.iter("h1"))[:3]]
    latexml = [text_of(one) for one in root.find_class("ltx_title_document")[:1]]
    page = [text_of(one) for one in list(root.iter("title"))[:1]]
    meta = [
        tags.one("citation_title", "bepress_citation.title"), tags.one("dc.title", "dcterms.title"),
        *json_ld.texts(node.get("headline"))[:1], tags.one("og.title"), tags.one("twitter.title"),
    ]  # fmt: skip
    whole = [*latexml, *(one for one in meta if one), *heads, *page]
    parts = [part for one in whole for part in SUFFIX.split(one) if len(part) > 15]
    shown = [
        one
        for one in heads
        if any(one and one in other for other in (*page, *(m for m in meta if m)))
    ]
    scholarly = [one for one in (*latexml, tags.one("citation_title")) if one]
    first = [
        *scholarly,
        *shown[:1],
        *(one for one in meta if one),
        *heads,
        *(SUFFIX.split(one)[0] for one in page),
    ]
    return list(dict.fromkeys(clean(one)[:MAX_TITLE] for one in [*first, *whole, *parts] if one))


def authors(root: HtmlElement, tags: Tags, node: Mapping[str, Any]) -> list[str]:
    """Names as "Given Surname", in their order, each once."""
    found = (
        tags.all("citation_author", "bepress_citation.author")
        or [name for value in tags.all("citation_authors") for name in value.split(";")]
        or tags.all("dc.creator", "dcterms.creator", "dc.contributor")
        or json_ld.texts(node.get("author"))
        or [text_of(one) for one in root.find_class("ltx_personname")]
        or tags.all("author", "article.author", "parsely-author", "sailthru.author")
    )
    names = [_given_first(words(one)) for one in found if "://" not in one and len(one) <= 200]
    return list(dict.fromkeys(name for name in names if name))


def _given_first(name: str) -> str:
    """`Curie, Marie` -> `Marie Curie`."""
    surname, comma, given = name.partition(",")
    name = f"{given.strip()} {surname.strip()}" if comma and given.count(",") == 0 else name
    return name.strip(" ,;")


def doi(root: HtmlElement, tags: Tags, node: Mapping[str, Any]) -> str | None:
    """The page's own DOI; never one that it only cites."""
    stated = [
        *tags.all("citation_doi"), *tags.all("prism.doi"), *tags.all("bepress_citation.doi"),
        *tags.all("dc.identifier"),
        *tags.all("dcterms.identifier"), *tags.all("doi", "evt-doipage"),
        *(link.get("href") or "" for link in root.iter("link") if link.get("rel") == "canonical"),
        *json_ld.texts(node.get("identifier")), *json_ld.texts(node.get("sameAs")),
    ]  # fmt: skip
    return next((found for one in stated if (found := doi_in(one))), None)


def doi_in(text: str) -> str | None:
    """The first DOI in a text, in small letters, without what ends the sentence."""
    match = DOI.search(text)
    return match[0].rstrip(".,;:)]}'").lower() if match else None


def _published(root: HtmlElement, tags: Tags, node: Mapping[str, Any]) -> str | None:
    stated = [
        *tags.all("citation_publication_date", "citation_date", "citation_cover_date"),
        *tags.all("bepress_citation.date"),
        *tags.all("citation_online_date"), *tags.all("prism.publicationdate"),
        *tags.all("dc.date", "dc.date.issued", "dcterms.issued", "dcterms.date", "dcterms.created"),
        *tags.all("article.published_time", "og.article.published_time", "datepublished"),
        *json_ld.texts(node.get("datePublished")), *tags.all("date", "publish-date", "pubdate"),
        *(one.get("datetime") or "" for one in root.iter("time") if one.get("pubdate") is not None),
        *tags.all("citation_year"),
    ]  # fmt: skip
    return next((date for one in stated if (date := published(one))), None)


def _language(root: HtmlElement, tags: Tags, node: Mapping[str, Any]) -> str | None:
    html = root if root.tag == "html" else root.find(".//html")
    stated = [
        *tags.all("citation_language"), *tags.all("dc.language", "dcterms.language"),
        (html.get("lang") or html.get("xml:lang") or "") if html is not None else "",
        *json_ld.texts(node.get("inLanguage")), *tags.all("og.locale"),
        *tags.all("content-language", "language"),
    ]  # fmt: skip
    return next(
        (match[1].lower() for one in stated if (match := LANGUAGE.fullmatch(one.strip()))), None
    )


def _identify(root: HtmlElement, tags: Tags, said: Said) -> None:
    """Identifiers of PubMed Central and arXiv."""
    links = [one.get("href") or "" for one in root.iter("link") if one.get("rel") == "canonical"]
    stated = " ".join(
        [
            *tags.all("citation_pmcid", "ncbi_pcid", "ncbi_uidlist"),
            *links,
            *tags.all("og.url"),
            *tags.all("citation_abstract_html_url"),
        ]
    )
    if match := PMCID.search(stated):
        said.pmcid = match[0]
    watermark = " ".join(text_of(one) for one in root.xpath("//*[@id='watermark-tr']"))
    if arxiv := tags.one("citation_arxiv_id"):
        said.arxiv_id = arxiv
    elif found := ARXIV.search(f"{stated} {watermark}"):
        said.arxiv_id = found[1] or found[2]


def _describe(tags: Tags, node: Mapping[str, Any], said: Said) -> None:
    """Journal, publisher, keywords, type of article."""
    keywords = [
        *tags.all(
            "citation_keywords",
            "citation_keyword",
            "bepress_citation.keywords",
            "dc.subject",
            "dcterms.subject",
            "keywords",
            "article.tag",
        ),
    ] or json_ld.texts(node.get("keywords"))
    split = [word.strip() for value in keywords for word in re.split(r"[;,]", value)]
    raw = (
        tags.one(
            "citation_article_type",
            "dc.type.articletype",
            "article.type",
            "wt.cg_s",
            "prism.section",
            "citation_section",
        )
        or ""
    )
    publishers = [
        *tags.all("citation_publisher", "dc.publisher"),
        *json_ld.texts(node.get("publisher")),
    ]
    values = {
        "journal": tags.one(*JOURNAL),
        "publisher": next(iter(publishers), None),
        "pmid": tags.one("citation_pmid"),
        "keywords": "; ".join(dict.fromkeys(word for word in split if word))[:2000],
        "article_type": raw or next(iter(json_ld.types(node)), ""),
    }  # fmt: skip
    said.other.update({name: value for name, value in values.items() if value})
    said.kind = _kind(raw, json_ld.types(node), tags, said)


def _kind(raw: str, types: Sequence[str], tags: Tags, said: Said) -> Kind:
    if said.scholarly:
        return next((kind for word, kind in KINDS if word in raw.lower()), "research")
    if any(one.endswith("NewsArticle") for one in types):
        return "news"
    generator = (tags.one("generator") or "").lower()
    if (
        any(
            one in generator
            for one in (
                "sphinx",
                "mkdocs",
                "docutils",
                "doxygen",
                "javadoc",
                "mediawiki",
                "docusaurus",
            )
        )
        or "TechArticle" in types
    ):
        return "reference"
    return "other"


def _reference(value: str) -> Reference:
    """`citation_title=…; citation_doi=…` as one line; other values as they are."""
    parts = dict(
        part.split("=", 1) for part in re.split(r";\s*(?=citation_)", value) if "=" in part
    )
    if not any(name.strip().startswith("citation_") for name in parts):
        return Reference(value[:2000], doi_in(value))
    order = (
        "citation_author",
        "citation_title",
        "citation_journal_title",
        "citation_publication_date",
        "citation_year",
    )
    text = ". ".join(parts[name].strip(" .;") for name in order if parts.get(name, "").strip())
    return Reference(text[:2000] or value[:2000], doi_in(parts.get("citation_doi", "") or value))
