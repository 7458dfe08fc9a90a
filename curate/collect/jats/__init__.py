"""JATS and NLM journal articles, and PubMed's records -> documents. Reads bytes, writes nothing.

The root element tells what a file is: one article, a set of articles (PubMed Central's dumps and
feeds), or records of PubMed, which `medline` reads. Of a set one element at a time is held.
"""

from collections.abc import Iterator

from curate.collect import medline
from curate.collect.elements import Element
from curate.collect.jats import article, tree
from schemas.rows import Document, Failure

SETS = {
    "articles", "pmc-articleset", "article-set", "articleset", "OAI-PMH", "ListRecords", "records",
    "collection", "GetRecord",
}  # fmt: skip
"""Roots that may hold several `article`."""

ONE = {"article", *article.PARTS}


def read(data: bytes, name: str) -> Iterator[Document | Failure]:
    """Every article or record of a file.

    Args:
        data: the file's bytes.
        name: what documents call the file; those of several are `<name>#<id>`.
    """
    root = tree.root_name(data)
    if root in SETS or root in medline.ROOTS:
        yield from _set(data, name)
    elif root and root not in ONE:
        yield Failure(name, "unknown-form", f"its root element is {root[:100]}, not article")
    else:
        yield from _article(data, name)


def _article(data: bytes, name: str) -> Iterator[Document | Failure]:
    """A file of one article, or one whose root cannot be told before it is parsed."""
    try:
        root, notes = tree.parse(data)
    except tree.MalformedError as error:
        yield Failure(name, "unreadable", f"not well-formed XML: {error}")
        return
    if root.tag in ONE:
        yield from article.read(root, name, notes)
    elif root.tag in SETS or root.tag in medline.ROOTS:
        yield from _set(tree.as_bytes(root), name)
    else:
        yield Failure(name, "unknown-form", f"its root element is {root.tag[:100]}, not article")


def _set(data: bytes, name: str) -> Iterator[Document | Failure]:
    """A set of articles or of PubMed's records."""
    number = 0
    try:
        for element, notes in tree.elements(data, ("article", *medline.RECORDS)):
            number += 1
            if element.tag == "article":
                yield from article.read(element, f"{name}#{_key(element, number)}", notes)
            else:
                yield medline.read(element, name, notes)
    except tree.MalformedError as error:
        yield Failure(name, "unreadable", f"not well-formed XML after {number} articles: {error}")
        return
    if not number:
        yield Failure(name, "empty", "it holds no article and no record")


def _key(element: Element, number: int) -> str:
    """What an article of a set is called: its PMCID or DOI, else its number."""
    meta = element.find("front/article-meta")
    listed = () if meta is None else meta.iterchildren("article-id")
    found = {one.get("pub-id-type"): "".join((one.text or "").split()) for one in listed}
    pmc = found.get("pmcid") or found.get("pmc") or ""
    if pmc:
        return f"PMC{pmc}" if pmc.isdigit() else pmc
    return found.get("doi") or found.get("pmid") or str(number)
