"""What the verb `select` selects from: a plain file of examples, or the kept examples of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recipes.plain_ordered import write_ordered
from recipes.run_tables import RunTables
from recipes.selecting_stage import GATE
from recipes.selecting_stage import score as score_of
from recipes.work import Work
from schemas.errors import RecipeError, TableError
from schemas.plain import READERS, Plain, check_kept, check_output, open_rows, write_rows
from schemas.rows import EXAMPLES
from schemas.selecting import Select

WHOLE = "all"
"""The part of rows that name none."""
BASE = ("base", "base.tokenizer")
TOLD = ("task", "domain")
"""Columns of a plain file that strata and comparisons read, where it has them."""


@dataclass(frozen=True, slots=True)
class Models:
    """Who is asked, where a method needs a model."""

    base: Path | None = None
    """Folder of a causal language model."""
    tokenizer: Path | None = None
    """Folder of its tokenizer with the template; made from the base where None."""
    template: str | None = None
    """Text of a chat template for the base."""


@dataclass(frozen=True, slots=True)
class Source:
    """Examples that can be selected from."""

    examples: Any
    """Readable rows: `id`, `part`, `split`, `messages` and what else is known."""
    verdicts: Any
    """Readable: `id` and `kept`, in their order."""
    parts: list[str]
    models: Models
    write: Callable[[list[str], Path], None]
    """Ids in order, and the file to write them to."""
    check: Callable[[Path], None]
    """Refuse a file that could not be written."""
    passages: Any = None
    """Arrow dataset or table with the sections."""
    tokens: Any = None
    score: Callable[[str], pa.Table] = field(default=lambda name: pa.table({}))
    """`id` and `score` of a column."""
    set_aside: Mapping[str, int] = field(default_factory=dict)


def opened(named: str, settings: Select, models: Models, work: Path) -> Source:
    """A file or a run as a source.

    Raises:
        TableError: it is neither.
        RecipeError: it has none of the parts.
    """
    path = Path(named)
    a_run = not path.exists() or (path / "run.json").is_file()
    if not path.exists() and (path.suffix in READERS or len(path.parts) > 1):
        raise TableError(f"{path}: no such file or folder. Correct the path, or name a run.")
    source = _of_run(named, models, Work(work)) if a_run else _of_file(path, models)
    unknown = sorted(set(settings.parts or ()) - set(source.parts))
    if unknown:
        raise RecipeError(
            f"--part {', '.join(unknown)}: not in {named}, which has {', '.join(source.parts)}."
        )
    return source


def _of_file(path: Path, models: Models) -> Source:
    """A plain file of examples in any form; every row is a candidate that is not held out."""
    from curate.turns import conversations

    read = open_rows(path)
    rows = pa.Table.from_batches(read.batches(), read.schema)
    ids = rows["id"].combine_chunks()
    n_ids = pc.count_distinct(ids).as_py()
    if n_ids < len(ids):
        raise TableError(
            f"{path}: {len(ids)} rows have {n_ids} different ids. Make each id unique, or take the "
            f"column out; row numbers are used then."
        )
    numbered = rows.set_column(
        rows.column_names.index("id"), "id", pa.array(np.arange(len(rows))).cast(pa.string())
    )
    found = conversations(Plain(numbered), path, WHOLE)
    turns, places = _first_of_each_row(found.rows)
    examples = _examples(rows.take(pa.array(places)), turns)

    def write(chosen: list[str], out: Path) -> None:
        where = pc.index_in(pa.array(chosen, pa.string()), value_set=ids)
        write_ordered(path, where.to_numpy(), out)

    def score(name: str) -> pa.Table:
        return _score_of(rows, name, path)

    parts = sorted(set(examples["part"].to_pylist()))
    return Source(
        Plain(examples),
        Plain(pa.table({"id": examples["id"], "kept": pa.repeat(True, len(examples))})),
        parts,
        models,
        write,
        lambda out: _check_other(path, out),
        passages=_sections(rows),
        score=score,
        set_aside=found.set_aside,
    )


def _check_other(path: Path, out: Path) -> None:
    """Refuse to write rows over those that they are chosen from."""
    check_kept(path, out)
    if out.resolve() == path.resolve():
        raise TableError(f"{out}: is what is selected from. Name another file.")


def _first_of_each_row(rows: pa.Table) -> tuple[pa.Table, NDArray[np.int64]]:
    """The first conversation of each row, and the numbers of these rows: ids are row numbers."""
    names = [one.rpartition(":")[2].partition(".")[0] for one in rows["id"].to_pylist()]
    numbers = np.array(names, np.int64)
    _, first = np.unique(numbers, return_index=True)
    return rows.take(pa.array(first)), numbers[first]


def _examples(rows: pa.Table, turns: pa.Table) -> pa.Table:
    """Rows of a file with the columns of examples that they have."""

    def own(name: str, otherwise: str | None) -> pa.ChunkedArray:
        kind = rows.schema.field(name).type if name in rows.column_names else pa.null()
        if pa.types.is_null(kind) or pa.types.is_nested(kind):
            return pa.chunked_array([pa.array([otherwise] * len(rows), pa.string())])
        column = rows[name].cast(pa.string())
        return column if otherwise is None else pc.fill_null(column, otherwise)

    columns = {
        "id": rows["id"],
        "part": own("part", WHOLE),
        "split": own("split", "train"),
        "messages": turns["messages"],
        "passage_id": rows["id"],
        "document_id": turns["document_id"],
        **{name: own(name, None) for name in TOLD},
    }
    kinds = pa.schema([EXAMPLES.field(name) for name in columns])
    return pa.table(columns).cast(kinds)


def _sections(rows: pa.Table) -> pa.Table | None:
    """`id` and `section`, where the file has sections, as text or as a list of headings."""
    if "section" not in rows.column_names:
        return None
    kind = rows.schema.field("section").type
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return rows.select(["id", "section"])
    if not pa.types.is_string(kind):
        return None
    headings = rows["section"].combine_chunks()
    offsets = pa.array(np.arange(len(rows) + 1), pa.int32())
    return pa.table({"id": rows["id"], "section": pa.ListArray.from_arrays(offsets, headings)})


def _score_of(rows: pa.Table, name: str, where: object) -> pa.Table:
    """`id` and `score`.

    Raises:
        RecipeError: no such column of numbers.
    """
    numbers = [one.name for one in rows.schema if _is_number(one.type)]
    if name not in numbers:
        raise RecipeError(
            f"--score {name}: {where} has no such column of numbers; it has "
            f"{', '.join(numbers) or 'none'}. Name one of them, or measure it first."
        )
    return pa.table({"id": rows["id"].cast(pa.string()), "score": rows[name].cast(pa.float64())})


def _of_run(named: str, models: Models, work: Work) -> Source:
    """The kept examples of a run; its base is asked where no other is named."""
    run = work.find_run(named)
    here = Work(run.resolve().parents[1]) if Path(named).exists() else work
    tables = RunTables(run, here)
    examples = tables.table("synthesize")
    folders = {name: tables.table(name).folder for name in BASE if name in tables}
    if models.base is None and len(folders) == len(BASE):
        base, tokenizer = (folders[name] / "model" for name in BASE)
        models = Models(base, tokenizer)

    def write(chosen: list[str], out: Path) -> None:
        rows = pa.Table.from_batches(examples.batches(), EXAMPLES)
        place = pc.index_in(pa.array(chosen, pa.string()), value_set=rows["id"].combine_chunks())
        write_rows(out, EXAMPLES, rows.take(place).to_batches())

    return Source(
        examples,
        tables.table(GATE),
        sorted(set(examples.read(["part"])["part"].unique().to_pylist())),
        models,
        write,
        check_output,
        passages=tables.table("segment").dataset() if "segment" in tables else None,
        tokens=tables.table("tokens").dataset() if "tokens" in tables else None,
        score=lambda name: _measured_score(tables, name),
    )


def _measured_score(tables: RunTables, name: str) -> pa.Table:
    """`id` and `score` of a column that a measure of the run's examples has.

    Raises:
        RecipeError: none has such a column of numbers.
    """
    known: set[str] = set()
    for stage in tables.names:
        if stage.startswith(f"{GATE}.") and "position" in tables.table(stage).schema.names:
            table = tables.table(stage)
            numbers = {one.name for one in table.schema if _is_number(one.type)} - {"position"}
            if name in numbers:
                return score_of(table, name)
            known |= numbers
    raise RecipeError(
        f"--score {name}: no number of this name was measured in the run; there are "
        f"{', '.join(sorted(known)) or 'none'}. Name one of them."
    )


def _is_number(kind: pa.DataType) -> bool:
    of = pa.types
    tests = (of.is_integer, of.is_floating, of.is_boolean, of.is_decimal)
    return any(test(kind) for test in tests)
