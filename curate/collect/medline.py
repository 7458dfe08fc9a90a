"""One record of PubMed -> a document: title, abstract and what the National Library says of it.

Reads `PubmedArticle`, `PubmedBookArticle` and `MedlineCitation` elements (PubMed's DTD,
https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/index.html). `jats.read` finds them in a file. A
labelled abstract becomes sections of level 2 below Abstract, as in an article.
"""

import json
import re

from curate.collect import outline
from curate.collect.elements import Element
from curate.collect.jats.front import MONTHS, PMCID, YEAR_IN
from curate.collect.jats.references import doi_in
from curate.collect.jats.tree import Notes
from curate.collect.jats.writer import Writer
from schemas.rows import Document, Failure, Kind, Reference

ROOTS = {
    "PubmedArticleSet", "MedlineCitationSet", "PubmedBookArticleSet", "PubmedArticle",
    "PubmedBookArticle", "MedlineCitation",
}  # fmt: skip
RECORDS = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")

KINDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    ("retraction", frozenset({"Retraction of Publication", "Retraction Notice"})),
    ("correction", frozenset({"Published Erratum", "Corrected and Republished Article"})),
    ("concern", frozenset({"Expression of Concern"})),
    ("protocol", frozenset({"Clinical Trial Protocol"})),
    ("case-report", frozenset({"Case Reports"})),
    ("review", frozenset({
        "Review", "Systematic Review", "Meta-Analysis", "Scoping Review", "Network Meta-Analysis",
    })),
    ("book-review", frozenset({"Book Review"})),
    ("abstract", frozenset({"Meeting Abstract"})),
    ("editorial", frozenset({"Editorial", "Introductory Journal Article"})),
    ("letter", frozenset({"Letter"})),
    ("commentary", frozenset({"Comment"})),
    ("news", frozenset({"News", "Newspaper Article", "Interview", "Press Release"})),
    ("other", frozenset({
        "Biography", "Historical Article", "Portrait", "Bibliography", "Address", "Lecture",
        "Personal Narrative", "Autobiography", "Directory", "Guideline", "Practice Guideline",
        "Patient Education Handout", "Video-Audio Media", "Webcast", "Dictionary", "Congress",
    })),
)  # fmt: skip
"""Types of publication, the telling ones first; everything else is research."""

RESEARCH = {
    "Clinical Trial", "Randomized Controlled Trial", "Comparative Study", "Evaluation Study",
    "Multicenter Study", "Observational Study", "Validation Study", "Clinical Study",
}  # fmt: skip

RELATIONS = {
    "RetractionOf": "retracts", "ErratumFor": "corrects", "CommentOn": "comments_on",
    "ExpressionOfConcernFor": "comments_on", "RetractionIn": "retracted_by",
    "PartialRetractionOf": "retracts", "PartialRetractionIn": "retracted_by",
    "RetractedandRepublishedIn": "retracted_by", "ErratumIn": "corrected_by",
    "ExpressionOfConcernIn": "concern_by", "UpdateOf": "updates", "UpdateIn": "updated_by",
}  # fmt: skip
"""`CommentsCorrections/@RefType` -> key in a document's metadata."""

LANGUAGES = dict(pair.split(":") for pair in (
    "afr:af alb:sq amh:am ara:ar arm:hy aze:az ben:bn bos:bs bul:bg cat:ca chi:zh cze:cs dan:da "
    "dut:nl "
    "eng:en epo:eo est:et fin:fi fre:fr geo:ka ger:de gla:gd gle:ga glg:gl gre:el heb:he hin:hi "
    "hrv:hr hun:hu ice:is ind:id ita:it jpn:ja kin:rw kor:ko lat:la lav:lv lit:lt mac:mk mal:ml "
    "mao:mi may:ms nob:nb nor:no nno:nn per:fa pol:pl por:pt pus:ps rum:ro rus:ru san:sa slo:sk "
    "slv:sl spa:es srp:sr scc:sr scr:hr swe:sv tha:th tur:tr ukr:uk urd:ur uzb:uz vie:vi wel:cy"
).split())  # fmt: skip
"""MARC's codes, as PubMed has them -> ISO 639-1."""

BRACKETED = re.compile(r"\[(.*)\](\.?)", re.DOTALL)
UNLABELLED = {"", "UNLABELLED", "UNASSIGNED"}


def read(element: Element, name: str, notes: Notes) -> Document | Failure:
    """The document of a record."""
    if element.tag == "MedlineCitation":
        return _document(element, None, name, notes)
    if element.tag == "PubmedBookArticle":
        return _document(element.find("BookDocument"), element.find("PubmedBookData"), name, notes)
    return _document(element.find("MedlineCitation"), element.find("PubmedData"), name, notes)


def _document(
    citation: Element | None, data: Element | None, name: str, notes: Notes
) -> Document | Failure:
    if citation is None:
        return Failure(name, "bad-record", "a record without MedlineCitation")
    pmid = _line(citation.find("PMID"))
    source = f"{name}#{pmid}" if pmid else name
    article = citation.find("Article")
    article = citation if article is None else article
    title = _title(article)
    writer = Writer()
    _abstracts(writer, citation, article)
    text = writer.text or title or ""
    if not any(character.isalnum() for character in text):
        return Failure(source, "no-text", "the record has neither title nor abstract")
    types = [_line(one) for one in article.iter("PublicationType")]
    identifiers = _identifiers(article, data)
    return Document(
        source=source,
        form="medline",
        text=text,
        kind=kind_of(types),
        title=title,
        sections=outline.sections(text, writer.headings),
        language=_language(article),
        doi=identifiers.get("doi"),
        pmcid=identifiers.get("pmc"),
        published=_published(article, data),
        authors=_authors(article),
        references=_references(data),
        metadata=json.dumps(_metadata(citation, article, pmid, types) | notes, ensure_ascii=False),
    )


def _line(element: Element | None) -> str:
    """An element's text on one line; raised and lowered signs stand as they are."""
    if element is None:
        return ""
    text = element.text or "" if not len(element) else "".join(element.itertext())
    return " ".join(text.split())


def _title(article: Element) -> str | None:
    """The title; brackets say that PubMed translated it."""
    title = _line(article.find("ArticleTitle")) or _line(article.find("VernacularTitle"))
    title = title or _line(article.find("Book/BookTitle"))
    if match := BRACKETED.fullmatch(title):
        title = match[1] + match[2]
    return title.removesuffix(".") + "." * title.endswith("..") if title else None


def _abstracts(writer: Writer, citation: Element, article: Element) -> None:
    own = article.find("Abstract")
    if own is not None:
        _abstract(writer, own, "Abstract")
    for other in citation.iterchildren("OtherAbstract"):
        kind = other.get("Type") or ""
        plain = kind.lower().startswith("plain")
        code = LANGUAGES.get(other.get("Language") or "")
        heading = (
            "Plain language summary" if plain else f"Abstract ({code})" if code else "Abstract"
        )
        _abstract(writer, other, heading)


def _abstract(writer: Writer, abstract: Element, heading: str) -> None:
    parts = [
        (part, text) for part in abstract.iterchildren("AbstractText") if (text := _line(part))
    ]
    if not parts:
        return
    writer.heading(heading, 1)
    for part, text in parts:
        label = " ".join((part.get("Label") or "").split())
        if label.upper() not in UNLABELLED:
            writer.heading(_readable(label), 2)
        writer.put(text)


def _readable(label: str) -> str:
    """A label without capitals only: `METHODS AND RESULTS` -> `Methods and results`."""
    return label.capitalize() if label.isupper() and len(label) > 4 else label


def kind_of(types: list[str]) -> Kind:
    """The kind of a record with these types of publication."""
    found = set(types)
    for kind, names in KINDS:
        if found & names and not (kind == "other" and found & RESEARCH):
            return kind
    return "research"


def _identifiers(article: Element, data: Element | None) -> dict[str, str]:
    found: dict[str, str] = {}
    listed = data.find("ArticleIdList") if data is not None else None
    for one in listed if listed is not None else ():
        _identify(found, one.get("IdType") or "", _line(one))
    for one in article.iterchildren("ELocationID"):
        if one.get("ValidYN") != "N":
            _identify(found, one.get("EIdType") or "", _line(one))
    return found


def _identify(found: dict[str, str], kind: str, text: str) -> None:
    if kind == "doi" and (doi := doi_in(text)):
        found.setdefault("doi", doi)
    elif kind == "pmc" and (match := PMCID.fullmatch(text)):
        found.setdefault("pmc", f"PMC{match[1]}")


def _published(article: Element, data: Element | None) -> str | None:
    """The earliest full date, else the most precise one."""
    elements = [
        *article.iterchildren("ArticleDate"),
        *article.iterfind("Journal/JournalIssue/PubDate"),
        *article.iterfind("Book/PubDate"),
    ]
    dates = [one for one in map(_date, elements) if one]
    if not dates and data is not None:
        history = data.iterfind("History/PubMedPubDate")
        dates = [
            one
            for one in (_date(part) for part in history if part.get("PubStatus") == "pubmed")
            if one
        ]
    return min(dates, key=lambda one: (-len(one), one)) if dates else None


def _date(element: Element) -> str | None:
    parts = {child.tag: _line(child) for child in element}
    written = parts.get("MedlineDate", "")
    year = YEAR_IN.search(parts.get("Year") or written)
    if year is None:
        return None
    month = parts.get("Month") or next(
        (word for word in written.split() if word[:3].lower() in MONTHS), ""
    )
    number = int(month) if month.isdecimal() else MONTHS.get(month[:3].lower(), 0)
    if not 1 <= number <= 12:
        return year[0]
    day = parts.get("Day", "")
    if day.isdecimal() and 1 <= int(day) <= 31:
        return f"{year[0]}-{number:02}-{int(day):02}"
    return f"{year[0]}-{number:02}"


def _authors(article: Element) -> list[str]:
    found = []
    for group in article.iterchildren("AuthorList"):
        if (group.get("Type") or "authors") != "authors":
            continue
        for author in group.iterchildren("Author"):
            parts = {child.tag: _line(child) for child in author}
            names = (
                parts.get("ForeName") or parts.get("Initials"),
                parts.get("LastName"),
                parts.get("Suffix"),
            )
            found.append(parts.get("CollectiveName") or " ".join(filter(None, names)))
    return [name for name in found if name]


def _language(article: Element) -> str | None:
    """The language of the text, which PubMed has in English but where there is no abstract."""
    code = _line(article.find("Language"))
    if article.find("Abstract") is not None and code:
        return "en"
    return LANGUAGES.get(code, code if len(code) == 2 else None)


def _references(data: Element | None) -> list[Reference]:
    if data is None:
        return []
    found = []
    for one in data.iter("Reference"):
        text = _line(one.find("Citation"))
        doi = next(
            (doi_in(_line(key)) for key in one.iter("ArticleId") if key.get("IdType") == "doi"),
            None,
        )
        if text:
            found.append(Reference(text, doi or doi_in(text)))
    return found


def _metadata(citation: Element, article: Element, pmid: str, types: list[str]) -> dict[str, str]:
    journal = _line(article.find("Journal/Title")) or _line(
        citation.find("MedlineJournalInfo/MedlineTA")
    )
    found = {
        "pmid": pmid,
        "journal": journal,
        "article_type": "; ".join(types),
        "subjects": "; ".join(dict.fromkeys(map(_line, citation.iter("DescriptorName")))),
        "keywords": "; ".join(dict.fromkeys(_line(one) for one in citation.iter("Keyword"))),
        "license": _line(citation.find(".//CopyrightInformation"))[:500],
        "publisher": _line(article.find("Book/Publisher/PublisherName")),
        **_relations(citation),
    }
    return {name: value for name, value in found.items() if value}


def _relations(citation: Element) -> dict[str, str]:
    """What the record retracts, corrects or comments on, and what was said of it: DOI or pmid:n."""
    found: dict[str, str] = {}
    for one in citation.iter("CommentsCorrections"):
        key = RELATIONS.get(one.get("RefType") or "")
        pmid = _line(one.find("PMID"))
        source = _line(one.find("RefSource"))
        target = doi_in(source) or (f"pmid:{pmid}" if pmid else source[:200])
        if key and target:
            found.setdefault(key, target)
    return found
