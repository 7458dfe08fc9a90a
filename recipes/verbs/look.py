"""Verbs that look at runs and the machine: why, diff, report, doctor, clean."""

from pathlib import Path
from typing import Annotated

import typer

from recipes.verbs.run import Json, Work


def why(
    row_id: Annotated[str, typer.Argument(metavar="ID", help="An id, or its first characters.")],
    run: Annotated[
        str | None, typer.Option("--run", help="A run's folder, or a recipe's name; else the last.")
    ] = None,
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Tell the whole story of an example, a passage or a document.

    Example: retort why 3f2a9c
    """
    from recipes.run_tables import RunTables
    from recipes.show import print_json, say
    from recipes.why import lines
    from recipes.why import why as ask
    from recipes.work import Work as Folder

    folder = Folder(work)
    story = ask(RunTables(folder.find_run(run), folder), row_id)
    if json:
        print_json(story)
    else:
        say("\n".join(lines(story)))


def diff(
    first: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A run's folder, or a recipe's name: its last run, or name~1."
        ),
    ],
    second: Annotated[str, typer.Argument(metavar="RUN", help="The other one.")],
    limit: Annotated[int, typer.Option("--limit", min=0, help="Rows to list for each gate.")] = 20,
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Say which rows changed sides between two runs, and by which rule.

    Example: retort diff numerics~1 numerics
    """
    from recipes.diff import diff as compare
    from recipes.diff import lines
    from recipes.run_tables import RunTables
    from recipes.show import print_json, say
    from recipes.work import Work as Folder

    folder = Folder(work)
    one, other = (RunTables(folder.find_run(name), folder) for name in (first, second))
    told = compare(one, other, limit)
    if json:
        print_json(told)
    else:
        say("\n".join(lines(told)))


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder or recipe's name.")],
    work: Work = Path("work"),
) -> None:
    """Write the report of a run again, and say where it is.

    Example: retort report numerics
    """
    from recipes.again import write_again
    from recipes.show import say
    from recipes.work import Work as Folder

    folder = Folder(work)
    say(str(write_again(folder.find_run(run), folder)))


def doctor(work: Work = Path("work"), json: Json = False) -> None:
    """Say what is installed, what each extra adds, and which keys are set.

    Example: retort doctor
    """
    from recipes.doctor import examine, lines
    from recipes.show import print_json, say

    told = examine(work)
    if json:
        print_json(told)
    else:
        say("\n".join(lines(told)))


def clean(
    work: Work = Path("work"),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete tables that no run refers to, after asking.

    Example: retort clean
    """
    from recipes.clean import delete, unused
    from recipes.show import say
    from recipes.work import Work as Folder

    folder = Folder(work)
    with folder.locked("clean"):
        found = unused(folder)
        for path, size in found:
            say(f"{path.name}  {size / 2**20:.1f} MiB")
        if not found:
            say("Nothing to delete: a run refers to every table.")
        elif yes or typer.confirm(f"Delete these {len(found)} tables?", default=False):
            delete([path for path, _ in found])
            say(f"Deleted {len(found)} tables.")
        else:
            say("Nothing deleted.")
