"""What is known of an export as a whole, read from a run's manifests and from what was written."""

import datetime
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from curate.export.counted import Counted as Written
from curate.export.counted import counted, database, load_keys, selected
from curate.export.described import (
    UNNAMED,
    Benchmark,
    Container,
    Counted,
    Described,
    Form,
    Release,
    Step,
    Writer,
)
from curate.export.forms import columns
from curate.export.manifest import DataFile
from curate.export.markdown import shown
from curate.export.rows import ROWS
from recipes.run_tables import RunTables
from recipes.runner import RETORT, read_run
from schemas.plain import sql_type
from schemas.tables import Table

FUNNEL = ("collect", "segment", "screen.passages", "synthesize", "screen.examples", "mix")
TERMS = ("id", "license", "teacher", "teacher_license", "trainable")
MINED = "miner"
IMPORTED = "imported"
ABSOLUTE = re.compile(r"(?:/[^\s/]|~)[^\n]*/[^\n]*")
"""A path from the root or from somebody's home."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for."""

    form: Form
    container: Container
    release: Release
    template_sha256: str | None
    policy: Path | None
    """A file of licences and terms of the user's own."""
    conditions: list[str]
    """What teachers' terms ask of whoever trains on the rows."""
    left_out: Mapping[str, int]
    """Why the form cannot hold rows of the mixture -> how many."""


@dataclass(frozen=True, slots=True)
class There:
    """What lies in the folder, read back from it."""

    counted: Written
    keys: pa.Table
    """`document_id` and `also_from` of every row."""
    terms: pa.Table
    """TERMS of every row."""
    teachers: list[Writer]


def there(folder: Path, files: Sequence[Mapping[str, Any]]) -> There:
    """Read back the rows that were written."""
    data = [DataFile(path=one["path"], split=one["split"], rows=one["rows"]) for one in files]
    with database() as one:
        load_keys(one, folder, data)
        keys = one.sql("select document_id, also_from from keys").to_arrow_table()
        one.execute(f"create temp table terms ({', '.join(map(_typed, TERMS))})")
        for file in data:
            one.execute(f"insert into terms {selected(one, folder / file.path, TERMS)}")
        terms = one.sql("from terms").to_arrow_table()
        return There(counted(one), keys, terms, _teachers(one))


def _typed(column: str) -> str:
    return f"{column} {sql_type(ROWS.field(column).type)}"


def _teachers(one: duckdb.DuckDBPyConnection) -> list[Writer]:
    rows = one.execute(
        "select teacher, teacher_license, bool_and(coalesce(trainable, true)), count(*) as n "
        "from terms group by teacher, teacher_license order by n desc, teacher, teacher_license"
    ).fetchall()
    return [Writer(name or UNNAMED, terms, may, n) for name, terms, may, n in rows]


def describe(run: RunTables, name: str, asked: Asked, found: There, sources: pa.Table) -> Described:
    """Everything but the files.

    Args:
        run: the run.
        name: of the data set.
        asked: form, container, release.
        found: what was written.
        sources: the documents behind it.
    """
    mixed = run.table("mix").manifest
    recipe, shortened = portable((run.run / "recipe.yaml").read_text(encoding="utf-8"))
    return Described(
        name=name,
        form=asked.form,
        container=asked.container,
        release=asked.release,
        rows=found.counted.rows,
        realised={
            by: [_counted(line) for line in lines]
            for by, lines in mixed.facts["realised"].items()
            if any(line["name"] is not None for line in lines)
        },
        unit=mixed.facts["unit"],
        licenses={one.name: one.rows for one in found.counted.licenses},
        teachers=found.teachers,
        languages=_languages(run, sources),
        n_documents=len(sources),
        funnel=[_step(stage, run.table(stage)) for stage in FUNNEL if stage in run],
        benchmarks=_benchmarks(run),
        limits=[*_limits(run, found), *_limits_of_export(asked, shortened)],
        recipe=recipe,
        command=f"retort run recipe.yaml\n{_command(run, name, asked)}",
        template_sha256=asked.template_sha256,
        retort=RETORT,
        made=datetime.datetime.now(datetime.UTC).date().isoformat(),
        conditions=asked.conditions,
        columns={one.name: (str(one.type), _doc(one)) for one in columns(asked.form)},
    )


def _command(run: RunTables, name: str, asked: Asked) -> str:
    recipe = str((read_run(run.run) or {}).get("name", run.run.name))
    words = ["retort", "export", recipe, "-f", asked.form]
    words += [] if asked.container == "parquet" else ["--container", asked.container]
    words += ["-o", recipe, "--release", asked.release]
    words += [] if name == recipe else ["--name", shown(name)]
    words += [] if asked.policy is None else ["--policy", asked.policy.name]
    return shlex.join(words)


def portable(recipe: str) -> tuple[str, bool]:
    """A recipe without the folders of the machine that ran it, and whether it had any.

    Of an absolute path the last part stays. A recipe without one is left as it is.
    """
    given = yaml.safe_load(recipe)
    plain = _shortened(given)
    if plain == given:
        return recipe, False
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), True


def _shortened(value: Any) -> Any:  # noqa: ANN401  what YAML holds
    if isinstance(value, dict):
        return {key: _shortened(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_shortened(one) for one in value]
    absolute = isinstance(value, str) and ABSOLUTE.match(value)
    return (PurePath(value).name or value) if absolute else value


def _doc(field: pa.Field) -> str:
    return str((field.metadata or {}).get(b"doc", b"").decode())


def _counted(line: Mapping[str, Any]) -> Counted:
    name = UNNAMED if line["name"] is None else line["name"]
    return Counted(
        name, line["rows"], line["n_tokens"], line["n_loss_tokens"], line["share"], line["asked"]
    )


def _step(stage: str, table: Table) -> Step:
    told = table.manifest
    rules = told.facts.get("rules", {})
    return Step(stage, told.rows, told.kept, {**told.reasons, **rules})


def _languages(run: RunTables, sources: pa.Table) -> list[str]:
    """Codes of the documents' languages, those of the most rows first."""
    with duckdb.connect() as one:
        one.register("sources", sources)
        one.register("documents", run.table("collect").dataset())
        rows = one.execute(
            "select language from sources join documents on document_id = id "
            "where language is not null group by language order by sum(n_rows) desc, language"
        ).fetchall()
    return [language for (language,) in rows]


def _benchmarks(run: RunTables) -> list[Benchmark]:
    """Benchmarks that passages or examples were held against."""
    found: dict[str, tuple[int, int]] = {}
    for gate in ("screen.passages", "screen.examples"):
        stage = f"{gate}.contamination"
        if stage not in run:
            continue
        told = run.table(stage).manifest.facts.get("benchmarks") or {}
        hits = run.query(
            "select contaminated_by as name, count(*) as n from measured join verdicts using (id) "
            "where contaminated and not kept group by name",
            {"measured": stage, "verdicts": gate},
        )
        rows = {one["name"]: one["n"] for one in hits}
        for name, one in told.items():
            items, n = found.get(name, (0, 0))
            found[name] = (max(items, one.get("items", 0)), n + rows.get(name, 0))
    return [Benchmark(name, items, n) for name, (items, n) in sorted(found.items())]


def _limits(run: RunTables, found: There) -> list[str]:
    """What a user of the data should know, as far as the run can tell."""
    names = {one.name for one in found.teachers}
    limits = []
    if MINED in names:
        limits.append(
            "Answers of the miner are sentences and phrases of their source, found by patterns; "
            "nobody has read them."
        )
    if names - {MINED, IMPORTED}:
        limits.append(
            "Answers of models may be wrong where no rule caught it; quotes were compared with "
            "their source, what they are said to support was not checked by a person."
        )
    if IMPORTED in names:
        limits.append("Ready-made instructions are as their source has them, and have no passage.")
    if not _benchmarks(run):
        limits.append("The rows were held against no benchmark.")
    return limits


def _limits_of_export(asked: Asked, shortened: bool) -> list[str]:
    """What is not as in the mixture, or was decided by whoever exported."""
    limits = []
    if asked.left_out:
        reasons = ", ".join(f"{reason} ({n:,})" for reason, n in asked.left_out.items())
        limits.append(
            f"{sum(asked.left_out.values()):,} rows of the mixture are not in the files, since the "
            f"form cannot hold them: {reasons}. The shares above are those of the mixture."
        )
    if asked.policy is not None:
        limits.append(
            "What may be released was judged by entries of the exporter's own, before those that "
            "Retort ships."
        )
    if shortened:
        limits.append("Of absolute paths in the recipe only the last part is kept.")
    return limits
