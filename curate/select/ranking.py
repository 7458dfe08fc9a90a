"""Rank the candidates of each part by a method. Reads candidates, gives `SELECTED`.

Ties are settled by the lot, in whose order the candidates come. Rows of which a model said nothing,
because they are too long for it, come last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.screen.view import Readable
from curate.select import held, ifd, judge, k_center, longest, rds, stratified
from schemas.errors import RecipeError
from schemas.selected import SELECTED
from schemas.selecting import Select

Places = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model said of the rows, as far as the method needs it."""

    vectors: Readable | None = None
    """`schemas.selected.vectors` of the candidates, and of valid rows for `rds`."""
    targets: Readable | None = None
    """The same of the targets of `rds`, where they are not the valid rows."""
    difficulty: Readable | None = None
    """`schemas.selected.DIFFICULTY`."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """The order of every part."""

    rows: pa.Table
    """SELECTED, part by part."""
    facts: dict[str, Any]
    """Part -> counts."""


@dataclass(frozen=True, slots=True)
class _Order:
    """The order of one part."""

    places: Places
    """Candidates as they are taken."""
    scores: Scores
    """(taken,) NaN where there is none."""
    facts: dict[str, Any]


def rank(
    rows: pa.Table,
    parts: Sequence[str],
    settings: Select,
    measured: Measured,
    tell: Callable[[str], None],
    where: str = "select",
) -> Ranked:
    """Rank the candidates.

    Args:
        rows: of `curate.select.candidates`.
        parts: the parts to rank.
        settings: the method and what it needs.
        measured: what a model said.
        tell: hears how far it is.
        where: what named the settings, for messages.

    Raises:
        RecipeError: more rows of a part were asked for than there are, or it has no targets.
    """
    found, facts = [SELECTED.empty_table()], {}
    for part in parts:
        own = rows.filter(pc.equal(rows["part"], part))
        size = _size(part, len(own), settings, where)
        tell(f"{part}: {len(own):,} candidates")
        order = _order(own, part, size, settings, measured, tell, where)
        places = order.places[:size]
        scores = order.scores[:size]
        columns = [
            own["id"].take(pa.array(places)),
            pa.repeat(pa.scalar(part), len(places)),
            pa.array(np.arange(len(places))),
            pa.array(scores, mask=np.isnan(scores)),
        ]
        found.append(pa.table(columns, schema=SELECTED))
        facts[part] = {"candidates": len(own), "ranked": len(places), **order.facts}
    return Ranked(pa.concat_tables(found), facts)


def _size(part: str, n_rows: int, settings: Select, where: str) -> int:
    if n_rows == 0:
        raise RecipeError(
            f"{where}: the part {part} has no kept training example to select from. Loosen a rule, "
            f"or leave it out of {where}.parts."
        )
    if settings.size is not None and settings.size > n_rows:
        raise RecipeError(
            f"{where}.size: {settings.size:,} rows of {part} were asked for, and there are "
            f"{n_rows:,} candidates. Ask for {n_rows:,} at most."
        )
    return settings.size or n_rows


def _order(
    rows: pa.Table,
    part: str,
    size: int,
    settings: Select,
    measured: Measured,
    tell: Callable[[str], None],
    where: str,
) -> _Order:
    """The order of one part."""
    if settings.method == "stratified":
        codes = stratified.codes(rows)
        facts = {"strata": len(np.unique(codes))}
        return _plain(stratified.order(codes, settings.allocation), facts=facts)
    if settings.method == "longest":
        return _plain(*longest.order(rows))
    if settings.method == "judge":
        return _by_score(rows["score"], judge.order)
    if settings.method == "ifd" and measured.difficulty is not None:
        return _by_score(_looked_up(rows["id"], measured.difficulty, "ifd"), ifd.order)
    if settings.method in ("k-center", "rds"):
        return _by_vectors(rows, part, size, settings, measured, tell, where)
    return _plain(np.arange(len(rows)))


def _plain(
    places: Places, scores: Scores | None = None, facts: dict[str, Any] | None = None
) -> _Order:
    """An order of all rows; the scores are those of the candidates, in the order of their lots."""
    taken = np.full(len(places), np.nan) if scores is None else scores[places]
    return _Order(places, taken, facts or {})


def _by_score(column: pa.ChunkedArray, order: Callable[[Scores], Places]) -> _Order:
    scores = column.cast(pa.float64()).to_numpy()
    return _plain(order(scores), scores, {"without_score": int(np.isnan(scores).sum())})


def _looked_up(ids: pa.ChunkedArray, source: Readable, name: str) -> pa.ChunkedArray:
    """(rows,) a column of another table by id; null where the row is not there."""
    table = pa.Table.from_batches(source.batches(["id", name]))
    place = pc.index_in(ids, value_set=table["id"].combine_chunks())
    return table[name].combine_chunks().take(place)


def _by_vectors(
    rows: pa.Table,
    part: str,
    size: int,
    settings: Select,
    measured: Measured,
    tell: Callable[[str], None],
    where: str,
) -> _Order:
    """Rows with a vector in the order of the method, then the others."""
    if measured.vectors is None:
        raise RuntimeError(f"{where}: {settings.method} was given no vectors")
    vectors, with_, without = held.of_rows(
        measured.vectors, rows["id"].combine_chunks().cast(pa.string()), tell
    )
    n_taken = min(size, len(with_))
    facts: dict[str, Any] = {"without_vector": len(without)}
    if settings.method == "k-center":
        places, scores = k_center.k_center(vectors, n_taken)
        facts["radius"] = float(scores[-1]) if n_taken > 1 else None
    else:
        targets = _targets(measured, part, where)
        facts["targets"] = len(targets)
        places, scores = rds.round_robin(vectors, targets, n_taken)
    order = np.concatenate([with_[places], without])
    return _Order(order, np.append(scores, np.full(len(without), np.nan)), facts)


def _targets(measured: Measured, part: str, where: str) -> held.Vectors:
    """Vectors of the targets of a part."""
    if measured.targets is not None:
        found = held.of_part(measured.targets, None, None)
    elif measured.vectors is not None:
        found = held.of_part(measured.vectors, part, "valid")
    if not len(found):
        raise RecipeError(
            f"{where}: rds looks for rows like the valid ones, and the part {part} has none that "
            f"the model can read. Hold more out (holdout.valid), or name {where}.targets, a file."
        )
    return found
