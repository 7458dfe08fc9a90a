"""PDF -> one document: its text in reading order, with sections and without the page's furniture.

Reads bytes, writes nothing. pdfium gives the characters; what they are is told by their place,
size and font: lines and their order, furniture, pieces, headings, front matter, references, flow.
"""

import json
from collections.abc import Iterator

from curate.collect import outline, plain_text
from curate.collect.pdf import (
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
    if found.n_scanned_pages >= max(1, SCANNED_SHARE * found.n_pages):
        return Failure(
            name,
            "scanned",
            f"{found.n_scanned_pages} of {found.n_pages} pages are images without text",
        )
    if not any(character.isalnum() for line in found.lines for character in line.text):
        return Failure(name, "no-text", f"{found.n_pages} pages hold no letter and no digit")
    first = [
        paragraphs.plain(line.text) for line in found.lines if line.page == found.lines[0].page
    ]
    last = [
        paragraphs.plain(line.text) for line in found.lines if line.page == found.lines[-1].page
    ]
    kept = furniture.removed(found.lines, found.n_pages)
    body = pieces.body_of(kept)
    parted = pieces.of_lines(kept, body)
    headings.mark(parted, body)
    head = front.find(parted, body, meta["Title"])
    flow.begin_with_abstract(parted, head)
    places, cited = flow.split_references(parted, head, body)
    vocabulary = paragraphs.vocabulary([line.text for line in kept])
    works, numbered = (
        references.entries(cited, paragraphs.Words(vocabulary)) if cited else ([], False)
    )
    words = paragraphs.Words(vocabulary, len(works) if numbered else 0)
    parts = list(flow.parts([parted[place] for place in places], head, body, words))
    if head.abstract is not None:
        parts.insert(0, flow.Part("heading", "Abstract", 1))
    written = flow.write(parts, plain_text.clean)
    if not any(character.isalnum() for character in written.text):
        whole = paragraphs.joined([line.text for line in found.lines], words)
        written = flow.write([flow.Part("text", whole)], plain_text.clean)
    license_, stated = statements.license_of([*first, *last, *statements.notices(found.lines)])
    metadata: dict[str, str | int] = {"n_pages": found.n_pages}
    if found.n_scanned_pages:
        metadata["n_scanned_pages"] = found.n_scanned_pages
    if head.keywords:
        metadata["keywords"] = "; ".join(head.keywords)
    if stated and license_ is None:
        metadata["license"] = stated
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
        metadata=json.dumps(metadata, ensure_ascii=False),
    )
