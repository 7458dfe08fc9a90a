"""What is wrong with a setting, in one line that names the nearest that is right."""

import difflib
from collections.abc import Collection, Iterable

from pydantic import BaseModel, ValidationError

from schemas.errors import RecipeError


def nearest(name: object, allowed: Collection[str], what: str) -> str:
    """The question whether a known name was meant, or the list of what there is."""
    near = difflib.get_close_matches(str(name), sorted(allowed), n=1)
    return f"Did you mean {near[0]}?" if near else f"{what}: {', '.join(allowed)}."


def refusal(
    error: ValidationError, where: str, model: type[BaseModel], inner: Iterable[str] = ()
) -> RecipeError:
    """The error that a user is shown.

    Args:
        error: what pydantic says.
        where: the file, or the place in a recipe.
        model: whose fields were given.
        inner: names that are known one level further down and below.
    """
    first = error.errors()[0]
    steps = [str(step) for step in first["loc"]]
    place = ".".join(steps)
    got = repr(first["input"])
    got = got if len(got) <= 60 else got[:59] + "…"
    allowed = list(inner) if len(steps) > 1 else list(model.model_fields)
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(steps[-1], allowed, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        known = ", ".join(allowed)
        return RecipeError(f"{where}: {place} is not a setting; there are {known}.{hint}")
    quoted = " Put it in quotation marks." if isinstance(first["input"], bool) else ""
    message = " ".join(first["msg"].split()).rstrip(".")
    return RecipeError(f"{where}: {place}: {message} (got {got}). Correct it.{quoted}")
