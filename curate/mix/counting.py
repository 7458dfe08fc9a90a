"""What a mixture holds, counted: the chosen rows of a split, and what became of all the others.

Reads the tables `pool`, `drawn`, `examples` and `verdicts` of the mixture's database; makes
`chosen`.
"""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from curate.mix import NOT_DRAWN, NOT_MIXED, SPLITS, take
from schemas.mixing import Mix

HELD_OUT = """
    create or replace table chosen as
    select (row_number() over (order by id) - 1)::bigint as position, id as example_id, part, split,
           0::int as epoch, n_tokens, n_loss_tokens
    from pool where split = ? and problem is null
"""
TRAIN = """
    create or replace table chosen as
    select position, example_id, part, 'train' as split, epoch, n_tokens, n_loss_tokens
    from drawn join (select id as example_id, part, n_tokens, n_loss_tokens from pool)
        using (example_id)
"""


def undrawn(database: duckdb.DuckDBPyConnection, n_left_out: int) -> dict[str, int]:
    """Kept rows that nothing speaks against and that are in no split; none is left unaccounted."""
    ((free, drawn, kept, pooled),) = database.sql(
        "select (select count(*) from pool where split = 'train' and problem is null), "
        "(select count(distinct example_id) from drawn), "
        "(select count(*) from examples join verdicts using (id) where kept), "
        "(select count(*) from pool)"
    ).fetchall()
    found = {NOT_DRAWN: free - n_left_out - drawn, NOT_MIXED: kept - pooled}
    return {reason: n for reason, n in found.items() if n}


def choose(database: duckdb.DuckDBPyConnection, split: str) -> None:
    """Make the table `chosen`."""
    if split == "train":
        database.execute(TRAIN)
    else:
        database.execute(HELD_OUT, [split])


def counts(
    database: duckdb.DuckDBPyConnection, settings: Mix, taken: Mapping[str, take.Taken]
) -> dict[str, dict[str, int]]:
    """Split -> part -> rows, parts that are only tested among them."""
    found = {split: dict.fromkeys(settings.parts, 0) for split in SPLITS}
    rows = database.execute(
        "select split, part, count(*) from pool where problem is null and split <> 'train' "
        "group by all"
    ).fetchall()
    for split, part, n in rows:
        found[split][part] = n
    return {**found, "train": {part: one.rows for part, one in taken.items()}}


def tokens(database: duckdb.DuckDBPyConnection, split: str) -> dict[str, dict[str, int]]:
    """Part -> sums of the chosen rows."""
    choose(database, split)
    sums = database.execute(
        "select part, sum(n_tokens)::bigint, sum(n_loss_tokens)::bigint from chosen "
        "group by part order by part"
    ).fetchall()
    return {part: {"n_tokens": n, "n_loss_tokens": n_loss} for part, n, n_loss in sums}


def domains(database: duckdb.DuckDBPyConnection, left_out: pa.Table) -> dict[str, dict[str, float]]:
    """Part -> domain -> rows that could be drawn."""
    database.register("left_out", left_out.select(["id"]))
    rows = database.execute(
        "select part, domain, count(*) from pool where split = 'train' and problem is null "
        "and id not in (select id from left_out) group by all order by all"
    ).fetchall()
    found: dict[str, dict[str, float]] = {}
    for part, domain, n in rows:
        found.setdefault(part, {})[domain] = float(n)
    return found
