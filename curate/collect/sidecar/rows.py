"""What one row of a sidecar says of one file, checked. Reads texts; opens no file.

A person wrote it about this very file, so what is not understood is an error that names the line,
not something to pass over.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from curate.collect import records
from schemas.errors import SourceError
from schemas.rows import Kind

DOI = re.compile(r"10\.\d{4,9}/\S+")
ARXIV_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?arxiv\.org/(?:abs|pdf)/|arxiv:\s*", re.IGNORECASE
)
CODE = re.compile(r"([a-z]{2})(?:[-_][a-z0-9-]+)?", re.IGNORECASE)

LANGUAGES = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl",
    "english": "en", "finnish": "fi", "french": "fr", "german": "de", "greek": "el",
    "hungarian": "hu", "italian": "it", "japanese": "ja", "korean": "ko", "norwegian": "no",
    "persian": "fa", "polish": "pl", "portuguese": "pt", "russian": "ru", "spanish": "es",
    "swedish": "sv", "turkish": "tr", "ukrainian": "uk", "american": "en", "british": "en",
    "ngerman": "de", "eng": "en", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "spa": "es",
    "ita": "it", "por": "pt", "rus": "ru", "zho": "zh", "chi": "zh", "jpn": "ja", "kor": "ko",
}  # fmt: skip
"""Names and three-letter codes of languages, as reference managers write them -> ISO 639-1."""

LISTS = ("keywords", "subjects")
"""What metadata holds as names with `; ` between them."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a sidecar says of one work."""

    line: int
    """Where it begins, counted from 1."""
    files: tuple[str, ...]
    """Paths of its files, as stated."""
    citation_key: str | None
    """BibTeX's name of it."""
    moved: bool
    """Whether its files were elsewhere when it was written, so that their folders say nothing."""
    values: Mapping[str, Any] = field(hash=False)
    """Columns of a document, as a document holds them; any other name goes to its metadata."""

    @property
    def doi(self) -> str | None:
        """In small letters, without address."""
        return self.values.get("doi")

    @property
    def key(self) -> str:
        """What a person looks for in the sidecar."""
        return self.files[0] if self.files else self.citation_key or self.doi or ""

    def __str__(self) -> str:
        return f"{' '.join(self.key[:200].split())} (line {self.line})"


def checked(said: Mapping[str, Any], other: Mapping[str, str], where: str) -> dict[str, Any]:
    """Values as a document holds them.

    Args:
        said: column of a document -> what is stated; authors may be a list of names.
        other: what goes to the document's metadata.
        where: file and line, for errors.

    Raises:
        SourceError: a licence, kind, date, DOI or language is not understood.
    """
    plain: dict[str, Any] = {
        # Metadata beside a column of its name would replace what a reader found there.
        f"stated_{name}" if name in records.COLUMNS else name: " ".join(text.split())
        for name, text in other.items()
    }
    for name in LISTS:
        if plain.get(name):
            plain[name] = "; ".join(split_list(plain[name]))
    said = {name: value for name, value in said.items() if value}
    if "doi" in said:
        said["doi"] = _doi(said["doi"], where)
    if "language" in said:
        said["language"] = _language(said["language"], where)
    if "arxiv_id" in said:
        said["arxiv_id"] = ARXIV_ADDRESS.sub("", said["arxiv_id"].strip())
    if "pmcid" in said and said["pmcid"].strip().isdigit():
        said["pmcid"] = f"PMC{said['pmcid'].strip()}"
    understood = _understood(said, where)
    return {**{name: text for name, text in records.scalars(plain).items() if text}, **understood}


def _understood(said: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Stated values as a document holds them; a document keeps what it does not understand."""
    document = records.document(said, source="", form="", text="", sections=[])
    if '"license"' in document.metadata:
        raise SourceError(
            f"{where}: license is {quoted(said['license'])}, which is neither an SPDX expression "
            "of known licences nor a Creative Commons name or address. Write one (CC-BY-4.0, MIT), "
            "or leave it empty."
        )
    if '"kind"' in document.metadata:
        raise SourceError(
            f"{where}: kind is {quoted(said['kind'])}; allowed are {', '.join(get_args(Kind))}. "
            "Write one of them, or leave it empty."
        )
    if "published" in said and not is_date(document.published):
        raise SourceError(
            f"{where}: the date is {quoted(said['published'])}, which is none. Write it as 2024, "
            "2024-05 or 2024-05-17, or leave it empty."
        )
    return {name: getattr(document, name) for name in records.COLUMNS if name in said}


def quoted(value: object) -> str:
    """A value in an error: one line, its beginning where it is long."""
    text = value if isinstance(value, str) else str(value)
    return repr(text) if len(text) <= 80 else f"{text[:80]!r}…"


def is_date(text: str | None) -> bool:
    """Whether it is a day, month or year of the calendar in ISO 8601."""
    try:
        datetime.date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


def doi_of(text: str) -> str | None:
    """A DOI in small letters without address; None where the text is none."""
    bare = records.bare_doi(text)
    return bare if DOI.fullmatch(bare) else None


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of a code or of a language's English name; None where it is neither."""
    name = text.strip().lower()
    code = CODE.fullmatch(name)
    return code[1] if code else LANGUAGES.get(name)


def split_list(text: str) -> list[str]:
    """Names between semicolons, or between commas where there is no semicolon."""
    parts = text.split(";" if ";" in text else ",")
    return [name for part in parts if (name := " ".join(part.split()))]


def _doi(text: str, where: str) -> str:
    doi = doi_of(text)
    if doi is None:
        raise SourceError(
            f"{where}: doi is {quoted(text)}; a DOI begins with 10. and has a slash, as in "
            "10.1000/182. Correct it, or leave it empty."
        )
    return doi


def _language(text: str, where: str) -> str:
    code = language_of(text)
    if code is None:
        raise SourceError(
            f"{where}: language is {quoted(text)}, which is no ISO 639-1 code. "
            "Write one (en, de, zh), or leave it empty."
        )
    return code
