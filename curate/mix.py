"""Mix: kept training examples drawn by share, each at most once, and every held-out example.

Reads examples and their verdicts, and their tokens where a base counted them; writes
`schemas.rows.MIXTURE`, one Parquet part a split. In each part the order of drawing is a hash of
seed and example, so with one seed the mixture of size n is, part by part, contained in that of any
larger size. Held-out rows do not depend on size or seed.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import duckdb
import pyarrow as pa

from schemas.errors import RecipeError
from schemas.recipe import Mix
from schemas.rows import MIXTURE, TOKENS
from schemas.tables import Writer

SPLITS = ("train", "valid", "test")
TOO_LONG = "longer than max_length"
POOL = """
    create table pool as
    select id, part, split, sha256(? || id) as lot, n_tokens, n_loss_tokens,
           case when problem is not null then problem when n_tokens > ? then ? end as problem
    from examples join verdicts using (id) left join tokens using (id)
    where kept and (part in (select unnest(?)) or (split = 'test' and part in (select unnest(?))));
"""
DRAWN = """
    create table drawn as
    select *, row_number() over (partition by part, split order by lot, id) as place
    from pool where problem is null
"""
CHOSEN = """
    create or replace table chosen as
    select (row_number() over (
               order by case when split = 'train' then sha256(? || lot) end, id) - 1)::bigint
               as position, id as example_id, part, split, n_tokens, n_loss_tokens
    from drawn join quota using (part) where split = ? and place <= n
"""
TURNS = """
    select position, example_id, document_id, part, split, 0::int as epoch, n_tokens,
           n_loss_tokens, messages[:-2] as prompt, messages[-1:] as completion
    from chosen join (select id as example_id, document_id, messages from examples)
        using (example_id)
    order by position
"""


def counts(shares: Mapping[str, float], size: int) -> dict[str, int]:
    """How many of `size` rows each part gives: within one of its share, and never fewer for more.

    The quota method of Balinski and Young (The Quota Method of Apportionment, 1975): each next row
    goes to the part with the largest share / (rows + 1) among those still below their quota.
    """
    exact = {part: Fraction(str(share)) for part, share in shares.items()}
    scale = math.lcm(*(share.denominator for share in exact.values()))
    weights = {part: int(share * scale) for part, share in exact.items()}
    total = sum(weights.values())
    rounds = size // total  # after each whole round every part has exactly its share
    given = {part: weight * rounds for part, weight in weights.items()}
    for row in range(rounds * total + 1, size + 1):
        below = [part for part in weights if given[part] * total < weights[part] * row]
        given[max(below, key=lambda part: Fraction(weights[part], given[part] + 1))] += 1
    return given


def largest(shares: Mapping[str, float], available: Mapping[str, int]) -> int:
    """The largest size whose counts are all available."""
    low, high = 0, sum(available.get(part, 0) for part in shares)
    while low < high:
        middle = (low + high + 1) // 2
        enough = all(n <= available.get(part, 0) for part, n in counts(shares, middle).items())
        low, high = (middle, high) if enough else (low, middle - 1)
    return low


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mixture, split by split."""

    counts: dict[str, dict[str, int]]
    """Split -> part -> rows."""
    tokens: dict[str, dict[str, dict[str, int]]]
    """Split -> part -> `n_tokens` and `n_loss_tokens`; empty where they were not counted."""
    set_aside: dict[str, int]
    """Why kept rows cannot be trained on -> how many of them, of all splits together."""
    batches: Callable[[str], Iterator[pa.RecordBatch]]
    """Split -> its rows as MIXTURE: training rows in training order, held-out rows by id."""

    def write(self, out: Writer) -> None:
        """Write every split as a part of its name, and count what was set aside."""
        out.schema = MIXTURE
        for split in SPLITS:
            out.begin_part(split)
            for batch in self.batches(split):
                out.write(batch)
        for reason, n in self.set_aside.items():
            out.skip(reason, n)


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
) -> Iterator[Mixed]:
    """Draw a mixture.

    Args:
        examples: Arrow dataset or table of `schemas.rows.EXAMPLES`.
        verdicts: the same of `schemas.rows.VERDICTS`.
        settings: shares and size of the training rows; held-out rows are all taken.
        seed: of the order of drawing.
        tokens: the same of `schemas.rows.TOKENS`, where a base counted them; rows that cannot be
            trained on are set aside before anything is drawn.
        max_length: tokens that a row may have; longer ones are set aside, never cut.
        also_test: further parts whose test rows are taken, so that forgetting can be seen.

    Raises:
        RecipeError: no row is left, or a part has fewer than its share of `size`; the message says
            how many there are and which rule set most aside.
    """
    with duckdb.connect() as database:
        database.register("examples", examples)
        database.register("verdicts", verdicts)
        database.register("tokens", TOKENS.empty_table() if tokens is None else tokens)
        parts = list(settings.parts)
        longest = max_length or 2**31 - 1
        database.execute(POOL, [str(seed), longest, TOO_LONG, parts, list(also_test)])
        database.execute(DRAWN)
        available = _available(database, settings)
        size = largest(settings.parts, available["train"])
        if size == 0 or (settings.size is not None and settings.size > size):
            raise RecipeError(_too_few(database, settings, available["train"], size))
        taken = counts(settings.parts, settings.size or size)
        quotas = {split: taken if split == "train" else available[split] for split in SPLITS}

        def batches(split: str) -> Iterator[pa.RecordBatch]:
            _choose(database, split, quotas[split], seed)
            yield from database.sql(TURNS).to_arrow_table().cast(MIXTURE).to_batches()

        counted = {} if tokens is None else _tokens(database, quotas, seed)
        yield Mixed(quotas, counted, _set_aside(database), batches)


def _choose(
    database: duckdb.DuckDBPyConnection, split: str, quota: Mapping[str, int], seed: int
) -> None:
    """Make the table `chosen`."""
    database.register("quota", pa.table({"part": list(quota), "n": list(quota.values())}))
    database.execute(CHOSEN, [str(seed), split])


def _tokens(
    database: duckdb.DuckDBPyConnection, quotas: Mapping[str, Mapping[str, int]], seed: int
) -> dict[str, dict[str, dict[str, int]]]:
    """Split -> part -> sums of the chosen rows."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for split, quota in quotas.items():
        _choose(database, split, quota, seed)
        sums = database.execute(
            "select part, sum(n_tokens)::bigint, sum(n_loss_tokens)::bigint from chosen "
            "group by part order by part"
        ).fetchall()
        found[split] = {part: {"n_tokens": n, "n_loss_tokens": n_loss} for part, n, n_loss in sums}
    return found


def _set_aside(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(
        database.execute(
            "select problem, count(*) from pool where problem is not null group by problem "
            "order by problem"
        ).fetchall()
    )


def _available(database: duckdb.DuckDBPyConnection, settings: Mix) -> dict[str, dict[str, int]]:
    """Split -> part -> rows that can be drawn."""
    found = {split: dict.fromkeys(settings.parts, 0) for split in SPLITS}
    rows = database.execute("select split, part, count(*) from drawn group by all").fetchall()
    for split, part, n in rows:
        found[split][part] = n
    return found


def _too_few(
    database: duckdb.DuckDBPyConnection,
    settings: Mix,
    available: Mapping[str, int],
    largest_size: int,
) -> str:
    """Which part has too few rows, what set most of it aside, and what to do."""
    size = settings.size or 1
    wanted = counts(settings.parts, size)
    short = [part for part in wanted if available[part] < wanted[part]]
    part = short[0] if short else min(available, key=lambda name: available[name])
    ((made,),) = database.sql(
        "select count(*) from examples where part = ? and split = 'train'", params=[part]
    ).fetchall()
    most = database.execute(
        """select what, count(*) as n from (
               select 'The rule ' || unnest(failed) as what from verdicts join examples using (id)
               where part = $part and split = 'train'
               union all select 'Being ' || problem as what from pool
               where part = $part and split = 'train' and problem = $long
               union all select 'Having ' || problem as what from pool
               where part = $part and split = 'train' and problem <> $long)
           group by what order by n desc, what limit 1""",
        {"part": part, "long": TOO_LONG},
    ).fetchone()
    blame = f" {most[0]} set aside most of it ({most[1]} rows)." if most else ""
    asked = f"{size} rows ask for" if settings.size else "the mixture needs at least"
    advice = (
        f"The largest size with these shares is {largest_size}."
        if largest_size
        else "Collect more of it, loosen a rule, or leave the part out of mix.parts."
    )
    return (
        f"mix.parts.{part}: {asked} {max(1, wanted[part])} of it for training, and "
        f"{available[part]} of the {made} that were made are kept and can be trained on."
        f"{blame} {advice}"
    )
