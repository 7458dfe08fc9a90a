"""The stages of tuning and evaluation: tune, tune.control, likelihood.*, evaluate.

Tuning is given the mixture's train and valid parts and can open no other; only `likelihood.*` read
the test part.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recipes.base_stages import require
from recipes.mixing_stage import mix_stage
from recipes.stage import Inputs, Stage
from schemas.errors import RecipeError
from schemas.mixing import Mix
from schemas.recipe import Recipe
from schemas.training import Base, Tune

if TYPE_CHECKING:
    from schemas.tables import Writer
    from train.tune import Sources

MODELS = {"base": None, "control": "tune.control", "tuned": "tune"}
"""What is evaluated -> the stage that made it, if it is not the base itself."""


def tuning_stages(recipe: Recipe, tune: Tune) -> list[Stage]:
    """The tuned model, its control where there can be one, and their scores."""
    tuned = [_tune(recipe, tune)]
    if _has_control(recipe):
        tuned = [_mix_control(recipe), *tuned, _tune_control(recipe, tune)]
    made = {stage.name for stage in tuned}
    asked = [
        _likelihood(recipe, tune, model, by)
        for model, by in MODELS.items()
        if by is None or by in made
    ]
    return [*tuned, *asked, _evaluate(recipe, [stage.name for stage in asked])]


def _has_control(recipe: Recipe) -> bool:
    """Whether there is a part to tune a control on, other than all that the mixture is made of."""
    general = recipe.evaluate.general
    return (
        recipe.evaluate.control and general in recipe.collect and set(recipe.mix.parts) != {general}
    )


def _mix_control(recipe: Recipe) -> Stage:
    """All of the general part; before anything is tuned, so that a lack of it is told in time."""
    stage = mix_stage(
        recipe, "mix.control", Mix.model_validate({"parts": {recipe.evaluate.general: 1.0}})
    )

    def make(out: "Writer", inputs: Inputs) -> None:
        try:
            stage.make(out, inputs)
        except RecipeError as error:
            raise RecipeError(
                f"evaluate.control: {error} Or do without a control: evaluate.control: false."
            ) from error

    return dataclasses.replace(stage, make=make)


def _tune(recipe: Recipe, settings: Tune) -> Stage:
    def make(out: "Writer", inputs: Inputs) -> None:
        _run_tuning(out, inputs, "mix", recipe, settings, None)

    parameters = {**settings.model_dump(mode="json"), "seed": recipe.seed}
    parents = ("base", "base.tokenizer", "mix/train", "mix/valid")
    return Stage("tune", "tune", 1, parameters, parents, make)


def _tune_control(recipe: Recipe, settings: Tune) -> Stage:
    """The base tuned on the general part alone, for as many steps as the mixture takes.

    Where the recipe states the mixture's rows, its steps are known without it, and runs that differ
    in shares alone have one control.
    """
    size = recipe.mix.n_rows

    def make(out: "Writer", inputs: Inputs) -> None:
        n_seen = settings.rows_seen(size or inputs["mix/train"].rows)
        _run_tuning(out, inputs, "mix.control", recipe, settings, n_seen)

    parameters = {**settings.model_dump(mode="json"), "seed": recipe.seed, "size": size}
    parents: tuple[str, ...] = ("base", "base.tokenizer")
    parents += ("mix.control/train", "mix.control/valid")
    if size is None:
        parents += ("mix/train",)
    return Stage("tune.control", "tune", 1, parameters, parents, make)


def _run_tuning(
    out: "Writer", inputs: Inputs, mixture: str, recipe: Recipe, settings: Tune, n_seen: int | None
) -> None:
    require(f"tune.method {settings.method}", settings.method)
    from schemas.rows import CHECKPOINTS
    from train.runtime import quiet
    from train.tune import tune

    out.schema = CHECKPOINTS
    with quiet():
        tuned = tune(
            inputs[f"{mixture}/train"],
            inputs[f"{mixture}/valid"],
            _sources(inputs, recipe.base),
            settings,
            recipe.seed,
            out.attach("model"),
            out.scratch,
            out.tell,
            n_seen,
        )
    out.write(tuned.rows)
    out.facts |= tuned.facts
    out.notes += tuned.notes


def _sources(inputs: Inputs, base: Base | None) -> "Sources":
    from train.tune import Sources

    name = (base.hub or base.path if base else None) or "base"
    return Sources(inputs["base"].folder / "model", inputs["base.tokenizer"].folder / "model", name)


def _likelihood(recipe: Recipe, tune: Tune, model: str, by: str | None) -> Stage:
    settings = recipe.evaluate

    def make(out: "Writer", inputs: Inputs) -> None:
        require("evaluate", tune.method)
        from schemas.rows import LIKELIHOODS
        from train.evaluate.likelihood import likelihoods
        from train.runtime import load, quiet

        out.schema = LIKELIHOODS
        sources = _sources(inputs, recipe.base)
        tuned = None if by is None else inputs[by].folder / "model"
        with quiet():
            loaded = load(sources.model, sources.tokenizer, tuned, tune.method, tune.dtype)
            rows = likelihoods(
                inputs["mix/test"], loaded, settings.samples, settings.new_tokens, out.tell
            )
        out.write(rows)

    parameters: dict[str, Any] = {
        "samples": settings.samples,
        "new_tokens": settings.new_tokens,
        "dtype": tune.dtype,
    }
    parents: tuple[str, ...] = ("base", "base.tokenizer", "mix/test")
    if by is not None:
        parameters["method"] = tune.method
        parents += (by,)
    return Stage(f"likelihood.{model}", "likelihood", 1, parameters, parents, make)


def _evaluate(recipe: Recipe, asked: Sequence[str]) -> Stage:
    settings = recipe.evaluate

    def make(out: "Writer", inputs: Inputs) -> None:
        from schemas.rows import SCORES
        from train.evaluate.scores import FEW, score

        out.schema = SCORES
        columns = ["example_id", "document_id", "part", "n_loss_tokens", "n_bytes", "nll"]
        models = {name.partition(".")[2]: inputs[name].read(columns) for name in asked}
        scores = score(models, settings, recipe.seed)
        out.write(scores)
        out.facts["scores"] = scores
        out.notes += _notes(recipe, scores, FEW)

    parameters = {
        "draws": settings.draws,
        "confidence": settings.confidence,
        "general": settings.general,
        "seed": recipe.seed,
    }
    return Stage("evaluate", "evaluate", 1, parameters, tuple(asked), make)


def _notes(recipe: Recipe, scores: list[dict[str, Any]], few: int) -> list[str]:
    """What a reader of the scores should know."""
    notes = []
    general = recipe.evaluate.general
    if not scores:
        notes.append("There are no test rows, so nothing was scored. Raise holdout.test.")
    elif general not in {one["part"] for one in scores}:
        notes.append(f"There are no test rows of a part {general}, so forgetting was not measured.")
    thin = {one["part"]: one["n_documents"] for one in scores if one["n_documents"] < few}
    notes += [
        f"The test rows of {part} come from {n} documents: too few for an interval to be trusted."
        for part, n in thin.items()
    ]
    if not _has_control(recipe):
        notes.append(
            "There is no control, so a gain may in part be that of learning the format: "
            + (
                "it was switched off."
                if not recipe.evaluate.control
                else f"the recipe has no other part beside {general}, or none of that name."
            )
        )
    return notes
