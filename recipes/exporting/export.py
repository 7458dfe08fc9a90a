"""Write a run's mixture to a folder: data, card, metadata, attribution, `export.json` last.

Nothing is written where a row may not be in the release, and the folder appears whole or not at
all.
"""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from curate.export import manifest
from curate.export.described import Container, Form, Release
from recipes.exporting.folder import SORTING, beside, building
from recipes.run_tables import RunTables
from schemas.errors import RecipeError, TableError
from schemas.tables import write_whole

if TYPE_CHECKING:
    from curate.export.rendering import Render

TEXTUAL = ("prompt-completion", "text")
"""Forms that a chat template renders."""
FORMS: tuple[str, ...] = get_args(Form)
CONTAINERS: tuple[str, ...] = get_args(Container)
RELEASES: tuple[str, ...] = get_args(Release)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user asked for, checked."""

    form: Form
    container: Container
    release: Release
    policy: Path | None
    """A file of licences and terms of the user's own."""


def wanted(form: str, container: str, release: str, policy: Path | None) -> Wanted:
    """Options as they were given.

    Raises:
        RecipeError: one is not among those that there are.
    """
    given = {"-f": (form, FORMS), "--container": (container, CONTAINERS)}
    for option, (value, known) in {**given, "--release": (release, RELEASES)}.items():
        if value not in known:
            raise RecipeError(f"{option} {value}: not among {', '.join(known)}. Name one of them.")
    return Wanted(cast(Form, form), cast(Container, container), cast(Release, release), policy)


def export(run: RunTables, out: Path, asked: Wanted, name: str) -> dict[str, Any]:
    """Write the folder.

    Args:
        run: a run that has a mixture.
        out: the folder; one that holds an export is replaced.
        asked: form, container, release.
        name: of the data set.

    Raises:
        RecipeError: a row may not be in the release; the message says how many, why, and which.
        TableError: the folder is something else, or the form can hold no row.
    """
    from curate.export import files, policy
    from recipes.exporting.rows import RunRows

    began = time.monotonic()
    table = policy.table(asked.policy)
    with building(out) as folder, RunRows(run, beside(out, SORTING)) as rows:
        ruled = policy.refused(rows.judged(), asked.release, table)
        if ruled.message is not None:
            raise RecipeError(ruled.message)
        render, template = rendering(run) if asked.form in TEXTUAL else (None, None)
        batches = {split: rows.batches(split) for split in files.SPLITS}
        written = files.write(batches, asked.form, asked.container, folder, render)
        _check_count(ruled.n_rows, written)
        told = _describe(run, folder, asked, name, written, template, table)
    return {
        **told,
        "folder": str(out),
        "release": asked.release,
        "left_out": dict(written.left_out),
        "seconds": round(time.monotonic() - began, 3),
    }


def _check_count(n_rows: int, written: Any) -> None:  # noqa: ANN401
    """Every row of the mixture is in a file once, or was left out."""
    n_written, n_left_out = sum(one["rows"] for one in written.files), written.left_out.total()
    if n_rows != n_written + n_left_out:
        raise TableError(
            f"export: the mixture has {n_rows:,} rows, but {n_written:,} were written and "
            f"{n_left_out:,} left out. This is a defect of the export; please report it."
        )


def _describe(
    run: RunTables,
    folder: Path,
    asked: Wanted,
    name: str,
    written: Any,  # noqa: ANN401  curate.export.files.Written, imported late
    template: str | None,
    known: Any,  # noqa: ANN401  the table of licences and terms
) -> dict[str, Any]:
    """Everything beside the data; the manifest last."""
    from curate.export import attribution, card, croissant, frameworks, license_file, policy
    from curate.export import sources as listed
    from recipes.exporting.describe import Asked, describe, there
    from recipes.exporting.rows import sources

    found = there(folder, written.files)
    documents = sources(found.keys, run.table("collect").dataset())
    whole = policy.whole(
        policy.refused(found.terms, asked.release, known).licenses, asked.release, known
    )  # of what was written, which may be less than the mixture
    terms = policy.conditions((one.license for one in found.teachers), known)
    how = Asked(
        form=asked.form, container=asked.container, release=asked.release,
        template_sha256=template, policy=asked.policy, conditions=terms,
        left_out=written.left_out,
    )  # fmt: skip
    described = replace(describe(run, name, how, found, documents), files=written.files)
    texts = {
        card.FILE: card.card(described, whole, documents),
        license_file.FILE: license_file.license_file(whole, described.licenses),
        attribution.FILE: attribution.attribution(documents, whole),
        croissant.FILE: _json(croissant.croissant(described, whole)),
        "dataset_info.json": _json(frameworks.dataset_info(described)),
        "axolotl.yaml": frameworks.axolotl(described),
        "recipe.yaml": described.recipe,
    }
    for file, text in texts.items():
        if text:
            write_whole(folder / file, text.encode())
    file = listed.write_sources(folder, documents)
    tables = {name: run.table(name).manifest.content for name in run.names}
    manifest.write_manifest(folder, described, whole, written.files, file, written.left_out, tables)
    return {
        "rows": described.rows,
        "documents": described.n_documents,
        "license": whole.expression,
        "licenses": {str(one): n for one, n in described.licenses.items()},
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n" if value else ""


def rendering(run: RunTables) -> "tuple[Render, str]":
    """How conversations become text, and the SHA-256 of the template that does it.

    It is the template of the run's base, with its special tokens; without a base the plain one that
    ships.
    """
    from curate.chat import Chat, template_of
    from curate.export.rendering import from_template
    from train.tokenizer import PLAIN, TEMPLATES, template_text

    if "base.tokenizer" in run:
        folder = run.table("base.tokenizer").folder / "model"
        return Chat(folder).render, _sha256(template_of(folder))
    text = template_text(PLAIN, Path) or ""
    return from_template(text, TEMPLATES / "plain.jinja"), _sha256(text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
