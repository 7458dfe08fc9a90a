"""Screen and index over plain files, without a recipe: what the verbs of the same names do.

Every function reads files or table folders and writes one output, whole or not at all.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from recipes.references import opened
from schemas.errors import RecipeError
from schemas.plain import Plain, check_kept, check_output, open_rows, write_kept, write_rows
from schemas.recipe import Screen

if TYPE_CHECKING:
    from curate.screen.planned import Gate
    from curate.screen.view import Readable
    from schemas.recipe import Rule

RULES = "retort.rules"
"""Metadata of a Parquet file of verdicts: rule -> its SQL and reason, as JSON."""


def screen(
    path: Path,
    out: Path,
    settings: Screen,
    text: Sequence[str],
    kept: Path | None,
    rejected: Path | None,
    documents: Path | None,
) -> dict[str, Any]:
    """Judge the rows of a file; write verdicts and measured columns in the order of the rows.

    Args:
        path: the rows.
        out: where `id, kept, failed, duplicate_of, similarity` and the measured columns go.
        settings: measures, rules, unique.
        text: columns that are the text, joined by blank lines; found by their names where empty.
        kept: file for the rows that pass, in the form of the input.
        rejected: file for the others.
        documents: where `document_*` and the evidence are looked up.
    """
    from curate.screen import catalog
    from curate.screen.fields import with_fields, with_nulls, without_measured
    from curate.screen.gate import gather
    from curate.screen.judge import judge
    from curate.screen.planned import named_by, plan, preset

    began = time.monotonic()
    check_output(out)
    for one in filter(None, (kept, rejected)):
        check_kept(path, one)
    _check_apart(path, documents, out, kept, rejected)
    rows = without_measured(with_fields(open_rows(path), text, path))
    source = open_rows(documents) if documents else None
    gate = gate_of(rows.schema)
    shipped = preset(settings.preset, gate, "screen")
    rows = with_nulls(rows, named_by(shipped, f"preset {settings.preset}"), gate)
    planned = plan(settings, gate, rows.schema, source is not None, "screen")
    tables: dict[str, Plain] = {}
    pairs: list[pa.Table] = []
    for name, given in planned.measures.items():
        found = measured(name, given, rows, source)
        if catalog.get(name, "screen").gives_pairs:
            pairs.append(found)
        else:
            tables[name] = Plain(found)
    seen = gather(planned, rows, source, tables)
    verdicts = judge(seen, planned.keep, planned.unique, pa.concat_tables(pairs) if pairs else None)
    for name, table in tables.items():
        for column in catalog.get(name, "screen").columns:
            verdicts = verdicts.append_column(column, table.dataset()[column])
    passed = verdicts["kept"].to_pylist()
    verdicts = verdicts.replace_schema_metadata({RULES: _as_json(planned.keep)})
    write_rows(out, verdicts.schema, verdicts.to_batches())
    if kept:
        _copy(path, passed, kept)
    if rejected:
        _copy(path, [not one for one in passed], rejected)
    notes = _notes(tables)
    for note in notes:
        _to_stderr(note)
    counts = pc.value_counts(pc.list_flatten(verdicts["failed"])).to_pylist()
    return {
        "rows": len(verdicts),
        "kept": sum(passed),
        "rules": {one["values"]: one["counts"] for one in counts},
        "notes": notes,
        "seconds": round(time.monotonic() - began, 3),
    }


def _notes(tables: "Mapping[str, Plain]") -> list[str]:
    """What a user would otherwise take for granted."""
    found = tables.get("grounding")
    if found is None or pc.any(found.dataset()["has_source"]).as_py() is not False:
        return []
    return [
        "grounding: no row has a source (a column evidence, context or contexts), so answers are "
        "held to none"
    ]


def _check_apart(rows: Path, documents: Path | None, *outputs: Path | None) -> None:
    """Refuse to write over what is read, or two outputs to one file.

    Raises:
        RecipeError: they would be.
    """
    taken = {one.resolve() for one in (rows, documents) if one is not None}
    for one in filter(None, outputs):
        if one.resolve() in taken:
            raise RecipeError(
                f"screen: {one} is read, or written already, by the same command. Name another "
                f"file for it."
            )
        taken.add(one.resolve())


def _as_json(keep: "Mapping[str, Rule]") -> str:
    """Rules, for whoever reads the verdicts later."""
    return json.dumps({name: {"sql": one.sql, "reason": one.reason} for name, one in keep.items()})


def gate_of(columns: pa.Schema) -> "Gate":
    """Whose rules are for rows with these columns: those of questions with answers, or of texts."""
    asked = "messages" in columns.names or {"instruction", "response"} <= set(columns.names)
    return "examples" if asked else "passages"


def measured(name: str, given: Mapping[str, Any], rows: "Readable", documents: Any) -> pa.Table:  # noqa: ANN401
    """The columns of a measure, or its pairs of rows.

    Args:
        name: the measure.
        given: its parameters; defaults for the others.
        rows: as `with_fields` gives them.
        documents: where `document_*` is looked up.

    Raises:
        RecipeError: the rows lack what it reads, or it asks a teacher.
    """
    from curate.screen import catalog
    from curate.screen.gate import measure
    from curate.screen.planned import DUPLICATES, SEMANTIC, references_of

    named = {one: Path(one) for one in references_of(name, given)}
    if name == SEMANTIC:
        from curate.screen.measures.semantic import measure_meaning
        from recipes.meaning_stage import compared, local

        where = "screen.unique.semantic"
        params: Any = catalog.get(name, "screen").params(given, "screen.measures")
        if params.model is None:
            raise RecipeError(
                f"{where}: a teacher's host, key and budget are stated by a recipe. Screen with a "
                f"recipe for it, or name the folder of a local model."
            )
        collections = compared(rows, documents, params, named, _to_stderr)
        embedder = local(Path(params.model), where)
        return measure_meaning(collections, params, where, None, embedder).pairs
    against = opened(named) if name == DUPLICATES else {}
    found = measure(name, given, rows, documents, references=against)
    return pa.Table.from_batches(found.batches, schema=found.schema)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _copy(source: Path, chosen: Sequence[bool], out: Path) -> None:
    """Rows of a file in its own form; rows of a table's folder in any."""
    if source.is_file():
        write_kept(source, chosen, out)
        return
    rows = open_rows(source)
    table = pa.Table.from_batches(rows.batches(), schema=rows.schema)
    write_rows(out, rows.schema, table.filter(pa.array(chosen)).to_batches())


def index(path: Path, out: Path, text: Sequence[str], field: str, append: bool) -> dict[str, Any]:
    """Add the rows of a file to a saved index.

    Args:
        path: the rows.
        out: folder of the index.
        text: columns that are the text, joined by blank lines; found by their names where empty.
        field: what is compared, as in `unique.field`.
        append: whether they are added to an index that is there.

    Raises:
        TableError: the index cannot be made or added to.
        RecipeError: the rows have no such field.
    """
    from curate.screen.fields import with_fields
    from curate.screen.gate import reading
    from curate.screen.index import add
    from curate.screen.measures.duplicates import Params
    from curate.screen.sketches import Texts

    began = time.monotonic()
    params = Params(text=field)
    rows = with_fields(open_rows(path), text, path)
    batches = reading(rows, params.reads(), str(path))
    made, n_rows = add(out, Texts(batches, params.reads(), params.shingling()), params, append)
    return {
        "rows": n_rows,
        "rows_in_index": made.n_rows,
        "seconds": round(time.monotonic() - began, 3),
    }
