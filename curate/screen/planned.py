"""What a gate measures and judges, settled and checked before anything is measured.

A gate names rules, and what duplicates and benchmarks its rows are held against. From these follow
the measures that it needs, each with its parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa
from pydantic import ValidationError

from curate.screen import catalog, rules
from curate.screen.view import schema
from schemas import strict_yaml
from schemas.errors import RecipeError
from schemas.recipe import PRESET_FILES, Rule, Screen, Semantic, Unique

PRESETS = Path(__file__).parent / "presets"
DUPLICATES = "duplicates"
SEMANTIC = "semantic"
CONTAMINATION = "contamination"
CLEAN = "clean"
"""Rule of a gate that names benchmarks."""
FLOOR = 0.7
"""Similarity from which pairs are stored; a threshold may move above it without measuring again."""
Gate = Literal["passages", "examples"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a gate measures and judges, checked before anything is measured."""

    where: str
    """The gate's place in the recipe, for messages."""
    measures: dict[str, dict[str, Any]]
    """Measure -> the parameters that were given for it."""
    keep: dict[str, Rule]
    """Rule name -> rule, the preset's among them."""
    unique: Unique | None
    columns: list[str]
    """Columns that rules and preferences name."""


def plan(
    screen: Screen,
    gate: Gate,
    rows: pa.Schema,
    with_documents: bool,
    where: str,
    also: Sequence[str] = (),
) -> Plan:
    """Find the measures that a gate needs, and check every rule against their columns.

    Args:
        screen: what is asked for.
        gate: whose rules.
        rows: the rows' own columns.
        with_documents: whether rules can name the document's columns.
        where: the gate's place in the recipe, for messages.
        also: columns that somebody else will read.

    Raises:
        RecipeError: a rule or measure that cannot be, named in one line.
    """
    keep = {**preset(screen.preset, gate, where), **clean(screen), **screen.keep}
    own = schema(rows, with_documents)
    whole = measured_schema(own, others(screen, where))
    checked = rules.compile_rules(keep, whole, where)
    terms = rules.compile_order(screen.unique, whole, where) if screen.unique else {}
    columns = set().union(*(rule.columns for rule in checked.values()), *terms.values())
    names = catalog.needed({*columns, *also}, own.names) | set(screen.measures)
    measures = {name: dict(screen.measures.get(name, {})) for name in sorted(names)}
    if screen.clean_of:
        _settle(measures, CONTAMINATION, "benchmarks", list(screen.clean_of), f"{where}.clean_of")
    elif CONTAMINATION in measures and not measures[CONTAMINATION].get("benchmarks"):
        raise RecipeError(
            f"{where}.clean_of: names no benchmark, but a rule or measure asks for contamination. "
            f"Name files, folders or tasks of lm-eval there."
        )
    if screen.unique is not None:
        given = measures.setdefault(DUPLICATES, {})
        unique = f"{where}.unique"
        _settle(measures, DUPLICATES, "text", screen.unique.field, f"{unique}.field")
        _settle(measures, DUPLICATES, "against", list(screen.unique.against), f"{unique}.against")
        given.setdefault("floor", min(FLOOR, screen.unique.threshold))
        if screen.unique.semantic is not None:
            _compare_meaning(measures, screen.unique, screen.unique.semantic, unique)
        if given["floor"] > screen.unique.threshold:
            raise RecipeError(
                f"{where}.unique.threshold: {screen.unique.threshold} is below the floor "
                f"{given['floor']} of measures.duplicates, under which no pair is stored. "
                f"Lower the floor."
            )
    for name, params in measures.items():
        if screen.measures.get(name):
            catalog.get(name, where).params(params, f"{where}.measures")
    return Plan(where, measures, keep, screen.unique, sorted(columns))


def _settle(
    measures: dict[str, dict[str, Any]], name: str, setting: str, value: object, said: str
) -> None:
    """Give a measure what the gate says elsewhere; two different values are a mistake."""
    if measures.setdefault(name, {}).setdefault(setting, value) != value:
        raise RecipeError(
            f"{said}: {value}, but measures.{name}.{setting} is {measures[name][setting]}. "
            f"Say it in one place: {said.rsplit('.', 1)[1]}."
        )


def _compare_meaning(
    measures: dict[str, dict[str, Any]], unique: Unique, semantic: Semantic, where: str
) -> None:
    """Add the measure of embeddings; pairs are stored from a little below the threshold."""
    by = semantic.model or semantic.teacher
    kind = "teacher" if semantic.model is None else "model"
    dumped = (
        by if isinstance(by, str) or by is None else by.model_dump(mode="json", exclude_unset=True)
    )
    _settle(measures, SEMANTIC, kind, dumped, f"{where}.semantic.{kind}")
    _settle(measures, SEMANTIC, "text", unique.field, f"{where}.field")
    _settle(measures, SEMANTIC, "against", list(unique.against), f"{where}.against")
    floor = measures[SEMANTIC].setdefault("floor", max(0.5, round(semantic.threshold - 0.05, 6)))
    if floor > semantic.threshold:
        raise RecipeError(
            f"{where}.semantic.threshold: {semantic.threshold} is below the floor {floor} of "
            f"measures.semantic, under which no pair is stored. Lower the floor."
        )


def clean(screen: Screen) -> dict[str, Rule]:
    """The rule of a gate that names benchmarks."""
    if not screen.clean_of:
        return {}
    return {CLEAN: Rule(sql="not contaminated", reason="holds no item of a benchmark")}


def without(plan: Plan, measure: str) -> Plan:
    """The gate as it is before a measure is there: rules alone, and none on the measure's columns.

    Raises:
        RecipeError: a rule that cannot be.
    """
    costly = set(catalog.get(measure, plan.where).columns)
    checked = {
        name: rules.check(f"{plan.where}.keep.{name}", rule.sql) for name, rule in plan.keep.items()
    }
    keep = {name: rule for name, rule in plan.keep.items() if not checked[name].columns & costly}
    columns = set().union(*(checked[name].columns for name in keep))
    measures = {
        name: given
        for name, given in plan.measures.items()
        if columns & set(catalog.get(name, plan.where).columns)
    }
    return Plan(plan.where, measures, keep, None, sorted(columns))


def preset(name: str | None, gate: Gate, where: str) -> dict[str, Rule]:
    """The rules of a preset for one gate.

    Args:
        name: of one that ships, or the path of a file.
        gate: whose rules.
        where: the gate's place in the recipe, for messages.

    Raises:
        RecipeError: no preset of this name, or a file that is none.
    """
    if name is None:
        return {}
    path = Path(name) if name.endswith(PRESET_FILES) else PRESETS / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in PRESETS.glob("*.yaml")))
        raise RecipeError(
            f"{where}.preset: {name} is not a preset; there are: {known}. Name one, or a file."
        )
    gates = strict_yaml.read(path, "a preset")
    for gate_there, listed in gates.items():
        if gate_there not in get_args(Gate) or not isinstance(listed, dict | None):
            raise RecipeError(
                f"{path}: {gate_there} is not a gate with rules; a preset has `passages:` and "
                f"`examples:`, and below them `rule: {{sql: …}}`."
            )
    return {str(rule): _rule(f"{path}: {gate}.{rule}", body) for rule, body in _of(gates, gate)}


def named_by(keep: Mapping[str, Rule], where: str) -> set[str]:
    """Columns that rules name.

    Raises:
        RecipeError: a rule that cannot be.
    """
    checked = [rules.check(f"{where}.{name}", rule.sql) for name, rule in keep.items()]
    return set().union(*(one.columns for one in checked))


def _of(gates: Mapping[str, Any], gate: Gate) -> list[tuple[str, object]]:
    return list((gates.get(gate) or {}).items())


def _rule(where: str, body: object) -> Rule:
    """A rule of a preset's file; `name: "sql"` is short for `name: {sql: "sql"}`."""
    try:
        return Rule.model_validate({"sql": body} if isinstance(body, str) else body)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the rule"
        raise RecipeError(
            f"{where}: {field}: {first['msg']}. A rule has {', '.join(Rule.model_fields)}."
        ) from error


def others(screen: Screen, where: str) -> list[catalog.Measure]:
    """The measures of a gate that are files outside the project.

    Raises:
        RecipeError: a measure that is not there, or two files that share a name or a column.
    """
    named = [catalog.get(name, f"{where}.measures") for name in screen.measures]
    found = [one for one in named if one.path is not None]
    taken: dict[str, catalog.Measure] = {}
    for one in found:
        for name in (f"{one.name}.py", *one.columns):
            other = taken.setdefault(name, one)
            if other is not one:
                raise RecipeError(
                    f"{where}.measures: {one.path} and {other.path} both have {name}. Rename one."
                )
    return found


def measured_schema(own: pa.Schema, foreign: Sequence[catalog.Measure] = ()) -> pa.Schema:
    """A row's own columns and those of every measure; its own win where both have one."""
    fields = list(own)
    for measure in (*catalog.measures().values(), *foreign):
        if not measure.gives_pairs:
            fields += [
                pa.field(name, catalog.arrow(kind))
                for name, (kind, _) in measure.columns.items()
                if name not in own.names
            ]
    return pa.schema(fields)


def references_of(name: str, given: Mapping[str, Any]) -> list[str]:
    """Files, tables and indexes that a measure compares rows with; tasks of lm-eval left out."""
    named = [str(one) for one in given.get(catalog.get(name, "screen").references or "", ())]
    if name != CONTAMINATION or not named:
        return named
    from curate.screen.benchmarks import is_path

    return [one for one in named if is_path(one)]


def located(name: str, given: Mapping[str, Any], places: Mapping[str, Path]) -> dict[str, Any]:
    """The parameters of a measure that opens its references itself, with their places."""
    measure = catalog.get(name, "screen")
    if measure.kind != "measure_with_references":
        return dict(given)
    setting = measure.references or ""
    return {**given, setting: [str(places.get(one, one)) for one in given.get(setting, ())]}
