"""Verbs over plain files and table folders: collect, segment."""

from pathlib import Path
from typing import Annotated, Any

import typer

from recipes.verbs.run import Json

Table = Annotated[
    Path, typer.Argument(help="A .parquet, .jsonl, .json or .csv file, or a table folder.")
]
SHOWN = 40
"""Failures that are listed one by one."""
Out = Annotated[
    Path, typer.Option("--output", "-o", help="File to write, or a folder for a table.")
]


def collect(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders to read.")],
    out: Out,
    form: Annotated[
        str | None, typer.Option("--form", help="What they are, where suffixes do not tell.")
    ] = None,
    license_: Annotated[
        str | None, typer.Option("--license", help="SPDX expression for what carries none.")
    ] = None,
    part: Annotated[str, typer.Option("--part", help="Part of the documents.")] = "domain",
    domain: Annotated[str | None, typer.Option("--domain", help="Field of science.")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="COLUMN=NAME", help="Where a column of a table is found."),
    ] = None,
    sidecar: Annotated[
        Path | None,
        typer.Option("--sidecar", help="CSV or BibTeX that says what single files are."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="doi:…", help="A document to keep out."),
    ] = None,
    pdf: Annotated[
        str, typer.Option("--pdf", help="Who reads PDF: pdfium, or docling.")
    ] = "pdfium",
    json: Json = False,
) -> None:
    """Read files into documents.

    Example: retort collect papers/ notes.md -o documents.parquet --license CC-BY-4.0
    """
    from recipes import plain_collect
    from recipes.options import pairs, validated
    from recipes.show import Teller, print_json
    from schemas.recipe import Files

    settings = {
        "from": "files",
        "paths": [str(path) for path in paths],
        "form": form,
        "license": license_,
        "domain": domain,
        "fields": pairs(field or (), "--field"),
        "sidecar": None if sidecar is None else str(sidecar),
        "pdf": pdf,
    }
    source = validated(Files, settings)
    notes: list[str] = []
    with Teller(quiet=json) as teller:
        told = plain_collect.collect(
            *(paths, out, source, part, exclude or ()), teller.line("collect"), notes.append
        )
    if json:
        print_json(told)
    else:
        _print_collected(out, told, notes)


def _print_collected(out: Path, told: dict[str, Any], notes: list[str]) -> None:
    """What could not be read first, by reason; then how much there is."""
    from collections import Counter

    from recipes.show import print_table, say

    reasons = Counter(one["reason"] for one in told["failures"])
    for reason, count in reasons.most_common():
        percent = round(100 * count / told["requested"]) or "under 1"
        say(f"{reason}: {count} of {told['requested']} ({percent}%) could not be read")
    say(
        f"{out}: {told['documents']} documents; requested {told['requested']} = ok {told['ok']} "
        f"+ failed {told['failed']} + skipped {told['skipped']}"
    )
    shown = told["failures"][:SHOWN]
    if shown:
        rows: list[list[object]] = [[one["path"], one["reason"]] for one in shown]
        print_table(["not read", "reason"], rows)
    if len(told["failures"]) > SHOWN:
        say(f"and {len(told['failures']) - SHOWN} more; --json lists all of them.")
    for line in notes:
        say(line)


def segment(
    table: Table,
    out: Out,
    max_words: Annotated[int, typer.Option("--max-words", help="Words in a passage.")] = 220,
    json: Json = False,
) -> None:
    """Cut documents into passages, by section.

    Example: retort segment documents.parquet -o passages.parquet --max-words 220
    """
    from recipes import plain
    from recipes.options import validated
    from recipes.show import print_json, say
    from schemas.recipe import Segment

    told = plain.segment(table, out, validated(Segment, {"max_words": max_words}))
    if json:
        print_json(told)
    else:
        say(f"{out}: {told['passages']} passages")
