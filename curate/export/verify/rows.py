"""Whether the rows are as many as the manifest says, each once, and no document in two splits.

Works on the table `keys` of curate/export/counted.py.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from curate.export.counted import counted
from curate.export.manifest import Manifest, Named
from curate.export.verify.found import Verified

TWICE = """
    select concat(any_value(path), ': ', coalesce(id, 'no id')),
           concat('once in ', split, ', epoch ', coalesce(epoch::varchar, 'unknown')),
           concat(count(*), ' times')
    from keys group by split, epoch, id having count(*) > 1 or id is null order by 1"""
PLACES = """
    create or replace temp table places as
    select document_id, split, path, id from keys
    union all
    select other, split, path, id
    from (select unnest(list_distinct(also_from)) as other, document_id, split, path, id from keys)
    where other is distinct from document_id"""
APART = """
    select concat('document ', document_id), 'in one split',
           string_agg(distinct split, ', ' order by split)
    from places where document_id is not null
    group by document_id having count(distinct split) > 1 order by 1"""


def check_rows(one: duckdb.DuckDBPyConnection, manifest: Manifest, verified: Verified) -> None:
    """Count the rows again, and look for ids that come twice and documents in two splits."""
    there = counted(one)
    verified.count("rows", sum(there.rows.values()))
    files = dict(one.execute("select path, count(*) from keys group by 1").fetchall())
    for file in manifest.data:
        if files.get(file.path, 0) != file.rows:
            verified.note("rows of a file", file.path, file.rows, files.get(file.path, 0))
    _compare(verified, "rows of a split", manifest.rows, there.rows)
    for what, said, found in (
        ("rows of a part", manifest.parts, there.parts),
        ("rows of a licence", manifest.licenses, there.licenses),
        ("rows of a teacher", manifest.teachers, there.teachers),
    ):
        _compare(verified, what, _as_dict(said), _as_dict(found))
    verified.note_all("id comes twice", TWICE, one)
    one.execute(PLACES)
    verified.note_all("document in two splits", APART, one)


def _as_dict(named: list[Named]) -> dict[str | None, int]:
    return {each.name: each.rows for each in named}


def _compare(
    verified: Verified, what: str, said: Mapping[Any, int], found: Mapping[Any, int]
) -> None:
    for name in {**said, **found}:
        if said.get(name, 0) != found.get(name, 0):
            where = "unknown" if name is None else name
            verified.note(what, where, said.get(name, 0), found.get(name, 0))
