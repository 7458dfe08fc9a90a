"""The rows that a mixture can be drawn from: kept, trainable, each with its lot in the drawing.

Makes the table `pool` in a database that has `examples`, `verdicts`, `tokens`, `selected` and
`amounts`. Lots are hashes of seed and id, so a row's lot does not depend on what else there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.mix import SPLITS
from curate.mix.order import CAPPED, Ints
from schemas.errors import RecipeError
from schemas.mixing import Mix

TOO_LONG = "longer than max_length"
NOT_SELECTED = "not selected"
NO_AMOUNT = "without a value of mix.unit"
NO_SPLIT = "not of the split train, valid or test"
SELECTED = pa.schema([("id", pa.string()), ("part", pa.string()), ("rank", pa.int64())])
AMOUNTS = pa.schema([("id", pa.string()), ("amount", pa.float64())])
POOL = """
    create table pool as
    select id, examples.part, split, document_id, task, domain, license, teacher,
           sha256($seed || id) as lot, rank, n_tokens, n_loss_tokens,
           {amount} as amount,
           case when split not in (select unnest($splits)) or split is null then $no_split
                when problem is not null then problem
                when n_tokens > $longest then $too_long
                when split = 'train' and {amount} is null then $no_amount
                when split = 'train' and rank is null
                     and examples.part in (select distinct part from selected)
                     then $not_selected end as problem
    from examples join verdicts using (id) left join tokens using (id)
         left join (select id, rank from selected) using (id)
         left join (select id, amount as measured from amounts) as measures using (id)
    where kept and (examples.part in (select unnest($parts))
                    or (split = 'test' and examples.part in (select unnest($also_test))))
"""
UNITS = {"rows": "1::bigint", "tokens": "n_tokens::bigint", "loss_tokens": "n_loss_tokens::bigint"}
MEASURED = "case when not isnan(measured::double) then measured end"
CANDIDATES = """
    select id, part, document_id, task, domain, amount,
           ('0x' || left(sha256($seed || lot), 13))::bigint / 16.0 ** 13 as place
    from pool where split = 'train' and problem is null
    order by part, rank, lot, id
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The training rows of one part, in the order of drawing."""

    ids: pa.StringArray
    codes: Ints
    """(len(CAPPED), rows) numbers of document, task and domain; -1 for none."""
    amounts: NDArray[np.float64] | NDArray[np.int64]
    """(rows,) in the mixture's unit."""
    place: NDArray[np.float64]
    """(rows,) in [0, 1): where a row comes in the training order."""

    def taken(self, rows: Ints) -> "Candidates":
        """Some of them, in this order."""
        return Candidates(
            self.ids.take(pa.array(rows)),
            self.codes[:, rows],
            self.amounts[rows],
            self.place[rows],
        )


def fill(
    database: duckdb.DuckDBPyConnection,
    mix: Mix,
    seed: int,
    longest: int | None,
    also_test: Sequence[str],
) -> None:
    """Make the table `pool`."""
    told = {
        "seed": str(seed),
        "longest": longest or 2**31 - 1,
        "too_long": TOO_LONG,
        "no_amount": NO_AMOUNT,
        "no_split": NO_SPLIT,
        "splits": list(SPLITS),
        "not_selected": NOT_SELECTED,
        "parts": list(mix.parts),
        "also_test": list(also_test),
    }
    database.execute(POOL.format(amount=UNITS.get(mix.unit, MEASURED)), told)
    ((least, most),) = database.sql(
        "select min(amount), max(amount) from pool where split = 'train' and problem is null"
    ).fetchall()
    if least is not None and not 0 <= least <= most < float("inf"):
        wrong = least if least < 0 else most
        raise RecipeError(
            f"mix.unit: {mix.unit} is {wrong:g} in a row; amounts are finite, and 0 or more. Name "
            f"another column."
        )


def candidates(
    database: duckdb.DuckDBPyConnection, parts: Sequence[str], seed: int
) -> dict[str, Candidates]:
    """Part -> its training rows in the order of drawing."""
    rows = database.sql(CANDIDATES, params={"seed": str(seed)}).to_arrow_table().combine_chunks()
    codes = np.stack([_codes(rows[name]) for name in ("document_id", *CAPPED[1:])])
    whole = Candidates(
        pa.array(rows["id"].combine_chunks()) if len(rows) else pa.array([], pa.string()),
        codes,
        rows["amount"].to_numpy(),
        rows["place"].to_numpy(),
    )
    of = rows["part"]
    return {
        part: whole.taken(np.flatnonzero(pc.equal(of, part).to_numpy(zero_copy_only=False)))
        for part in parts
    }


def _codes(column: pa.ChunkedArray) -> Ints:
    """(rows,) a number for each distinct value, -1 for null."""
    coded = pc.dictionary_encode(column.combine_chunks())
    indices = coded.indices if isinstance(coded, pa.DictionaryArray) else coded.chunk(0).indices
    filled: Ints = pc.fill_null(indices, -1).to_numpy().astype(np.int64)
    return filled


def problems(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Why kept rows cannot be drawn -> how many of them, of all splits together."""
    return dict(
        database.execute(
            "select problem, count(*) from pool where problem is not null group by problem "
            "order by problem"
        ).fetchall()
    )
