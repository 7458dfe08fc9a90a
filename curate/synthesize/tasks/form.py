"""A JSON schema that a user wrote: bounded, so that a stranger's cannot hang or leave the machine.

Only the keywords of KEYWORDS are taken. There are no regular expressions among them, references
stay within the schema, and what they unfold to is counted before anything is validated.
"""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schemas.errors import RecipeError

MAX_BYTES = 64_000
MAX_DEPTH = 32
"""Levels of objects and lists, of a schema and of what is validated."""
MAX_UNFOLDED = 5_000
"""Subschemas, those behind a reference counted at each place that refers to them."""
MAPS = frozenset({"properties", "$defs", "definitions"})
"""Keywords that hold a schema under each name."""
LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
"""Keywords that hold a list of schemas."""
ONES = frozenset({"items", "additionalProperties", "not"})
"""Keywords that hold a schema, or true or false."""
KEYWORDS = MAPS | LISTS | ONES | frozenset(
    "$schema $comment $ref title description default examples format type enum const required "
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems "
    "maxItems uniqueItems minProperties maxProperties".split()
)  # fmt: skip


def checked(schema: Mapping[str, Any], where: str) -> Callable[[Any], None]:
    """A function that raises ValueError, in one line, for a value that the schema does not allow.

    Args:
        schema: as it was read from JSON or YAML.
        where: the file, or the place in a recipe, for errors.

    Raises:
        RecipeError: the schema is too large or too deep, refers to itself or elsewhere, holds a
            keyword that is not taken, or describes no object.
    """
    if _depth(schema) > MAX_DEPTH:
        raise RecipeError(f"{where}: has more than {MAX_DEPTH} levels. Make it flatter.")
    try:
        text = json.dumps(schema, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{where}: is no JSON ({_line(str(error))}). Correct it.") from error
    n_bytes = len(text)
    schema = json.loads(text)
    if n_bytes > MAX_BYTES:
        raise RecipeError(
            f"{where}: {n_bytes} bytes, a schema has at most {MAX_BYTES}. Shorten it."
        )
    if schema.get("type") != "object" or not schema.get("properties"):
        raise RecipeError(
            f"{where}: is no schema of an object with fields. Begin it with "
            f'{{"type": "object", "properties": {{…}}}}.'
        )
    places = {place for place, _ in _nodes(schema, "#")}
    for place, node in _nodes(schema, "#"):
        _check_keywords(node, f"{where}: {place}", places)
    _meta(schema, where)
    _count(schema, schema, where, {}, ())
    return _validator(schema)


def choices(schema: Mapping[str, Any]) -> frozenset[str]:
    """The texts that `enum` and `const` allow anywhere in a schema."""
    found = [
        one
        for _, node in _nodes(schema, "#")
        for one in [*node.get("enum", ()), node.get("const")]
        if isinstance(one, str)
    ]
    return frozenset(found)


def _depth(value: object) -> int:
    """Levels of a JSON value, counted without recursion."""
    level, deepest = [value], 0
    while level and deepest <= MAX_DEPTH:
        inner: list[object] = []
        for one in level:
            if isinstance(one, Mapping):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level = [one for one in inner if isinstance(one, Mapping | list)]
        deepest += 1
    return deepest


def _children(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(place below the node, subschema); what is wrongly shaped is left to the metaschema."""
    for key, held in node.items():
        if key in MAPS and isinstance(held, Mapping):
            yield from ((f"{key}/{name}", one) for name, one in held.items())
        elif key in LISTS and isinstance(held, list):
            yield from ((f"{key}/{number}", one) for number, one in enumerate(held))
        elif key in ONES:
            yield key, held


def _nodes(node: Mapping[str, Any], place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every subschema with its place."""
    yield place, node
    for name, child in _children(node):
        if isinstance(child, Mapping):
            yield from _nodes(child, f"{place}/{name}")


def _check_keywords(node: Mapping[str, Any], where: str, places: set[str]) -> None:
    """Refuse what is not taken; a reference leads to a subschema that is checked here too."""
    for key in node:
        if key in ("pattern", "patternProperties", "propertyNames"):
            raise RecipeError(
                f"{where}: {key} is not taken, since a regular expression may never end. Say in "
                f"`description` what is meant, or list the values in `enum`."
            )
        if key not in KEYWORDS:
            near = difflib.get_close_matches(str(key), KEYWORDS, n=1)
            hint = (
                f"Did you mean {near[0]}?" if near else f"Taken are {', '.join(sorted(KEYWORDS))}."
            )
            raise RecipeError(f"{where}: {key} is not a keyword that is taken. {hint}")
    if not str(node.get("$ref", "#/")).startswith("#/"):
        raise RecipeError(
            f"{where}: $ref {str(node['$ref'])[:80]!r} leaves the schema. Refer to #/$defs/<name>."
        )
    if "$ref" in node and (node["$ref"] not in places or set("%~") & set(node["$ref"])):
        raise RecipeError(
            f"{where}: $ref {str(node['$ref'])[:80]!r} leads to no subschema. Refer to "
            f"#/$defs/<name>, with a name of letters and digits."
        )


def _count(
    root: Mapping[str, Any],
    node: object,
    where: str,
    known: dict[str, int],
    open_: tuple[str, ...],
) -> int:
    """Subschemas that a schema unfolds to."""
    if not isinstance(node, Mapping):
        return 1
    n = 1
    for name, child in _children(node):
        if name.split("/")[0] not in ("$defs", "definitions"):
            n += _count(root, child, where, known, open_)
    reference = node.get("$ref")
    if reference is not None:
        if reference in open_:
            raise RecipeError(
                f"{where}: {reference} refers to itself. Write out as many levels as you need."
            )
        if reference not in known:
            target = _target(root, reference, where)
            known[reference] = _count(root, target, where, known, (*open_, reference))
        n += known[reference]
    if n > MAX_UNFOLDED:
        raise RecipeError(
            f"{where}: unfolds to more than {MAX_UNFOLDED} subschemas. Use fewer references."
        )
    return n


def _target(root: Mapping[str, Any], reference: str, where: str) -> object:
    node: object = root
    for step in reference.removeprefix("#/").split("/"):
        if not isinstance(node, Mapping) or step not in node:
            raise RecipeError(f"{where}: {reference} is not in the schema. Correct the $ref.")
        node = node[step]
    return node


def _meta(schema: Mapping[str, Any], where: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema({**schema, "$schema": _DIALECT})
    except SchemaError as error:
        place = "/".join(["#", *(str(step) for step in error.absolute_path)])
        raise RecipeError(f"{where}: {place}: {_line(error.message)}. Correct it.") from error


_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _validator(schema: Mapping[str, Any]) -> Callable[[Any], None]:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    registry: Registry[Any] = Registry()
    validator = Draft202012Validator({**schema, "$schema": _DIALECT}, registry=registry)

    def check(value: Any) -> None:  # noqa: ANN401  JSON
        if _depth(value) > MAX_DEPTH:
            raise ValueError(f"the reply: more than {MAX_DEPTH} levels")
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        try:
            error = next(validator.iter_errors(value), None)
        except (ArithmeticError, RecursionError) as broken:
            raise ValueError(f"the reply: cannot be checked ({type(broken).__name__})") from broken
        if error is not None:
            place = ".".join(str(step) for step in error.absolute_path) or "the reply"
            raise ValueError(f"{place}: {_line(error.message)}")

    return check


def _line(text: str) -> str:
    flat = " ".join(text.split()).rstrip(".")
    return flat if len(flat) <= 200 else flat[:199] + "…"
