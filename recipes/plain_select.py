"""Select over a plain file of examples, or the kept examples of a run: what the verb does.

The rows are ranked as a recipe ranks them, part by part, and written in the order of their ranks.
"""

import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from recipes import selecting_measures as measures
from recipes.base_stages import require
from recipes.selection_sources import Models, Source, opened
from schemas.errors import RecipeError
from schemas.plain import Plain
from schemas.selecting import Select

if TYPE_CHECKING:
    from curate.select.ranking import Measured, Ranked

Tell = Callable[[str], None]


def select(
    named: str, out: Path, settings: Select, models: Models, seed: int, work: Path, tell: Tell
) -> dict[str, Any]:
    """Rank rows and write them in the order of their ranks.

    Args:
        named: a plain file, a table's folder, a run's folder, or a recipe's name.
        out: the file to write, in the form of the input.
        settings: method and size.
        models: who is asked.
        seed: of the lots that settle ties.
        work: where runs lie.
        tell: hears how far it is.
    """
    began = time.monotonic()
    source = opened(named, settings, models, work)
    source.check(out)
    rows = _candidates(source, [settings], seed)
    measured, skipped = _measured(source, [settings], tell)
    ranked = _ranked(rows, source, settings, measured, tell)
    in_order = ranked.rows.sort_by([("rank", "ascending"), ("part", "ascending")])
    source.write(in_order["id"].to_pylist(), out)
    return {
        "method": settings.method,
        "rows": len(in_order),
        "parts": ranked.facts,
        "set_aside": dict(source.set_aside),
        "not_measured": dict(skipped),
        "seconds": round(time.monotonic() - began, 3),
    }


def compared(
    named: str, choices: Sequence[Select], models: Models, seed: int, work: Path, tell: Tell
) -> dict[str, Any]:
    """The figures of `curate.select.compare`, and what was not measured.

    Args:
        named: as in `select`.
        choices: one a method, all of one size.
        models: who is asked.
        seed: of the lots.
        work: where runs lie.
        tell: hears how far it is.
    """
    from curate.select.compare import compare

    began = time.monotonic()
    source = opened(named, choices[0], models, work)
    rows = _candidates(source, choices, seed)
    measured, skipped = _measured(source, choices, tell)
    chosen: dict[str, pa.Array] = {}
    for settings in choices:
        ranked = _ranked(rows, source, settings, measured, tell)
        chosen[settings.method] = ranked.rows["id"].combine_chunks()
    told = compare(rows, chosen)
    told |= {"set_aside": dict(source.set_aside), "not_measured": dict(skipped)}
    return {**told, "seconds": round(time.monotonic() - began, 3)}


def _ranked(
    rows: pa.Table,
    source: Source,
    settings: Select,
    measured: "Mapping[str, Measured]",
    tell: Tell,
) -> "Ranked":
    from curate.select.ranking import rank

    there = set(rows["part"].unique().to_pylist())
    parts = settings.parts or [one for one in source.parts if one in there] or source.parts
    return rank(rows, parts, settings, measured[settings.method], tell)


def _candidates(source: Source, choices: Sequence[Select], seed: int) -> pa.Table:
    from curate.select.candidates import candidates

    judged = [one.score for one in choices if one.method == "judge"]
    parts = choices[0].parts or source.parts
    return candidates(
        *(source.examples.dataset(), source.verdicts.dataset(), parts, seed),
        passages=source.passages,
        tokens=source.tokens,
        scored=source.score(judged[0]) if judged else None,
    )


def _measured(
    source: Source, choices: Sequence[Select], tell: Tell
) -> "tuple[dict[str, Measured], Counter[str]]":
    """Method -> what a model says; each model is asked once, however many methods need it."""
    from curate.select.ranking import Measured

    skipped: Counter[str] = Counter()
    found: dict[str, Measured] = {one.method: Measured() for one in choices}
    embedding = [one for one in choices if one.measure == "embeddings"]
    by_base = [one for one in choices if one.measure in ("hidden", "difficulty")]
    for one in embedding:
        found[one.method] = Measured(vectors=_embedded(source, one, skipped, tell))
    if by_base:
        with _base(source, by_base[0]) as (model, tokenizer):
            told: dict[str, Plain] = {}
            for one in by_base:
                kind = str(one.measure)
                if kind not in told:
                    rows = _rows(source, one)
                    told[kind] = _asked(rows, one, model, tokenizer, skipped, tell)
                targets = None
                if one.method == "rds" and one.targets is not None:
                    near = measures.targets(Path(one.targets))
                    targets = _asked(near, one, model, tokenizer, Counter(), tell)
                vectors, hard = (told[kind], None) if kind == "hidden" else (None, told[kind])
                found[one.method] = Measured(vectors, targets, hard)
    return found, skipped


def _rows(source: Source, settings: Select) -> Iterator[pa.RecordBatch]:
    splits = ["train", "valid"] if settings.measure == "hidden" else ["train"]
    parts = settings.parts or source.parts
    return measures.kept_rows(source.examples, source.verdicts, parts, splits)


def _embedded(source: Source, settings: Select, skipped: Counter[str], tell: Tell) -> Plain:
    """Vectors of the texts by a model for embeddings."""
    rows = measures.kept_rows(
        source.examples, source.verdicts, settings.parts or source.parts, ["train"]
    )
    batches = []
    for batch, n_cut in measures.embedded(rows, Path(str(settings.model)), "--model", tell):
        batches.append(batch)
        if n_cut:
            skipped["cut by the model for embeddings"] += n_cut
    if not batches:
        raise RecipeError("select: no example is kept for training. Nothing can be selected.")
    return Plain(pa.Table.from_batches(batches))


@contextlib.contextmanager
def _base(source: Source, settings: Select) -> Iterator[tuple[Any, Path]]:
    """The base, loaded, and the folder of its tokenizer.

    Raises:
        RecipeError: there is none.
    """
    models = source.models
    if models.base is None:
        or_model = ", or for k-center a model for embeddings with --model" * (
            settings.method == "k-center"
        )
        raise RecipeError(
            f"--method {settings.method}: asks the model that will be tuned. Name its folder with "
            f"--base{or_model}."
        )
    require(f"--method {settings.method}")
    from train.base import check, save_tokenizer
    from train.runtime import load, quiet

    with quiet(), tempfile.TemporaryDirectory() as made:
        check(models.base, "--base")
        tokenizer = models.tokenizer
        if tokenizer is None:
            tokenizer = Path(made)
            save_tokenizer(models.base, models.template, tokenizer, "--base")
        yield load(models.base, tokenizer, None, "full", "auto"), tokenizer


def _asked(
    rows: Iterator[pa.RecordBatch],
    settings: Select,
    model: Any,  # noqa: ANN401  train.runtime.Loaded
    tokenizer: Path,
    skipped: Counter[str],
    tell: Tell,
) -> Plain:
    """What the base says of rows, in memory."""
    most = measures.longest(tokenizer, settings)
    schema, batches = measures.asked(rows, settings, model, most, skipped, tell)
    return Plain(pa.Table.from_batches(batches, schema))
