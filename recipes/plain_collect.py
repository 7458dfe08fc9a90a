"""Collect over plain files, without a recipe: what `retort collect` does.

Reads files and folders, writes one output, whole or not at all; documents are streamed.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from curate.collect import read
from curate.collect.exclude import Exclude
from curate.collect.files import NamedFile, walk
from curate.collect.gather import first_of_each, placed
from recipes.plain import check, write
from schemas.errors import RetortError, SourceError
from schemas.recipe import Files, Holdout
from schemas.rows import DOCUMENTS, Failure, Skipped


class Collecting:
    """Documents of the files that a user named, and what became of the rest.

    Args:
        paths: what the user named.
        source: form, fields, licence and domain of what is read.
        part: written into every document.
        exclude: documents to leave out, as a recipe names them.

    Raises:
        SourceError: a path does not exist, or is a file of no known form.
    """

    def __init__(
        self, paths: Sequence[Path], source: Files, part: str, exclude: Sequence[str] = ()
    ) -> None:
        self.paths = paths
        self.failures: list[Failure] = []
        self.skipped: Counter[str] = Counter()
        self.n_documents = 0
        self.exclude = Exclude(exclude)
        self.error: RetortError | None = None
        self.notes: list[str] = []
        self._source = source
        self._part = part
        self._sidecar = None if source.sidecar is None else Path(source.sidecar).resolve()
        self.files: list[NamedFile] = []
        for path in paths:
            if not path.exists():
                raise SourceError(f"{path}: no such file or folder. Correct the path.")
            for one in walk(path, source.form, self._sidecar):
                if isinstance(one, Failure):
                    self.failures.append(one)
                else:
                    self.files.append(one)

    def batches(self, tell: Callable[[str], None]) -> Iterator[pa.RecordBatch]:
        """Documents, each once, as DOCUMENTS.

        An error is kept in `error` as well, since not every writer passes it on as it was.
        """
        seen: set[str] = set()
        try:
            told = {"tell": tell, "note": self.notes.append}
            for one in read(self._source, paths=self.files, sidecar=self._sidecar, **told):
                if isinstance(one, Failure):
                    self.failures.append(one)
                elif isinstance(one, Skipped):
                    self.skipped[one.reason] += 1
                else:
                    yield self._taken(one, seen)
            if self.n_documents == 0:
                raise SourceError(self._no_text())
        except RetortError as error:
            self.error = error
            raise

    def _taken(self, batch: pa.RecordBatch, seen: set[str]) -> pa.RecordBatch:
        new = batch.filter(first_of_each(batch["id"], seen))
        self.skipped["read twice"] += len(batch) - len(new)
        allowed = new.filter(self.exclude.allows(new))
        self.skipped["excluded"] += len(new) - len(allowed)
        self.n_documents += len(allowed)
        return placed(allowed, self._part, Holdout())

    def _no_text(self) -> str:
        named = ", ".join(map(str, self.paths))
        if self.skipped.total():
            why = ", ".join(f"{reason} {n}" for reason, n in self.skipped.items() if n)
            return f"{named}: nothing is left of it ({why}). Correct the source."
        if not self.failures:
            return f"{named}: holds no file. Name a folder with papers."
        first = self.failures[0]
        why = f"{first.what}: {first.reason}" + (f", {first.detail}" if first.detail else "")
        more = f" and {len(self.failures) - 1} more" if len(self.failures) > 1 else ""
        return f"{named}: holds no text that can be read ({why}{more}). Correct the source."


def collect(
    paths: Sequence[Path],
    out: Path,
    source: Files,
    part: str,
    exclude: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
    note: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Read files and folders into documents.

    Args:
        paths: what the user named.
        out: the file or table folder to write.
        source: form, fields, licence and domain of what is read.
        part: written into every document.
        exclude: documents to leave out, as `doi:…`.
        tell: shows how far reading is.
        note: takes a line that the user should read.

    Returns:
        The object that `--json` prints.

    Raises:
        SourceError: a named path is missing, a named file cannot be read, or nothing holds text.
    """
    began = time.monotonic()
    check(out)
    work = Collecting(paths, source, part, exclude)
    try:
        write(out, DOCUMENTS, work.batches(tell), work.failures, work.skipped, "collect")
    except Exception:
        if work.error is not None:
            raise work.error from None
        raise
    work.notes += [f"skipped: {reason} {count}" for reason, count in (+work.skipped).items()]
    for name in work.exclude.missing():
        work.notes.append(f"exclude: {name} is no document here")
    for line in work.notes:
        note(line)
    skipped = work.skipped.total()
    return {
        "requested": work.n_documents + len(work.failures) + skipped,
        "ok": work.n_documents,
        "failed": len(work.failures),
        "skipped": skipped,
        "documents": work.n_documents,
        "seconds": round(time.monotonic() - began, 3),
        "failures": [{"path": one.what, "reason": one.reason} for one in work.failures],
    }
