"""Which documents must not be used: by DOI, PMCID, arXiv id, hash or id. Takedown, in short.

Documents are left out where the sources are gathered, so nothing later can come from them, and a
name that is added later takes out what is there already.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import RecipeError

COLUMNS = {"arxiv": "arxiv_id", "doi": "doi", "id": "id", "pmcid": "pmcid"}
"""Way of naming -> column of DOCUMENTS."""
SHA256 = re.compile(r'"sha256": "([0-9a-f]{64})"')
RESOLVER = re.compile(r"^(?:https?://)?(?:dx\.)?doi\.org/")
VERSION = re.compile(r"v\d+$")


class Exclude:
    """Looks documents up.

    Args:
        names: `doi:10.1371/…`, `pmcid:PMC123`, `arxiv:2408.10729`, `id:…`, `sha256:…` of a file's
            bytes or of a document's text. Case does not matter.

    Raises:
        RecipeError: a name is of no such kind.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._values: dict[str, set[str]] = {}
        for name in names:
            kind, _, value = name.partition(":")
            kind = kind.lower()
            if kind not in (*COLUMNS, "sha256") or not value.strip():
                known = ", ".join(f"{one}:…" for one in (*sorted(COLUMNS), "sha256"))
                raise RecipeError(f"exclude: {name!r} names no document. Write one of {known}.")
            self._values.setdefault(kind, set()).add(_normal(kind, value.strip().lower()))
        self.found: set[str] = set()
        """Those that a document had, as `doi:10.1371/…`."""

    def missing(self) -> list[str]:
        """Those that no document had."""
        every = {f"{kind}:{value}" for kind, values in self._values.items() for value in values}
        return sorted(every - self.found)

    def allows(self, documents: pa.RecordBatch | pa.Table) -> pa.BooleanArray:
        """(n_rows,) whether each may be used."""
        allowed = np.ones(documents.num_rows, bool)
        for kind, values in self._values.items():
            for row, names in enumerate(_names(kind, documents)):
                hit = values & names
                if hit:
                    allowed[row] = False
                    self.found.update(f"{kind}:{value}" for value in hit)
        return pa.array(allowed)


def _normal(kind: str, value: str) -> str:
    if kind == "doi":
        return RESOLVER.sub("", value)
    if kind == "arxiv":
        return VERSION.sub("", value)
    return value if kind != "pmcid" or value.startswith("pmc") else f"pmc{value}"


def _names(kind: str, documents: pa.RecordBatch | pa.Table) -> list[set[str]]:
    """What each document is called in one way of naming."""
    if kind == "sha256":
        texts = documents["text"].to_pylist()
        stated = documents["metadata"].to_pylist()
        return [
            {hashlib.sha256(text.encode()).hexdigest(), *SHA256.findall(other)}
            for text, other in zip(texts, stated, strict=True)
        ]
    values = pc.utf8_lower(documents[COLUMNS[kind]]).to_pylist()
    return [set() if value is None else {_normal(kind, value)} for value in values]
