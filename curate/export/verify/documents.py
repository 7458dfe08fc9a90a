"""Whether the documents are those that are listed, and still say what the rows quote.

Works on the tables `keys`, of counted.py, `places` (document_id, split, path, id), of rows.py, and
`listed`, of SOURCES.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from curate.export.manifest import DataFile, Manifest
from curate.export.rows import SOURCES
from curate.export.verify.found import Verified
from curate.export.verify.quotes import of_file
from schemas.plain import sql_type

USED = """
    create or replace temp table used as
    select document_id, count(*) as n from places where document_id is not null group by 1"""
UNLISTED = """
    select concat('document ', coalesce(used.document_id, listed.document_id)),
           concat(coalesce(listed.n_rows, 0), ' rows in the list of sources'),
           concat(coalesce(used.n, 0), ' rows')
    from used full join listed using (document_id)
    where used.n is distinct from listed.n_rows order by 1"""
OTHERWISE = """
    select concat(path, ': ', id), concat(coalesce(listed.license, 'no licence'), ', ',
                                          coalesce(listed.source, 'no source')),
           concat(coalesce(keys.license, 'no licence'), ', ', coalesce(keys.source, 'no source'))
    from keys join listed using (document_id)
    where keys.license is distinct from listed.license
       or keys.source is distinct from listed.source order by 1"""
CANDIDATES = """
    create or replace temp table candidates as
    select documents.id, documents.source, lower(documents.doi) as doi,
           sha256(documents.text) as text_sha256
    from documents
    where documents.id in (select document_id from listed)
       or documents.source in (select source from listed)
       or lower(documents.doi) in (select lower(doi) from listed where doi <> '')"""
MATCHED = """
    create or replace temp table matched as
    select listed.document_id, listed.source, listed.text_sha256 as expected,
           coalesce(a.id, b.id, c.id) as found_id,
           coalesce(a.text_sha256, b.text_sha256, c.text_sha256) as found
    from listed
    left join (select distinct on (id) * from candidates order by id) a
      on a.id = listed.document_id
    left join (select distinct on (source) * from candidates order by source, id) b
      on b.source = listed.source
    left join (select distinct on (doi) * from candidates where doi <> '' order by doi, id) c
      on c.doi = lower(listed.doi)"""
GONE = """
    select concat('document ', document_id), concat('a text of ', source), 'no such document'
    from matched where found_id is null order by source"""
CHANGED = """
    select concat('document ', document_id, ' (', source, ')'), concat('sha256 ', expected),
           concat('sha256 ', found)
    from matched where found_id is not null and expected is distinct from found order by source"""
CONTEXTS = """
    create or replace temp table contexts as
    select id, there is distinct from context as wrong,
           case when wrong then context end as context, case when wrong then there end as there
    from (
      select quoted.id, context,
             case when "start" >= 0 and "end" > "start"
                  then substring(text, "start" + 1, "end" - "start") end as there
      from ($rows) quoted
      join matched on matched.document_id = quoted.document_id and expected = found
      join documents on documents.id = found_id
      where context is not null)"""
CONTEXT = """
    select concat($path, ': ', id), concat('“', context, '”'), concat('“', there, '”')
    from contexts where wrong"""
QUOTES = """
    create or replace temp table quotes as
    select id, quote, case when there = quote then 'there'
                           when elsewhere then 'moved' else 'gone' end as state
    from (select quoted.id, evidence.quote as quote, contains(text, evidence.quote) as elsewhere,
                 case when evidence."start" >= 0 and evidence."end" > evidence."start"
                 then substring(text, evidence."start" + 1, evidence."end" - evidence."start")
                 end as there
          from (select id, document_id, unnest(evidence) as evidence from ($rows)) quoted
          join matched on matched.document_id = quoted.document_id
               and expected is distinct from found
          join documents on documents.id = found_id
          where evidence.match is distinct from 'none')"""
MOVED = """
    select concat($path, ': ', id), concat('“', quote, '” at its offsets'), 'it elsewhere'
    from quotes where state = 'moved'"""
LOST = """
    select concat($path, ': ', id), concat('“', quote, '”'), 'no such words'
    from quotes where state = 'gone'"""


def load_listed(one: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Make the table `listed` of `sources.parquet`.

    Raises:
        duckdb.Error: it cannot be read, or lacks a column.
    """
    kinds = [f'cast("{each.name}" as {sql_type(each.type)}) as "{each.name}"' for each in SOURCES]
    path = str(file).replace("'", "''")
    one.execute(
        f"create or replace temp table listed as select {', '.join(kinds)} "
        f"from read_parquet('{path}')"
    )


def check_listed(one: duckdb.DuckDBPyConnection, manifest: Manifest, verified: Verified) -> None:
    """Compare the documents of the rows with the list of sources, both ways."""
    one.execute(USED)
    (n_listed,) = one.execute("select count(*) from listed").fetchall()[0]
    verified.count("documents in the list of sources", n_listed)
    if n_listed != manifest.n_documents:
        verified.note("documents", manifest.sources, manifest.n_documents, n_listed)
    verified.note_all("document and its rows", UNLISTED, one)
    verified.note_all("licence or source of a row", OTHERWISE, one)


def check_documents(
    one: duckdb.DuckDBPyConnection,
    folder: Path,
    data: Sequence[DataFile],
    documents: object,
    verified: Verified,
) -> None:
    """Hold rows and sources against the documents' texts.

    A document is looked up by its id, then by its source, then by its DOI. Where its text is the
    same, each context has to be in it at its offsets; where it changed, each quote.

    Args:
        one: a database with the tables `places` and `listed`.
        folder: the export.
        data: its data files.
        documents: an Arrow table or dataset with `id`, `source`, `doi` and `text`.
        verified: where findings go.
    """
    one.register("documents", documents)
    for query in (CANDIDATES, MATCHED):
        one.execute(query)
    (n,) = one.execute("select count(*) from matched where found_id is not null").fetchall()[0]
    verified.count("documents", n)
    verified.note_all("document gone", GONE, one)
    verified.note_all("document changed", CHANGED, one)
    for file in data:
        for query, what, table in (
            (CONTEXTS, "contexts in documents", "contexts"),
            (QUOTES, "quotes in changed documents", "quotes"),
        ):
            one.execute(of_file(query, one, folder, file))
            (n,) = one.execute(f"select count(*) from {table}").fetchall()[0]
            verified.count(what, n)
        for what, query in (
            ("context not in document", CONTEXT),
            ("quote moved", MOVED),
            ("quote gone", LOST),
        ):
            verified.note_all(what, of_file(query, one, folder, file), one)
    one.unregister("documents")


def has_columns(documents: object) -> bool:
    """Whether an Arrow table or dataset has what `check_documents` reads."""
    schema = getattr(documents, "schema", pa.schema([]))
    return {"id", "source", "doi", "text"} <= set(schema.names)
