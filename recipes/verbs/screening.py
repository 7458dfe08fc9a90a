"""Verbs that judge rows and remember them: screen, index."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recipes.verbs.run import Json
from recipes.verbs.tables import Table

if TYPE_CHECKING:
    from schemas.recipe import Screen

Compared = Annotated[
    str,
    typer.Option("--field", help="What is compared: text, instruction, response, both."),
]


def screen(
    table: Table,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File of the verdicts; with --analyze, of its page."),
    ] = None,
    analyze: Annotated[
        bool,
        typer.Option("--analyze", help="Only look: every signal, and what presets would do."),
    ] = False,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Column of the text; several are joined.")
    ] = None,
    measures: Annotated[
        str,
        typer.Option(
            "--measures", metavar="A,B", help="Measures to write beside verdicts; a .py is yours."
        ),
    ] = "",
    with_: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="MEASURE.PARAMETER=VALUE", help="Set a parameter of a measure."
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help="Rules that ship: science, web; or a file of yours."),
    ] = None,
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
    from recipes.options import pairs, parameters, validated
    from recipes.show import print_json, print_table, say
    from schemas.errors import RecipeError
    from schemas.recipe import Screen

    settings: dict[str, object] = {
        "preset": preset,
        "measures": {name.strip(): {} for name in measures.split(",") if name.strip()}
        | parameters(with_ or ()),
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
    chosen = validated(Screen, settings)
    if analyze:
        if unique is not None or kept or rejected or benchmark:
            raise RecipeError(
                "screen: --analyze only looks. Leave --unique, --benchmark, --kept and --rejected "
                "out."
            )
        _analyze(table, out, chosen, text or (), documents, json)
        return
    if out is None:
        raise RecipeError("screen: where do the verdicts go? Give -o FILE, or --analyze.")
    told = plain_screen.screen(table, out, chosen, text or (), kept, rejected, documents)
    if json:
        print_json(told)
        return
    say(f"{out}: {told['kept']} of {told['rows']} rows kept")
    rows: list[list[object]] = [[name, count] for name, count in told["rules"].items()]
    if rows:
        print_table(["rule", "set aside"], rows)


def _analyze(
    table: Path,
    out: Path | None,
    settings: "Screen",
    text: Sequence[str],
    documents: Path | None,
    json: bool,
) -> None:
    """What rows are like, in the terminal and as a page."""
    from recipes.analysis.analyze import analyze
    from recipes.analysis.show import print_analysis
    from recipes.report.analysis import write_page
    from recipes.show import print_json, say
    from schemas.errors import RecipeError
    from schemas.tables import write_whole

    page = out or Path(f"{table.stem}.analysis.html")
    if page.suffix != ".html" or not page.parent.is_dir():
        raise RecipeError(f"-o {page}: a page is a .html file, in a folder that is there.")
    analysis = analyze(table, settings, text, documents)
    write_whole(page, write_page(analysis).encode())
    if json:
        print_json({**analysis.as_json(), "page": str(page)})
        return
    print_analysis(analysis)
    say(f"page  {page}")


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
