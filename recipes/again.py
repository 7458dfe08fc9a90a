"""Write the report of a finished run again, from its tables."""

from pathlib import Path

from recipes.report import write_report
from recipes.run_tables import RunTables
from recipes.work import Work
from schemas.recipe import Recipe
from schemas.tables import write_whole


def write_again(run: Path, work: Work) -> Path:
    """The page that was written."""
    import yaml

    recipe = Recipe.model_validate(
        yaml.safe_load((run / "recipe.yaml").read_text(encoding="utf-8"))
    )
    tables = RunTables(run, work)
    page = write_report(recipe, {name: tables.table(name).folder for name in tables.names})
    write_whole(run / "report.html", page.encode())
    return run / "report.html"
