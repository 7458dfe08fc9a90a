"""BibTeX's notations -> plain text: values, LaTeX in them, names of people, dates, lists of files.

Reads texts, writes nothing. LaTeX is decoded by pylatexenc, names are parted by bibtexparser.
"""

import functools
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

MARK = re.compile(r"\\.|[{}\"]", re.DOTALL)
BARE = re.compile(r"[^\s#,\"{}=]+")
JOINT = re.compile(r"\s*(?:#\s*|\Z)")
BRACES = re.compile(r"(?<!\\)[{}]")
ESCAPED = re.compile(r"\\([_&%#$:;{}\\ ])")
ACCENT = re.compile(r"\\[\"'`^~=.]|\\[a-zA-Z]\s*\{")
PERCENT = re.compile(r"(?<!\\)%")
UNESCAPED_COLON = re.compile(r"(?<!\\):")
UNESCAPED_SEMICOLON = re.compile(r"(?<!\\);")
NOT_YET = re.compile(
    r"in press|in preparation|in review|forthcoming|to appear|submitted|accepted|unpublished"
    r"|n\.?\s?d\.?|no date|undated",
    re.IGNORECASE,
)
YEAR = re.compile(r"(\d{4})(?:[^\d/-]|$)")
DAY = re.compile(r"(?<!\d)(?:[12]?\d|3[01])(?!\d)")

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LATEX_MOST = 20_000
"""Characters of the longest value whose LaTeX is decoded; only notes are longer."""


class UnreadableError(ValueError):
    """A value that is not BibTeX; says why."""


def value(raw: str, strings: Mapping[str, str]) -> str:
    """The text of a value: `{a}`, `"a"`, `2020`, a name of `@string`, or several joined by `#`.

    Raises:
        UnreadableError: it is none of these, or names what is not defined.
    """
    text, parts, start = raw.strip(), [], 0
    while start < len(text):
        part, end = _part(text, start, strings)
        parts.append(part)
        joint = JOINT.match(text, end)
        if joint is None:
            raise UnreadableError(
                f"{text[end : end + 40].strip()!r} follows where the value is at its end"
            )
        start = joint.end()
    return "".join(parts)


def _part(text: str, start: int, strings: Mapping[str, str]) -> tuple[str, int]:
    """(text of the part that begins there, where it ends)."""
    if text[start] in '{"':
        end = _closed(text, start)
        return text[start + 1 : end], end + 1
    bare = BARE.match(text, start)
    if bare is None:
        raise UnreadableError(f"{text[start : start + 40]!r} is no value")
    name = bare[0].lower()
    if not name.isdigit() and name not in strings and name[:3] not in MONTHS:
        raise UnreadableError(f"{bare[0][:40]!r} stands without braces and no @string defines it")
    return strings.get(name, bare[0]), bare.end()


def _closed(text: str, start: int) -> int:
    """Where the brace or quotation mark at `start` is closed."""
    depth = 0
    for mark in MARK.finditer(text, start):
        if mark[0] == "{":
            depth += 1
        elif mark[0] == "}":
            depth -= 1
            if depth == 0 and text[start] == "{":
                return mark.start()
        elif mark[0] == '"' and text[start] == '"' and depth == 0 and mark.start() > start:
            return mark.start()
    raise UnreadableError(f"{text[start : start + 40]!r} is not closed")


@contextmanager
def silent(library: str) -> Iterator[None]:
    """Keep a library's log from the terminal: what is wrong is told by one error, or is nothing."""
    logger = logging.getLogger(library)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


@functools.lru_cache(maxsize=10_000)
def plain(text: str) -> str:
    """Text without LaTeX: accents as letters, no braces, formulae between `$` as they are."""
    if "\\" in text or "$" in text:
        if len(text) <= LATEX_MOST:
            try:
                with silent("pylatexenc"):
                    text = _decoder()(PERCENT.sub(r"\\%", text))
            except RecursionError:
                # Braces in braces in braces: nobody's title.
                text = BRACES.sub("", text)
        else:
            text = BRACES.sub("", text)
    else:
        text = BRACES.sub("", text).replace("~", " ").replace("---", "—").replace("--", "–")
    return " ".join(text.split())


@functools.cache
def _decoder() -> Any:  # noqa: ANN401  the library ships no types
    """LaTeX -> text; making it takes a hundred times as long as using it."""
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="verbatim", strict_latex_spaces=False).latex_to_text


def literal(text: str) -> str:
    """A path, DOI or address: braces and escapes go, `~` and `%` stay."""
    if ACCENT.search(text):
        return plain(text)
    text = BRACES.sub("", text.replace("$\\backslash$", "\\\\"))
    return " ".join(ESCAPED.sub(r"\1", text).split())


def people(text: str) -> list[str]:
    """`Surname, Given and Given Surname and {A Team}` -> `Given Surname`, …; `others` is nobody."""
    from bibtexparser.middlewares.names import (
        parse_single_name_into_parts,
        split_multiple_persons_names,
    )

    names = (
        plain(parse_single_name_into_parts(name, strict=False).merge_first_name_first)
        for name in split_multiple_persons_names(text)
        if name.strip().lower() != "others"
    )
    return [name for name in names if name]


def published(fields: Mapping[str, str]) -> str:
    """ISO 8601 from biblatex's `date`, or from `year`, `month` and `day`; what else `year` says.

    Empty where nothing is said, or that it is not published yet.
    """
    date = plain(fields.get("date", "")).partition("/")[0].rstrip("~?% ")
    year = plain(fields.get("year", "")).strip("()[]")
    if (began := YEAR.match(year)) is not None:
        year = began[1]
    if date or not year or NOT_YET.fullmatch(year):
        return "" if NOT_YET.fullmatch(date) else date
    month = plain(fields.get("month", "")).lower()
    number = next((n for n, name in enumerate(MONTHS, 1) if name in month), 0)
    if month.isdigit() and 1 <= int(month) <= 12:
        return f"{year}-{int(month):02}"
    if not number:
        return year
    day = DAY.search(plain(fields.get("day", "")) or month)
    return f"{year}-{number:02}" + (f"-{int(day[0]):02}" if day else "")


def files(text: str) -> list[str]:
    """Paths in a `file` field: `a.pdf`, `:sub/a.pdf:PDF`, `Full Text:a.pdf:application/pdf`, `…;…`.

    The conventions are those of JabRef, Mendeley and Zotero.
    """
    paths = []
    for entry in UNESCAPED_SEMICOLON.split(text):
        parts = UNESCAPED_COLON.split(entry)
        if len(parts) >= 3:
            entry = ":".join(parts[1:-1])
        elif len(parts) == 2 and len(parts[0].strip()) != 1:
            entry = parts[1]
        path = literal(entry)
        if path:
            paths.append(path)
    return paths
