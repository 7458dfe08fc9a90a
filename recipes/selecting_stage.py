"""The stages `measure.hidden`, `measure.embeddings` or `measure.difficulty`, and `select`.

A model is asked once for each kept example, in a table of its own; `select` ranks the rows in
seconds, and the mixture takes the first ones of each part.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipes.loader import Loaded
from recipes.references import content
from recipes.selecting_measures import WHERE, embedded, kept_rows, targets, with_base
from recipes.stage import Inputs, Stage
from recipes.work import Hashes
from schemas.errors import RecipeError
from schemas.selecting import Select

if TYPE_CHECKING:
    import pyarrow as pa

    from curate.screen.view import Readable
    from schemas.tables import Writer

GATE = "screen.examples"
HIDDEN, EMBEDDINGS, DIFFICULTY = "measure.hidden", "measure.embeddings", "measure.difficulty"
TARGETS = "measure.targets"


def selecting(
    settings: Select, loaded: Loaded, hashes: Hashes, gate: Sequence[Stage] = ()
) -> list[Stage]:
    """What a model has to say of the rows, where the method needs it, and their order.

    Args:
        settings: the recipe's `select`.
        loaded: the recipe.
        hashes: content of the model's and the targets' files.
        gate: stages of the examples' gate, among which the score of `judge` is looked for.

    Raises:
        RecipeError: no base where the method needs one, no such part, score, model or file.
    """
    parts = _parts(settings, loaded)
    if settings.measure in ("hidden", "difficulty") and loaded.recipe.base is None:
        raise RecipeError(_needs_base(settings.method, "add base.path, base.hub or base.pretrain"))
    measures: list[Stage] = []
    if settings.measure == "embeddings":
        measures.append(_embeddings(settings, loaded, hashes, parts))
    elif settings.measure is not None:
        measures.append(_by_base(settings, parts))
    if settings.method == "rds" and settings.targets is not None:
        measures.append(_target_stage(settings, loaded, hashes))
    return [*measures, _select(settings, loaded, parts, measures, gate)]


def _needs_base(method: str, advice: str) -> str:
    others = "use k-center with select.model" if method == "k-center" else "choose another method"
    return (
        f"{WHERE}.method: {method} asks the base to be tuned, and there is none; {advice}, or "
        + (f"{others}.")
    )


def _parts(settings: Select, loaded: Loaded) -> list[str]:
    """The parts that are ranked, in the order of the mixture."""
    mixed = list(loaded.recipe.mix.parts)
    unknown = sorted(set(settings.parts or ()) - set(mixed))
    if unknown:
        raise RecipeError(
            f"{WHERE}.parts names {', '.join(unknown)}, but mix.parts has {', '.join(mixed)}. "
            f"Correct the name."
        )
    return [part for part in mixed if settings.parts is None or part in settings.parts]


def _by_base(settings: Select, parts: Sequence[str]) -> Stage:
    """`measure.hidden` or `measure.difficulty`."""
    hidden_states = settings.measure == "hidden"
    splits = ["train", "valid"] if hidden_states else ["train"]
    name = HIDDEN if hidden_states else DIFFICULTY

    def make(out: "Writer", inputs: Inputs) -> None:
        rows = kept_rows(inputs["synthesize"], inputs[GATE], parts, splits)
        with_base(out, inputs["base"].folder, inputs["base.tokenizer"].folder, rows, settings)

    told = {"parts": list(parts), "max_length": settings.max_length}
    if hidden_states:
        told |= {"splits": splits, "batch_tokens": settings.batch_tokens}
    return Stage(name, name, 1, told, ("synthesize", GATE, "base", "base.tokenizer"), make)


def _target_stage(settings: Select, loaded: Loaded, hashes: Hashes) -> Stage:
    """The vectors of a file of examples that selected rows should be like."""
    path = loaded.resolve(str(settings.targets))

    def make(out: "Writer", inputs: Inputs) -> None:
        base, tokenizer = inputs["base"].folder, inputs["base.tokenizer"].folder
        with_base(out, base, tokenizer, targets(path), settings)

    told = {"file": hashes.of(path), "max_length": settings.max_length}
    told |= {"batch_tokens": settings.batch_tokens}
    return Stage(TARGETS, TARGETS, 1, told, ("base", "base.tokenizer"), make)


def _embeddings(settings: Select, loaded: Loaded, hashes: Hashes, parts: Sequence[str]) -> Stage:
    """`measure.embeddings`: vectors of the texts by a model for embeddings."""
    folder = loaded.resolve(str(settings.model))

    def make(out: "Writer", inputs: Inputs) -> None:
        rows = kept_rows(inputs["synthesize"], inputs[GATE], parts, ["train"])
        n_cut = 0
        for batch, cut in embedded(rows, folder, f"{WHERE}.model", out.tell):
            out.schema = batch.schema
            out.write(batch)
            n_cut += cut
        if not out.rows:
            raise RecipeError(f"{WHERE}: no example was kept in {', '.join(parts)}. Loosen a rule.")
        if n_cut:
            out.notes.append(f"{n_cut:,} texts were longer than the model reads and were cut")
        out.facts["n_cut"] = n_cut

    told = {"parts": list(parts), "model": content({"model": folder}, hashes)["model"]}
    return Stage(EMBEDDINGS, EMBEDDINGS, 1, told, ("synthesize", GATE), make)


def _select(
    settings: Select,
    loaded: Loaded,
    parts: Sequence[str],
    measures: Sequence[Stage],
    gate: Sequence[Stage],
) -> Stage:
    """The order of the rows."""
    recipe = loaded.recipe
    counted = recipe.base is not None
    most = recipe.tune.max_length if recipe.tune else None
    judged = _scored(settings, gate) if settings.method == "judge" else None
    reads = {
        "stratified": ["segment"],
        "judge": [judged] if judged else [],
    }.get(settings.method, [])

    def make(out: "Writer", inputs: Inputs) -> None:
        from curate.select.candidates import candidates
        from curate.select.ranking import Measured, rank
        from schemas.selected import SELECTED

        rows = candidates(
            *(inputs["synthesize"].dataset(), inputs[GATE].dataset(), parts, recipe.seed),
            passages=inputs["segment"].dataset() if "segment" in reads else None,
            tokens=inputs["tokens"].dataset() if counted else None,
            longest=trainable(inputs["base.tokenizer"].folder, most) if counted else None,
            scored=score(inputs[judged], settings.score) if judged else None,
        )
        vectors = next((inputs[one] for one in (HIDDEN, EMBEDDINGS) if one in inputs), None)
        measured = Measured(vectors, inputs.get(TARGETS), inputs.get(DIFFICULTY))
        ranked = rank(rows, parts, settings, measured, out.tell)
        out.schema = SELECTED
        out.write(ranked.rows)
        out.facts |= {"method": settings.method, "parts": ranked.facts}

    told: dict[str, Any] = {"method": settings.method, "size": settings.size, "seed": recipe.seed}
    told["parts"] = list(parts)
    if settings.method == "stratified":
        told["allocation"] = settings.allocation
    if judged:
        told["score"] = settings.score
    if counted:
        told["max_length"] = most
        reads = [*reads, "tokens", "base.tokenizer"]
    parents = ("synthesize", GATE, *reads, *(one.name for one in measures))
    return Stage(WHERE, WHERE, 1, told, parents, make)


def trainable(tokenizer: Path, asked_for: int | None) -> int:
    """Tokens of a row that can be trained on, as the mixture has it."""
    from curate.chat import longest as of_base

    return of_base(tokenizer / "model", asked_for)


def score(table: "Readable", column: str) -> "pa.Table":
    """`id` and `score` of a measured table."""
    import pyarrow as pa

    found = pa.Table.from_batches(table.batches(["id", column])).rename_columns(["id", "score"])
    return found.set_column(1, "score", found["score"].cast(pa.float64()))


def _scored(settings: Select, gate: Sequence[Stage]) -> str:
    """The stage of the gate that measures the score.

    Raises:
        RecipeError: none does.
    """
    from curate.screen.catalog import measures

    known = measures()
    found: dict[str, str] = {}
    for stage in gate:
        name = stage.name.removeprefix(f"{GATE}.")
        if name in known and not known[name].gives_pairs:
            numbers = ("double", "int32", "int64", "float32", "bool")
            columns = known[name].columns.items()
            found |= {column: stage.name for column, (kind, _) in columns if kind in numbers}
    if settings.score not in found:
        raise RecipeError(
            f"{WHERE}.score: no number {settings.score} is measured for examples; there are "
            f"{', '.join(sorted(found)) or 'none'}. Add its measure to screen.examples.measures, "
            f"or name another column."
        )
    return found[settings.score]
