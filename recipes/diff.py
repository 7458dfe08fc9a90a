"""Diff: what two runs kept differently, by which rule, and what their recipes say differently."""

from typing import Any

import yaml

from recipes.run_tables import RunTables

GATES = ("screen.passages", "screen.examples")
SIDES = """
    select coalesce(a.id, b.id) as id, a.kept as kept_a, b.kept as kept_b,
           a.failed as failed_a, b.failed as failed_b
    from a full join b on a.id = b.id
    where a.kept is distinct from b.kept
"""
MOVES = f"""
    with sides as ({SIDES}),
    moves as (
        select id, case when kept_a is null then 'only in the second'
                        when kept_b is null then 'only in the first'
                        when kept_b then 'kept now' else 'set aside now' end as move,
               case when kept_a is null or kept_b is null then ['']
                    when kept_b then failed_a else failed_b end as rules
        from sides)
"""
COUNTS = f"""{MOVES}
    select move, rule, count(*) as n from (select move, unnest(rules) as rule from moves)
    group by all order by move, n desc, rule
"""
LISTED = f"{MOVES} select id, move, rules from moves order by move, id limit ?"


def diff(one: RunTables, other: RunTables, limit: int) -> dict[str, Any]:
    """Who changed sides between two runs.

    Args:
        one: the first run.
        other: the second run.
        limit: rows listed for each gate; the counts are of all.

    Returns:
        `recipe`: key -> [first, second]; per gate `counts` and `rows`.
    """
    told: dict[str, Any] = {
        "runs": [str(one.run), str(other.run)],
        "recipe": _recipes(one, other),
        "gates": {},
    }
    for gate in GATES:
        if gate in one and gate in other:
            told["gates"][gate] = _gate(one, other, gate, limit)
    return told


def _gate(one: RunTables, other: RunTables, gate: str, limit: int) -> dict[str, Any]:
    if one.table(gate).manifest.content == other.table(gate).manifest.content:
        return {"counts": [], "rows": []}
    import duckdb

    with duckdb.connect() as database:
        database.register("a", one.table(gate).dataset())
        database.register("b", other.table(gate).dataset())
        counts = database.sql(COUNTS).to_arrow_table()
        rows = database.sql(LISTED, params=[limit]).to_arrow_table()
    return {"counts": counts.to_pylist(), "rows": rows.to_pylist()}


def _recipes(one: RunTables, other: RunTables) -> dict[str, list[Any]]:
    """Key -> its two values, where they differ."""
    first, second = (
        _flat(yaml.safe_load((run.run / "recipe.yaml").read_text())) for run in (one, other)
    )
    keys = [*first, *(key for key in second if key not in first)]
    return {
        key: [first.get(key), second.get(key)] for key in keys if first.get(key) != second.get(key)
    }


def _flat(value: object, path: str = "") -> dict[str, Any]:
    """`a.b.0` -> value, for every leaf."""
    if isinstance(value, dict):
        items = [(str(key), child) for key, child in value.items()]
    elif isinstance(value, list):
        items = [(str(number), child) for number, child in enumerate(value)]
    else:
        return {path: value}
    return {
        leaf: found
        for key, child in items
        for leaf, found in _flat(child, f"{path}.{key}" if path else key).items()
    }


def lines(told: dict[str, Any]) -> list[str]:
    """The difference for a person to read."""
    text = [f"first   {told['runs'][0]}", f"second  {told['runs'][1]}"]
    for key, (before, after) in told["recipe"].items():
        text.append(f"recipe  {key}: {before!r} -> {after!r}")
    for gate, found in told["gates"].items():
        if not found["counts"]:
            text.append(f"{gate}: no row changed sides")
        for count in found["counts"]:
            rule = f" by {count['rule']}" if count["rule"] else ""
            text.append(f"{gate}: {count['n']:,} {count['move']}{rule}")
        for row in found["rows"]:
            rules = ", ".join(filter(None, row["rules"]))
            text.append(f"    {row['id']}  {row['move']}" + (f" ({rules})" if rules else ""))
    return text
