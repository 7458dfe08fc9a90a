"""Verbs over models: tune."""

from pathlib import Path
from typing import Annotated

import typer

from recipes.verbs.mixing import Template
from recipes.verbs.run import Json
from recipes.verbs.tables import Out


def tune(
    mixture: Annotated[Path, typer.Argument(help="A folder that `mix --base` made.")],
    out: Out,
    base: Annotated[Path, typer.Option("--base", help="Folder of the model to be tuned.")],
    method: Annotated[str, typer.Option("--method", help="full, lora or qlora.")] = "lora",
    template: Template = None,
    seed: Annotated[int, typer.Option("--seed", help="Of order, adapter and dropout.")] = 7,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A key of the recipe's `tune` block."),
    ] = None,
    json: Json = False,
) -> None:
    """Tune a model on a mixture; an interrupted tuning goes on when it is asked for again.

    Example: retort tune mixture -o tuned --base models/small --method qlora --set epochs=1
    """
    import yaml

    from recipes import plain_models
    from recipes.options import pairs, validated
    from recipes.show import Teller, print_json, say
    from schemas.training import Base, Tune

    given = {name: yaml.safe_load(value) for name, value in pairs(set_ or (), "--set").items()}
    settings = validated(Tune, {"method": method, **given})
    named = validated(Base, {"path": str(base), "template": template})
    with Teller(quiet=json) as teller:
        told = plain_models.tune(mixture, out, named, settings, seed, teller.line("tune"))
    if json:
        print_json(told)
        return
    say(
        f"{told['n_steps']:,} steps over {told['n_tokens']:,} tokens, {told['n_loss_tokens']:,} of "
        f"them with loss; best at step {told['best_step']:,}"
    )
    for note in told["notes"]:
        say(note)
    say(f"model     {told['model']}")
