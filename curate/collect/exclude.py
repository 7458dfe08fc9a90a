"""Which documents must not be used: by DOI, PMCID, arXiv id, hash or id. Takedown, in short.

Documents are left out where the sources are gathered, so nothing later can come from them, and a
name that is added later takes out what is there already.
"""

import hashlib
import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from curate.collect.records import DOI_PREFIX
from schemas.errors import RecipeError

COLUMNS = {
    "arxiv": ("arxiv_id", r"v\d+$"),
    "doi": ("doi", DOI_PREFIX),
    "id": ("id", r"^\s+"),
    "pmcid": ("pmcid", r"^pmc"),
}
"""Way of naming -> column of DOCUMENTS, and what of its values, in small letters, says nothing."""
SHA256 = re.compile(r'"sha256": "([0-9a-f]{64})"')


class Exclude:
    """Looks documents up.

    Args:
        names: `doi:10.1371/…`, `pmcid:PMC123`, `arxiv:2408.10729`, `id:…`, `sha256:…` of a file's
            bytes or of a document's text. Case does not matter.

    Raises:
        RecipeError: a name is of no such kind.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._named: dict[str, dict[str, str]] = {}
        for name in names:
            kind, _, value = name.partition(":")
            kind, value = kind.lower(), value.strip().lower()
            if kind not in (*COLUMNS, "sha256") or not value:
                known = ", ".join(f"{one}:…" for one in (*sorted(COLUMNS), "sha256"))
                raise RecipeError(f"exclude: {name!r} names no document. Write one of {known}.")
            plain = re.sub(COLUMNS[kind][1], "", value) if kind in COLUMNS else value
            self._named.setdefault(kind, {})[plain] = name
        self._found: set[str] = set()

    def missing(self) -> list[str]:
        """Names that no document had, as they were given."""
        every = {name for named in self._named.values() for name in named.values()}
        return sorted(every - self._found)

    def allows(self, documents: pa.RecordBatch | pa.Table) -> pa.BooleanArray:
        """(n_rows,) whether each may be used."""
        refused = pa.array([False] * documents.num_rows, pa.bool_())
        for kind, named in self._named.items():
            if kind == "sha256":
                hit = self._by_hash(documents, named)
            else:
                column, silent = COLUMNS[kind]
                values = pc.utf8_lower(documents[column])
                values = pc.replace_substring_regex(values, pattern=silent, replacement="")
                hit = pc.is_in(values, value_set=pa.array(list(named), pa.string()))
                self._found.update(named[one] for one in values.filter(hit).to_pylist())
            refused = pc.or_(refused, hit)
        return pc.invert(refused)

    def _by_hash(
        self, documents: pa.RecordBatch | pa.Table, named: dict[str, str]
    ) -> pa.BooleanArray:
        """(n_rows,) whether the hash of each text, or of the file it came from, is named."""
        hit = []
        columns = (documents["text"].to_pylist(), documents["metadata"].to_pylist())
        for text, metadata in zip(*columns, strict=True):
            hashes = {hashlib.sha256(text.encode()).hexdigest(), *SHA256.findall(metadata)}
            self._found.update(named[one] for one in hashes & named.keys())
            hit.append(not hashes.isdisjoint(named))
        return pa.array(hit, pa.bool_())
