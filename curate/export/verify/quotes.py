"""Whether each row's quotes stand in its context, at the offsets that it gives.

Offsets count Unicode code points in the document's text, so `start` of the row is taken off them.
DuckDB's `substring` and `length` count code points, too; a combining mark is one of its own.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from curate.export.counted import QUOTED, selected
from curate.export.manifest import DataFile
from curate.export.verify.found import Verified

CONTEXTS = """
    select concat($path, ': ', id), concat(("end"::hugeint - "start"), ' characters'),
           concat(length(context), ' characters')
    from ($rows) where context is not null
      and length(context) is distinct from "end"::hugeint - "start" """
QUOTES = """
    create or replace temp table quotes as
    select id, evidence.quote as quote, evidence.match as match, there from (
      select id, evidence, case
        when context is null or "start" is null then null
        when evidence."start" >= "start" and evidence."end" > evidence."start"
             and evidence."end"::hugeint <= "start"::hugeint + length(context)
        then substring(context, (evidence."start" - "start" + 1)::bigint,
                       (evidence."end" - evidence."start")::bigint)
        else '' end as there
      from (select id, context, "start", unnest(evidence) as evidence from ($rows)))"""
WRONG = """
    select concat($path, ': ', id), concat('“', quote, '”'),
           case when there = '' then 'offsets outside of the context'
                else concat('“', there, '”') end
    from quotes where match is distinct from 'none' and there is not null
      and (there is distinct from quote or quote = '')"""
UNSURE = """
    select count(*) filter (match is distinct from 'none' and there is not null),
           count(*) filter (match = 'none'),
           count(*) filter (match is distinct from 'none' and there is null) from quotes"""


def of_file(query: str, one: duckdb.DuckDBPyConnection, folder: Path, file: DataFile) -> str:
    """A query in which `$rows` is QUOTED of a data file, streamed, and `$path` is its path."""
    if "$rows" in query:
        query = query.replace("$rows", selected(one, folder / file.path, QUOTED))
    return query.replace("$path", "'" + file.path.replace("'", "''") + "'")


def check_quotes(
    one: duckdb.DuckDBPyConnection, folder: Path, data: Sequence[DataFile], verified: Verified
) -> None:
    """Hold the quotes of every file against the contexts beside them, file by file.

    Raises:
        duckdb.Error, TableError: a file cannot be read, or lacks a column.
    """
    n_unfound = n_loose = 0
    for file in data:
        verified.note_all("context of another length", of_file(CONTEXTS, one, folder, file), one)
        one.execute(of_file(QUOTES, one, folder, file))
        verified.note_all("quote not in context", of_file(WRONG, one, folder, file), one)
        checked, unfound, loose = one.execute(UNSURE).fetchall()[0]
        verified.count("quotes in contexts", checked)
        n_unfound, n_loose = n_unfound + unfound, n_loose + loose
    if n_unfound:
        verified.not_checked.append(
            f"{n_unfound:,} quotes: marked `none`, they were not found in their source when made."
        )
    if n_loose:
        verified.not_checked.append(f"{n_loose:,} quotes: their rows have no context.")
