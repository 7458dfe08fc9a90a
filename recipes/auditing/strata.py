"""Strata of a gate's rows, and a sample of each, drawn by the rows' ids.

Every row is kept or rejected, so that is always part of a stratum. Where strata are told apart by
rule, a row that fails two rules belongs to both and can be drawn for either, or for both. Which
rows are drawn follows from the seed and their ids alone, not from the order of the table; a larger
sample holds every row of a smaller one.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recipes.auditing.population import Gate, column
from schemas.errors import RecipeError, TableError

RULE = "rule"
DEFAULT = ("rule", "part", "task")
"""What strata are told apart by where nobody says; what a gate's rows do not have is left out."""
KEPT, REJECTED = "kept", "rejected"
_ELEMENTS = """
    select *, row_number() over (
        partition by {keys} order by md5({seed} || id), position
    ) as place
    from (select *, unnest({rules}) as rule from frame)
"""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Rows that are alike in what strata are told apart by."""

    gate: int
    """Number of its gate."""
    values: tuple[str, ...]
    """Verdict, rule, then what else they are told apart by."""
    columns: tuple[tuple[str, str], ...]
    """What else, by name."""
    n_rows: int
    label: str
    """As the sheet names it, without the counts."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A row that was drawn for a stratum."""

    stratum: Stratum
    n_drawn: int
    """Rows drawn from the stratum."""
    position: int
    """Of the row, in the tables of its gate."""

    @property
    def weight(self) -> float:
        """Rows of the stratum that it stands for."""
        return self.stratum.n_rows / self.n_drawn


def draw(gates: Sequence[Gate], by: Sequence[str] | None, n: int, seed: int) -> list[Drawn]:
    """Draw the same number of rows from every stratum, more where others have fewer.

    Args:
        gates: what is drawn from.
        by: columns, and `rule`, that tell strata apart; None for DEFAULT.
        n: rows in all, where there are so many.
        seed: of the draw.

    Raises:
        RecipeError: a column that no gate's rows have, or more strata than rows to draw.
    """
    known = sorted({name for gate in gates for name in _scalars(gate)})
    for name in by or ():
        if name not in (RULE, *known):
            raise RecipeError(
                f"--by {name}: not a column of the rows; there are rule, {', '.join(known)}."
            )
    by = by or DEFAULT
    names = [[name for name in dict.fromkeys(by) if name in _scalars(gate)] for gate in gates]
    elements = [
        _elements(gate, own, RULE in by, seed) for gate, own in zip(gates, names, strict=True)
    ]
    strata = [
        one for number in range(len(gates)) for one in _strata(number, gates, elements, names)
    ]
    if len(strata) > n:
        raise RecipeError(
            f"--by {','.join(by)}: {len(strata):,} strata, but {n:,} rows to draw. "
            f"Draw more with -n, or tell them apart by less."
        )
    shares = allocated([one.n_rows for one in strata], n)
    first = [_first(table, max(shares, default=0)) for table in elements]
    return [
        Drawn(one, share, position)
        for one, share in zip(strata, shares, strict=True)
        for position in first[one.gate][one.values][:share]
    ]


def allocated(sizes: Sequence[int], n: int) -> list[int]:
    """Rows to draw from strata of these sizes: equally many, what a small one lacks elsewhere."""
    shares = [0] * len(sizes)
    left = min(n, sum(sizes))
    smallest_first = sorted(range(len(sizes)), key=lambda place: sizes[place])
    for turn, place in enumerate(smallest_first):
        shares[place] = min(sizes[place], left // (len(sizes) - turn))
        left -= shares[place]
    return shares


def _scalars(gate: Gate) -> list[str]:
    """Columns by which strata can be told apart."""
    return [
        name
        for name, table in gate.columns().items()
        if not pa.types.is_nested(table.schema.field(name).type) and name not in (RULE, "id")
    ]


def _frame(gate: Gate, names: Sequence[str]) -> pa.Table:
    """(n_rows,) position, id, verdict, failed, and these columns as strings, by their numbers.

    Raises:
        TableError: the verdicts are of other rows, or name no rules.
    """
    ids = column(gate.rows, "id").cast(pa.string())
    judged = column(gate.verdicts, "id").cast(pa.string())
    if not ids.equals(judged):
        raise TableError(
            f"{gate.name}: the verdicts are of other rows, or in another order ({len(judged):,} "
            f"verdicts, {len(ids):,} rows). Screen it again."
        )
    failed = column(gate.verdicts, "failed")
    if not pa.types.is_list(failed.type):
        raise TableError(
            f"{gate.name}: the column failed of the verdicts holds no lists. Screen it again, and "
            f"write .parquet or .jsonl."
        )
    kept = pc.fill_null(column(gate.verdicts, "kept").cast(pa.bool_()), False)
    places = gate.columns()
    columns = {
        str(number): pc.fill_null(column(places[name], name).cast(pa.string()), "")
        for number, name in enumerate(names)
    }
    return pa.table(
        {
            "position": np.arange(len(ids)),
            "id": ids,
            "verdict": pc.if_else(kept, KEPT, REJECTED),
            "failed": failed,
            **columns,
        }
    )


def _keys(table: pa.Table) -> list[str]:
    """The columns of the elements that tell strata apart."""
    return ["verdict", RULE, *(name for name in table.column_names if name.isdigit())]


def _elements(gate: Gate, names: Sequence[str], by_rule: bool, seed: int) -> pa.Table:
    """Every row in every stratum that it belongs to, with its place in the order of drawing."""
    apart = f"case when verdict = '{REJECTED}' and len(failed) > 0 then failed else [''] end"
    keys = ["verdict", RULE, *(f'"{number}"' for number in range(len(names)))]
    query = _ELEMENTS.format(
        keys=", ".join(keys), seed=f"'{seed}-'", rules=apart if by_rule else "['']"
    )
    with duckdb.connect() as database:
        database.register("frame", _frame(gate, names))
        return database.sql(query).to_arrow_table()


def _strata(
    number: int, gates: Sequence[Gate], elements: Sequence[pa.Table], names: Sequence[Sequence[str]]
) -> list[Stratum]:
    """The strata of a gate, in the order of their values."""
    keys = _keys(elements[number])
    counts = elements[number].group_by(keys).aggregate([([], "count_all")]).to_pylist()
    strata = []
    for one in counts:
        verdict, *values = (one[key] for key in keys)
        named = zip((RULE, *names[number]), values, strict=True)
        told = [f"{name}={_plain(value)}" for name, value in named if value]
        label = "; ".join([gates[number].name, verdict, *told])
        columns = tuple(zip(names[number], values[1:], strict=True))
        strata.append(Stratum(number, (verdict, *values), columns, one["count_all"], label))
    return sorted(strata, key=lambda one: one.values)


def _plain(value: str) -> str:
    """A value as a label has it: in quotation marks where it could be taken for more than one."""
    return value if re.fullmatch(r"[\w./:+ -]*", value) else json.dumps(value, ensure_ascii=False)


def _first(elements: pa.Table, most: int) -> dict[tuple[str, ...], list[int]]:
    """Stratum's values -> positions of its first rows in the order of drawing."""
    chosen = elements.filter(pc.less_equal(elements["place"], most)).sort_by("place")
    found: dict[tuple[str, ...], list[int]] = {}
    for row in chosen.select([*_keys(elements), "position"]).to_pylist():
        *values, position = row.values()
        found.setdefault(tuple(values), []).append(position)
    return found
