"""What a reply is: a strict pydantic model, its JSON schema, and how a JSON value becomes one.

The schema that a model is shown is strict. Reading is lenient where that changes no meaning: null
is an empty text, a number its digits, one quote a list of one. Small models write such things.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema


class Reply(BaseModel):
    """Base of replies and what is in them. Fields that nobody asked for are dropped."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)


Model = TypeVar("Model", bound=Reply)
Item = TypeVar("Item")


def as_text(value: Any) -> Any:  # noqa: ANN401  JSON
    """What was given for a text: null is empty, a number its digits, a list its lines."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return "\n".join(text for text in map(as_text, value) if text.strip())
    return value


def as_texts(value: Any) -> list[Any]:  # noqa: ANN401  JSON
    """What was given for several texts, without the empty ones; a lone text is a list of one."""
    given = map(as_text, value if isinstance(value, list) else [value])
    return [one for one in given if not isinstance(one, str) or one.strip()]


def _as_quotes(value: Any) -> list[Any]:  # noqa: ANN401  JSON
    return as_texts(value) or [""]


def _as_items(value: Any) -> Any:  # noqa: ANN401  JSON
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [one for one in value if one not in (None, "", {})]
    return value


Text = Annotated[str, BeforeValidator(as_text)]
"""A text, perhaps empty."""
Texts = Annotated[list[str], BeforeValidator(as_texts)]
"""Texts, none of them empty."""
Quote = Annotated[list[str], BeforeValidator(_as_quotes), WithJsonSchema({"type": "string"})]
"""A quote, asked for as one text. None given is one empty text, so that it shows as unverified."""
Quotes = Annotated[list[str], BeforeValidator(_as_quotes)]
"""Quotes, asked for as a list; none given is one empty text."""
Items = Annotated[list[Item], BeforeValidator(_as_items)]
"""Objects; a lone one is a list of one, and what is empty is left out."""


def schema_of(model: type[Reply]) -> dict[str, Any]:
    """The model's JSON schema in the form of OpenAI's strict mode: nothing optional or further."""
    strict: dict[str, Any] = _strict(model.model_json_schema())
    return strict


def _strict(node: Any) -> Any:  # noqa: ANN401  JSON
    if isinstance(node, list):
        return [_strict(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    kept = {name: _strict(one) for name, one in node.items() if name not in ("title", "default")}
    if node.get("type") == "object" and "properties" in node:
        properties = {name: _strict(one) for name, one in node["properties"].items()}
        kept |= {
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return kept


def reader(model: type[Model]) -> Callable[[Any], Model]:
    """A function that makes the model of a JSON value.

    Small models leave out the object around a list, or the list around an object: a list is taken
    for the model's only field where it has but one, and for the reply itself where it holds one
    object; an object with an item's fields is taken for a list of one.
    """
    (only, *others) = model.model_fields
    parts = {name for one in get_args(model.model_fields[only].annotation) for name in _names(one)}

    def read(value: Any) -> Model:  # noqa: ANN401  JSON
        if others and isinstance(value, list) and len(value) == 1:
            (value,) = value
        elif not others and isinstance(value, list):
            value = {only: value}
        elif not others and isinstance(value, dict) and only not in value and parts & set(value):
            value = {only: [value]}
        try:
            return model.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the reply"
            raise ValueError(f"{where}: {first['msg']}") from error

    return read


def _names(kind: object) -> Iterable[str]:
    if isinstance(kind, type) and issubclass(kind, Reply):
        return kind.model_fields
    return ()


def filled(*texts: str) -> bool:
    """Whether none of some texts is empty."""
    return all(text.strip() for text in texts)


def distinct(items: Iterable[Item], key: Callable[[Item], str], most: int) -> Iterator[Item]:
    """The first items, none whose key, letter case and white space aside, was there before."""
    seen: set[str] = set()
    for item in items:
        known = " ".join(key(item).casefold().split())
        if known not in seen and len(seen) < most:
            seen.add(known)
            yield item
