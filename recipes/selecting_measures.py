"""What models say of examples for a selection: which rows are asked about, and by whom.

Shared by the recipe's stages and the verb; torch is loaded when a row is asked about.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recipes.base_stages import require
from schemas.errors import RecipeError
from schemas.selecting import Select

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from curate.screen.view import Readable
    from schemas.tables import Writer
    from train.runtime import Loaded as Model

WHERE = "select"


def with_base(
    out: "Writer",
    base: Path,
    tokenizer: Path,
    rows: "Iterator[pa.RecordBatch]",
    settings: Select,
) -> None:
    """Write what the base says of rows; the table folders of base and tokenizer hold `model/`."""
    require(f"{WHERE}.method {settings.method}")
    from train.runtime import load, quiet

    with quiet():
        model = load(base / "model", tokenizer / "model", None, "full", "auto")
        skipped: Counter[str] = Counter()
        told = (model, longest(tokenizer / "model", settings), skipped, out.tell)
        out.schema, batches = asked(rows, settings, *told)
        for batch in batches:
            out.write(batch)
    for reason, count in skipped.items():
        out.skip(reason, count)


def asked(
    rows: "Iterator[pa.RecordBatch]",
    settings: Select,
    model: "Model",
    most: int,
    skipped: Counter[str],
    tell: "Callable[[str], None]",
) -> "tuple[pa.Schema, Iterator[pa.RecordBatch]]":
    """Columns and rows of the measure that a method needs of its base.

    Args:
        rows: with `id`, `part`, `split` and `messages`.
        settings: the method.
        model: the base.
        most: tokens that a row may have.
        skipped: counts the rows of which the base says nothing, by reason.
        tell: hears how far it is.
    """
    if settings.measure == "difficulty":
        from schemas.selected import DIFFICULTY as COLUMNS
        from train.measures.difficulty import difficulty

        return COLUMNS, difficulty(rows, model, most, skipped, tell)
    from train.measures.hidden import hidden, schema

    found = hidden(rows, model, most, skipped, tell, settings.batch_tokens)
    return schema(model), found


def longest(tokenizer: Path, settings: Select) -> int:
    """Tokens of a row that the base reads.

    Raises:
        RecipeError: more were asked for than its context.
    """
    from curate.chat import context_of
    from curate.chat import longest as of_base

    context = context_of(tokenizer)
    if settings.max_length and context is not None and settings.max_length > context:
        raise RecipeError(
            f"{WHERE}.max_length: {settings.max_length} is more than the base's context of "
            f"{context} tokens. Lower it, or leave it out."
        )
    return of_base(tokenizer, settings.max_length)


def kept_rows(
    examples: "Readable", verdicts: "Readable", parts: Sequence[str], splits: Sequence[str]
) -> "Iterator[pa.RecordBatch]":
    """Kept examples of these parts and splits: `id`, `part`, `split`, `messages`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from curate.screen.kept import kept

    for batch in kept(examples, verdicts, ["id", "part", "split", "messages"]):
        part = pc.is_in(batch.column("part"), pa.array(parts, pa.string()))
        split = pc.is_in(batch.column("split"), pa.array(splits, pa.string()))
        yield batch.filter(pc.and_(part, split))


def targets(path: Path) -> "Iterator[pa.RecordBatch]":
    """The conversations of a file."""
    from curate.turns import conversations
    from schemas.plain import open_rows

    rows = conversations(open_rows(path), path, "targets").rows
    yield from rows.select(["id", "part", "split", "messages"]).to_batches()


def embedded(
    rows: "Iterator[pa.RecordBatch]", folder: Path, where: str, tell: "Callable[[str], None]"
) -> "Iterator[tuple[pa.RecordBatch, int]]":
    """Rows with their vectors, and how many texts of a batch were cut.

    Args:
        rows: with `id`, `part`, `split` and `messages`.
        folder: of a model for embeddings.
        where: what named it, for messages.
        tell: hears how far it is.

    Raises:
        RecipeError: the model cannot be loaded, or gives no finite numbers.
    """
    import numpy as np
    import pyarrow as pa

    from curate.screen.view import turns
    from recipes.meaning_stage import local
    from schemas.selected import vectors

    embed = None
    n_rows = 0
    for batch in rows:
        if not len(batch):
            continue
        embed = embed or local(folder, where)
        found, n_cut = embed(turns(batch.column("messages"), "text").to_pylist())
        if not np.isfinite(found).all():
            raise RecipeError(f"{where}: {folder} gives numbers that are not finite. Name another.")
        n_rows += len(batch)
        tell(f"{n_rows:,} texts embedded")
        vector = pa.FixedSizeListArray.from_arrays(pa.array(found.ravel()), found.shape[1])
        own = [batch.column(name) for name in ("id", "part", "split")]
        yield pa.record_batch([*own, vector], schema=vectors(found.shape[1])), n_cut
