"""The stages of a recipe in their order: what each is told, what it reads, how it is made.

A stage's parameters and its parents' content are its fingerprint. Nothing heavy is imported before
a stage has to be made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import collect
from curate.collect.files import NamedFile, walk
from recipes.base_stages import base_stages
from recipes.judging_stage import JUDGE, judging
from recipes.loader import Loaded, with_code
from recipes.meaning_stage import SEMANTIC, meaning
from recipes.mixing_stage import measured_columns
from recipes.references import content, opened
from recipes.stage import Inputs, Stage
from recipes.teaching import teaching
from recipes.teaching_stage import synthesize
from recipes.tuning_stages import tuning_stages
from recipes.work import Hashes
from schemas.errors import RecipeError, SourceError
from schemas.recipe import Files, InstalledDocs, Recipe, Screen

if TYPE_CHECKING:
    from curate.screen.planned import Gate, Plan
    from schemas.tables import Writer

MILESTONES = (
    *("collect", "segment", "screen.passages", "synthesize", "screen.examples"),
    *("select", "mix", "base", "tune", "evaluate"),
)
"""Stages that `--until` may name; the others are steps towards them."""


def stages(loaded: Loaded, hashes: Hashes, ledger: Path) -> list[Stage]:
    """Every stage of a recipe, in order.

    Args:
        loaded: the recipe.
        hashes: content of source files.
        ledger: where the replies of teachers are kept.

    Raises:
        RecipeError: a rule, measure or path that cannot be.
        SourceError: a file that was named and cannot be read.
    """
    from schemas.rows import EXAMPLES, PASSAGES

    recipe = loaded.recipe
    around = _Around(loaded, hashes, ledger)
    reading = [
        _read(f"read.{part}.{number}", source, loaded, hashes)
        for part, sources in recipe.collect.items()
        for number, source in enumerate(sources)
    ]
    examples = _gate("examples", recipe.screen.examples, "synthesize", EXAMPLES, around)
    return [
        *reading,
        _collect(recipe, reading),
        _segment(recipe),
        *_gate("passages", recipe.screen.passages, "segment", PASSAGES, around),
        synthesize(recipe, teaching(loaded, ledger)),
        *examples,
        *base_stages(loaded, hashes, examples),
        *(tuning_stages(recipe, recipe.tune) if recipe.tune else ()),
    ]


@dataclass(frozen=True, slots=True)
class _Around:
    """What a gate is told besides its own settings."""

    loaded: Loaded
    hashes: Hashes
    """Content of references."""
    ledger: Path


def until(plan: list[Stage], name: str | None) -> list[Stage]:
    """The stages up to and with this one.

    Raises:
        RecipeError: no stage of this name.
    """
    if name is None:
        return plan
    names = [stage.name for stage in plan]
    if name not in names:
        why = "not in this recipe" if name in MILESTONES else "not a stage"
        known = ", ".join(one for one in MILESTONES if one in names)
        raise RecipeError(f"--until {name}: {why}; stages are {known}.")
    return plan[: names.index(name) + 1]


def _read(name: str, source: InstalledDocs | Files, loaded: Loaded, hashes: Hashes) -> Stage:
    settings = source.model_dump(mode="json", by_alias=True)
    sidecar = _sidecar(source, loaded)
    found = list(_files(source, loaded, sidecar)) if isinstance(source, Files) else []
    files = [one for one in found if isinstance(one, NamedFile)]
    content = collect.fingerprint(source)
    if isinstance(source, Files):
        listed = [[one.source, one.form, _hash(hashes, one.path)] for one in files]
        failed = [[one.what, one.reason] for one in found if not isinstance(one, NamedFile)]
        content = {"files": listed, "failed": failed}
        settings["sidecar"] = None if sidecar is None else _hash(hashes, sidecar)
        settings.pop("paths")

    def make(out: "Writer", inputs: Inputs) -> None:
        from schemas.rows import DOCUMENTS, Failure, Skipped

        out.schema = DOCUMENTS
        for one in found:
            if isinstance(one, Failure):
                out.fail(one)
        told = {"tell": out.tell, "note": out.notes.append}
        for one in collect.read(source, paths=files, sidecar=sidecar, **told):
            if isinstance(one, Failure):
                out.fail(one)
            elif isinstance(one, Skipped):
                out.skip(one.reason)
            else:
                out.write(one)
        if out.rows == 0:
            raise SourceError(_nothing(name, source, dict(out.reasons)))

    return Stage(name, "read", 2, {"source": settings, "content": content}, (), make)


def _sidecar(source: InstalledDocs | Files, loaded: Loaded) -> Path | None:
    named = source.sidecar if isinstance(source, Files) else None
    return None if named is None else loaded.resolve(named)


def _files(source: Files, loaded: Loaded, sidecar: Path | None) -> "Iterator[NamedFile | Any]":
    for named in source.paths:
        yield from walk(loaded.resolve(named), source.form, sidecar)


def _hash(hashes: Hashes, path: Path) -> str:
    try:
        return hashes.of(path)
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _nothing(name: str, source: InstalledDocs | Files, reasons: Mapping[str, int]) -> str:
    what = ", ".join(source.paths if isinstance(source, Files) else source.packages)
    why = ", ".join(f"{reason} {count}" for reason, count in reasons.items()) or "it is empty"
    return (
        f"{name.replace('read', 'collect', 1)}: {what} holds no text ({why}). Correct the source."
    )


def _collect(recipe: Recipe, reading: list[Stage]) -> Stage:
    parts = {stage.name: stage.name.split(".")[1] for stage in reading}
    holdout = recipe.holdout.model_dump(mode="json")

    def make(out: "Writer", inputs: Inputs) -> None:
        from curate.collect.exclude import Exclude
        from curate.collect.gather import gather

        read = [(parts[name], inputs[name]) for name in parts]
        gather(out, read, recipe.holdout, Exclude(recipe.exclude))

    parameters = {"parts": list(parts.values()), "holdout": holdout, "exclude": recipe.exclude}
    return Stage("collect", "collect", 1, parameters, tuple(parts), make)


def _segment(recipe: Recipe) -> Stage:
    def make(out: "Writer", inputs: Inputs) -> None:
        from curate.segment import segment
        from schemas.rows import PASSAGES

        out.schema = PASSAGES
        for batch in segment(inputs["collect"].batches(), recipe.segment):
            out.write(batch)

    parameters = recipe.segment.model_dump(mode="json")
    return Stage("segment", "segment", 2, parameters, ("collect",), make)


def _gate(
    gate: "Gate",
    screen: Screen,
    rows: str,
    columns: Any,  # noqa: ANN401
    around: _Around,
) -> list[Stage]:
    """The measures that a gate needs, each a table, and its verdicts."""
    from curate.screen.planned import plan

    where = f"screen.{gate}"
    also = measured_columns(around.loaded.recipe) if gate == "examples" else ()
    planned = plan(with_code(screen, around.loaded, where), gate, columns, True, where, also)
    measures = {
        name: _measure(gate, name, given, rows, columns, around)
        for name, given in planned.measures.items()
        if name not in (JUDGE, SEMANTIC)
    }
    if SEMANTIC in planned.measures:
        measures[SEMANTIC] = meaning(around.loaded, around.hashes, around.ledger, planned, rows)
    if JUDGE in planned.measures:
        measures[JUDGE] = judging(around.loaded, around.ledger, planned, measures)
    return [*measures.values(), _verdicts(gate, planned, rows, measures)]


def _measure(
    gate: str,
    name: str,
    given: dict[str, Any],
    rows: str,
    columns: Any,  # noqa: ANN401
    around: _Around,
) -> Stage:
    from curate.screen.catalog import get
    from curate.screen.gate import needs_documents
    from curate.screen.planned import DUPLICATES, located, references_of

    with_documents = needs_documents(name, given, columns)
    named = {one: around.loaded.resolve(one) for one in references_of(name, given)}

    def make(out: "Writer", inputs: Inputs) -> None:
        from curate.screen.tables import write_measure

        documents = inputs["collect"] if with_documents else None
        where = f"screen.{gate}"
        told = located(name, given, named)
        against = opened(named) if name == DUPLICATES else {}
        write_measure(out, name, told, inputs[rows], documents, where, against)

    parents = (rows, "collect") if with_documents else (rows,)
    measure = get(name, f"screen.{gate}.measures")
    kind = f"screen.{gate}.{measure.name}"
    parameters = given | ({"references": content(named, around.hashes)} if named else {})
    if measure.path is not None:
        parameters["code"] = around.hashes.of(measure.path)
    return Stage(kind, kind, measure.version, parameters, parents, make)


def _verdicts(gate: str, planned: "Plan", rows: str, measures: Mapping[str, Stage]) -> Stage:
    names = {name: stage.name for name, stage in measures.items()}

    def make(out: "Writer", inputs: Inputs) -> None:
        from curate.screen.tables import write_verdicts

        tables = {name: inputs[stage] for name, stage in names.items()}
        write_verdicts(out, planned, inputs[rows], inputs["collect"], tables)

    unique = planned.unique.model_dump(mode="json") if planned.unique else None
    keep = {name: {"sql": rule.sql, "parts": rule.parts} for name, rule in planned.keep.items()}
    parents = (rows, "collect", *names.values())
    stage = f"screen.{gate}"
    return Stage(stage, stage, 2, {"keep": keep, "unique": unique}, parents, make)
