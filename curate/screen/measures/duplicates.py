"""Which rows nearly repeat an earlier row. Reads ids and a text column; makes a table of pairs.

Two rows are as similar as their sets of word shingles: Jaccard similarity, shared over all. Every
stored pair is verified on the sets themselves, so no pair is wrong; which pairs are looked at is
decided by MinHash bands, so a pair at `floor` is missed with a probability below 1 - RECALL.

Exact copies, rows with equal sets, form classes. Each later member is paired with the first member
of its class at similarity 1.0, a star, so that a million copies make a million pairs. Near pairs
are stored between first members only; they are never at 1.0, so classes can be rebuilt from the
pairs at 1.0, and every member has the near pairs of its first member. Rows without words have no
set and repeat nothing.

Memory: about 650 bytes a row at 128 permutations, and the batch under way; no text is held.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
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
from curate.screen.minhash import Rows, Sizes
from curate.screen.sketches import Batches, Source, classes, sketch
from curate.screen.verify import Similarities, verify
from schemas.rows import PAIRS

VERSION = 1
COLUMNS = {
    "id": ("string", "a row"),
    "other": ("string", "an earlier row that it resembles"),
    "field": ("string", "the column that was compared"),
    "similarity": ("double", "exact Jaccard similarity of their word shingles, 0 to 1"),
    "position": ("int64", "row number of id, from 0"),
    "other_position": ("int64", "row number of other, from 0"),
}

RECALL = 0.99
"""Of pairs at the floor, the share that bands must find."""
LEAST_HELD_BYTES = 1 << 28
PAIRS_A_CHUNK = 1 << 20


class Params(BaseModel):
    """What is compared, and which pairs are stored."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that is compared."""
    shingle_words: int = Field(5, ge=1, le=64)
    """Words in a shingle; a text with fewer words is one shingle."""
    permutations: int = Field(128, ge=16, le=1024)
    """Values in a MinHash signature; more find pairs with fewer false candidates, and cost more."""
    floor: float = Field(0.7, ge=0.1, le=1)
    """Pairs with this similarity or more are stored."""
    group_limit: int = Field(2048, ge=2 * GROUP_NEAR)
    """Distinct rows that share one band and are compared all with all; see `bands.group_pairs`."""

    @model_validator(mode="after")
    def _finds_pairs(self) -> Self:
        if candidate_probability(self.floor, *self.bands()) < RECALL:
            raise ValueError(
                f"floor {self.floor:g} with {self.permutations} permutations finds fewer than "
                f"{RECALL:.0%} of the pairs; raise either"
            )
        return self

    def bands(self) -> tuple[int, int]:
        """(bands, rows per band)."""
        return bands_for(self.permutations, self.floor, RECALL)


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs of rows that resemble each other, and how they were found."""

    pairs: pa.Table
    """Columns of PAIRS, sorted by position, then other_position, which is the smaller one."""
    facts: dict[str, int | float]
    """Counts of rows, candidates and limits reached; times are not among them."""


@dataclass(frozen=True, slots=True)
class _Proposed:
    """What the first reading finds, when its signatures are gone."""

    sizes: Sizes
    """(rows,) distinct shingles"""
    copies: Packed
    """Later members of classes, each with the first."""
    near: Packed
    """Pairs to verify."""
    held_bytes: int
    """Memory that the signatures took, free for sets of shingles."""
    facts: dict[str, int | float]


def _propose(source: Source, params: Params) -> _Proposed:
    """Read every row once, and pair them by their hashes alone."""
    sketches = sketch(source, params.permutations)
    signatures, sizes = sketches.signatures, sketches.sizes
    first = classes(sketches)
    own = np.arange(len(first))
    later = np.flatnonzero((first >= 0) & (first != own))
    bands, width = params.bands()
    pairs, n_large, n_left_out = candidates(
        signatures, np.flatnonzero(first == own), bands, width, params.group_limit
    )
    near = likely(signatures, sizes, pairs, params.floor)
    facts: dict[str, int | float] = {
        "n_rows": len(first),
        "n_empty": int((first < 0).sum()),
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
    held_bytes = max(LEAST_HELD_BYTES, signatures.nbytes)
    return _Proposed(sizes, packed(later, first[later]), near, held_bytes, facts)


def _table(
    field: str, pairs: Packed, similarity: Similarities, wanted: Rows, ids: pa.Array
) -> pa.Table:
    """The pairs with their ids, sorted."""
    order = np.argsort(pairs)
    tables = [PAIRS.empty_table()]
    for start in range(0, len(order), PAIRS_A_CHUNK):
        part = order[start : start + PAIRS_A_CHUNK]
        later, earlier = unpacked(pairs[part])
        columns = {
            "id": ids.take(pa.array(np.searchsorted(wanted, later))),
            "other": ids.take(pa.array(np.searchsorted(wanted, earlier))),
            "field": pa.repeat(pa.scalar(field), len(part)),
            "similarity": similarity[part],
            "position": later,
            "other_position": earlier,
        }
        tables.append(pa.table(columns, schema=PAIRS))
    return pa.concat_tables(tables)


def measure_corpus(batches: Batches, params: Params) -> Found:
    """Find the pairs of rows whose similarity is `params.floor` or more.

    Args:
        batches: gives the rows from the first to the last each time that it is called, with `id`
            and the text column. It is called two or three times, more often where the sets of
            candidates do not fit into the memory at once. Fewer than 2^31 rows.
        params: what is compared, and which pairs are stored.

    Returns:
        Pairs of PAIRS, and facts: `n_rows`; `n_empty` rows without words; `n_truncated` texts cut
        at `sketches.MAX_CHARACTERS`; `n_copies` rows whose set equals an earlier one's; `bands`,
        `rows_per_band` and `recall_at_floor`, the probability that a pair at the floor is a
        candidate; `n_candidates` pairs that share a band; `n_verified` of them compared exactly;
        `n_pairs` stored; `n_large_groups` bands shared by more than `group_limit` distinct rows, in
        which each further row is compared with the first and the previous GROUP_NEAR rows only;
        `n_pairs_left_out` in these groups, unless another band has them.

    Raises:
        TableError: a column is missing or holds no text, or rows differ between two readings.
    """
    source = Source(batches, params.text, params.shingle_words)
    proposed = _propose(source, params)
    copies, near = proposed.copies, proposed.near
    wanted = np.unique(np.concatenate([*unpacked(copies), *unpacked(near)]))
    similarity, ids = verify(source, proposed.sizes, near, wanted, proposed.held_bytes)
    stored = np.flatnonzero(similarity >= params.floor)
    pairs = np.concatenate([copies, near[stored]])
    similarity = np.concatenate([np.ones(len(copies)), similarity[stored]])
    facts = {**proposed.facts, "n_pairs": len(pairs)}
    return Found(_table(params.text, pairs, similarity, wanted, ids), facts)
