"""The stages `mix` and `mix.control`: a mixture of the kept examples.

With a base, rows that cannot be trained on are set aside, and test rows of every part are there, so
that forgetting shows in parts that are not mixed in.
"""

from typing import TYPE_CHECKING

from recipes.stage import Inputs, Stage
from schemas.errors import RecipeError
from schemas.mixing import TOKENS, Mix
from schemas.recipe import Recipe

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas.tables import Writer

NUMBERS = ("int32", "int64", "double")


def mix_stage(recipe: Recipe, name: str, settings: Mix, selected: bool = False) -> Stage:
    """A mixture: the recipe's own, or another of the same kept examples.

    Args:
        recipe: the recipe.
        name: of the stage.
        settings: shares and size.
        selected: whether rows are drawn by the ranks of the stage `select`.

    Raises:
        RecipeError: a unit that nothing counts.
    """
    counted = recipe.base is not None
    asked = recipe.tune.max_length if recipe.tune else None
    also_test = sorted(set(recipe.collect) - set(settings.parts)) if counted else []
    measure = measure_of(recipe, settings.unit)

    def make(out: "Writer", inputs: Inputs) -> None:
        from curate.chat import longest
        from curate.mix.draw import mix

        tokens, most = None, None
        if counted:
            tokens = inputs["tokens"].dataset()
            most = longest(inputs["base.tokenizer"].folder / "model", asked)
        with mix(
            *(inputs["synthesize"].dataset(), inputs["screen.examples"].dataset()),
            *(settings, recipe.seed),
            tokens=tokens,
            max_length=most,
            also_test=also_test,
            selected=inputs["select"].dataset() if selected else None,
            amounts=None if measure is None else _amounts(inputs[measure].read(), settings.unit),
        ) as mixed:
            mixed.write(out)
            out.facts |= {"max_length": most, "unit": settings.unit, "asked": settings.asked}

    parents: tuple[str, ...] = ("synthesize", "screen.examples")
    parameters = {**settings.model_dump(mode="json"), "seed": recipe.seed}
    if counted:
        parents += ("tokens", "base.tokenizer")
        parameters |= {"max_length": asked, "also_test": also_test}
    if selected:
        parents += ("select",)
    if measure is not None:
        parents += (measure,)
    return Stage(name, "mix", 3, parameters, parents, make)


def measured_columns(recipe: Recipe) -> list[str]:
    """Columns that the screen of examples has to measure for the selection and the mixture."""
    unit = [] if recipe.mix.unit in ("rows", *TOKENS) else [recipe.mix.unit]
    chosen = recipe.select
    return unit + ([chosen.score] if chosen is not None and chosen.method == "judge" else [])


def measure_of(recipe: Recipe, unit: str) -> str | None:
    """The stage that measures a unit; None where rows or a base count it.

    Raises:
        RecipeError: tokens without a base, or a column of numbers that no measure has.
    """
    if unit in TOKENS and recipe.base is None:
        raise RecipeError(
            f"mix.unit: {unit} are counted by a base's tokenizer, and the recipe has no base. Add "
            f"base, or use rows."
        )
    if unit in ("rows", *TOKENS):
        return None
    columns = numeric_columns(recipe)
    if unit not in columns:
        import difflib

        near = difflib.get_close_matches(unit, ["rows", *TOKENS, *columns], 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise RecipeError(
            f"mix.unit: {unit} is not a unit; there are rows, {', '.join(TOKENS)} and the measured "
            f"columns of numbers, as n_words.{hint}"
        )
    return f"screen.examples.{columns[unit]}"


def numeric_columns(recipe: Recipe) -> dict[str, str]:
    """Column of numbers that an examples' measure adds -> the measure."""
    from curate.screen import catalog
    from curate.screen.planned import others

    own = others(recipe.screen.examples, "screen.examples")
    return {
        column: one.name
        for one in (*catalog.measures().values(), *own)
        if not one.gives_pairs
        for column, (kind, _) in one.columns.items()
        if kind in NUMBERS
    }


def _amounts(measured: "pa.Table", unit: str) -> "pa.Table":
    """(id, amount) of every row."""
    return measured.select(["id", unit]).rename_columns(["id", "amount"])
