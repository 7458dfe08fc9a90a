"""A BibTeX sidecar -> its rows. Reads text, writes nothing.

Blocks and fields are told apart by bibtexparser. An entry is about the files of its `file` field,
else about its DOI or the file that bears its citation key as a name. Its abstract is left out: it
is a part of the work. What BibTeX knows as a comment is one here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from curate.collect.sidecar import latex
from curate.collect.sidecar.rows import Row, checked, doi_of, language_of, quoted
from schemas.errors import SourceError

RENAMED = {
    "licence": "license", "langid": "language", "journaltitle": "journal", "booktitle": "journal",
    "keyword": "keywords", "authors": "author", "arxiv": "arxiv_id",
    "arxivid": "arxiv_id",
}  # fmt: skip
"""Field -> what it is called here, where that is not stated too."""

STATED = ("title", "license", "domain", "kind", "pmcid")
"""Fields that are a document's columns as they stand."""

LEFT_OUT = {"abstract", "author", "date", "year", "month", "day", "file", *STATED}
LITERAL = {"doi", "url", "eprint", "pmcid", "license", "arxiv_id"}
COMMANDS_MOST = 500_000
"""Backslashes and dollar signs in a file, ours: decoding each takes about 0.1 ms."""
STRAY = re.compile(r"^[ \t]*@\w+", re.MULTILINE)


def read(text: str, name: str) -> Iterator[Row]:
    """The rows of a sidecar.

    Args:
        text: the whole file.
        name: its path, for errors.

    Raises:
        SourceError: an entry is malformed, or says what is not understood.
    """
    from bibtexparser import model

    n_commands = text.count("\\") + text.count("$")
    if n_commands > COMMANDS_MOST:
        raise SourceError(
            f"{name}: {n_commands:,} LaTeX commands, and {COMMANDS_MOST:,} are allowed. "
            "Keep only the entries that are about these files."
        )
    strings: dict[str, str] = {}
    for block in _blocks(text, name):
        line = (block.start_line or 0) + 1
        if isinstance(block, model.String):
            strings[block.key.lower()] = _value(block.value, strings, f"{name} line {line}")
        elif isinstance(block, model.Entry):
            yield _row(block, strings, line, name)


def _blocks(text: str, name: str) -> Iterator[Any]:
    """Every block in its order, repeated names included; comments are passed over."""
    from bibtexparser import model
    from bibtexparser.entrypoint import parse_string

    with latex.silent("bibtexparser"):
        library = parse_string(text, parse_stack=[])
    for block in library.blocks:
        line = (block.start_line or 0) + 1
        if isinstance(block, model.ImplicitComment):
            stray = STRAY.search(block.comment)
            if stray is not None:
                line += block.comment.count("\n", 0, stray.start())
                raise SourceError(
                    f"{name} line {line}: {stray[0].strip()[:60]} begins no entry, as no brace "
                    "follows. Correct the entry, or leave out the @."
                )
        while isinstance(block, model.ParsingFailedBlock) and block.ignore_error_block is not None:
            block = block.ignore_error_block
        if isinstance(block, model.ParsingFailedBlock):
            reason = " ".join(str(getattr(block.error, "abort_reason", block.error)).split())
            raise SourceError(
                f"{name} line {line}: the entry is not BibTeX ({reason[:200].rstrip('. ')}). "
                "Correct its braces, quotation marks and commas."
            )
        yield block


def _short(key: str) -> str:
    return " ".join(key[:60].split())


def _value(raw: str, strings: Mapping[str, str], where: str) -> str:
    try:
        return latex.value(raw, strings)
    except latex.UnreadableError as error:
        raise SourceError(f"{where}: {error}. Put braces around the value.") from error


def _row(entry: Any, strings: Mapping[str, str], line: int, name: str) -> Row:  # noqa: ANN401
    fields = _fields(entry, strings, name)
    where = f"{name} line {line} ({_short(entry.key)})"
    for old, new in RENAMED.items():
        if old in fields and new not in fields:
            fields[new] = fields.pop(old)
    said: dict[str, Any] = {
        column: _text(column, fields[column]) for column in STATED if column in fields
    }
    said["published"] = latex.published(fields)
    said["authors"] = latex.people(fields.get("author", ""))
    other = {field: _text(field, text) for field, text in fields.items() if field not in LEFT_OUT}
    said["arxiv_id"] = _arxiv(other)
    # Written for a bibliography, not for this: what is no DOI or language there is metadata.
    for column, of in (("doi", doi_of), ("language", language_of)):
        if (understood := of(other.get(column, ""))) is not None:
            said[column] = understood
            del other[column]
    files = tuple(latex.files(fields.get("file", "")))
    return Row(line, files, entry.key, True, checked(said, other, where))


def _fields(entry: Any, strings: Mapping[str, str], name: str) -> dict[str, str]:  # noqa: ANN401
    """Field, in small letters -> its text; one that is stated twice must say the same."""
    fields: dict[str, str] = {}
    for field in entry.fields:
        key = field.key.lower()
        where = f"{name} line {field.start_line + 1} ({_short(entry.key)})"
        text = _value(field.value, strings, where)
        if fields.get(key, text) != text:
            raise SourceError(
                f"{where}: {key} is stated twice and differently, {quoted(fields[key])} and "
                f"{quoted(text)}. Delete one."
            )
        fields[key] = text
    return fields


def _text(field: str, text: str) -> str:
    return latex.literal(text) if field in LITERAL else latex.plain(text)


def _arxiv(other: dict[str, str]) -> str:
    """The arXiv identifier, taken out of what else is said; empty where there is none."""
    if "arxiv_id" in other:
        return other.pop("arxiv_id")
    archive = other.get("archiveprefix", other.get("eprinttype", "")).lower()
    return other.pop("eprint", "") if archive == "arxiv" else ""
