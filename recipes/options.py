"""Options of the command line into the settings that a recipe would give."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from schemas import strict_yaml
from schemas.errors import RecipeError

Model = TypeVar("Model", bound=BaseModel)
LONGEST = 18
"""Digits of a whole number."""


def validated(model: type[Model], given: Mapping[str, object]) -> Model:
    """Settings from options.

    Raises:
        RecipeError: a value out of bounds.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["loc"][-1:] == ("key",):  # perhaps the key itself, given by mistake
            raise RecipeError("key: names an environment variable, as LAB_KEY.") from None
        if not where:  # of the settings as a whole
            raise RecipeError(f"{model.__name__.lower()}: {message}.") from error
        raise RecipeError(f"{where}: {message} (got {problem['input']!r}).") from error


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """`name=value` options.

    Raises:
        RecipeError: one has no name or no `=`, or a name is given twice.
    """
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise RecipeError(f"{option} {one}: not of the form name=value, each name once.")
        found[name.strip()] = value
    return found


def parameters(given: Sequence[str]) -> dict[str, dict[str, object]]:
    """`measure.parameter=value` options: measure -> its parameters; values are read as YAML.

    Raises:
        RecipeError: one is of another form, or a parameter is given twice.
    """
    found: dict[str, dict[str, object]] = {}
    for place, value in pairs(given, "--with").items():
        measure, dot, parameter = place.rpartition(".")
        try:
            read = strict_yaml.value(value)
        except yaml.YAMLError as error:
            raise RecipeError(f"--with {place}: {value!r} is not a YAML value.") from error
        if not dot or not measure or not parameter:
            raise RecipeError(f"--with {place}={value}: not of the form measure.parameter=value.")
        found.setdefault(measure, {})[parameter] = read
    return found


def part_files(given: Sequence[str]) -> tuple[dict[str, Path], dict[str, dict[str, float]]]:
    """`name=file:share` options: name -> its file, and name -> its share or count.

    A number above 1 is a count; a part without a number has neither.

    Raises:
        RecipeError: one is of another form.
    """
    files: dict[str, Path] = {}
    amounts: dict[str, dict[str, float]] = {}
    for name, value in pairs(given, "--part").items():
        path, colon, last = value.rpartition(":")
        number = _number(last) if colon else None
        if number is None and Path(value).exists():
            path = value
        elif number is None or not path:
            raise RecipeError(
                f"--part {name}={value}: not of the form name=file:share, as "
                f"domain=a.parquet:0.7, or name=file:count."
            )
        else:
            amounts[name] = {"count" if number > 1 else "share": number}
        files[name] = Path(path)
    return files, amounts


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def whole_numbers(given: Sequence[str], option: str) -> dict[str, int]:
    """`name=number` options.

    Raises:
        RecipeError: one is of another form.
    """
    found = {}
    for name, value in pairs(given, option).items():
        if not (value.strip().isdecimal() and len(value.strip()) <= LONGEST):
            raise RecipeError(f"{option} {name}={value[:80]}: {value[:80]!r} is no whole number.")
        found[name] = int(value)
    return found
