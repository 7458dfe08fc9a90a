"""Verbs that judge rows and remember them: screen, index."""

from pathlib import Path
from typing import Annotated

import typer

from recipes.verbs.run import Json
from recipes.verbs.tables import Out, Table

Compared = Annotated[
    str,
    typer.Option("--field", help="What is compared: text, instruction, response, both."),
]


def screen(
    table: Table,
    out: Out,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Column of the text; several are joined.")
    ] = None,
    measures: Annotated[
        str, typer.Option("--measures", metavar="A,B", help="Measures to write beside verdicts.")
    ] = "",
    preset: Annotated[str | None, typer.Option("--preset", help="Rules that ship.")] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="NAME='SQL'", help="A rule; kept rows meet all of them."),
    ] = None,
    unique: Annotated[
        float | None,
        typer.Option("--unique", help="Set aside rows as similar as this to a kept one."),
    ] = None,
    prefer: Annotated[
        list[str] | None,
        typer.Option("--prefer", metavar="SQL", help="Of several copies keep the first by this."),
    ] = None,
    field: Compared = "text",
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", help="A table or index: rows that repeat its rows go, too."),
    ] = None,
    semantic: Annotated[
        Path | None,
        typer.Option(
            "--semantic", help="Folder of a sentence-transformers model: compare meaning."
        ),
    ] = None,
    cosine: Annotated[
        float, typer.Option("--cosine", help="Cosine at which two rows mean the same.")
    ] = 0.95,
    benchmark: Annotated[
        list[str] | None,
        typer.Option(
            "--benchmark",
            metavar="F",
            help="Set aside rows that hold its items: a file, a folder, or a task of lm-eval.",
        ),
    ] = None,
    kept: Annotated[
        Path | None, typer.Option("--kept", help="Write the rows that pass, in their own form.")
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option("--rejected", help="Write the other rows, in their own form.")
    ] = None,
    documents: Annotated[
        Path | None, typer.Option("--documents", help="The documents that the rows come from.")
    ] = None,
    json: Json = False,
) -> None:
    """Judge every row of a file; nothing is deleted.

    Example: retort screen alpaca.json -o verdicts.parquet --unique 0.8 --kept clean.json
    """
    from recipes import plain_screen
    from recipes.options import pairs, validated
    from recipes.show import print_json, print_table, say
    from schemas.errors import RecipeError
    from schemas.recipe import Screen

    settings: dict[str, object] = {
        "preset": preset,
        "measures": {name: {} for name in measures.split(",") if name},
        "keep": pairs(keep or (), "--keep"),
        "clean_of": benchmark or [],
        "unique": None
        if unique is None
        else {
            "threshold": unique,
            "prefer": prefer or [],
            "field": field,
            "against": [str(path) for path in against or ()],
            "semantic": None if semantic is None else {"model": str(semantic), "threshold": cosine},
        },
    }
    if unique is None and (prefer or against or semantic or field != "text"):
        raise RecipeError(
            "screen: --prefer, --field, --against and --semantic go with --unique. Give it."
        )
    told = plain_screen.screen(
        table, out, validated(Screen, settings), text or (), kept, rejected, documents
    )
    if json:
        print_json(told)
        return
    say(f"{out}: {told['kept']} of {told['rows']} rows kept")
    rows: list[list[object]] = [[name, count] for name, count in told["rules"].items()]
    if rows:
        print_table(["rule", "set aside"], rows)


def index(
    table: Table,
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder of the index.")],
    append: Annotated[
        bool, typer.Option("--append", help="Add the rows to the index that is there.")
    ] = False,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Column of the text; several are joined.")
    ] = None,
    field: Compared = "text",
    json: Json = False,
) -> None:
    """Remember the rows of a file, so that later ones can be screened against them.

    Example: retort index kept.jsonl -o seen && retort screen new.jsonl -o v.parquet --unique 0.8
    --against seen
    """
    from recipes import plain_screen
    from recipes.show import print_json, say

    told = plain_screen.index(table, out, text or (), field, append)
    if json:
        print_json(told)
    else:
        say(f"{out}: {told['rows']} rows added, {told['rows_in_index']} in the index")
