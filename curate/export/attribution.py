"""`ATTRIBUTION.md`: every source that text was taken from, under its licence.

What CC BY 4.0 asks in section 3(a)(1): who made the work, the licence with a link to its text,
where the work is, and that it was changed. Articles have a line each; records of one package or one
file of instructions share a line.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from curate.export.counted import database
from curate.export.license_links import links
from curate.export.markdown import escape, escaped, link

if TYPE_CHECKING:
    from curate.export.whole import Whole

FILE = "ATTRIBUTION.md"
N_AUTHORS = 3
"""Authors that are named before `et al.`"""
LONGEST = 500
"""Characters of a title, a source or the authors that are shown; `sources.parquet` has all."""
OPENING = """# Sources and attribution

The rows of this data set hold text of the works below, and questions and answers that were made \
from it.

Changes: passages were cut from the works, as plain text in Markdown; a program or a language \
model wrote questions and answers from them. Ready-made instructions were taken over and put in \
another form. Nobody named here endorses this data set or its use.

"""
UNITS = """
    create temp table units as
    select license, unit, any_value(title) as title, any_value(authors) as authors,
           any_value(published) as published, any_value(doi) as doi, count(*) as n,
           sum(n_rows)::bigint as n_rows, bool_or(joined) as joined
    from (
      select *, joined_unit is not null as joined, coalesce(joined_unit, document_id) as key,
             coalesce(joined_unit, source, '') as unit
      from (
        select *, case
            when source like 'pkg:%/%' then regexp_replace(source, '/.*', '', 's')
            when contains(source, '#')
                 and (kind = 'instructions' or (title is null and doi is null
                                                  and len(coalesce(authors, [])) = 0))
            then regexp_replace(source, '#[^#]*$', '', 's') end as joined_unit
        from sources))
    group by license, unit, key"""
TITLE, UNIT, DOI = (escaped(f"left({column}, {LONGEST})") for column in ("title", "unit", "doi"))
AUTHORS = escaped(f"left(array_to_string(authors[1:{N_AUTHORS}], ', '), {LONGEST})")
LINE = f"""
    concat('- ', case
        when joined then concat({UNIT}, ': ', format('{{:,}}', n),
                                case when n = 1 then ' record' else ' records' end)
        else concat_ws('. ',
          concat('“', coalesce(nullif({TITLE}, ''), 'Untitled'), '”'),
          nullif(concat({AUTHORS},
                        case when len(authors) > {N_AUTHORS} then ' et al' else '' end), ''),
          nullif(left({escaped("published")}, 4), ''),
          case when length(doi) <= {LONGEST}
                    and regexp_full_match(doi, '10\\.[0-9]{{4,9}}/[^\\s\\p{{Cc}}]+')
               then concat('[doi:', {escaped("doi")}, '](<https://doi.org/',
                           replace(url_encode(doi), '%2F', '/'), '>)')
               else nullif({DOI}, '') end,
          nullif({UNIT}, '')) end,
      '. ', format('{{:,}}', coalesce(n_rows, 0)),
      case when n_rows = 1 then ' row.' else ' rows.' end)
    """


def attribution(sources: pa.Table, whole: "Whole") -> str:
    """The page, by licence, those with the most rows first; within one, by source.

    Args:
        sources: rows of SOURCES.
        whole: the licence of the whole; its summary is told.
    """
    return OPENING + "".join([escape(whole.summary), "\n", *_sections(sources)])


def _sections(sources: pa.Table) -> Iterator[str]:
    with database() as one:
        one.register("sources", sources)
        one.execute(UNITS)
        found = one.execute(
            f"""select license, count(*) filter (not joined), (sum(n) filter (joined))::bigint,
                       sum(n_rows)::bigint,
                       string_agg({LINE}, chr(10) order by unit, title, doi)
                from units group by license order by 4 desc nulls last, 1 nulls last"""
        ).fetchall()
        one.unregister("sources")
    for license_, n_works, n_records, n_rows, lines in found:
        yield f"\n## {escape(license_ or 'No known licence')}\n\n{_licence(license_)}"
        counts = [(n_works, "work"), (n_records, "record"), (n_rows, "row")]
        yield (
            ", ".join(f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts if n)
            + f".\n\n{lines}\n"
        )


def _licence(expression: str | None) -> str:
    texts = [link(name, address) for name, address in links(expression).items()]
    if texts:
        return f"Text of the licence: {', '.join(texts)}. "
    if expression:
        return "SPDX lists no such licence; its text is with the sources. "
    return "Nothing is known of the rights in these. "
