"""The verb that ranks examples before they are mixed: select."""

from pathlib import Path
from typing import Annotated, Any

import typer

from recipes.verbs.run import Json, Work


def select(
    table: Annotated[
        str, typer.Argument(metavar="T", help="A file of examples, a run's folder, or its name.")
    ],
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the rows, in their new order.")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            help="random, stratified, longest, judge, k-center, rds or ifd.",
        ),
    ] = None,
    size: Annotated[int | None, typer.Option("--size", min=1, help="Rows of each part.")] = None,
    compare: Annotated[
        str | None, typer.Option("--compare", help="Methods to see side by side: random,longest.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="Folder of a model for embeddings (k-center).")
    ] = None,
    base: Annotated[
        Path | None, typer.Option("--base", help="Folder of the model that will be tuned.")
    ] = None,
    template: Annotated[
        str | None, typer.Option("--template", help="Chat template: a Jinja file, or plain.")
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option("--part", help="A part to rank; all by default.")
    ] = None,
    score: Annotated[
        str | None, typer.Option("--score", help="Column that `judge` ranks by.")
    ] = None,
    allocation: Annotated[
        str | None, typer.Option("--allocation", help="Of stratified: proportional or equal.")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option("--targets", help="File of examples that rds looks for.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option("--max-length", min=8, help="Tokens that a model reads of a row.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the lots that settle ties.")] = 7,
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Write examples in the order of a selection method, or compare methods.

    Example: retort select examples.parquet -o chosen.parquet --method stratified --size 500

    Example: retort select examples.parquet --compare random,longest --size 500
    """
    from recipes import plain_select
    from recipes.options import validated
    from recipes.selection_sources import Models
    from recipes.show import Teller, print_json
    from schemas.errors import RecipeError
    from schemas.selecting import Select
    from train.tokenizer import template_text

    if (compare is None) == (method is None):
        raise RecipeError("select: give --method with -o FILE, or --compare with --size.")
    options = {
        "size": size,
        "model": None if model is None else str(model),
        "parts": part,
        "score": score,
        "allocation": allocation,
        "targets": None if targets is None else str(targets),
        "max_length": max_length,
    }
    given = {name: value for name, value in options.items() if value is not None}
    models = Models(base, None, template_text(template, Path))
    names = [method] if method else [one.strip() for one in (compare or "").split(",")]
    choices = [validated(Select, {**given, "method": name}) for name in names]
    with Teller(quiet=json) as teller:
        tell = teller.line("select")
        if compare is None:
            if out is None:
                raise RecipeError("select: name the file to write with -o.")
            told = plain_select.select(table, out, choices[0], models, seed, work, tell)
        else:
            _check_comparison(names, size, out)
            told = plain_select.compared(table, choices, models, seed, work, tell)
    if json:
        print_json(told)
    elif compare is None:
        _print_selected(out, told)
    else:
        _print_compared(names, told)


def _check_comparison(names: list[str], size: int | None, out: Path | None) -> None:
    from schemas.errors import RecipeError

    if len(set(names)) < len(names):
        raise RecipeError(f"--compare {','.join(names)}: each method once.")
    if size is None:
        raise RecipeError("--compare: without --size every method takes all rows. Add --size N.")
    if out is not None:
        raise RecipeError("--compare writes no file. Leave -o out, or choose a --method.")


def _print_selected(out: Path | None, told: dict[str, Any]) -> None:
    from recipes.show import print_table, say

    columns = list(dict.fromkeys(name for facts in told["parts"].values() for name in facts))
    rows: list[list[object]] = [
        [part, *("" if facts.get(name) is None else _short(facts[name]) for name in columns)]
        for part, facts in told["parts"].items()
    ]
    print_table(["part", *(name.replace("_", " ") for name in columns)], rows)
    for reason, count in {**told["set_aside"], **told["not_measured"]}.items():
        say(f"{reason}: {count:,}")
    say(f"{out}: {told['rows']:,} rows by {told['method']}, the first ones first")


def _short(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def _print_compared(names: list[str], told: dict[str, Any]) -> None:
    """Overlap, documents, then histograms, each method a column."""
    from recipes.show import print_table, say

    rows: list[list[object]] = [
        [one, *(f"{100 * told['overlap'][one][other]:.1f} %" for other in names)] for one in names
    ]
    print_table(["rows in common", *names], rows)
    everyone = ["candidates", *names]
    shares = told["documents_share"]
    rows = [
        ["rows", *(f"{told['rows'][one]:,}" for one in everyone)],
        ["documents", *(f"{told['documents'][one]:,}" for one in everyone)],
        ["of all documents", *(_percent(shares[one]) for one in everyone)],
    ]
    print_table(["covered", *everyone], rows)
    for title, key in (("words of answers", "words"), ("task", "tasks"), ("domain", "domains")):
        _print_histogram(title, everyone, told[key])
    for reason, count in {**told["set_aside"], **told["not_measured"]}.items():
        say(f"{reason}: {count:,}")


def _percent(share: float | None) -> str:
    return "no document known" if share is None else f"{100 * share:.1f} %"


def _print_histogram(title: str, names: list[str], told: dict[str, dict[str, int]]) -> None:
    from curate.select.compare import bar, ordered
    from recipes.show import print_table

    largest = {name: max(told[name].values(), default=0) for name in names}
    rows: list[list[object]] = [
        [
            value,
            *(
                f"{told[name].get(value, 0):,} {bar(told[name].get(value, 0), largest[name])}"
                for name in names
            ),
        ]
        for value in ordered([told[name] for name in names])
        if any(told[name].get(value) for name in names)
    ]
    print_table([title, *names], rows)
