"""Read a recipe: YAML, `--set`, defaults; every mistake is one line that names the place.

Recipes come from strangers. Anchors are refused (they can grow without bound), a key given twice
is refused, and a path must lie under the recipe's folder or the current one unless the user
allows it.
"""

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ValidationError

from schemas import strict_yaml
from schemas.errors import RecipeError
from schemas.recipe import PRESET_FILES, Files, Recipe, Rule, Screen

if TYPE_CHECKING:
    from curate.screen.planned import Gate

SHIPPED = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Loaded:
    """A recipe that was read and checked."""

    recipe: Recipe
    path: Path
    """The file."""
    folders: tuple[Path, ...]
    """Where its paths may lie: its own folder, the current one, and those that were allowed."""
    hosts: Mapping[str, str | None] = field(default_factory=dict)
    """Hosts that the user allows beside the known ones -> the variable whose key may go there."""
    code: bool = False
    """Whether measures may be files, whose code is run."""

    def resolve(self, named: str) -> Path:
        """The file or folder that a path of the recipe means.

        Raises:
            RecipeError: it does not exist, or lies elsewhere than it may.
        """
        candidates = [(folder / named) for folder in self.folders[:2]]
        try:
            found = next((path for path in candidates if path.exists()), None)
        except (OSError, ValueError):  # too long to be a path, or with a null character
            found = None
        if found is None:
            raise RecipeError(
                f"{self.path}: {named[:200]} does not exist, neither beside the recipe nor in the "
                f"current folder. Correct the path."
            )
        real = found.resolve()
        if not any(real.is_relative_to(folder) for folder in self.folders):
            raise RecipeError(
                f"{self.path}: {named} lies outside the recipe's folder and the current one. "
                f"If you trust the recipe, add --allow-path "
                f"{real if real.is_dir() else real.parent}."
            )
        return real


def load(
    named: str,
    sets: Sequence[str] = (),
    allow_paths: Sequence[Path] = (),
    allow_hosts: Sequence[str] = (),
    allow_code: bool = False,
) -> Loaded:
    """Read a recipe file, or one that ships with Retort by its bare name.

    Args:
        named: path of a YAML file, or a name such as `numerics`.
        sets: changes in the form `mix.size=500`; the value is read as YAML.
        allow_paths: further folders that the recipe's paths may lie in.
        allow_hosts: `HOST` or `HOST=VARIABLE`: further hosts of teachers, and whose key they get.
        allow_code: whether measures may be files, whose code is run.

    Raises:
        RecipeError: no such file, not YAML, or a value that a recipe may not have.
    """
    path = _find(named)
    tree = strict_yaml.read(path, "a recipe")
    for change in sets:
        _set(tree, change)
    try:
        recipe = Recipe.model_validate(tree)
    except ValidationError as error:
        raise RecipeError(f"{path}: {_first(error)}") from error
    folders = [path.resolve().parent, Path.cwd(), *(folder.resolve() for folder in allow_paths)]
    hosts: Mapping[str, str | None] = {}
    if recipe.synthesize.models:
        recipe = guarded(recipe)
    if allow_hosts:
        from curate.synthesize.teachers.hosts import allowed

        hosts = allowed(list(allow_hosts))
    loaded = Loaded(recipe, path, tuple(folders), hosts, allow_code)
    loaded = dataclasses.replace(loaded, recipe=with_presets(loaded))
    for sources in recipe.collect.values():
        for source in sources:
            if isinstance(source, Files):
                for one in (*source.paths, *([source.sidecar] if source.sidecar else [])):
                    loaded.resolve(one)
    return loaded


GROUNDED = Rule(
    sql="passage_id is null or evidence_verified",
    reason="Every quote of a teacher must stand in the source at the offsets that are given.",
)
TRAINABLE = Rule(sql="trainable", reason="The terms of some teachers forbid training on them.")


def guarded(recipe: Recipe) -> Recipe:
    """The recipe with the rules that models' answers have to meet, unless it has its own."""
    rules = {"grounded": GROUNDED}
    if not all(one.trainable for one in recipe.synthesize.models):
        rules["trainable"] = TRAINABLE
    examples = recipe.screen.examples
    keep = {**rules, **examples.keep}
    screen = recipe.screen.model_copy(
        update={"examples": examples.model_copy(update={"keep": keep})}
    )
    return recipe.model_copy(update={"screen": screen})


def with_presets(loaded: Loaded) -> Recipe:
    """The recipe with the rules of presets that are files of their own, so that it is complete.

    Raises:
        RecipeError: a file that is not there, or is no preset.
    """
    gates: dict[str, Screen] = {}
    for gate in ("passages", "examples"):
        screen: Screen = getattr(loaded.recipe.screen, gate)
        if screen.preset is not None and screen.preset.endswith(PRESET_FILES):
            path = loaded.resolve(screen.preset)
            gates[gate] = written_out(screen, path, gate, f"screen.{gate}")
    screens = loaded.recipe.screen.model_copy(update=gates)
    return loaded.recipe.model_copy(update={"screen": screens})


def written_out(screen: Screen, path: Path, gate: "Gate", where: str) -> Screen:
    """A gate with the rules of a preset's file among its own, which win."""
    from curate.screen.planned import preset

    keep = {**preset(str(path), gate, where), **screen.keep}
    return screen.model_copy(update={"preset": None, "keep": keep})


def with_code(screen: Screen, loaded: Loaded, where: str) -> Screen:
    """A gate whose measures in files are named by their places, if their code may be run.

    Raises:
        RecipeError: it may not, or a file is not there.
    """
    measures: dict[str, dict[str, Any]] = {}
    for name, given in screen.measures.items():
        if name.endswith(".py") and not loaded.code:
            raise RecipeError(
                f"{where}.measures: {name} is code, which runs with all that you may do. Read it, "
                f"and add --allow-code if you trust it."
            )
        measures[str(loaded.resolve(name)) if name.endswith(".py") else name] = given
    return screen.model_copy(update={"measures": measures})


def _find(named: str) -> Path:
    path = Path(named)
    if path.is_file():
        return path
    shipped = SHIPPED / f"{named}.yaml"
    if named.isidentifier() and shipped.is_file():
        return shipped
    what = "is a folder" if path.is_dir() else "no such file"
    names = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
    raise RecipeError(f"{named}: {what}. Give a recipe's file, or one that ships: {names}.")


def _set(tree: dict[str, Any], change: str) -> None:
    """Apply `a.b=c`; a number in the path is a place in a list."""
    path, equals, value = change.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise RecipeError(f"--set {change}: not of the form key.key=value.")
    try:
        read = strict_yaml.value(value)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {change}: {value!r} is not a YAML value.") from error
    here: Any = tree
    for key in keys[:-1]:
        if isinstance(here, list) and key.isdigit() and int(key) < len(here):
            here = here[int(key)]
        elif isinstance(here, dict):
            here = here.setdefault(key, {})
        else:
            raise RecipeError(f"--set {change}: {key} is not a key there.")
    if isinstance(here, list) and keys[-1].isdigit() and int(keys[-1]) < len(here):
        here[int(keys[-1])] = read
    elif isinstance(here, dict):
        here[keys[-1]] = read
    else:
        raise RecipeError(f"--set {change}: {keys[-1]} is not a key there.")


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, in one line; a misspelt key before the one it leaves out."""
    problems = error.errors()
    unknown = [problem for problem in problems if problem["type"] == "extra_forbidden"]
    problem = (unknown or problems)[0]
    tags = {"installed-docs", "files", "miner", "openai", "replay"}
    location = [part for part in problem["loc"] if part not in tags]
    where = ".".join(str(part) for part in location) or "the recipe"
    got = problem["input"]
    if problem["type"] == "extra_forbidden":
        fields = _fields(problem["loc"][:-1])
        near = difflib.get_close_matches(str(location[-1]), fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"fields there: {', '.join(fields)}."
        return f"{where} is not a field (got {_short(got)}); {hint}"
    if problem["type"] == "missing":
        return f"{where} is missing. Add it."
    if problem["type"] in ("union_tag_invalid", "union_tag_not_found"):
        if where.startswith("synthesize"):
            return f"{where}: needs `kind: miner`, `openai` or `replay` (got {_short(got)})."
        return f"{where}: needs `from: installed-docs` or `from: files` (got {_short(got)})."
    message = problem["msg"].removeprefix("Value error, ")
    if location and location[-1] == "key":  # perhaps the key itself, written there by mistake
        return f"{where}: names an environment variable, as LAB_KEY; never the key itself."
    return f"{where}: {message} (got {_short(got)})."


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _fields(location: Sequence[int | str]) -> list[str]:
    """Names of the fields at a place in the recipe, found by walking the models' types."""
    models = _models_at(Recipe, list(location))
    return [
        field.alias or name for model in models[:1] for name, field in model.model_fields.items()
    ]


def _models_at(kind: object, steps: list[int | str]) -> list[type[BaseModel]]:
    """The models that a location leads to, from a type: a union's member goes by its tag."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _models_at(arguments[0], steps)
    if origin in (typing.Union, types.UnionType):
        tagged = [member for member in arguments if steps and _has_tag(member, steps[0])]
        return [
            model
            for member in tagged or arguments
            for model in _models_at(member, steps[1:] if tagged else steps)
        ]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not steps:
            return [kind]
        field = kind.model_fields.get(str(steps[0]))
        return _models_at(field.annotation, steps[1:]) if field else []
    if origin in (dict, list) and steps:
        return _models_at(arguments[-1], steps[1:])
    return []


def _has_tag(kind: object, tag: int | str) -> bool:
    """Whether this is the model that a discriminator's value stands for."""
    return (
        isinstance(kind, type)
        and issubclass(kind, BaseModel)
        and any(
            tag in typing.get_args(field.annotation)
            for field in kind.model_fields.values()
            if typing.get_origin(field.annotation) is typing.Literal
        )
    )
