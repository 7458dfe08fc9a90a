"""Which rows nearly repeat an earlier row, or one of a reference. Reads ids and what is compared.

Two rows are as similar as their sets of shingles, runs of a few words (`shingles.py`): Jaccard
similarity, shared over all. Every stored pair is verified on the sets themselves, so no pair is
wrong; which pairs are looked at is decided by MinHash bands, so a pair at `floor` is missed with a
probability below 1 - RECALL.

Exact copies, rows with equal sets, form classes. Each later member is paired with the first member
of its class at similarity 1.0, a star, so that a million copies make a million pairs. Near pairs
are stored between first members only; they are never at 1.0, so classes can be rebuilt from the
pairs at 1.0, and every member has the near pairs of its first member. Rows without words have no
set and repeat nothing.

References, tables or saved indexes, count as rows that came before; they are not compared with one
another, and a class or a pair of references alone is not stored.

Memory: about 650 bytes a row at 128 permutations, those of references too, and the batch under way;
no text is held. Past `held.memory_bytes()` the arrays lie in a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.screen.bands import (
    GROUP_NEAR,
    Packed,
    bands_for,
    candidate_probability,
    candidates,
    likely,
    packed,
    unpacked,
)
from curate.screen.held import memory_bytes
from curate.screen.index import Index
from curate.screen.pairs import pairs_table
from curate.screen.shingles import Shingling, shingling
from curate.screen.sketches import Batches, Collection, Sketches, Texts, classes, sketch
from curate.screen.verify import verify

VERSION = 2
REFERENCES = "against"
COLUMNS = {
    "id": ("string", "a row"),
    "other": ("string", "an earlier row, or one of a reference, that it resembles"),
    "field": ("string", "what was compared: a column, `both`, or `semantic`"),
    "similarity": ("double", "exact Jaccard similarity of their sets of shingles, 0 to 1"),
    "match": ("string", "exact: the same words in the same order; near: similar sets"),
    "reference": ("string", "the reference that other is a row of; null for none"),
    "position": ("int64", "row number of id, from 0"),
    "other_position": ("int64", "row number of other, from 0, in its reference if it has one"),
}

RECALL = 0.999
"""Of pairs at the floor, the share that bands must find."""
LEAST_HELD_BYTES = 1 << 28
BOTH = ("instruction", "response")
"""Columns that are compared one by one where `text` is `both`."""


class Params(BaseModel):
    """What is compared, and which pairs are stored."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that is compared: `text`, `instruction`, `response`, another one, or `both`, which
    compares instruction with instruction and response with response."""
    shingle_words: int = Field(5, ge=1, le=64)
    """Words in a shingle; a text with fewer words is one shingle."""
    shingle_characters: int = Field(8, ge=1, le=64)
    """Characters in a shingle, for rows that are mostly in scripts without spaces."""
    permutations: int = Field(128, ge=16, le=1024)
    """Values in a MinHash signature; more find pairs with fewer false candidates, and cost more."""
    floor: float = Field(0.7, ge=0.1, le=1)
    """Pairs with this similarity or more are stored."""
    group_limit: int = Field(2048, ge=2 * GROUP_NEAR)
    """Distinct rows that share one band and are compared all with all; see `bands.group_pairs`."""
    against: tuple[str, ...] = ()
    """Files, table folders and saved indexes whose rows count as rows that came before."""

    @model_validator(mode="after")
    def _finds_pairs(self) -> Self:
        if candidate_probability(self.floor, *self.bands()) < RECALL:
            raise ValueError(
                f"floor {self.floor:g} with {self.permutations} permutations finds fewer than "
                f"{RECALL:.1%} of the pairs; raise either"
            )
        return self

    def bands(self) -> tuple[int, int]:
        """(bands, rows per band)."""
        return bands_for(self.permutations, self.floor, RECALL)

    def reads(self) -> tuple[str, ...]:
        """The columns that are compared."""
        return BOTH if self.text == "both" else (self.text,)

    def shingling(self) -> Shingling:
        """How rows become sets."""
        return shingling(self.shingle_words, self.shingle_characters, self.text == "both")


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs of rows that resemble each other, and how they were found."""

    pairs: pa.Table
    """Columns of PAIRS, sorted by position, then other_position, references first."""
    facts: dict[str, int | float]
    """Counts of rows, candidates and limits reached; times are not among them."""


@dataclass(frozen=True, slots=True)
class _Proposed:
    """What the first reading finds."""

    copies: Packed
    """Later members of classes, each with the first."""
    exact: np.ndarray
    """(copies,) whether their words are the first's in the same order."""
    near: Packed
    """Pairs to verify."""
    facts: dict[str, int | float]


def _propose(sketches: Sketches, params: Params) -> _Proposed:
    """Pair rows by their hashes alone."""
    signatures, sizes = sketches.signatures, sketches.sizes
    own = int(sketches.begins[-2])
    first = classes(sketches)
    rows = np.arange(len(first))
    later = np.flatnonzero((first[own:] >= 0) & (first[own:] != rows[own:])) + own
    bands, width = params.bands()
    pairs, n_large, n_left_out = candidates(
        signatures, np.flatnonzero(first == rows), bands, width, params.group_limit, own
    )
    near = likely(signatures, sizes, pairs, params.floor)
    facts: dict[str, int | float] = {
        "n_rows": len(first) - own,
        "n_references": own,
        "n_empty": int((first[own:] < 0).sum()),
        "n_truncated": sketches.n_truncated,
        "n_copies": len(later),
        "bands": bands,
        "rows_per_band": width,
        "recall_at_floor": candidate_probability(params.floor, bands, width),
        "n_candidates": len(pairs),
        "n_verified": len(near),
        "n_large_groups": n_large,
        "n_pairs_left_out": n_left_out,
    }
    exact = sketches.sets[later, 2] == sketches.sets[first[later], 2]
    return _Proposed(packed(later, first[later]), exact, near, facts)


def _held_bytes(sketches: Sketches) -> int:
    """Memory for sets of shingles: what the signatures took, which are then gone."""
    return max(LEAST_HELD_BYTES, min(memory_bytes(), sketches.signatures.nbytes))


def measure_corpus(
    batches: Batches, params: Params, references: Mapping[str, Batches | Index] | None = None
) -> Found:
    """Find the pairs of rows whose similarity is `params.floor` or more.

    Args:
        batches: gives the rows from the first to the last each time that it is called, with `id`
            and the columns that are compared. It is called two or three times, more often where the
            sets of candidates do not fit into the memory at once. Fewer than 2^31 rows.
        params: what is compared, and which pairs are stored.
        references: name -> rows given in the same way, or a saved index.

    Returns:
        Pairs of PAIRS, and facts: `n_rows`; `n_references` rows of references; `n_empty` rows
        without words; `n_truncated` texts cut at `shingles.MAX_CHARACTERS`; `n_copies` rows whose
        set equals an earlier one's; `bands`, `rows_per_band` and `recall_at_floor`, the probability
        that a pair at the floor is a candidate; `n_candidates` pairs that share a band;
        `n_verified` of them compared exactly; `n_pairs` stored; `n_large_groups` bands shared by
        more than `group_limit` distinct rows, in which each further row is compared with the first
        and the previous GROUP_NEAR rows only; `n_pairs_left_out` in these groups, unless another
        band has them.

    Raises:
        TableError: a column is missing or holds no text, rows differ between two readings, or an
            index was made with other parameters.
    """
    how = params.shingling()
    collections: list[Collection] = []
    for name, rows in (references or {}).items():
        if isinstance(rows, Index):
            rows.check(params)
            collections.append(rows)
        else:
            collections.append(Texts(rows, params.reads(), how, name))
    collections.append(Texts(batches, params.reads(), how))
    sketches = sketch(collections, params.permutations)
    proposed = _propose(sketches, params)
    held_bytes = _held_bytes(sketches)
    kept = sketches.without_signatures()
    del sketches
    copies, near = proposed.copies, proposed.near
    wanted = np.unique(np.concatenate([*unpacked(copies), *unpacked(near)]))
    similarity, ids = verify(collections, kept, near, wanted, held_bytes, how.paired)
    stored = np.flatnonzero(similarity >= params.floor)
    pairs = np.concatenate([copies, near[stored]])
    table = pairs_table(
        params.text,
        pairs,
        np.concatenate([np.ones(len(copies)), similarity[stored]]),
        pc.if_else(
            pa.array(np.concatenate([proposed.exact, np.zeros(len(stored), np.bool_)])),
            "exact",
            "near",
        ),
        wanted,
        ids,
        kept.begins,
        [collection.name for collection in collections],
    )
    n_against = len(table) - table["reference"].null_count
    facts = {**proposed.facts, "n_pairs": len(pairs), "n_pairs_with_references": n_against}
    return Found(table, facts)
