"""Markdown -> one document with sections and blocks. Reads bytes, writes nothing.

The text stays as it stands after the YAML front matter; only what it is made of is told. The marks
are CommonMark's (https://spec.commonmark.org/0.31.2/), tables GitHub's, formulae Pandoc's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from curate.collect import outline, records
from curate.collect.plain_text import load
from schemas.rows import Block, Document, Failure

FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
FRONT_MATTER_CHARACTERS = 100_000
ALIASES = {"author": "authors", "date": "published", "lang": "language", "licence": "license"}

ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
NOT_SETEXT = re.compile(r" {4}|\t| {0,3}(?:[-*+>#|]|\d+[.)]\s|$)")
ATTRIBUTES = re.compile(r"\s*\{[#.:][^}]*\}$")
FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
MATH = re.compile(r"\s*\$\$")
ENVIRONMENT = re.compile(
    r"\s*\\begin\{((?:equation|align|gather|multline|eqnarray|displaymath|math|flalign)\*?)\}"
)
DELIMITER_ROW = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
IMAGE = re.compile(r" {0,3}!\[")

Kind = Literal["equation", "table", "figure", "code"]


def read(data: bytes, name: str) -> Iterator[Document | Failure]:
    """The whole text as one document.

    Its title is that of the front matter, else the first heading of level 1. Front matter that is
    not YAML is left out of the text and named in `metadata`.
    """
    loaded = load(data, name)
    yield loaded if isinstance(loaded, Failure) else _document(*loaded, name)


def _document(whole: str, notes: Mapping[str, str], name: str) -> Document | Failure:
    values, text = front_matter(whole)
    if not any(character.isalnum() for character in text):
        return Failure(name, "no-text", "it holds nothing but front matter")
    headings, blocks = parse(text)
    if not values.get("title"):
        values = {**values, "title": next((one.text for one in headings if one.level == 1), None)}
    return records.document(
        values,
        source=name,
        form="markdown",
        text=text,
        sections=outline.sections(text, headings),
        blocks=blocks,
        metadata={**_metadata(values), **notes},
    )


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """(what the YAML at the top says, by a document's column names; the text after it)."""
    import yaml

    match = FRONT_MATTER.match(text)
    if match is None or len(match[1]) > FRONT_MATTER_CHARACTERS:
        return {}, text
    rest = text[match.end() :].lstrip("\n")
    try:
        found = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {"front_matter": "not read: it is not valid YAML"}, rest
    if not isinstance(found, Mapping):
        return ({}, rest) if found is None else ({}, text)
    return {ALIASES.get(str(name), str(name)): value for name, value in found.items()}, rest


def _metadata(values: Mapping[str, Any]) -> dict[str, Any]:
    """Scalars of the front matter that have no column, and its tags on one line."""
    other = {name: value for name, value in values.items() if name not in records.COLUMNS}
    for name in ("tags", "keywords"):
        if isinstance(other.get(name), list):
            other[name] = ", ".join(str(tag) for tag in other[name])
    return other


def parse(text: str) -> tuple[list[outline.Heading], list[Block]]:
    """Headings and blocks of a Markdown text, in their order."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    headings: list[outline.Heading] = []
    blocks: list[Block] = []
    here = 0
    while here < len(lines):
        kind, end = _block(lines, here)
        if kind is not None:
            start = starts[here] + len(lines[here]) - len(lines[here].lstrip())
            stretch = text[start : starts[end] - 1].rstrip()
            blocks.append(Block(kind, start, start + len(stretch)))
        elif end == here and (heading := _heading(lines, here)) is not None:
            title, level, end = heading
            headings.append(outline.Heading(title, level, starts[here], starts[end] - 1))
        here = max(end, here + 1)
    return headings, blocks


def _block(lines: Sequence[str], here: int) -> tuple[Kind | None, int]:
    """(kind, line after it) of the block that begins at this line; a comment has no kind."""
    line = lines[here]
    if fence := FENCE.match(line):
        return "code", _closing(
            lines, here, re.compile(rf" {{0,3}}{fence[1]}{fence[1][0]}*[ \t]*$")
        )
    if line.lstrip().startswith("<!--"):
        return None, here + 1 if "-->" in line else _closing(lines, here, re.compile(r".*-->"))
    if MATH.match(line):
        return _math(lines, here)
    if environment := ENVIRONMENT.match(line):
        closing = re.compile(rf".*\\end\{{{re.escape(environment[1])}\}}")
        return "equation", here + 1 if closing.match(line) else _closing(lines, here, closing)
    if IMAGE.match(line):
        return "figure", _paragraph_end(lines, here)
    if "|" in line and here + 1 < len(lines) and _is_delimiter_row(lines[here + 1]):
        end = here + 2
        while end < len(lines) and "|" in lines[end] and lines[end].strip():
            end += 1
        return "table", end
    return None, here


def _math(lines: Sequence[str], here: int) -> tuple[Kind | None, int]:
    """A formula between double dollars, on one line or several of one paragraph."""
    if lines[here].count("$$") >= 2:
        alone = re.fullmatch(r"\s*\$\$[^$]+\$\$[\s.,;]*(?:\{[^}]*\})?\s*", lines[here])
        return ("equation", here + 1) if alone else (None, here)
    for row in range(here + 1, len(lines)):
        if "$$" in lines[row]:
            return "equation", row + 1
        if ATX.fullmatch(lines[row]):
            break
    return None, here


def _closing(lines: Sequence[str], here: int, closing: re.Pattern[str]) -> int:
    """One past the first later line that matches; the end of the text where none does."""
    for row in range(here + 1, len(lines)):
        if closing.match(lines[row]):
            return row + 1
    return len(lines)


def _paragraph_end(lines: Sequence[str], here: int) -> int:
    while here < len(lines) and lines[here].strip():
        here += 1
    return here


def _is_delimiter_row(line: str) -> bool:
    return "|" in line and "-" in line and DELIMITER_ROW.fullmatch(line) is not None


def _heading(lines: Sequence[str], here: int) -> tuple[str, int, int] | None:
    """(text, level, line after it) of the heading that begins at this line."""
    if atx := ATX.fullmatch(lines[here]):
        text = _plain(atx[2] or "")
        return (text, len(atx[1]), here + 1) if text else None
    if here + 1 >= len(lines) or (here > 0 and lines[here - 1].strip()):
        return None
    underline = SETEXT.fullmatch(lines[here + 1])
    if underline is None or NOT_SETEXT.match(lines[here]):
        return None
    return _plain(lines[here]), 1 if underline[1][0] == "=" else 2, here + 2


def _plain(text: str) -> str:
    """A heading's text without Pandoc's attributes."""
    return ATTRIBUTES.sub("", text.strip())
