"""PDF -> one document: its text in reading order, with sections and without the page's furniture.

Reads bytes, writes nothing. pdfium gives the characters; what they are is told by their place,
size and font: lines and their order, furniture, pieces, headings, front matter, references, flow.
"""

import json
from collections.abc import Iterator

from curate.collect import outline, plain_text
from curate.collect.pdf import (
    bibliography,
    floats,
    flow,
    front,
    furniture,
    headings,
    layout,
    paragraphs,
    pdfium,
    pieces,
    references,
    statements,
)
from schemas.rows import Document, Failure

SCANNED_SHARE = 0.8
"""Share of pages without text from which a file is a scan."""


def read(data: bytes, name: str) -> Iterator[Document | Failure]:
    """The document in a PDF file, or why there is none."""
    with pdfium.document(data, name) as file:
        if isinstance(file, Failure):
            yield file
            return
        n_pages = pdfium.n_pages(file)
        if n_pages > pdfium.MAX_PAGES:
            yield Failure(name, "too-large", f"{n_pages:,} pages, {pdfium.MAX_PAGES:,} are read")
            return
        found = layout.of_file(file)
        meta = {key: pdfium.meta(file, key) for key in ("Title", "Author", "Subject", "Keywords")}
    yield _document(found, meta, name)


def _document(found: layout.Layout, meta: dict[str, str], name: str) -> Document | Failure:
    if failure := _without_text(found, name):
        return failure
    body, parted, vocabulary = _pieces(found)
    head = front.find(parted, body, meta["Title"])
    flow.begin_with_abstract(parted, head)
    places, cited = bibliography.split(parted, head, body)
    works, numbered = references.entries(cited, paragraphs.Words(vocabulary))
    words = paragraphs.Words(vocabulary, len(works) if numbered else 0)
    written = flow.write(flow.parts([parted[place] for place in places], head, body, words))
    if not _has_words(written.text):
        whole = paragraphs.joined_lines(found.lines, words)
        written = flow.write([floats.Part("text", whole)])
    first, last = statements.of_page(found.lines), statements.of_last_page(found.lines)
    license_, stated = statements.license_of([*first, *last, *statements.notices(found.lines)])
    return Document(
        source=name,
        form="pdf",
        text=written.text,
        title=plain_text.clean(head.title) if head.title else None,
        sections=outline.sections(written.text, written.headings),
        blocks=written.blocks,
        license=license_,
        doi=statements.doi(first, [meta["Subject"], meta["Title"], meta["Keywords"]]),
        arxiv_id=statements.arxiv_id(found.turned, first),
        published=statements.published(first),
        authors=head.authors,
        references=works,
        metadata=_metadata(found, head, stated if license_ is None else None),
    )


def _without_text(found: layout.Layout, name: str) -> Failure | None:
    """Why there is no document in a file, if so."""
    n_pages, n_scanned = found.n_pages, found.n_scanned_pages
    if n_scanned >= max(1, SCANNED_SHARE * n_pages):
        detail = f"{n_scanned} of {n_pages} pages are images without text"
        return Failure(name, "scanned", detail)
    if not any(_has_words(line.text) for line in found.lines):
        return Failure(name, "no-text", f"{n_pages} pages hold no letter and no digit")
    return None


def _has_words(text: str) -> bool:
    return any(map(str.isalnum, text))


def _pieces(found: layout.Layout) -> tuple[pieces.Body, list[pieces.Piece], frozenset[str]]:
    """(the body's style, the pieces without furniture, headings marked; the words they have)."""
    kept = furniture.removed(found.lines, found.n_pages)
    body = pieces.body_of(kept)
    parted = pieces.of_lines(kept, body)
    headings.mark(parted, body)
    return body, parted, paragraphs.vocabulary([line.text for line in kept])


def _metadata(found: layout.Layout, head: front.Front, stated: str | None) -> str:
    """What no other field of the document holds. `stated`: a licence that is not understood."""
    metadata: dict[str, str | int] = {"n_pages": found.n_pages}
    if found.n_scanned_pages:
        metadata["n_scanned_pages"] = found.n_scanned_pages
    if head.keywords:
        metadata["keywords"] = "; ".join(head.keywords)
    if stated:
        metadata["license"] = stated
    return json.dumps(metadata, ensure_ascii=False)
