"""The verb mix: files of examples into one training mixture."""

from pathlib import Path
from typing import Annotated

import typer

from recipes.verbs.run import Json
from recipes.verbs.tables import Out

Template = Annotated[
    str | None, typer.Option("--template", help="Chat template: a Jinja file, or plain.")
]


def mix(
    out: Out,
    part: Annotated[
        list[str],
        typer.Option(
            "--part",
            metavar="NAME=T:SHARE",
            help="A part: its examples and its share, or a count (a number above 1).",
        ),
    ],
    size: Annotated[
        int | None, typer.Option("--size", help="Training rows, or other units.", min=1)
    ] = None,
    unit: Annotated[
        str,
        typer.Option(
            "--unit", help="What shares and size count: rows, tokens, loss_tokens, or a column."
        ),
    ] = "rows",
    shortage: Annotated[
        str, typer.Option("--shortage", help="Of a part that is too small: strict, repeat, shrink.")
    ] = "strict",
    epochs: Annotated[
        list[str] | None,
        typer.Option("--epochs", metavar="NAME=N", help="Times a part may be gone through, to 4."),
    ] = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", help="Evens out the domains of each part.")
    ] = None,
    cap: Annotated[
        list[str] | None,
        typer.Option("--cap", metavar="WHAT=N", help="Rows of one document, task or domain."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help="replay-1, replay-5, replay-25: the share of `general`."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the order of drawing.")] = 7,
    base: Annotated[
        Path | None, typer.Option("--base", help="Folder of the model that will be tuned.")
    ] = None,
    template: Template = None,
    max_length: Annotated[
        int | None,
        typer.Option("--max-length", help="Tokens of a row; longer ones stay out.", min=8),
    ] = None,
    json: Json = False,
) -> None:
    """Mix files of examples by share; with a base, its tokens are counted.

    Example: retort mix --part domain=a.parquet:0.7 --part general=b.json:0.3 --size 3000 -o mixture
    """
    from recipes import plain_models
    from recipes.options import part_files, validated, whole_numbers
    from recipes.show import print_json
    from recipes.told_of_mixtures import print_mixture
    from schemas.errors import RecipeError
    from schemas.mixing import Caps, Mix
    from schemas.training import Base

    if base is None and (template or max_length):
        raise RecipeError("mix: --template and --max-length go with --base. Name the base.")
    files, amounts = part_files(part)
    caps = whole_numbers(cap or (), "--cap")
    for what in caps:
        if what not in Caps.model_fields:
            raise RecipeError(f"--cap {what}: not a cap; there are {', '.join(Caps.model_fields)}.")
    settings = validated(
        Mix,
        {
            "parts": _parts(files, amounts, whole_numbers(epochs or (), "--epochs"), preset),
            "size": size,
            "unit": unit,
            "shortage": shortage,
            "temperature": temperature,
            "caps": caps,
            "preset": preset,
        },
    )
    named = None if base is None else validated(Base, {"path": str(base), "template": template})
    told = plain_models.mix(files, settings, out, seed, named, max_length)
    if json:
        print_json(told)
    else:
        print_mixture(told, str(out), told["set_aside"])


def _parts(
    files: dict[str, Path],
    amounts: dict[str, dict[str, float]],
    epochs: dict[str, int],
    preset: str | None,
) -> dict[str, dict[str, float]]:
    """The parts as a recipe has them; the one that a preset gives its share is left out.

    Raises:
        RecipeError: a part without a number, or a name that is no part.
    """
    from schemas.errors import RecipeError
    from schemas.mixing import GENERAL

    for name in epochs:
        if name not in files:
            raise RecipeError(f"--epochs {name}: not a part; parts are {', '.join(files)}.")
    replayed = GENERAL if preset is not None else None
    if replayed is not None and replayed not in files:
        raise RecipeError(f"--preset {preset}: needs --part {GENERAL}=FILE, whose share it is.")
    bare = [name for name in files if name not in amounts and name != replayed]
    others = [name for name in files if name != replayed]
    if bare and preset is not None and len(others) == 1:
        amounts = {**amounts, others[0]: {"share": 1.0}}
    elif bare:
        raise RecipeError(
            f"--part {bare[0]}={files[bare[0]]}: has no share. Write name=file:share."
        )
    return {
        name: {**amounts[name], **({"epochs": epochs[name]} if name in epochs else {})}
        for name in files
        if name in amounts
    }
