"""Resolve duplicates: which of several copies is kept, and whom each other one repeats.

Rows that pass every rule are visited in order of preference. A row is kept unless a row that is
already kept has a verified similarity to it at or above the threshold. So a copy that a rule
forbids never costs the allowed one, and in a chain A ~ B ~ C with A and C unlike only B goes. Rows
of references are kept before any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.screen.kernels import compiled
from schemas.rows import PAIRS

TOLERANCE = 1e-9
"""Added to similarities, so that 0.8 computed as 4 / 5 meets a threshold of 0.8."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Repeats:
    """Whom each row repeats."""

    repeats: NDArray[np.bool_]
    """(n_rows,) whether it repeats a kept row."""
    columns: dict[str, pa.Array]
    """(n_rows,) `duplicate_of`, `similarity`, `compared` and `reference` of VERDICTS; null where a
    row repeats none."""


class _Graphs(NamedTuple):
    """For each field that was compared, which nodes are one class, and which resemble each other.

    A node is a row, or a row of a reference, in one field: number `field * n_nodes + row`.
    """

    leader: Ints
    """(fields * nodes,) first row of the class, a row number."""
    starts: Ints
    """(fields * nodes + 1,) neighbours of node i are `neighbours[starts[i]:starts[i + 1]]`."""
    neighbours: Ints
    """Row numbers."""
    weights: Floats
    """Similarities."""


def resolve(
    ids: pa.Array,
    order: Ints,
    passes: NDArray[np.bool_],
    pairs: pa.Table,
    thresholds: Mapping[str, float],
) -> Repeats:
    """For each row the kept row that it repeats.

    Args:
        ids: (n_rows,) of the rows.
        order: (n_rows,) row positions, the most preferred first.
        passes: (n_rows,) whether the row passes every rule; others are neither kept nor compared.
        pairs: verified pairs as `schemas.rows.PAIRS`. Rows with equal shingles form a class: each
            of its later members has a pair of similarity 1 with the first, and pairs with other
            rows are stored for the first alone.
        thresholds: field that was compared -> similarity at or above which two rows are the same.
            Pairs of other fields are not looked at.
    """
    fields = pa.array(list(thresholds), pa.string())
    pairs = pairs.filter(pc.is_in(pairs["field"], value_set=fields)).combine_chunks()
    field = pc.index_in(pairs["field"], value_set=fields).to_numpy()
    one, other, outside = _nodes(pairs, len(order))
    n_nodes = len(order) + len(outside)
    limits = np.array(list(thresholds.values()))
    graphs = _graphs(field, one, other, pairs["similarity"].to_numpy(), limits, n_nodes)
    twin, closeness, by = _visit(order, passes, *graphs, n_nodes, len(thresholds))
    alone = twin < 0
    names = pa.chunked_array([ids.cast(pa.string()), outside["other"]]).combine_chunks()
    references = pa.chunked_array(
        [pa.nulls(len(ids), pa.string()), outside["reference"]]
    ).combine_chunks()
    where = pa.array(twin, mask=alone)
    columns = {
        "duplicate_of": names.take(where),
        "similarity": pa.array(closeness, mask=alone),
        "compared": fields.take(pa.array(by, mask=alone)),
        "reference": references.take(where),
    }
    return Repeats(~alone, columns)


def _nodes(pairs: pa.Table, n_rows: int) -> tuple[Ints, Ints, pa.Table]:
    """(n_pairs,) both rows of each pair, rows of references numbered from `n_rows` on; these."""
    one, other = pairs["position"].to_numpy(), pairs["other_position"].to_numpy().copy()
    of_reference = pc.is_valid(pairs["reference"]).to_numpy()
    found = pairs.filter(pa.array(of_reference)).select(["reference", "other_position", "other"])
    outside = found.group_by(["reference", "other_position", "other"]).aggregate([])
    if len(outside):
        numbered = outside.append_column("node", pa.array(np.arange(len(outside)) + n_rows))
        placed = found.append_column("at", pa.array(np.arange(len(found)))).join(
            numbered, ["reference", "other_position", "other"]
        )
        nodes = np.empty(len(found), np.int64)
        nodes[placed["at"].to_numpy()] = placed["node"].to_numpy()
        other[of_reference] = nodes
    return one, other, outside


def _graphs(
    field: Ints, one: Ints, other: Ints, similarity: Floats, limits: Floats, n_nodes: int
) -> _Graphs:
    n_fields = len(limits)
    leader = np.tile(np.arange(n_nodes, dtype=np.int64), n_fields)
    same = similarity >= 1.0
    leader[field[same] * n_nodes + one[same]] = other[same]
    near = ~same & (similarity >= limits[field] - TOLERANCE)
    offset = field[near] * n_nodes
    ends = np.concatenate([one[near] + offset, other[near] + offset])
    neighbours = np.concatenate([other[near], one[near]])
    by_end = np.lexsort((neighbours, ends))
    starts = np.zeros(n_fields * n_nodes + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=n_fields * n_nodes), out=starts[1:])
    weights = np.tile(similarity[near], 2)
    return _Graphs(leader, starts, neighbours[by_end], weights[by_end])


@compiled
def _visit(
    order: Ints,
    passes: NDArray[np.bool_],
    leader: Ints,
    starts: Ints,
    neighbours: Ints,
    weights: Floats,
    n_nodes: int,
    n_fields: int,
) -> tuple[Ints, Floats, Ints]:
    """One pass in order of preference; a class is represented by the member of it that is kept."""
    kept = np.full(n_fields * n_nodes, -1, np.int64)
    twin = np.full(len(order), -1, np.int64)
    by = np.zeros(len(order), np.int64)
    closeness = np.zeros(len(order), np.float64)
    for node in range(n_fields * n_nodes):
        if node % n_nodes >= len(order):
            kept[node] = node % n_nodes
    for row in order:
        if not passes[row]:
            continue
        for field in range(n_fields):
            first = field * n_nodes
            own = first + leader[first + row]
            if kept[own] >= 0 and closeness[row] < 1.0:
                twin[row], closeness[row], by[row] = kept[own], 1.0, field
            for at in range(starts[own], starts[own + 1]):
                near = kept[first + neighbours[at]]
                if near >= 0 and weights[at] > closeness[row]:
                    twin[row], closeness[row], by[row] = near, weights[at], field
        if twin[row] < 0:
            for field in range(n_fields):
                kept[field * n_nodes + leader[field * n_nodes + row]] = row
    return twin, closeness, by


NO_PAIRS = PAIRS.empty_table()
"""Pairs of rows that do not resemble each other."""
