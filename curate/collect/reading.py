"""One file -> its documents, each with what the recipe and a sidecar say of it.

Runs inside the child processes of `pool`. Readers are told nothing but bytes and a name; what a
document does not say of itself is filled in here.
"""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.collect import contents, domains
from curate.collect.forms import TABLES
from schemas.recipe import Files, Form
from schemas.rows import Document, Failure, Skipped

if TYPE_CHECKING:
    from curate.collect.sidecar import Sidecar

READERS: dict[Form, str] = {
    "html": "html",
    "jats": "jats",
    "markdown": "markdown",
    "medline": "jats",
    "pdf": "pdf",
    "text": "plain_text",
}
"""Form -> module of this package whose `read(data, name)` gives the documents."""

Found = Document | Failure | Skipped


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files of one source are read."""

    source: Files
    """Its settings, checked."""
    sidecar: "Sidecar | None" = None
    """What the user wrote down about single files."""

    def of(self, path: Path, name: str, form: Form) -> Iterator[Found]:
        """Documents of one file in their order, and a failure for each thing that gave none.

        Args:
            path: the file.
            name: what documents call it.
            form: how its bytes are read.

        Raises:
            TableError: a table has no column for the text.
            RecipeError: a reader that the recipe asks for is not installed.
        """
        if form in TABLES:
            from curate.collect import tabular

            for found in tabular.read(path, name, self.source, form):
                yield self._filled(found) if isinstance(found, Document) else found
            return
        loaded = contents.load(path, name)
        if isinstance(loaded, Failure):
            yield loaded
            return
        for found in self._whole(loaded.data, name, form):
            yield self._filled(found, loaded.sha256) if isinstance(found, Document) else found

    def used(self) -> list[str]:
        """Keys of the sidecar that a document had since this was asked last."""
        return [] if self.sidecar is None else self.sidecar.newly_used()

    def _whole(self, data: bytes, name: str, form: Form) -> Iterator[Document | Failure]:
        if form == "pdf" and self.source.pdf == "docling":
            from curate.collect.pdf import docling

            return docling.read_with_docling(data, name)
        module = importlib.import_module(f"curate.collect.{READERS[form]}")
        found: Iterator[Document | Failure] = module.read(data, name)
        return found

    def _filled(self, document: Document, sha256: str | None = None) -> Document:
        """The document with what it lacks: from the sidecar first, then the recipe's settings.

        A licence that a file states and nobody understands is in `metadata`; no setting covers it.
        """
        if self.sidecar is not None:
            from curate.collect import sidecar

            values = self.sidecar.of(document.source, document.doi)
            document = sidecar.apply(document, values) if values else document
        known: dict[str, Any] = json.loads(document.metadata)
        if sha256 is not None:
            known["sha256"] = sha256
        return replace(
            document,
            license=document.license or (None if "license" in known else self.source.license),
            language=document.language or self.source.language,
            domain=document.domain or self.source.domain or _domain(document, known),
            metadata=json.dumps(known, ensure_ascii=False),
        )


def _domain(document: Document, known: dict[str, Any]) -> str | None:
    """The field of science that subject headings, journal and title tell."""
    terms = tuple(
        term.strip()
        for name in ("subjects", "keywords")
        for term in str(known.get(name, "")).split(";")
        if term.strip()
    )
    journal = known.get("journal")
    return _derived(terms, str(journal) if journal else None, document.title)


@lru_cache(maxsize=1024)
def _derived(terms: tuple[str, ...], journal: str | None, title: str | None) -> str | None:
    return domains.derive(terms, journal, title)
