"""Judge: named rules over measured columns. Every row gets a verdict, none is removed.

A verdict says whether the row is kept and, if not, every rule that it fails. Duplicates come last,
among the rows that pass everything else (`unique.py`).
"""

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.screen.rules import UNIQUE, compile_order, compile_rules, locked
from curate.screen.unique import NO_PAIRS, Repeats, resolve
from schemas.errors import RecipeError
from schemas.recipe import Rule, Unique
from schemas.rows import VERDICTS


def judge(
    measured: pa.Table,
    keep: Mapping[str, Rule],
    unique: Unique | None = None,
    pairs: pa.Table | None = None,
    where: str = "screen",
) -> pa.Table:
    """Give each row `kept`, `failed`, and whom it repeats.

    Args:
        measured: rows with an `id` and every column that a rule names.
        keep: rule name -> rule; NULL counts as not met.
        unique: how duplicates are resolved; None leaves them.
        pairs: verified pairs of rows (`schemas.rows.PAIRS`), where `unique` is given.
        where: the gate's place in the recipe, for messages.

    Returns:
        One row of `schemas.rows.VERDICTS` for each row, in their order.

    Raises:
        RecipeError: a rule does not parse, holds more than an expression, names what was not
            measured, or is not boolean.
    """
    with locked() as database:
        database.register("measured", measured)
        failed = _failed(database, measured, keep, where)
        if unique is None:
            return _verdicts(measured, failed, None)
        order = _order(database, measured, unique, where)
    passes = pc.equal(pc.list_value_length(failed), 0).to_numpy(zero_copy_only=False)
    found = NO_PAIRS if pairs is None else pairs
    ids = measured["id"].combine_chunks()
    return _verdicts(measured, failed, resolve(ids, order, passes, found, thresholds(unique)))


def thresholds(unique: Unique) -> dict[str, float]:
    """Field that was compared -> similarity at which two rows are the same."""
    found = {unique.field: unique.threshold}
    return found if unique.semantic is None else found | {"semantic": unique.semantic.threshold}


def _failed(
    database: duckdb.DuckDBPyConnection, measured: pa.Table, keep: Mapping[str, Rule], where: str
) -> pa.ListArray:
    """(n_rows,) lists of the names of the rules that a row does not meet."""
    checked = compile_rules(keep, measured.schema, where)
    cases = [_case(name, keep[name], checked[name].sql) for name in keep]
    lists = f"list_filter([{', '.join(cases)}]::varchar[], lambda name: name is not null)"
    try:
        answer = database.sql(f"select id, {lists} as failed from measured").to_arrow_table()
    except duckdb.Error as error:
        raise RecipeError(f"{where}.keep: {str(error).splitlines()[0]}") from error
    if not answer["id"].equals(measured["id"]):
        raise RuntimeError("verdicts are not in the order of the rows")
    return answer["failed"].combine_chunks()


def _case(name: str, rule: Rule, sql: str) -> str:
    """SQL that is the rule's name where the row does not meet it, else NULL."""
    elsewhere = ""
    if rule.parts is not None:
        listed = ", ".join("'" + part.replace("'", "''") + "'" for part in rule.parts)
        elsewhere = f"when coalesce(part not in ({listed}), true) then null "
    return f"case {elsewhere}when ({sql}) then null else '{name}' end"


def _order(
    database: duckdb.DuckDBPyConnection, measured: pa.Table, unique: Unique, where: str
) -> np.ndarray:
    """(n_rows,) positions, the preferred copy first, the order of the rows last."""
    terms = compile_order(unique, measured.schema, where)
    numbered = measured.append_column("_position", pa.array(np.arange(len(measured))))
    database.register("numbered", numbered)
    query = f"select _position from numbered order by {', '.join([*terms, '_position'])}"
    try:
        answer = database.sql(query).to_arrow_table()
    except duckdb.Error as error:
        raise RecipeError(f"{where}.unique.prefer: {str(error).splitlines()[0]}") from error
    positions: np.ndarray = answer["_position"].to_numpy()
    return positions


def _verdicts(measured: pa.Table, failed: pa.ListArray, found: Repeats | None) -> pa.Table:
    ids = measured["id"].combine_chunks()
    kept = pc.equal(pc.list_value_length(failed), 0)
    columns = {"id": ids, "kept": kept, "failed": failed}
    if found is None:
        nothing = {
            field.name: pa.nulls(len(ids), field.type)
            for field in VERDICTS
            if field.name not in columns
        }
        return pa.table(columns | nothing, schema=VERDICTS)
    repeats = pa.array(found.repeats)
    columns["failed"] = pc.if_else(repeats, pa.scalar([UNIQUE], pa.list_(pa.string())), failed)
    columns["kept"] = pc.and_(kept, pc.invert(repeats))
    return pa.table(columns | found.columns, schema=VERDICTS)
