"""What is said where a part has too little: which, by how much, what set most of it aside."""

from collections.abc import Mapping
from fractions import Fraction

import duckdb

from curate.mix import take
from curate.mix.pool import NOT_SELECTED, TOO_LONG
from curate.mix.take import Have
from schemas.errors import RecipeError
from schemas.mixing import PASSES, Mix

MOST = """
    select what, count(*) as n from (
        select 'The rule ' || unnest(failed) as what from verdicts join examples using (id)
        where part = $part and split = 'train'
        union all select 'Being ' || problem as what from pool
        where part = $part and coalesce(split, '') not in ('valid', 'test')
              and (problem = $long or regexp_matches(problem, '^(not|without) '))
        union all select 'Having ' || problem as what from pool
        where part = $part and split = 'train'
              and not (problem = $long or regexp_matches(problem, '^(not|without) ')))
    group by what order by n desc, what limit 1
"""


def too_little(
    database: duckdb.DuckDBPyConnection,
    mix: Mix,
    have: Mapping[str, Have],
    capped: Mapping[str, int],
) -> RecipeError:
    """The error for a mixture that cannot be as large as it was asked for.

    Args:
        database: with `examples`, `verdicts` and `pool`.
        mix: what was asked for.
        have: what each part could give.
        capped: part -> rows that caps took out.
    """
    asked = mix.asked
    wanted = take.wanted(mix, Fraction(asked or 1))
    short = [part for part in wanted if have[part].most < wanted[part]]
    part = short[0] if short else min(have, key=lambda name: have[name].most)
    there = f"{_amount(have[part].once)}" + ("" if mix.unit == "rows" else f" {mix.unit}")
    made = _made(database, part)
    rows = len(have[part].amounts)
    of_it = f"{there} of the {made} that were made" if mix.unit == "rows" else f"{there} in {rows} "
    of_it += "" if mix.unit == "rows" else f"of the {made} rows that were made"
    asks = f"{asked} {mix.unit} ask for" if asked else "the mixture needs at least"
    need = max(Fraction(1), wanted[part])
    blame = _blame(database, part, capped.get(part, 0))
    return RecipeError(
        f"mix.parts.{part}: {asks} {_amount(need)} of it for training, and {of_it} are kept and "
        f"can be trained on.{blame}"
        f"{_advice(mix, have, part, need, blame)}"
    )


def too_small(mix: Mix, have: Mapping[str, Have]) -> RecipeError:
    """The error for a mixture that is smaller than the first row of each of its parts.

    Args:
        mix: what was asked for.
        have: what each part could give.
    """
    part = max(mix.shares, key=lambda name: mix.shares[name])
    wanted = take.wanted(mix, Fraction(mix.asked or 1))[part]
    first = Fraction(have[part].amounts[0].item())
    return RecipeError(
        f"mix.parts.{part}: {_amount(wanted)} {mix.unit} of it are asked for, and the first row "
        f"has {_amount(first)}, so nothing would be trained on. Ask for more."
    )


def _amount(amount: Fraction) -> str:
    return f"{float(amount):.10g}"


def _made(database: duckdb.DuckDBPyConnection, part: str) -> int:
    ((made,),) = database.sql(
        "select count(*) from examples where part = ? and split = 'train'", params=[part]
    ).fetchall()
    return int(made)


def _blame(database: duckdb.DuckDBPyConnection, part: str, n_capped: int) -> str:
    """What set most of the part aside."""
    found = database.execute(MOST, {"part": part, "long": TOO_LONG}).fetchone()
    if n_capped and (found is None or n_capped > found[1]):
        return f" Caps took out most of it ({n_capped} rows)."
    return f" {found[0]} set aside most of it ({found[1]} rows)." if found else ""


def _advice(mix: Mix, have: Mapping[str, Have], part: str, need: Fraction, blame: str) -> str:
    if not have[part].most:
        return " Collect more of it, loosen a rule, or leave the part out of mix.parts."
    if blame.startswith(f" Being {NOT_SELECTED}"):
        return " Raise select.size, or leave it out."
    size = take.largest(mix, have)
    told = f" The largest size with these shares is {int(size)}." if int(size) else ""
    passes = -(-need // have[part].once)
    if passes <= PASSES and mix.parts[part].epochs is not None:
        return f"{told} Or let rows come again: mix.parts.{part}.epochs: {passes}."
    if passes <= PASSES:
        return f"{told} Or let rows come again: mix.shortage: repeat ({passes} times)."
    return f"{told} Or take what there is, with the same shares: mix.shortage: shrink."
