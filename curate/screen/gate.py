"""One gate: which measures its rules need, their tables, and the verdicts.

The same code serves a recipe, whose measures are tables of their own in the work folder, and
`retort screen` over a plain file.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import pyarrow as pa
import yaml

from curate.screen import catalog, rules
from curate.screen.view import Readable, schema, view
from schemas.errors import RecipeError, TableError
from schemas.recipe import Rule, Screen, Semantic, Unique
from schemas.rows import PAIRS

if TYPE_CHECKING:
    from curate.screen.index import Index

PRESETS = Path(__file__).parent / "presets"
DUPLICATES = "duplicates"
SEMANTIC = "semantic"
PAIRWISE = (DUPLICATES, SEMANTIC)
"""Measures that give pairs of rows, not columns."""
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


def plan(screen: Screen, gate: Gate, rows: pa.Schema, with_documents: bool, where: str) -> Plan:
    """Find the measures that a gate needs, and check every rule against their columns.

    Raises:
        RecipeError: a rule or measure that cannot be, named in one line.
    """
    keep = {**preset(screen.preset, gate, where), **clean(screen), **screen.keep}
    own = schema(rows, with_documents)
    for name in screen.measures:
        catalog.get(name, f"{where}.measures")
    whole = measured_schema(own)
    checked = rules.compile_rules(keep, whole, where)
    terms = rules.compile_order(screen.unique, whole, where) if screen.unique else {}
    columns = set().union(*(rule.columns for rule in checked.values()), *terms.values())
    names = catalog.needed(columns, own.names) | set(screen.measures)
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
    names = catalog.needed(columns, ())
    measures = {name: given for name, given in plan.measures.items() if name in names}
    return Plan(plan.where, measures, keep, None, sorted(columns))


def preset(name: str | None, gate: Gate, where: str) -> dict[str, Rule]:
    """The rules of a preset for one gate.

    Raises:
        RecipeError: no preset of this name.
    """
    if name is None:
        return {}
    path = PRESETS / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in PRESETS.glob("*.yaml")))
        raise RecipeError(f"{where}.preset: {name} is not a preset; there are: {known}.")
    gates = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {rule: Rule.model_validate(body) for rule, body in (gates.get(gate) or {}).items()}


def measured_schema(own: pa.Schema) -> pa.Schema:
    """A row's own columns and those of every measure; its own win where both have one."""
    fields = list(own)
    for measure in catalog.measures().values():
        if measure.name not in PAIRWISE:
            fields += [
                pa.field(name, getattr(pa, _ARROW.get(kind, kind))())
                for name, (kind, _) in measure.columns.items()
                if name not in own.names
            ]
    return pa.schema(fields)


_ARROW = {"bool": "bool_", "double": "float64"}


def needs_documents(name: str, given: Mapping[str, Any], rows: pa.Schema) -> bool:
    """Whether a measure reads the documents that rows come from."""
    measure = catalog.get(name, "screen")
    if measure.kind == "measure_with_documents":
        return True
    wanted = [value for value in given.values() if isinstance(value, str)]
    return any(value.startswith("document_") and value not in rows.names for value in wanted)


def columns_of(measure: catalog.Measure) -> pa.Schema:
    """What a measure adds."""
    return pa.schema(
        pa.field(name, getattr(pa, _ARROW.get(kind, kind))(), metadata={"doc": doc})
        for name, (kind, doc) in measure.columns.items()
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measure gives for some rows."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    facts: Callable[[], dict[str, Any]]
    """Numbers of the measurement, once the batches are read."""


def measure(
    name: str,
    given: Mapping[str, Any],
    rows: Readable,
    documents: Readable | None,
    where: str = "screen",
    references: Mapping[str, "Readable | Index"] | None = None,
) -> Measured:
    """Apply one measure to rows.

    Args:
        name: a name in the catalogue.
        given: its parameters; defaults for the others.
        rows: passages, examples, or a plain file.
        documents: the table they come from, or None.
        where: place in the recipe, for messages.
        references: what the rows are compared with, by name, see `references_of`.

    Raises:
        RecipeError: parameters that it does not have, or a column that the rows do not have.
    """
    entry = catalog.get(name, where)
    if entry.kind == "measure_with_teacher":
        raise RecipeError(
            f"{where}.measures.{name}: asks a teacher, whose host, key and budget a recipe states. "
            f"Screen examples with a recipe for it: screen.examples.measures.{name}.teacher."
        )
    params = entry.params(given, f"{where}.measures")
    not_read = ""
    if entry.kind == "measure_with_documents":
        not_read = "document_id" if documents is None else "context"
    module = entry.load()
    available = schema(rows.schema, documents is not None).names
    if hasattr(module, "reads"):
        reads = module.reads(params, available)
    else:
        reads = catalog.reads(params, not_read)
    for column in reads:
        if column not in available:
            raise RecipeError(
                f"{where}.measures.{name}: reads the column {column}, which the rows do not "
                f"have; they have {', '.join(available)}. Name another one in its parameters."
            )

    def batches() -> Iterator[pa.RecordBatch]:
        return view(rows, list(dict.fromkeys(["id", *reads])), documents)

    if entry.kind == "measure_corpus":
        from curate.screen.index import Index

        against = {
            name: one if isinstance(one, Index) else reading(one, reads, f"{where} ({name})")
            for name, one in (references or {}).items()
        }
        found = module.measure_corpus(batches, params, against)
        return Measured(PAIRS, iter(found.pairs.to_batches()), lambda: dict(found.facts))
    if entry.kind == "measure":
        answers = (module.measure(batch, params) for batch in batches())
    elif entry.kind == "measure_with_references":
        answers = module.measure_with_references(batches, params)
    else:
        texts = documents.dataset() if documents is not None else None
        answers = module.measure_with_documents(batches, texts, params)
    facts: Callable[[], dict[str, Any]] = dict
    if hasattr(module, "describe"):
        facts = functools.partial(module.describe, params)
    guarded = _guarded(answers, reads, f"{where}.measures.{name}")
    return Measured(columns_of(entry), guarded, facts)


def references_of(name: str, given: Mapping[str, Any]) -> list[str]:
    """Files, tables and indexes that a measure compares rows with; tasks of lm-eval left out."""
    if name == DUPLICATES:
        return [str(one) for one in given.get("against", ())]
    if name == CONTAMINATION:
        from curate.screen.benchmarks import is_path

        return [str(one) for one in given.get("benchmarks", ()) if is_path(str(one))]
    return []


def located(name: str, given: Mapping[str, Any], places: Mapping[str, Path]) -> dict[str, Any]:
    """The parameters of a measure that reads its references itself, with their places."""
    if name != CONTAMINATION:
        return dict(given)
    found = [str(places.get(one, one)) for one in given.get("benchmarks", ())]
    return {**given, "benchmarks": found}


def reading(
    rows: Readable, columns: Sequence[str], where: str
) -> Callable[[], Iterator[pa.RecordBatch]]:
    """Gives the rows of a reference anew each time."""
    available = schema(rows.schema, False).names
    for column in columns:
        if column not in available:
            raise RecipeError(
                f"{where}: has no column {column}, which is compared; it has "
                f"{', '.join(available)}."
            )
    return lambda: view(rows, list(dict.fromkeys(["id", *columns])))


WRONG_TYPE = (
    *(pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, pa.ArrowKeyError),
    *(duckdb.BinderException, duckdb.ConversionException, duckdb.InvalidInputException),
)
"""What Arrow and DuckDB raise where a column is of another type than is asked of it."""


def _guarded(
    answers: Iterator[pa.RecordBatch], reads: Sequence[str], where: str
) -> Iterator[pa.RecordBatch]:
    """The answers of a measure; a column of another type than it reads is the user's to mend."""
    try:
        yield from answers
    except WRONG_TYPE as error:
        reason = str(error).splitlines()[0]
        raise TableError(
            f"{where}: cannot be measured on {', '.join(reads)} ({reason}). Name columns of the "
            f"right type in its parameters, or with --text."
        ) from error


def gather(
    plan: Plan, rows: Readable, documents: Readable | None, tables: Mapping[str, Readable]
) -> pa.Table:
    """The columns that a gate's rules name, of all rows, side by side.

    Args:
        plan: what the gate judges by.
        rows: the rows.
        documents: where `document_*` is looked up.
        tables: measure -> its columns, in the order of the rows.
    """
    seen = schema(rows.schema, documents is not None)
    always = [name for name in ("id", "part", "split") if name in seen.names]
    own = [name for name in plan.columns if name in seen.names and name not in always]
    wanted = [*always, *own]
    table = pa.Table.from_batches(
        view(rows, wanted, documents), schema=pa.schema([seen.field(name) for name in wanted])
    )
    for name, measured in tables.items():
        columns = [c for c in catalog.get(name, plan.where).columns if c in plan.columns]
        for column in columns:
            if column not in table.column_names:
                chunks = [batch.column(column) for batch in measured.batches([column])]
                kind = measured.schema.field(column).type
                table = table.append_column(column, pa.chunked_array(chunks, type=kind))
    return table
