"""What a mixture came to, against what was asked for: by part, domain, task, licence, teacher.

Reads the tables `chosen` and `pool` of the mixture's database.
"""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from curate.mix.order import tempered_shares
from schemas.mixing import Mix

BY = ("part", "domain", "task", "license", "teacher")
SHOWN = 100
"""Values of one column that are listed; the rest is summed up."""
REST = "all others"
SUMS = """
    select {by} as name, count(*) as rows, sum(chosen.n_tokens)::bigint as n_tokens,
           sum(chosen.n_loss_tokens)::bigint as n_loss_tokens, sum(amount)::double as amount
    from chosen join pool on example_id = pool.id
    group by name order by rows desc, name
"""
Line = dict[str, Any]


def realised(
    database: duckdb.DuckDBPyConnection, mix: Mix, drawn_from: Mapping[str, Mapping[str, float]]
) -> dict[str, list[Line]]:
    """part, domain, task, license, teacher -> its values with rows, tokens, amounts and shares.

    Args:
        database: with the training rows in `chosen`.
        mix: what was asked for.
        drawn_from: part -> domain -> rows that could be drawn, for temperature.
    """
    asked: dict[str, Mapping[Any, float]] = {
        "part": {part: float(share) for part, share in mix.shares.items()}
    }
    if mix.temperature is not None:
        asked["domain"] = _domains(mix, drawn_from, mix.temperature)
    found = {by: _lines(database, by, asked.get(by, {})) for by in BY}
    there = {line["name"] for line in found["part"]}
    missing = [part for part in mix.parts if part not in there]
    found["part"] += [_line(part, 0, None, None, 0.0, 1.0, asked["part"][part]) for part in missing]
    return found


def _domains(
    mix: Mix, drawn_from: Mapping[str, Mapping[str, float]], temperature: float
) -> dict[str | None, float]:
    """Domain -> the share of the whole that temperature asks for."""
    asked: dict[str | None, float] = {}
    for part, sizes in drawn_from.items():
        shares = tempered_shares(np.array(list(sizes.values()), float), temperature)
        for domain, share in zip(sizes, shares.tolist(), strict=True):
            asked[domain] = asked.get(domain, 0.0) + float(mix.shares[part]) * share
    return asked


def _lines(database: duckdb.DuckDBPyConnection, by: str, asked: Mapping[Any, float]) -> list[Line]:
    found = database.execute(SUMS.format(by=f"pool.{by}")).fetchall()
    whole = sum(row[4] or 0.0 for row in found) or 1.0
    lines = [
        _line(name, n, tokens, loss, amount or 0.0, whole, asked.get(name))
        for name, n, tokens, loss, amount in found
    ]
    if len(lines) <= SHOWN:
        return lines
    rest = lines[SHOWN - 1 :]
    rows, tokens, loss, amount = (
        sum(line[key] or 0 for line in rest)
        for key in ("rows", "n_tokens", "n_loss_tokens", "amount")
    )
    name = f"{REST} ({len(rest)})"
    return [*lines[: SHOWN - 1], _line(name, rows, tokens, loss, amount, whole, None)]


def _line(
    name: str | None,
    rows: int,
    n_tokens: int | None,
    n_loss_tokens: int | None,
    amount: float,
    whole: float,
    asked: float | None,
) -> Line:
    return {
        "name": name,
        "rows": rows,
        "n_tokens": n_tokens,
        "n_loss_tokens": n_loss_tokens,
        "amount": amount,
        "share": round(amount / whole, 6),
        "asked": None if asked is None else round(asked, 6),
    }
