"""Selections side by side: what they share, and what each is made of.

Reads the candidates of `curate.select.candidates` and, for each method, the ids it would take;
gives plain numbers that a person or a program can read. All candidates stand beside the selections,
so that what a method prefers can be seen.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

EDGES = (0, 1, 3, 5, 8, 12, 16, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1_000)
"""Words of an answer at which a bin begins; the last one has no end."""
BINS = [*(f"{low}-{high - 1}" if high - low > 1 else str(low) for low, high in pairwise(EDGES))]
BINS.append(f"{EDGES[-1]}+")
ALL = "candidates"
NONE = "(none)"
"""Shown for rows without a task or domain."""
Mask = NDArray[np.bool_]


def compare(rows: pa.Table, chosen: Mapping[str, pa.Array]) -> dict[str, Any]:
    """Figures of selections.

    Args:
        rows: the candidates.
        chosen: method -> ids that it takes.

    Returns:
        `overlap`: method -> method -> share of the smaller one's rows that both have; and method,
        or `candidates`, -> figures in `rows`, `documents`, `documents_share` (of the candidates'),
        `words` (bin -> rows), `tasks` and `domains` (value -> rows).
    """
    masks = {
        name: np.asarray(pc.is_in(rows["id"], value_set=ids).to_numpy(zero_copy_only=False))
        for name, ids in chosen.items()
    }
    n_documents = pc.count_distinct(rows["document_id"], mode="only_valid").as_py()
    everything = {ALL: np.ones(len(rows), np.bool_), **masks}
    told: dict[str, dict[str, Any]] = {
        "rows": {}, "documents": {}, "documents_share": {}, "words": {}, "tasks": {}, "domains": {},
    }  # fmt: skip
    for name, mask in everything.items():
        own = rows.filter(pa.array(mask))
        covered = pc.count_distinct(own["document_id"], mode="only_valid").as_py()
        told["rows"][name] = len(own)
        told["documents"][name] = covered
        told["documents_share"][name] = round(covered / n_documents, 4) if n_documents else None
        told["words"][name] = dict(zip(BINS, _binned(own), strict=True))
        told["tasks"][name] = _counted(own["task"])
        told["domains"][name] = _counted(own["domain"])
    return {"overlap": {one: _shares(masks, one) for one in masks}, **told}


def _shares(masks: Mapping[str, Mask], one: str) -> dict[str, float]:
    """Share of the smaller selection's rows that are in both."""
    return {
        other: round(int((masks[one] & mask).sum()) / max(1, min(masks[one].sum(), mask.sum())), 4)
        for other, mask in masks.items()
    }


def _binned(rows: pa.Table) -> list[int]:
    """(bins,) rows by the words of their answers."""
    place = np.searchsorted(EDGES, rows["n_words"].to_numpy(), side="right") - 1
    counts: list[int] = np.bincount(place, minlength=len(EDGES)).tolist()
    return counts


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    """Value -> rows, the most frequent first."""
    found = pc.value_counts(pc.fill_null(column, NONE)).to_pylist()
    counts = sorted(((one["values"], one["counts"]) for one in found), key=lambda it: it[0])
    return dict(sorted(counts, key=lambda it: -it[1]))


def bar(count: int, most: int, width: int = 10) -> str:
    """A bar of up to `width` blocks; the smallest that is not nothing is a thin one."""
    eighths: int = round(8 * width * count / most) if most else 0
    eighths = max(eighths, 1) if count else 0
    parts: tuple[str, ...] = ("", *"▏▎▍▌▋▊▉")
    return "█" * (eighths // 8) + parts[eighths % 8]


def ordered(columns: Sequence[Mapping[str, int]]) -> list[str]:
    """Every value of some histograms, in the order of the first, then of the others."""
    return list(dict.fromkeys(value for column in columns for value in column))
