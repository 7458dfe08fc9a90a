"""The stage `screen.<gate>.semantic`: pairs of rows whose embeddings are near.

A local model makes the embeddings, or a teacher behind `/v1/embeddings`, whose vectors are kept in
the ledger. What got no vector is a row in `failures`, and the next run asks for that alone.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipes.judging_stage import model_called, school_of
from recipes.loader import Loaded
from recipes.references import content, opened, with_texts
from recipes.stage import Inputs, Stage
from recipes.teaching import content_of
from recipes.teaching_stage import Counts, fatal, halts
from recipes.work import Hashes
from schemas.errors import RecipeError
from schemas.teachers import OpenAI, Replay, answers_by

if TYPE_CHECKING:
    from curate.screen.measures.semantic import Embedder, Params
    from curate.screen.planned import Plan
    from curate.screen.sketches import Collection
    from curate.synthesize.estimate import Estimate
    from curate.synthesize.taught import School
    from schemas.tables import Writer

SEMANTIC = "semantic"


def meaning(loaded: Loaded, hashes: Hashes, ledger: Path, planned: "Plan", rows: str) -> Stage:
    """The stage with what it is told.

    Args:
        loaded: the recipe.
        hashes: content of references and of the model.
        ledger: where replies are kept.
        planned: the gate.
        rows: the stage whose rows are compared.

    Raises:
        RecipeError: a model or teacher that is not there, or may not be asked.
    """
    from curate.screen import catalog

    where = f"{planned.where}.unique.{SEMANTIC}"
    given = planned.measures[SEMANTIC]
    params: Any = catalog.get(SEMANTIC, planned.where).params(given, f"{planned.where}.measures")
    named = {one: loaded.resolve(one) for one in params.against}
    folder = None if params.model is None else loaded.resolve(params.model)
    school, by = None, {}
    if folder is not None:
        by = {"model": content({"model": folder}, hashes)["model"]}
    else:
        teacher = params.teacher
        teacher = model_called(loaded, teacher, where) if isinstance(teacher, str) else teacher
        school, by = _asked(loaded, ledger, teacher, where)

    def make(out: "Writer", inputs: Inputs) -> None:
        embedder = None if folder is None else local(folder, where)
        collections = compared(inputs[rows], inputs["collect"], params, named, out.notes.append)
        _measure(out, collections, params, where, school, embedder)

    def foresee(asked: "School", inputs: Inputs) -> "Estimate":
        from curate.screen.measures.semantic import foreseen

        collections = compared(inputs[rows], inputs["collect"], params, named, lambda _: None)
        return foreseen(collections, params, where, asked)

    parameters = {**params.model_dump(mode="json", exclude={"model", "teacher", "at_once"}), **by}
    parameters["references"] = content(with_texts(named), hashes)
    stage = f"{planned.where}.{SEMANTIC}"
    version = catalog.get(SEMANTIC, planned.where).version
    parents = (rows, "collect")
    asks = None if school is None else functools.partial(foresee, school)
    return Stage(stage, stage, version, parameters, parents, make, asks)


def _asked(
    loaded: Loaded, ledger: Path, teacher: OpenAI | Replay, where: str
) -> "tuple[School, dict[str, Any]]":
    school = school_of(loaded, ledger, teacher, where)
    recorded = {name: content_of(path) for name, path in school.recorded.items()}
    return school, {"teacher": answers_by(teacher), "recorded": recorded}


def local(folder: Path, where: str) -> "Embedder":
    """A local model.

    Raises:
        RecipeError: it cannot be loaded, or the extra is not installed.
    """
    try:
        from train.measures.embeddings import embedder

        return embedder(folder, where)
    except ModuleNotFoundError as error:
        raise RecipeError(
            f"{where}: a local model needs {error.name}, which the extra [train] installs. Run "
            f"pip install 'retort[train]', or name a teacher."
        ) from error


def compared(
    rows: Any,  # noqa: ANN401  Readable, imported late
    documents: Any,  # noqa: ANN401
    params: "Params",
    references: Mapping[str, Path],
    tell: Callable[[str], object],
) -> "list[Collection]":
    """References, then the rows, as texts that are embedded; `tell` hears of those that are not."""
    from curate.screen.gate import reading
    from curate.screen.index import Index
    from curate.screen.measures.duplicates import BOTH
    from curate.screen.shingles import shingling
    from curate.screen.sketches import Texts
    from curate.screen.view import view

    columns = BOTH if params.text == "both" else (params.text,)
    how = shingling(5, 8)
    found: list[Collection] = []
    for name, one in opened(references).items():
        if isinstance(one, Index):  # holds no texts
            tell(f"{name}: an index, so its rows are compared by their words alone")
        else:
            found.append(Texts(reading(one, columns, name), columns, how, name))
    wanted = list(dict.fromkeys(["id", *columns]))
    return [*found, Texts(lambda: view(rows, wanted, documents), columns, how)]


def _measure(
    out: "Writer",
    collections: "list[Collection]",
    params: "Params",
    where: str,
    school: "School | None",
    embedder: "Embedder | None",
) -> None:
    """Embed, compare, and write the pairs."""
    from curate.screen.measures.semantic import measure_meaning
    from schemas.rows import PAIRS

    meant = measure_meaning(collections, params, where, school, embedder, out.tell)
    out.schema = PAIRS
    out.write(meant.pairs)
    out.facts.update(meant.facts)
    asked = meant.embedded
    if asked is None:
        return
    counts = Counts()
    counts.by.update(asked.by)
    for failure in asked.failures:
        out.fail(failure)
    out.facts["teachers"] = counts.as_facts(asked.gathered)
    out.facts["attempts"] = dict(sorted(asked.gathered.attempts.items()))
    out.notes += halts(asked.gathered, counts)
    out.halt = fatal(asked.gathered)
