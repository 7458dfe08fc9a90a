"""Verbs over a recipe: run, plan."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from recipes.runner import Result
    from recipes.takedown import Takedown
    from recipes.work import Work as Folder
    from schemas.recipe import Recipe as Read

Recipe = Annotated[str, typer.Argument(help="A recipe's file, or the name of one that ships.")]
Work = Annotated[Path, typer.Option("--work", help="Folder of tables and runs.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="A.B=C", help="Change a value of the recipe.")
]
Allow = Annotated[
    list[Path] | None,
    typer.Option("--allow-path", help="A further folder that the recipe may read."),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="HOST[=VARIABLE]",
        help="A host that a teacher may be at, and the variable whose key it may get.",
    ),
]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Run the measures that are files of the recipe.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Until = Annotated[str | None, typer.Option("--until", help="Stop after this stage.")]


def run(
    recipe: Recipe,
    set_: Set = None,
    work: Work = Path("work"),
    until: Until = None,
    preview: Annotated[int, typer.Option("--preview", min=0, help="Show N examples and stop.")] = 0,
    allow_path: Allow = None,
    allow_host: AllowHost = None,
    allow_code: AllowCode = False,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read every source file again.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for a run under way.")] = False,
    json: Json = False,
) -> None:
    """Make everything that a recipe describes and that is not there yet.

    Example: retort run recipes/numerics.yaml --until mix --set mix.size=500
    """
    from curate.synthesize.calls import path_in
    from recipes import loader, runner, stages
    from recipes.preview import show
    from recipes.show import Teller, print_json, print_run, say
    from recipes.work import Hashes
    from recipes.work import Work as Folder
    from schemas.errors import RecipeError

    if preview and until:
        raise RecipeError("--preview ends before synthesize by itself. Leave --until out.")
    loaded = loader.load(recipe, set_ or (), allow_path or (), allow_host or (), allow_code)
    folder = Folder(work)
    with folder.locked(f"recipe {loaded.recipe.name}", wait):
        hashes = Hashes(work / "hashes.json", rehash)
        plan = stages.until(stages.stages(loaded, hashes, path_in(work)), until)
        hashes.save()
        with Teller(quiet=json) as teller:
            if preview:
                show(plan, loaded, folder, preview, teller, json)
                return
            result = runner.run(plan, loaded, folder, teller)
        removed = _excluded(result, loaded.recipe, folder)
    if json:
        told = {} if removed is None else {"excluded": removed.as_json()}
        print_json(result.as_json() | told)
    else:
        print_run(result)
        if removed is not None:
            say(removed.line())


def _excluded(result: "Result", recipe: "Read", work: "Folder") -> "Takedown | None":
    """What the recipe's `exclude` took out; loads nothing where it excludes nothing."""
    if not recipe.exclude:
        return None
    from recipes.takedown import takedown

    return takedown(result, recipe, work)


def plan(
    recipe: Recipe,
    set_: Set = None,
    work: Work = Path("work"),
    until: Until = None,
    allow_path: Allow = None,
    allow_host: AllowHost = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Say what a run would do: what is done, what is to do, calls, dollars, memory, time.

    Example: retort plan recipes/numerics.yaml
    """
    from curate.synthesize.calls import path_in
    from recipes import loader, stages
    from recipes.plan import plan as make_plan
    from recipes.show import print_json, print_plan
    from recipes.work import Hashes
    from recipes.work import Work as Folder

    loaded = loader.load(recipe, set_ or (), allow_path or (), allow_host or (), allow_code)
    listed = stages.until(stages.stages(loaded, Hashes(work / "hashes.json"), path_in(work)), until)
    planned = make_plan(listed, Folder(work))
    if json:
        print_json(planned.as_json())
    else:
        print_plan(planned)
