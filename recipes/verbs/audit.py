"""The verb by which people judge verdicts: audit."""

from pathlib import Path
from typing import Annotated

import typer

from recipes.verbs.run import Json, Work


def audit(
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="A run's folder, a recipe's name, or a file of rows."),
    ] = None,
    out: Annotated[Path, typer.Option("--output", "-o", help="Sheet to write.")] = Path(
        "audit.csv"
    ),
    n: Annotated[int, typer.Option("-n", min=1, max=100_000, help="Rows to draw.")] = 200,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="A,B", help="Draw alike from each rule, part and task."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw.")] = 7,
    verdicts: Annotated[
        Path | None, typer.Option("--verdicts", help="What retort screen wrote for a file of rows.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Column of a file's text; several joined.")
    ] = None,
    read: Annotated[
        list[Path] | None,
        typer.Option("--read", metavar="F", help="Read the answers of a sheet, or of two."),
    ] = None,
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Draw kept and rejected rows for a reviewer; read the answers as precision and recall.

    Example: retort audit numerics -n 200 -o audit.csv, then retort audit --read audit.csv
    """
    from recipes import audit as auditing
    from recipes.auditing import spoken
    from recipes.show import print_json, print_table, say
    from schemas.errors import RecipeError

    if read:
        if run is not None or verdicts is not None:
            raise RecipeError("audit: --read takes a sheet alone. Leave RUN and --verdicts out.")
        told = auditing.read(read)
        if json:
            print_json(told)
            return
        print_table(spoken.HEADINGS, spoken.rows_of(told))
        say("\n".join(spoken.lines(told)))
        return
    if run is None:
        raise RecipeError("audit: name a run or a recipe, or a sheet to --read.")
    gates = auditing.gates_of(run, verdicts, text or (), work)
    names = None if by is None else [name.strip() for name in by.split(",") if name.strip()]
    told = auditing.write(gates, out, names, n, seed)
    if json:
        print_json(told)
        return
    rows: list[list[object]] = [
        [one["stratum"], one["rows"], one["drawn"]] for one in told["strata"]
    ]
    print_table(["stratum", "rows", "drawn"], rows)
    say(f"{out}: {told['rows']:,} rows. Write yes or no into correct: is the verdict right? Then:")
    say(f"retort audit --read {out}")
