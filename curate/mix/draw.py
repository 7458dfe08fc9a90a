"""Draw a mixture: training rows by share, and every held-out example.

Reads examples and their verdicts, their tokens where a base counted them, their ranks where they
were selected; writes `schemas.rows.MIXTURE`, one Parquet part a split. Held-out rows do not depend
on size or seed.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from curate.mix import SPLITS, counting, take
from curate.mix.order import CAPPED, capped, tempered
from curate.mix.pool import AMOUNTS, SELECTED, Candidates, candidates, fill, problems
from curate.mix.realised import Line, realised
from curate.mix.shortage import too_little, too_small
from curate.mix.shuffle import shuffled
from schemas.mixing import Mix
from schemas.rows import MIXTURE, TOKENS
from schemas.tables import Writer

LEFT_OUT = "left_out"
"""Folder of a mixture's table with a file of the kept rows that caps took out."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mixture, split by split."""

    counts: dict[str, dict[str, int]]
    """Split -> part -> rows."""
    tokens: dict[str, dict[str, dict[str, int]]]
    """Split -> part -> `n_tokens` and `n_loss_tokens`; empty where they were not counted."""
    set_aside: dict[str, int]
    """Why kept rows cannot be drawn -> how many of them, of all splits together."""
    undrawn: dict[str, int]
    """Kept rows that could have been drawn and were not: `NOT_DRAWN`, `NOT_MIXED` -> how many."""
    realised: dict[str, list[Line]]
    """Of the training rows, by part, domain, task, license and teacher."""
    wanted: dict[str, float]
    """Part -> what was asked of it, in the mixture's unit."""
    shrunk: bool
    """Whether less was taken, with the same shares, because a part had too little."""
    passes: dict[str, float]
    """Part -> times that its rows are gone through."""
    left_out: pa.Table
    """(id, reason) of rows that caps took out."""
    batches: Callable[[str], Iterator[pa.RecordBatch]]
    """Split -> its rows as MIXTURE: training rows in training order, held-out rows by id."""

    def write(self, out: Writer) -> None:
        """Write every split as a part of its name, and count what was set aside."""
        out.schema = MIXTURE
        for split in SPLITS:
            out.begin_part(split)
            for batch in self.batches(split):
                out.write(batch)
        for reason, n in {**self.set_aside, **self.undrawn}.items():
            out.skip(reason, n)
        if len(self.left_out):
            pq.write_table(self.left_out, out.attach(LEFT_OUT) / "rows.parquet")
        out.facts |= self.facts()

    def facts(self) -> dict[str, Any]:
        """Numbers for the manifest."""
        return {
            "counts": self.counts,
            "tokens": self.tokens,
            "realised": self.realised,
            "passes": self.passes,
            "wanted": self.wanted,
            "shrunk": self.shrunk,
        }


@contextlib.contextmanager
def mix(
    examples: object,
    verdicts: object,
    settings: Mix,
    seed: int,
    *,
    tokens: object | None = None,
    max_length: int | None = None,
    also_test: Sequence[str] = (),
    selected: object | None = None,
    amounts: object | None = None,
) -> Iterator[Mixed]:
    """Draw a mixture.

    Args:
        examples: Arrow dataset or table of `schemas.rows.EXAMPLES`.
        verdicts: the same of `schemas.rows.VERDICTS`.
        settings: shares, size, caps of the training rows; held-out rows are all taken.
        seed: of the order of drawing.
        tokens: the same of `schemas.rows.TOKENS`, where a base counted them; rows that cannot be
            trained on are set aside before anything is drawn.
        max_length: tokens that a row may have; longer ones are set aside, never cut.
        also_test: further parts whose test rows are taken, so that forgetting can be seen.
        selected: id, part and rank: parts that are in it are drawn by rank, and only what has one.
        amounts: id and amount, where `settings.unit` is a measured column.

    Raises:
        RecipeError: no row is left, or a part has less than its share of `size`; the message says
            how much there is and what set most aside.
    """
    with duckdb.connect() as database:
        database.register("examples", examples)
        database.register("verdicts", verdicts)
        database.register("tokens", TOKENS.empty_table() if tokens is None else tokens)
        database.register("selected", SELECTED.empty_table() if selected is None else selected)
        database.register("amounts", AMOUNTS.empty_table() if amounts is None else amounts)
        fill(database, settings, seed, max_length, also_test)
        ordered, left_out = _ordered(candidates(database, list(settings.parts), seed), settings)
        drawn = _taken(database, settings, ordered, left_out)
        database.register("drawn", _drawn(ordered, drawn.taken))
        yield _mixed(database, examples, settings, drawn, left_out, tokens is not None)


def _ordered(
    found: Mapping[str, Candidates], settings: Mix
) -> tuple[dict[str, Candidates], pa.Table]:
    """Each part's rows in the order in which they are taken; what caps took out."""
    ordered: dict[str, Candidates] = {}
    left: list[pa.Table] = []
    for part, rows in found.items():
        broken = capped(rows.codes, settings.caps)
        out = np.flatnonzero(broken >= 0)
        reasons = [f"over caps.{CAPPED[one]}" for one in broken[out]]
        parts = pa.repeat(part, len(out))
        left.append(
            pa.table({"id": rows.ids.take(pa.array(out)), "part": parts, "reason": reasons})
        )
        within = rows.taken(np.flatnonzero(broken < 0))
        ordered[part] = within.taken(tempered(within.codes[2], settings.temperature))
    schema = pa.schema([("id", pa.string()), ("part", pa.string()), ("reason", pa.string())])
    return ordered, pa.concat_tables([one.cast(schema) for one in left])


def _taken(
    database: duckdb.DuckDBPyConnection,
    settings: Mix,
    ordered: Mapping[str, Candidates],
    left_out: pa.Table,
) -> take.Parts:
    """How much of each part's order is taken.

    Raises:
        RecipeError: a part has too little, or not one row is as small as what was asked for.
    """
    have = {part: take.Have(rows.amounts, settings.epochs(part)) for part, rows in ordered.items()}
    most = take.largest(settings, have)
    size = Fraction(settings.asked) if settings.asked is not None else most
    wanted = take.wanted(settings, size)
    short = any(have[part].most < wanted[part] for part in wanted)
    if not most or (short and settings.shortage != "shrink"):
        capped_rows = Counter(left_out["part"].to_pylist())
        raise too_little(database, settings, have, capped_rows)
    given = take.wanted(settings, most) if short else wanted
    taken = {part: take.take(given[part], have[part]) for part in given}
    if not any(one.rows for one in taken.values()):
        raise too_small(settings, have)
    return take.Parts(wanted, taken, short)


def _drawn(ordered: Mapping[str, Candidates], taken: Mapping[str, take.Taken]) -> pa.Table:
    """(position, example_id, epoch) of the training rows.

    A part that is gone through several times has its first pass in the first rows of the training
    order, its second behind them, while parts stay mixed throughout.
    """
    ids, epochs, places = [], [], []
    for part, rows in ordered.items():
        number = np.arange(taken[part].rows)
        row, epoch = number % max(1, len(rows.ids)), number // max(1, len(rows.ids))
        ids.append(rows.ids.take(pa.array(row)))
        epochs.append(epoch)
        places.append(_spread(rows.place[row], epoch, taken[part].passes))
    by_place = np.argsort(np.concatenate(places), kind="stable")
    position = np.empty(len(by_place), np.int64)
    position[by_place] = np.arange(len(by_place))
    return pa.table(
        {
            "position": position,
            "example_id": pa.concat_arrays(ids),
            "epoch": np.concatenate(epochs).astype(np.int32),
        }
    )


def _spread(
    place: NDArray[np.float64], epoch: NDArray[np.int64], passes: float
) -> NDArray[np.float64]:
    """(rows,) in [0, 1): where each row comes, passes in their order, uniform as a whole."""
    if passes <= 1:
        return place
    again = (place + epoch * 0.6180339887498949) % 1  # another order in each pass
    length = np.minimum(1.0, passes - epoch)
    found: NDArray[np.float64] = (epoch + again * length) / passes
    return found


def _mixed(
    database: duckdb.DuckDBPyConnection,
    examples: object,
    settings: Mix,
    drawn: take.Parts,
    left_out: pa.Table,
    counted: bool,
) -> Mixed:
    def batches(split: str) -> Iterator[pa.RecordBatch]:
        counting.choose(database, split)
        chosen = database.sql("select * from chosen order by position").to_arrow_table()
        yield from shuffled(examples, chosen)

    counting.choose(database, "train")
    came_to = realised(database, settings, counting.domains(database, left_out))
    over = Counter(left_out["reason"].to_pylist())
    return Mixed(
        counting.counts(database, settings, drawn.taken),
        {split: counting.tokens(database, split) for split in SPLITS} if counted else {},
        {**problems(database), **dict(sorted(over.items()))},
        counting.undrawn(database, len(left_out)),
        came_to,
        {part: round(float(amount), 6) for part, amount in drawn.wanted.items()},
        drawn.shrunk,
        {part: round(one.passes, 6) for part, one in drawn.taken.items()},
        left_out.select(["id", "reason"]),
        batches,
    )
