"""HTML -> one document: the main content of a page, and what the page says of itself.

Reads bytes, writes nothing. A page is parsed (page.py), asked for its metadata (metadata.py), its
formulae become LaTeX (formulae.py), its references are split off (references.py). Three libraries'
extracts vote on its pieces (main_content.py); bodies.py adds what they leave out of papers and
documentation, furniture.py takes away what they let in around an article, render.py writes the
rest.
"""

import json
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from curate.collect import outline
from curate.collect.html import bodies, formulae, furniture, main_content, metadata, page, prune
from curate.collect.html import references as bibliography
from curate.collect.html.encoding import decode
from curate.collect.html.pieces import Piece, cut
from curate.collect.html.render import render
from curate.collect.plain_text import clean
from schemas.rows import Document, Failure, Reference

FORM = "html"
MAX_BYTES = 50_000_000


def read(data: bytes, name: str) -> Iterator[Document | Failure]:
    """The page as one document, or why there is none.

    Args:
        data: the page's bytes, in any encoding.
        name: what the document is called.
    """
    if len(data) > MAX_BYTES:
        yield Failure(name, "too-large", f"{len(data):,} bytes; at most {MAX_BYTES:,} are read")
        return
    text = clean(decode(data))
    root = page.parse(text)
    if isinstance(root, str):
        yield Failure(name, "unreadable", root)
        return
    said = metadata.read(root)
    references = _prepare(root)
    chosen = content(root, text, said)
    rendered = render(chosen)
    if not any(sign.isalnum() for sign in rendered.text):
        yield Failure(name, "no-text", "the page shows no letter and no digit")
        return
    yield Document(
        source=name,
        form=FORM,
        text=rendered.text,
        kind=said.kind,
        title=said.title,
        sections=outline.sections(rendered.text, rendered.headings),
        blocks=rendered.blocks,
        license=said.license,
        language=said.language,
        doi=said.doi,
        pmcid=said.pmcid,
        arxiv_id=said.arxiv_id,
        published=said.published,
        authors=said.authors,
        references=references or said.references,
        metadata=json.dumps(said.other, ensure_ascii=False),
    )


def _prepare(root: HtmlElement) -> list[Reference]:
    """Leave in the tree only what is seen; gives the references that were taken out of it."""
    formulae.replace(root)
    page.remove_unseen(root)
    prune.remove_small(root)
    references = bibliography.split_off(root)
    page.sweep(root)
    return references


def content(root: HtmlElement, text: str, said: metadata.Said) -> Sequence[Piece]:
    """The pieces of the page's main content, in document order."""
    found = cut(root)
    if not found:
        return []
    outside = prune.outside(found)
    kept = main_content.choose(found, main_content.votes(root, found, text)) - outside
    container = bodies.body(root, found, kept, scholarly=said.scholarly)
    if container is not None:
        kept = bodies.inside(container, found, kept) - outside
    kept = furniture.without(found, kept, said.titles)
    return [found[here] for here in sorted(kept)]
