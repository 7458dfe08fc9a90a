"""Mixing and tuning over plain files, without a recipe: what the verbs of the same names do.

Every function writes one table folder, whole or not at all.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from recipes.plain import check_folder, finish, folder
from schemas.errors import RecipeError, TableError
from schemas.mixing import TOKENS as TOKEN_UNITS
from schemas.mixing import Mix
from schemas.plain import open_rows
from schemas.rows import TOKENS, VERDICTS
from schemas.tables import Table
from schemas.training import Base, Tune
from train.tokenizer import template_text


def mix(
    files: Mapping[str, Path],
    settings: Mix,
    out: Path,
    seed: int,
    base: Base | None = None,
    max_length: int | None = None,
) -> dict[str, Any]:
    """Mix files of examples into a table folder with one Parquet file a split.

    Args:
        files: part -> its file.
        settings: shares, size, caps.
        out: the folder to write.
        seed: of the order of drawing.
        base: the model whose tokenizer and template count tokens; they are not counted where None.
        max_length: tokens that a row may have; the base's context, 2,048 at most, where None.

    Raises:
        RecipeError: the shares cannot be had, a unit that nothing counts, or a row in two parts.
    """
    from curate.mix.draw import mix as draw
    from curate.turns import conversations

    began = time.monotonic()
    _check_files(files)
    measured = _measured(files, settings, base)
    check_folder(out, "mix")
    read = [conversations(open_rows(path), path, part, measured) for part, path in files.items()]
    examples = pa.concat_tables([one.rows for one in read])
    _check_ids(examples)
    unsound = sum((one.set_aside for one in read), Counter[str]())
    verdicts = VERDICTS.empty_table()
    kept = pa.table({"id": examples["id"], "kept": pa.repeat(True, len(examples))})
    verdicts = pa.concat_tables([verdicts, kept], promote_options="default")
    tokens, longest = (None, None) if base is None else _counted(examples, base, max_length)
    drawn = draw(
        *(examples, verdicts, settings, seed),
        tokens=tokens,
        max_length=longest,
        amounts=None if measured is None else examples.select(["id", "amount"]),
    )
    told = {**settings.model_dump(mode="json"), "files": {k: str(v) for k, v in files.items()}}
    with drawn as mixed, folder(out, "mix") as writer:
        mixed.write(writer)
        for reason, count in unsound.items():
            writer.skip(reason, count)
        writer.facts |= {"unit": settings.unit, "asked": settings.asked, "max_length": longest}
        finish(writer, "mix", {**told, "seed": seed, "max_length": longest})
    return {
        **writer.facts,
        "set_aside": {**unsound, **mixed.set_aside},
        "seconds": round(time.monotonic() - began, 3),
    }


def _check_files(files: Mapping[str, Path]) -> None:
    """Refuse one file as two parts: its rows would come twice, perhaps in train and in test."""
    seen: dict[Path, str] = {}
    for part, path in files.items():
        if (other := seen.setdefault(path.resolve(), part)) != part:
            raise RecipeError(
                f"--part {part}={path}: the file of the part {other}, too. Give each part a file "
                f"of its own."
            )


def _check_ids(examples: pa.Table) -> None:
    """Refuse a row that is in two parts."""
    times = examples.group_by("id").aggregate([("part", "count"), ("part", "min"), ("part", "max")])
    twice = times.filter(pc.greater(times["part_count"], 1)).slice(0, 1).to_pylist()
    for row in twice:
        n_more = len(examples) - len(times)
        raise RecipeError(
            f"--part {row['part_max']}: {n_more} ids are in another part, too, as {row['id']} in "
            f"{row['part_min']}. A row belongs to one part; take it out of the other file."
        )


def _measured(files: Mapping[str, Path], settings: Mix, base: Base | None) -> str | None:
    """The column of the files that the mixture is counted in, if it is one.

    Raises:
        RecipeError: tokens without a base, or a file without the column.
    """
    unit = settings.unit
    if unit in TOKEN_UNITS and base is None:
        raise RecipeError(f"--unit {unit}: needs --base, whose tokenizer counts them. Name it.")
    if unit in ("rows", *TOKEN_UNITS):
        return None
    for path in files.values():
        have = open_rows(path).schema.names
        if unit not in have:
            raise RecipeError(
                f"--unit {unit}: {path} has no such column; it has {', '.join(have)}. Name one of "
                f"numbers, or rows, {', '.join(TOKEN_UNITS)}."
            )
    return unit


def _counted(examples: pa.Table, base: Base, max_length: int | None) -> tuple[pa.Table, int]:
    """(TOKENS of all rows, tokens that a row may have)."""
    from curate.chat import Chat, longest

    model = Path(str(base.path))
    chat = Chat(model, template_text(base.template, Path))
    batches = chat.batches(iter(examples.select(["id", "messages"]).to_batches()))
    return pa.Table.from_batches(batches, schema=TOKENS), longest(model, max_length)


def tune(
    mixture: Path, out: Path, base: Base, settings: Tune, seed: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Tune a base on a mixture that its tokenizer counted; an interrupted tuning goes on.

    Args:
        mixture: a table folder of `mix`, made with the same base.
        out: the table folder to write; the model lies in its `model/`.
        base: a model in a folder.
        settings: how.
        seed: of the order, the adapter and dropout.
        tell: hears how far it is.
    """
    from recipes.base_stages import require
    from schemas.rows import CHECKPOINTS
    from train.base import check, save_tokenizer
    from train.runtime import quiet
    from train.tune import Sources
    from train.tune import tune as run

    check_folder(out, "tune")
    require(f"tune --method {settings.method}", settings.method)
    parts = {name: Table(mixture, name) for name in ("train", "valid")}
    if not all(table.files for table in parts.values()):
        raise TableError(f"{mixture}: no mixture, it has no train and valid. Make it with mix.")
    began = time.monotonic()
    model = Path(str(base.path))
    template = template_text(base.template, Path)
    with quiet(), folder(out, "tune") as writer:
        writer.schema = CHECKPOINTS
        check(model, "--base")
        with tempfile.TemporaryDirectory() as tokenizer:
            save_tokenizer(model, template, Path(tokenizer), "--base")
            tuned = run(
                parts["train"],
                parts["valid"],
                Sources(model, Path(tokenizer), str(model.resolve())),
                settings,
                seed,
                writer.attach("model"),
                writer.scratch,
                tell,
            )
        writer.write(tuned.rows)
        writer.facts |= tuned.facts
        writer.notes += tuned.notes
        finish(writer, "tune", {**settings.model_dump(mode="json"), "seed": seed})
    seconds = round(time.monotonic() - began, 3)
    return {"model": str(out / "model"), **tuned.facts, "notes": tuned.notes, "seconds": seconds}
