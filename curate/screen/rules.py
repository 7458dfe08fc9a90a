"""Rules: one boolean SQL expression each, from a recipe that a stranger may have written.

A rule is parsed by DuckDB before it is run. It may hold the names of columns that are there,
constants, comparisons, boolean logic, CASE and FUNCTIONS, and nothing else: no table, subquery,
window, lambda, cast or second statement is reachable, and what is run is written anew from the
parsed tree, so comments and stray parentheses cannot change the statement around it.
"""

import contextlib
import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from schemas.errors import RecipeError
from schemas.recipe import Rule, Unique

CLASSES = {
    "BETWEEN",
    "CASE",
    "COLUMN_REF",
    "COMPARISON",
    "CONJUNCTION",
    "CONSTANT",
    "FUNCTION",
    "OPERATOR",
}
OPERATORS = {
    "COMPARE_IN",
    "COMPARE_NOT_IN",
    "OPERATOR_COALESCE",
    "OPERATOR_IS_NOT_NULL",
    "OPERATOR_IS_NULL",
    "OPERATOR_NOT",
}
FUNCTIONS = {
    *("+", "-", "*", "/", "%", "abs", "floor", "ceil", "round", "ln", "log", "sqrt", "greatest"),
    *("least", "length", "lower", "upper", "trim", "contains", "starts_with", "ends_with"),
    *("prefix", "suffix", "regexp_matches", "regexp_full_match", "~~", "!~~", "~~*", "!~~*"),
}
UNIQUE = "unique"
"""Name under which a duplicate is listed among the rules that a row fails."""
SPLIT_ORDER = {"test": 0, "valid": 1, "train": 2}
"""Held-out rows come first: of one and a training row that repeats it, the latter is set aside."""
LONGEST = 2_000
"""Characters in a rule; a longer one is refused before it is parsed."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule that was parsed and found to be one expression."""

    sql: str
    """The expression, written anew from its tree."""
    columns: frozenset[str]
    """Columns that it names."""


def check(where: str, rule: str) -> Checked:
    """Parse a rule and refuse all but one expression over columns.

    Args:
        where: the rule's place in the recipe, for the message: `screen.passages.keep.long`.
        rule: the expression as written.

    Raises:
        RecipeError: it does not parse, or holds something that a rule may not hold.
    """
    if len(rule) > LONGEST:
        raise RecipeError(
            f"{where}: {len(rule)} characters, a rule may have {LONGEST}. Split it into several."
        )
    tree = _parse(where, rule)
    for node in _expressions(tree["statements"][0]["node"]["select_list"]):
        _check_node(where, rule, node)
    query = _parser().execute("select json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()
    columns = frozenset(
        node["column_names"][0] for node in _expressions(tree) if node["class"] == "COLUMN_REF"
    )
    return Checked(query[0][0].removeprefix("SELECT "), columns)


def check_columns(where: str, rule: Checked, known: Collection[str]) -> None:
    """Refuse a rule over something that is not there, naming the nearest column that is."""
    for column in sorted(rule.columns - set(known)):
        near = difflib.get_close_matches(column, known, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise RecipeError(
            f"{where}: {column} is not a column here. {hint}Known: {', '.join(sorted(known))}."
        )


def compile_rules(keep: Mapping[str, Rule], columns: pa.Schema, where: str) -> dict[str, Checked]:
    """Check every rule against the columns that there will be.

    Raises:
        RecipeError: the first rule that cannot be judged, and why.
    """
    checked = {}
    known = scalars(columns)
    with _empty(known) as database:
        for name, rule in keep.items():
            place = f"{where}.keep.{name}"
            if not name.isidentifier() or name == UNIQUE:
                raise RecipeError(
                    f"{place}: {name!r} is not a rule name. Use letters, digits and _, not "
                    f"starting with a digit, and not {UNIQUE!r}, which names duplicates."
                )
            checked[name] = check(place, rule.sql)
            check_columns(place, checked[name], known)
            if rule.parts is not None and "part" not in columns.names:
                raise RecipeError(f"{place}: names parts, but the rows have no column part.")
            _check_boolean(database, place, checked[name])
    return checked


def compile_order(unique: Unique, columns: pa.Schema, where: str) -> dict[str, frozenset[str]]:
    """The SQL terms that put the preferred copy first, each with the columns that it names.

    Held-out rows come before all others, whatever is preferred.
    """
    terms = {}
    if "split" in columns.names:
        ranks = " ".join(f"when '{name}' then {rank}" for name, rank in SPLIT_ORDER.items())
        terms[f"case split {ranks} else {len(SPLIT_ORDER)} end"] = frozenset({"split"})
    known = scalars(columns)
    place = f"{where}.unique.prefer"
    with _empty(known) as database:
        for preference in unique.prefer:
            bare = re.sub(r"\s+(asc|desc)\s*$", "", preference, flags=re.IGNORECASE)
            checked = check(place, bare)
            check_columns(place, checked, known)
            _type_of(database, place, checked)
            way = "desc" if preference.strip().lower().endswith(" desc") else "asc"
            terms[f"({checked.sql}) {way} nulls last"] = checked.columns
    return terms


def scalars(columns: pa.Schema) -> dict[str, str]:
    """The columns that a rule may name, with DuckDB's names of their types."""
    kinds = {field.name: _sql_type(field.type) for field in columns}
    found: dict[str, tuple[str, str]] = {}
    for name, kind in kinds.items():  # SQL has one of names that differ in case alone
        if kind and (name == name.lower() or name.lower() not in found):
            found[name.lower()] = (name, kind)
    return dict(found.values())


@contextlib.contextmanager
def _empty(known: Mapping[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with an empty table `measured` of these columns, to find an expression's type."""
    typed = ", ".join(f"{_quoted(name)} {kind}" for name, kind in known.items())
    with locked() as database:
        database.execute(f"create table measured ({typed})")
        yield database


def _sql_type(kind: pa.DataType) -> str | None:
    """DuckDB's name of a scalar type; None for lists and structures, which no rule can name."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "varchar"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "hugeint" if kind == pa.uint64() else "bigint"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "double"
    if pa.types.is_date(kind):
        return "date"
    return "timestamp" if pa.types.is_timestamp(kind) else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _check_boolean(database: duckdb.DuckDBPyConnection, place: str, rule: Checked) -> None:
    kind = _type_of(database, place, rule)
    if kind != "BOOLEAN":
        raise RecipeError(
            f"{place}: {rule.sql!r} is of type {kind}, a rule is true or false. Compare it with "
            f"something."
        )


def _type_of(database: duckdb.DuckDBPyConnection, place: str, rule: Checked) -> str:
    """DuckDB's name of an expression's type."""
    try:
        return str(database.sql(f"select ({rule.sql}) from measured").types[0])
    except duckdb.Error as error:
        raise RecipeError(f"{place}: {str(error).splitlines()[0]} ({rule.sql}).") from error


def locked() -> duckdb.DuckDBPyConnection:
    """A database of its own that reaches no file, no network and no setting."""
    return duckdb.connect(config={"enable_external_access": False, "lock_configuration": True})


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """The one that rules are parsed by; it holds no rows."""
    return locked()


def _parse(where: str, rule: str) -> dict[str, Any]:
    """The tree of `select <rule>`, whose every clause but the list of one is empty."""
    tree = _tree(f"select {rule}")
    if tree["error"]:
        message = str(tree["error_message"]).splitlines()[0]
        raise RecipeError(f"{where}: {message}, in {rule!r}. A rule is one SQL expression.")
    plain = _tree("select true")
    listed = tree["statements"][0]["node"].get("select_list", [])
    if len(listed) != 1 or listed[0]["alias"] or _frame(tree) != _frame(plain):
        raise RecipeError(
            f"{where}: {rule!r} is more than one expression. A rule has no alias, clause, "
            f"second column or second statement; give each its own name."
        )
    return tree


def _tree(query: str) -> dict[str, Any]:
    ((text,),) = _parser().execute("select json_serialize_sql(?)", [query]).fetchall()
    tree: dict[str, Any] = json.loads(text)
    return tree


def _frame(tree: object) -> object:
    """A statement without its select list and positions: what must be that of `select true`."""
    if isinstance(tree, dict):
        return {
            key: _frame(child)
            for key, child in tree.items()
            if key != "select_list" and not key.startswith("query_location")
        }
    if isinstance(tree, list):
        return [_frame(child) for child in tree]
    return tree


def _expressions(tree: object) -> Iterator[dict[str, Any]]:
    """Every expression node of a parsed statement."""
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for child in tree.values():
            yield from _expressions(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _expressions(child)


def _check_node(where: str, rule: str, node: dict[str, Any]) -> None:
    kind, what = node["class"], node["type"]
    if kind == "FUNCTION":
        path = node.get("qualified_name", {}).get("path", [])
        name = ".".join(path) or node["function_name"]
        plain = not (node["filter"] or node["distinct"] or node["order_bys"]["orders"])
        if name not in FUNCTIONS or not plain or node["schema"] or node["catalog"]:
            allowed = ", ".join(sorted(name for name in FUNCTIONS if name[0].isalpha()))
            raise RecipeError(
                f"{where}: the function {name} is not allowed in a rule ({rule!r}); "
                f"allowed are {allowed} and arithmetic."
            )
    elif kind == "COLUMN_REF" and len(node["column_names"]) != 1:
        raise RecipeError(
            f"{where}: {'.'.join(node['column_names'])} is not a plain column name ({rule!r}). "
            f"Write the column alone."
        )
    elif kind not in CLASSES or (kind == "OPERATOR" and what not in OPERATORS):
        raise RecipeError(
            f"{where}: {what.lower().replace('_', ' ')} is not allowed in a rule ({rule!r}); "
            f"a rule is one expression over columns, with comparisons, and/or/not, in, between, "
            f"like, case and arithmetic."
        )
