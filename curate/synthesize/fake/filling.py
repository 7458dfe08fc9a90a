"""A JSON value that a JSON schema describes, filled with sentences of a passage.

Fields named `…quote…` get a sentence as it stands in the passage, `…question…` a question about it,
other strings the sentence in one line. Within an object all fields speak of one sentence, and the
objects of a list of different ones, so question, answer and quote belong together.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from curate.synthesize.fake.passages import flat, question

N_ITEMS = 2
"""Items of a list whose schema asks for no number."""
DEEPEST = 12
"""Nesting at which only what is required is filled; recursive schemas end there."""
LARGEST_LIST = 1000
"""Most items of a list, whatever its schema asks for."""
Schema = Any
"""A JSON schema: an object, or true."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a value is filled with."""

    sentences: tuple[str, ...]
    """As they stand in the passage, at least one."""
    request: bytes
    """Digest of the request; all choices depend on it."""

    def draw(self, place: str) -> int:
        """A number below 2**64 that belongs to a place in the value."""
        made = hashlib.blake2b(place.encode("utf-8", "surrogatepass"), key=self.request)
        return int.from_bytes(made.digest()[:8], "big")

    def sentence(self, at: int) -> str:
        """The sentence with this number, counted around."""
        return self.sentences[at % len(self.sentences)]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the value something is filled in."""

    root: Schema
    """The whole schema, which references are looked up in."""
    path: str = ""
    name: str = ""
    """Nearest field's name, in lower case."""
    at: int = 0
    """Number of the sentence."""
    depth: int = 0

    def within(self, key: str | int) -> "_Place":
        """A field or an item of what stands here."""
        deeper = self.depth + 1
        path = f"{self.path}/{key}"
        if isinstance(key, int):
            return _Place(self.root, path, self.name, self.at + key, deeper)
        return _Place(self.root, path, key.lower(), self.at, deeper)


def fill(schema: Schema, material: Material) -> Any:  # noqa: ANN401  JSON
    """A value for the schema, the same for the same request.

    References within the schema, `allOf`, the first alternative of `anyOf` and `oneOf` that is not
    null, `const`, `enum`, bounds of numbers and lengths are kept to; patterns and formats are not.
    """
    start = material.draw("start") % len(material.sentences)
    return _fill(schema, material, _Place(schema, at=start))


def _fill(schema: Schema, material: Material, place: _Place) -> Any:  # noqa: ANN401  JSON
    schema = resolved(schema, place.root)
    draw = material.draw(place.path)
    if "const" in schema:
        return schema["const"]
    if isinstance(choices := schema.get("enum"), list) and choices:
        return choices[draw % len(choices)]
    match _type(schema):
        case "object":
            return _object(schema, material, place)
        case "array":
            return _array(schema, material, place)
        case "integer":
            low, high = _bounds(schema, 1, 4)
            return int(low) + draw % max(1, int(high) - int(low) + 1)
        case "number":
            low, high = _bounds(schema, 0, 1)
            return low + (high - low) * (draw % 101) / 100
        case "boolean":
            return draw % 2 == 0
        case "null":
            return None
    return _string(schema, material, place, draw)


def resolved(schema: Schema, root: Schema, depth: int = 0) -> dict[str, Any]:
    """The schema with references, `allOf` and alternatives of the top level worked in."""
    if not isinstance(schema, dict):
        return {}
    if depth > DEEPEST:
        return {name: one for name, one in schema.items() if name not in ("$ref", "allOf")}
    if isinstance(reference := schema.get("$ref"), str):
        rest = {name: one for name, one in schema.items() if name != "$ref"}
        return resolved(_lookup(root, reference), root, depth + 1) | rest
    if isinstance(parts := schema.get("allOf"), list):
        merged = {name: one for name, one in schema.items() if name != "allOf"}
        for part in parts:
            found = resolved(part, root, depth + 1)
            properties = {**_fields(merged), **_fields(found)}
            merged = {**found, **merged, **({"properties": properties} if properties else {})}
        return merged
    for word in ("anyOf", "oneOf"):
        if isinstance(options := schema.get(word), list) and options:
            kinds = [resolved(one, root, depth + 1) for one in options]
            rest = {name: one for name, one in schema.items() if name != word}
            return rest | next((one for one in kinds if _type(one) != "null"), kinds[0])
    return schema


def _lookup(root: Schema, reference: str) -> Schema:
    """What a reference into the same schema points at; anything goes where it points nowhere."""
    here = root
    for key in reference.removeprefix("#").split("/")[1:]:
        name = key.replace("~1", "/").replace("~0", "~")
        here = here.get(name) if isinstance(here, dict) else None
    return here


def _fields(schema: dict[str, Any]) -> dict[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _type(schema: dict[str, Any]) -> str:
    said = schema.get("type")
    if isinstance(said, list):
        said = next((one for one in said if one != "null"), "null")
    if isinstance(said, str):
        return said
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else "string"


def _object(schema: dict[str, Any], material: Material, place: _Place) -> dict[str, Any]:
    fields = _fields(schema)
    if place.depth >= DEEPEST:
        required = schema.get("required") or []
        fields = {name: one for name, one in fields.items() if name in required}
    if place.depth > 2 * DEEPEST:
        return {}
    return {name: _fill(one, material, place.within(name)) for name, one in fields.items()}


def _array(schema: dict[str, Any], material: Material, place: _Place) -> list[Any]:
    first = schema.get("prefixItems")
    first = first if isinstance(first, list) else []
    least = min(_whole(schema.get("minItems"), 0), LARGEST_LIST)
    n = max(least, min(N_ITEMS, len(material.sentences)), len(first))
    n = min(n, _whole(schema.get("maxItems"), n))
    if place.depth >= DEEPEST:
        n = least if place.depth <= 2 * DEEPEST else 0
    kinds = [*first, *[schema.get("items")] * max(0, n - len(first))][:n]
    return [_fill(one, material, place.within(index)) for index, one in enumerate(kinds)]


def _bounds(schema: dict[str, Any], low: float, span: float) -> tuple[float, float]:
    """Least and greatest value, both inclusive."""
    step = 1.0 if _type(schema) == "integer" else 1e-6
    least, above = _number(schema.get("minimum")), _number(schema.get("exclusiveMinimum"))
    most, below = _number(schema.get("maximum")), _number(schema.get("exclusiveMaximum"))
    if least is None and above is not None:
        least = above + step
    if most is None and below is not None:
        most = below - step
    if least is None:
        least = low if most is None else min(low, most)
    return least, least + span if most is None else most


def _string(schema: dict[str, Any], material: Material, place: _Place, draw: int) -> str:
    sentence = material.sentence(place.at)
    if "quote" in place.name:
        text = sentence
    elif "question" in place.name:
        text = question(sentence, draw)
    else:
        text = flat(sentence)
    least = min(_whole(schema.get("minLength"), 0), 100_000)
    while len(text) < least:
        text = f"{text} {text}" if text else "-"
    return text[: _whole(schema.get("maxLength"), len(text))]


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object, default: int) -> int:
    number = _number(value)
    return default if number is None or number < 0 else int(number)
