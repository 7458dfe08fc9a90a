"""The stage `screen.examples.judge`: a teacher scores the examples that pass every other rule.

One row of scores per example, in their order, null where nobody was asked or nothing came of it.
What was asked and not answered is a row in `failures`, and the next run asks that alone.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipes.loader import Loaded
from recipes.stage import Inputs, Stage
from recipes.teaching import content_of
from recipes.teaching_stage import Counts, fatal, halts
from schemas.errors import RecipeError
from schemas.teachers import OpenAI, Replay, answers_by

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from curate.screen.measures.judge import Params
    from curate.screen.planned import Plan
    from curate.synthesize.estimate import Estimate
    from curate.synthesize.taught import School
    from schemas.tables import Writer

JUDGE = "judge"
GATE = "screen.examples"
ROWS = "synthesize"


def judging(loaded: Loaded, ledger: Path, planned: "Plan", others: Mapping[str, Stage]) -> Stage:
    """The stage with what it is told.

    Args:
        loaded: the recipe.
        ledger: where replies are kept.
        planned: the gate.
        others: the gate's other measures -> their stages.

    Raises:
        RecipeError: nobody is named to judge, or one who may not be asked.
    """
    from curate.screen import catalog
    from curate.screen.planned import without
    from curate.synthesize.judging import told

    where = f"{planned.where}.measures.{JUDGE}"
    if planned.where != GATE:
        raise RecipeError(f"{where}: a judge scores examples. Move it, and its rule, to {GATE}.")
    given = planned.measures[JUDGE]
    teacher = _teacher(loaded, given, where)
    params: Any = catalog.get(JUDGE, planned.where).params(
        {**given, "teacher": teacher}, f"{planned.where}.measures"
    )
    school = school_of(loaded, ledger, teacher, where)
    before = without(planned, JUDGE) if params.rows == "passing" else None
    needed = {name: others[name].name for name in (before.measures if before else ())}

    def make(out: "Writer", inputs: Inputs) -> None:
        _judge(out, inputs[ROWS], _rows(inputs), params, school, _passing(before, needed, inputs))

    def foresee(inputs: Inputs) -> "Estimate":
        from curate.screen.measures.judge import questions
        from curate.synthesize.estimate import estimate

        passing = _passing(before, needed, inputs)
        return estimate(questions(_rows(inputs), params, teacher, passing), school)

    keep = before.keep if before else {}
    parameters = {
        "teacher": answers_by(teacher),
        "task": told(params.samples),
        "parts": params.parts,
        "rules": {name: {"sql": rule.sql, "parts": rule.parts} for name, rule in keep.items()},
        "recorded": {name: content_of(path) for name, path in school.recorded.items()},
    }
    stage = f"{planned.where}.{JUDGE}"
    version = catalog.get(JUDGE, planned.where).version
    parents = (ROWS, "collect", *needed.values())
    return Stage(stage, stage, version, parameters, parents, make, foresee)


def _teacher(loaded: Loaded, given: Mapping[str, Any], where: str) -> OpenAI | Replay:
    """Who judges.

    Raises:
        RecipeError: nobody is named, or nobody of this name is there.
    """
    from curate.screen import catalog

    if "teacher" not in given:
        raise RecipeError(
            f"{where}: a teacher gives these scores, and none is named. Write measures: {{{JUDGE}: "
            f"{{teacher: …}}}} with the name of one of synthesize.teachers, or a block as there."
        )
    named = given["teacher"]
    if not isinstance(named, str):
        params: Any = catalog.get(JUDGE, where).params(given, where.removesuffix(f".{JUDGE}"))
        found: OpenAI | Replay = params.teacher
        return found
    return model_called(loaded, named, where)


def model_called(loaded: Loaded, named: str, where: str) -> OpenAI | Replay:
    """One of the recipe's teachers, by its name.

    Raises:
        RecipeError: none is called so, or it is no model.
    """
    from curate.synthesize.tasks.mistakes import nearest

    models = {one.label: one for one in loaded.recipe.synthesize.models}
    if named not in models:
        hint = nearest(named, models, "They are") if models else "It has no model; write a block."
        raise RecipeError(f"{where}.teacher: {named} is none of synthesize.teachers. {hint}")
    return models[named]


def school_of(loaded: Loaded, ledger: Path, teacher: OpenAI | Replay, where: str) -> "School":
    """What asking needs; it is paid from the one budget of the recipe."""
    from curate.synthesize.taught import School
    from curate.synthesize.teachers.hosts import check

    block = loaded.recipe.synthesize
    check(teacher, block.budget, loaded.hosts, f"{where}.teacher")
    recorded = {}
    if isinstance(teacher, Replay) and teacher.calls is not None:
        recorded[teacher.label] = loaded.resolve(teacher.calls)
    account = loaded.recipe.name
    return School(
        [teacher], block.budget, loaded.hosts, ledger, account, recorded, f"{where}.teacher"
    )


def _rows(inputs: Inputs) -> "Callable[[], Iterator[pa.RecordBatch]]":
    """Opens the examples anew."""
    from curate.screen.measures.judge import READS
    from curate.screen.view import view

    return functools.partial(view, inputs[ROWS], [*READS, "document_title"], inputs["collect"])


def _passing(
    before: "Plan | None", needed: Mapping[str, str], inputs: Inputs
) -> "NDArray[np.bool_] | None":
    """(n_rows,) whether a row meets the rules without a score; None where all are asked about."""
    from curate.screen.gate import gather
    from curate.screen.judge import judge

    if before is None or not before.keep:
        return None
    tables = {name: inputs[stage] for name, stage in needed.items()}
    seen = gather(before, inputs[ROWS], inputs["collect"], tables)
    passed: NDArray[np.bool_] = judge(seen, before.keep, None, None, before.where)[
        "kept"
    ].to_numpy()
    return passed


def _judge(
    out: "Writer",
    table: Any,  # noqa: ANN401  a Table, imported late
    rows: "Callable[[], Iterator[pa.RecordBatch]]",
    params: "Params",
    school: "School",
    passing: "NDArray[np.bool_] | None",
) -> None:
    """Ask, then write the scores of every row."""
    from curate.screen.catalog import get
    from curate.screen.gate import columns_of
    from curate.screen.measures.judge import measure_with_teacher
    from curate.screen.tables import placed, with_place
    from curate.synthesize.judging import failures

    out.schema = with_place(columns_of(get(JUDGE, JUDGE)))
    ids = table.read(["id"])["id"].combine_chunks()
    counts = Counts()
    judged = measure_with_teacher(rows, params, school, out.tell, passing)
    for batch, judgements in judged.rows:
        out.write(placed(batch, ids, out.rows))
        for one in judgements:
            for answered in one.answered:
                counts.add(answered)
        for failure in failures(judgements):
            out.fail(failure)
    for reason, n in judged.skipped.items():
        out.skip(reason, n)
    out.requested = counts.requested + out.skipped
    out.facts["teachers"] = counts.as_facts(judged.gathered)
    out.facts["attempts"] = dict(sorted(judged.gathered.attempts.items()))
    out.notes += halts(judged.gathered, counts)
    out.halt = fatal(judged.gathered)
