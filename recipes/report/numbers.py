"""Every count on the page, asked of the tables by SQL.

Only narrow columns are held: ids, labels, lengths and verdicts. A stage that was not made is an
empty table, so that each question can be asked of every run.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from schemas.rows import (
    CHECKPOINTS,
    DOCUMENTS,
    EXAMPLES,
    LIKELIHOODS,
    MIXTURE,
    PASSAGES,
    SCORES,
    VERDICTS,
)
from schemas.tables import Table

SOURCES = {
    "collect": DOCUMENTS,
    "segment": PASSAGES,
    "screen.passages": VERDICTS,
    "synthesize": EXAMPLES,
    "screen.examples": VERDICTS,
    "mix": MIXTURE,
    "base": CHECKPOINTS,
    "tune": CHECKPOINTS,
    "tune.control": CHECKPOINTS,
    "likelihood.base": LIKELIHOODS,
    "likelihood.control": LIKELIHOODS,
    "likelihood.tuned": LIKELIHOODS,
    "evaluate": SCORES,
}
"""Stages that are read here, and their rows."""
WORDS = r"len(regexp_extract_all({0}, '[^\t\n\x0B\f\r ]+'))"
"""Runs of characters between white space, as the measure `length` counts them."""
VERDICT = "kept, failed, duplicate_of, similarity, reference"
GATES = {"passages": "screen.passages", "examples": "screen.examples"}
FOUND = """case when coalesce(len(evidence), 0) = 0 then 'no quote'
                when len(list_filter(evidence, lambda quote: quote.match = 'none')) > 0 then 'none'
                when len(list_filter(evidence, lambda quote: quote.match <> 'exact')) > 0
                then 'normalised' else 'exact' end"""
"""How the worst placed quote of an example was found."""
MOST_LABELS = 12
"""Rows of a breakdown; what lies beyond is summed up in one more."""
NARROW = f"""
    create table documents as
    select id, part, split, license, domain from "collect";

    create table passages as
    select rows.id, document_id, part, split, license, domain, n_words, {VERDICT}
    from "segment" as rows left join "screen.passages" as verdicts using (id);

    create table examples as
    select rows.id, document_id, passage_id, part, split, license, domain, task,
           teacher, teacher_license, trainable, {FOUND} as found,
           {{question}} as question_words, {{answer}} as answer_words, {VERDICT}
    from "synthesize" as rows left join "screen.examples" as verdicts using (id);

    create table mixture as
    select mixed.example_id as id, mixed.part, mixed.split, license, domain
    from "mix" as mixed left join examples on examples.id = mixed.example_id;
"""
LEVELS = """
    select 'documents' as level, part, count(*) as n from documents group by part
    union all select 'passages', part, count(*) from passages group by part
    union all select 'kept passages', part, count(*) from passages where kept group by part
    union all select 'examples', part, count(*) from examples group by part
    union all select 'kept examples', part, count(*) from examples where kept group by part
    union all select split, part, count(*) from mixture group by split, part
"""
BREAKDOWN = """
    select coalesce({0}, 'unknown') as label,
           count(*) filter (level = 1), count(*) filter (level = 2),
           count(*) filter (level = 2 and kept), count(*) filter (level = 3),
           count(*) filter (level = 3 and kept), count(*) filter (level = 4)
    from (select {0}, 1 as level, true as kept from documents
          union all select {0}, 2, kept from passages
          union all select {0}, 3, kept from examples
          union all select {0}, 4, true from mixture)
    group by all order by 2 desc, label
"""
FELL = """
    select rule, count(*) as n, count(*) filter (len(failed) = 1) as alone
    from (select unnest(failed) as rule, failed from {0}) group by rule
"""

TAUGHT = """
    select teacher, split_part(task, '/', 1), count(*), count(*) filter (found = 'exact'),
           count(*) filter (found = 'normalised'), count(*) filter (found = 'none'),
           count(*) filter (found = 'no quote'), count(*) filter (kept)
    from examples group by all
"""
TERMS = """
    select teacher, teacher_license, coalesce(trainable, true) as may, count(*),
           count(*) filter (kept)
    from examples where teacher in (select unnest(?)) group by all order by all
"""

SCORED = """
    select count({0}), avg({0}), avg({0}) filter (kept),
           {counts}
    from scored left join examples using (id)
"""


@contextlib.contextmanager
def opened(tables: Mapping[str, Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the narrow tables, and the stages' own under their names."""
    turns = "list_sum([{words} for turn in messages if turn.role {which} 'assistant'])"
    words = WORDS.format("turn.content")
    with duckdb.connect() as database:
        for name, schema in SOURCES.items():
            table = tables.get(name)
            database.register(name, table.dataset() if table else schema.empty_table())
        database.execute(
            NARROW.format(
                question=turns.format(words=words, which="<>"),
                answer=turns.format(words=words, which="="),
            )
        )
        yield database


def levels(database: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Level of the funnel -> part -> rows."""
    found: dict[str, dict[str, int]] = {}
    for level, part, n in database.execute(LEVELS).fetchall():
        found.setdefault(level, {})[part] = n
    return found


def fell(database: duckdb.DuckDBPyConnection, rows: str) -> dict[str, tuple[int, int]]:
    """Rule -> (rows that it set aside, rows that it alone set aside)."""
    return {rule: (n, alone) for rule, n, alone in database.execute(FELL.format(rows)).fetchall()}


def gave(database: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """(documents that gave a passage, passages that gave an example)."""
    counted = database.execute(
        """select (select count(distinct document_id) from passages),
                  (select count(distinct passage_id) from examples)"""
    ).fetchone()
    return counted or (0, 0)


def exact_copies(database: duckdb.DuckDBPyConnection, rows: str) -> int:
    """Rows set aside as duplicates whose shingles are all those of the kept one."""
    ((n,),) = database.execute(f"select count(*) from {rows} where similarity >= 1").fetchall()
    return int(n)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a breakdown: numbers at each level of the funnel."""

    label: str
    documents: int
    passages: int
    kept_passages: int
    examples: int
    kept_examples: int
    mixture: int


def breakdown(
    database: duckdb.DuckDBPyConnection, column: str, first: Sequence[str] = ()
) -> list[Row]:
    """Rows by a column that every table has.

    Args:
        database: holds the narrow tables.
        column: part, split, domain or license.
        first: labels that come first, in this order; the others by their number of documents, and
            those beyond MOST_LABELS summed up in one.
    """
    found = [Row(*row) for row in database.execute(BREAKDOWN.format(column)).fetchall()]
    places = {label: place for place, label in enumerate(first)}
    found.sort(key=lambda row: places.get(row.label, len(places)))
    if len(found) <= MOST_LABELS + 1:
        return found
    rest = found[MOST_LABELS:]
    names = Row.__slots__[1:]
    sums = [sum(getattr(row, name) for row in rest) for name in names]
    return [*found[:MOST_LABELS], Row(f"{len(rest):,} others", *sums)]


def families(database: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """(family of tasks, examples made, examples kept), the largest first."""
    return database.execute(
        """select task, count(*), count(*) filter (kept) from examples
           group by task order by 2 desc, task"""
    ).fetchall()


def taught(database: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, int]]:
    """(teacher, task) -> examples, by how their evidence was found, and those that were kept."""
    names = ("examples", "exact", "normalised", "missing", "unquoted", "kept")
    return {
        (teacher, task): dict(zip(names, counts, strict=True))
        for teacher, task, *counts in database.execute(TAUGHT).fetchall()
    }


@dataclass(frozen=True, slots=True)
class Scored:
    """What a judge gave on one axis."""

    axis: str
    meaning: str
    n: int
    mean: float | None
    mean_kept: float | None
    """Of the examples that were kept; none where there are none, or nothing was judged by rules."""
    counts: list[int]
    """Examples by their score, rounded, from 1 to 5."""


def scored(database: duckdb.DuckDBPyConnection, judged: Table) -> list[Scored]:
    """What a judge gave: its columns of scores, in their order."""
    database.register("scored", judged.dataset())
    counts = ", ".join(f"count(*) filter (round({{0}}) = {score})" for score in range(1, 6))
    found = []
    for column in judged.schema:
        if column.name.startswith("judge_") and pa.types.is_floating(column.type):
            query = SCORED.format(column.name, counts=counts.format(column.name))
            ((n, mean, mean_kept, *by_score),) = database.execute(query).fetchall()
            meaning = (column.metadata or {}).get(b"doc", b"").decode()
            axis = column.name.removeprefix("judge_").replace("_", " ")
            found.append(Scored(axis, meaning, n, mean, mean_kept, by_score))
    database.unregister("scored")
    return found


def terms(
    database: duckdb.DuckDBPyConnection, teachers: Sequence[str]
) -> list[tuple[str, str | None, bool, int, int]]:
    """(teacher, terms on what it writes, whether they allow training, examples, kept ones)."""
    return database.execute(TERMS, [list(teachers)]).fetchall()


def folders(tables: Mapping[str, Path]) -> dict[str, Table]:
    """The finished tables, opened."""
    return {name: Table(folder) for name, folder in tables.items()}
