"""The tasks that a model can be asked to do, by name, and what decides their examples.

A task is one file beside this one that has a NAME. Names are read from the files' source, and only
a task that is asked for is imported.
"""

import importlib
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from curate.synthesize.tasks.mistakes import nearest, refusal
from curate.synthesize.tasks.task import Task
from schemas.errors import RecipeError
from schemas.ids import identity

FOLDER = Path(__file__).parent
_NAME = re.compile(r'^NAME = "([a-z][a-z-]*)"$', re.MULTILINE)


@cache
def _modules() -> dict[str, str]:
    """Name -> module."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")}
    found = {module: _NAME.search(text) for module, text in texts.items()}
    return {name[1]: module for module, name in sorted(found.items()) if name}


def names() -> list[str]:
    """Every task that ships, in the order of the alphabet."""
    return sorted(_modules())


def params(name: str, settings: Mapping[str, Any], where: str) -> BaseModel:
    """A task's settings, checked.

    Args:
        name: the task.
        settings: what the recipe says of it.
        where: its place in the recipe, for errors.

    Raises:
        RecipeError: there is no such task or setting, or a value is out of bounds.
    """
    model: type[BaseModel] = _module(name, where).Params
    try:
        return model.model_validate(dict(settings))
    except ValidationError as error:
        raise refusal(error, f"{where}.{name}", model) from error


def get(name: str, settings: Mapping[str, Any], where: str) -> Task:
    """The task of this name with these settings; parameters and errors as of `params`."""
    given = params(name, settings, where)
    task: Task = _module(name, where).task(given)
    return replace(task, settings=given.model_dump(mode="json", exclude={"schema_file"}))


def fingerprint(task: Task) -> dict[str, Any]:
    """What decides a task's examples, its own file included where it is a user's."""
    turns = [f"{role}: {identity(template)}" for role, template in task.prompt.turns]
    return {
        "task": task.name,
        "version": task.version,
        "prompt": identity(*turns),
        "settings": dict(task.settings),
    }


def _module(name: str, where: str) -> Any:  # noqa: ANN401  a module
    if name not in _modules():
        hint = nearest(name, names(), "There are")
        raise RecipeError(
            f"{where}: {name} is not a task that ships. {hint} A task of your own is a file, "
            f"{name.removesuffix('.md')}.md."
        )
    return importlib.import_module(f"curate.synthesize.tasks.{_modules()[name]}")
