"""Verbs over what is given away: export, verify."""

from pathlib import Path
from typing import Annotated, Any

import typer

from recipes.verbs.run import Json, Work

SHOWN = 40
"""Findings that are listed one by one."""


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder or recipe's name.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="trl, messages, alpaca, sharegpt, prompt-completion or text.",
        ),
    ] = "trl",
    container: Annotated[
        str, typer.Option("--container", help="parquet, jsonl, or datasets (save_to_disk).")
    ] = "parquet",
    release: Annotated[
        str, typer.Option("--release", help="For whom: open, research or private.")
    ] = "private",
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="YAML of licences and terms that the table does not know."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Of the data set; the recipe's by default.")
    ] = None,
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Write a run's data set for a trainer, with card, licences, attribution and checksums.

    Example: retort export numerics -f messages -o numerics-data --release open
    """
    from recipes.exporting.export import export as write
    from recipes.exporting.export import wanted
    from recipes.run_tables import RunTables
    from recipes.runner import read_run
    from recipes.show import print_json, say
    from recipes.work import Work as Folder

    folder = Folder(work)
    found = folder.find_run(run)
    called = name or str((read_run(found) or {}).get("name", found.name))
    told = write(RunTables(found, folder), out, wanted(form, container, release, policy), called)
    if json:
        print_json(told)
        return
    rows = ", ".join(f"{split} {n:,}" for split, n in told["rows"].items())
    say(f"{out}: {rows} rows from {told['documents']:,} documents, {form} in {container}")
    say(f"licence   {told['license'] or 'unknown for some rows'}, release {release}")
    for reason, n in told["left_out"].items():
        say(f"left out: {reason} {n:,}")
    say(f"check it  retort verify {out}")


def verify(
    folder: Annotated[Path, typer.Argument(help="A folder that `export` wrote, or a copy of it.")],
    documents: Annotated[
        Path | None,
        typer.Option("--documents", help="Documents to hold texts and quotes against."),
    ] = None,
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Check an exported folder again: hashes, counts, splits, and every quote in its source.

    Example: retort verify numerics-data --documents documents.parquet
    """
    from recipes.exporting.check import check
    from recipes.show import print_json, say

    told = check(folder, documents, work)
    if json:
        print_json(told)
    else:
        _print(told, say)
    if told["findings"]:
        raise SystemExit(2)


def _print(told: dict[str, Any], say: Any) -> None:  # noqa: ANN401  a function
    for what, n in told["checked"].items():
        say(f"{what:<28}{n:>12,}")
    for line in told["not_checked"]:
        say(f"not checked: {line}")
    for line in told["findings"][:SHOWN]:
        say(f"wrong: {line}")
    if len(told["findings"]) > SHOWN:
        say(f"and {len(told['findings']) - SHOWN:,} more; --json lists all of them.")
    n = len(told["findings"])
    say("as it was written" if not n else f"{told['folder']}: {n:,} things are not as written")
