"""A row of a table of documents -> a document. Reads no file."""

from collections.abc import Iterator, Mapping
from typing import Any

from curate.collect import outline, records
from curate.collect.conversations.turns import kind_of
from curate.collect.plain_text import clean
from curate.collect.tabular.columns import Documents, is_paper
from curate.collect.tabular.table import Row
from schemas.rows import Document, Failure, Section

SUBSECTION = ":::"
"""Between a section's name and its subsection's, in Qasper."""

Part = tuple[str, int, str]
"""Heading, level and text of a paragraph."""


def document(
    row: Row, layout: Documents, *, source: str, what: str, form: str
) -> Document | Failure:
    """One row as a document.

    Args:
        row: column of the file -> value.
        layout: which columns are what.
        source: what the document is called.
        what: what a failure is called.
        form: how the file was read.
    """
    value = row.get(layout.text)
    text, sections = _paper(row, value) if is_paper(value) else _plain(value)
    if not any(character.isalnum() for character in text):
        held = "no word" if text else kind_of(value or None)
        return Failure(what, "no-text", f"{layout.text} holds {held}")
    used = {layout.text, *layout.columns.values()} | ({"abstract"} if is_paper(value) else set())
    return records.document(
        {name: row.get(column) for name, column in layout.columns.items()} | _header(row),
        source=source,
        form=form,
        text=text,
        sections=sections,
        metadata=records.other(row, used),
    )


def _plain(value: object) -> tuple[str, list[Section]]:
    """A text, or the strings of a list with spaces between them."""
    if isinstance(value, list):
        value = " ".join(one.strip() for one in value if isinstance(one, str))
    text = clean(value) if isinstance(value, str) else ""
    return text, outline.sections(text, [])


def _header(row: Row) -> dict[str, Any]:
    """Title and authors where S2ORC has them in an object of their own."""
    header = row.get("metadata")
    if not isinstance(header, Mapping):
        return {}
    return {name: header[name] for name in ("title", "authors") if name in header}


def _paper(row: Row, body: Any) -> tuple[str, list[Section]]:  # noqa: ANN401  a row's value
    """The abstract and the sections of a paper, each under its heading."""
    parse = body if isinstance(body, Mapping) else {}
    abstract = row.get("abstract") or parse.get("abstract")
    paragraphs = parse.get("body_text") if parse else body
    text = ""
    headings: list[outline.Heading] = []
    last = ""
    for heading, level, paragraph in [*_abstract(abstract), *_parts(paragraphs)]:
        if heading and heading != last:
            line = f"{'#' * level} {heading}"
            start = len(text) + 2 if text else 0
            headings.append(outline.Heading(heading, level, start, start + len(line)))
            paragraph, last = f"{line}\n\n{paragraph}", heading
        text = f"{text}\n\n{paragraph}" if text else paragraph
    text = text.rstrip()
    return text, outline.sections(text, headings)


def _abstract(value: object) -> Iterator[Part]:
    if isinstance(value, str):
        value = [{"text": value}]
    for paragraph in value if isinstance(value, list) else []:
        if isinstance(paragraph, Mapping) and (text := _text(paragraph.get("text"))):
            yield "Abstract", 1, text


def _parts(sections: object) -> Iterator[Part]:
    """The paragraphs of S2ORC (`text`, `section`) or Qasper (`paragraphs`, `section_name`)."""
    for section in sections if isinstance(sections, list) else []:
        if not isinstance(section, Mapping):
            continue
        path = _text(section.get("section") or section.get("section_name") or "")
        *above, heading = [part.strip() for part in path.split(SUBSECTION)]
        number = section.get("sec_num")
        depth = number.strip(".").count(".") if isinstance(number, str) else len(above)
        texts = section.get("paragraphs") or [section.get("text")]
        for one in texts if isinstance(texts, list) else []:
            if text := _text(one):
                yield " ".join(heading.split()), min(depth, 5) + 1, text


def _text(value: object) -> str:
    return clean(value).strip() if isinstance(value, str) else ""
