"""The rows of a run's mixture with all that they come from, and the documents behind them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from curate.export.rows import ROWS, SOURCES
from curate.export.rulings import UNSTATED
from recipes.run_tables import RunTables
from schemas.rows import Split

MEMORY = "2GB"
"""Beyond which DuckDB sorts on disk."""
AT_ONCE = 16_384
WHOLE = """
    select position, example_id as id, mixture.part, mixture.split, epoch, messages, task,
           examples.domain, examples.license, examples.source, examples.document_id, title, doi,
           section, passages.start, passages.end, context, evidence, also_from, teacher,
           teacher_license, trainable, prompt_hash, call_ids, n_tokens, n_loss_tokens
    from mixture join examples on example_id = examples.id
         left join passages on passage_id = passages.id
         left join documents on examples.document_id = documents.id
         left join prompts on split_part(task, '/', 1) = prompt_task
    where mixture.split = ? order by position
"""
JUDGED = f"""
    select example_id as id, license, source, trainable,
           coalesce(teacher_license, case when len(call_ids) > 0 then '{UNSTATED}' end)
               as teacher_license
    from mixture join examples on example_id = examples.id
"""
TABLES = {
    "mixture": ("mix", "*"),
    "examples": ("synthesize", "*"),
    "passages": ("segment", 'id, section, start, "end"'),
    "documents": ("collect", "id, title, doi"),
}
"""Name in queries -> (stage, its columns)."""
USED = """
    with used as (
        select document_id as id, count(*) as n_rows from (
            select document_id, number from numbered
            union select unnest(also_from), number from numbered) group by id)
    select documents.id as document_id, source, title, authors, published, doi, license, kind,
           sha256(text) as text_sha256, n_rows
    from used join documents using (id) order by source, document_id
"""


class RunRows:
    """The mixture of a run, joined with its examples, passages and documents.

    Used as a context manager; what DuckDB sorts on disk lies in `scratch`.
    """

    def __init__(self, run: RunTables, scratch: Path) -> None:
        self.run = run
        self._database = duckdb.connect(
            config={"memory_limit": MEMORY, "temp_directory": str(scratch)}
        )

    def __enter__(self) -> "RunRows":
        for name, (stage, columns) in TABLES.items():
            self._database.register(f"all_{name}", self.run.table(stage).dataset())
            self._database.execute(f"create view {name} as select {columns} from all_{name}")
        asked = self.run.table("synthesize").manifest.parameters.get("tasks", [])
        self._database.register("prompts", prompts(asked))
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def judged(self) -> pa.Table:
        """(id, license, source, teacher_license, trainable) of every row."""
        return self._database.sql(JUDGED).to_arrow_table()

    def batches(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split as ROWS, in the order of the mixture; to be read to their end."""
        found: Any = self._database.sql(WHOLE, params=[split])
        for batch in found.to_arrow_reader(AT_ONCE):
            yield batch.select(ROWS.names).cast(ROWS)


def prompts(tasks: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Task -> hash of the wording that asked for it, one line a task.

    A task may be asked several times; where that is in different words, a row does not tell which.
    """
    hashes: dict[str, str | None] = {}
    for one in tasks:
        name, prompt = str(one["task"]), one.get("prompt")
        hashes[name] = prompt if hashes.get(name, prompt) == prompt else None
    return pa.table(
        {
            "prompt_task": pa.array(hashes.keys(), pa.string()),
            "prompt_hash": pa.array(hashes.values(), pa.string()),
        }
    )


def sources(keys: pa.Table, documents: object) -> pa.Table:
    """SOURCES of exported rows.

    Args:
        keys: `document_id` and `also_from` of every row that was written.
        documents: DOCUMENTS of the run.
    """
    with duckdb.connect() as database:
        database.register("keys", keys)
        database.execute(
            "create view numbered as select *, row_number() over () as number from keys"
        )
        database.register("documents", documents)
        return database.sql(USED).to_arrow_table().cast(SOURCES)
