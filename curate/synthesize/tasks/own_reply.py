"""What a user's own task asks for: typed fields, their JSON schema, and how a reply is read."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field

from curate.synthesize.tasks.reply import as_texts
from schemas.settings import Settings

Pieces = dict[str, list[str]]
"""Field -> its texts, usually one; none where it is empty."""
Fields = Mapping[str, "Asked"]
"""Name -> what it holds."""


class Asked(Settings):
    """One field of what is asked for."""

    type: Literal["text", "number", "boolean", "list"] = "text"
    """What it holds; a list holds texts."""
    choices: list[str] = Field([], max_length=200)
    """The texts that it may be, or its list may hold; any by default."""
    about: str = ""
    """What it is, in words for the model."""


def described(fields: Fields, many: int) -> str:
    """How a reply should look, in words."""
    shape = ", ".join(f'"{name}": …' for name in fields)
    lines = [f'- "{name}": {_kind(asked)}' for name, asked in fields.items()]
    if many == 1:
        first = f"Reply with one JSON object, {{{shape}}}, in which:"
    else:
        first = (
            f'Reply with JSON: {{"items": [{{{shape}}}]}}, with up to {many} objects, or an '
            f"empty list if the passage holds nothing fit. In each:"
        )
    return "\n".join([first, *lines])


def _kind(asked: Asked) -> str:
    kinds = {
        "text": "text",
        "number": "a number",
        "boolean": "true or false",
        "list": "a list of texts",
    }
    choices = f", out of: {json.dumps(asked.choices, ensure_ascii=False)}" if asked.choices else ""
    return kinds[asked.type] + choices + (f"; {asked.about.strip()}" if asked.about.strip() else "")


def schema(fields: Fields, many: int) -> dict[str, Any]:
    """JSON schema of a reply: an object, or several under `items`."""
    item = {
        "type": "object",
        "properties": {name: _field_schema(asked) for name, asked in fields.items()},
        "required": list(fields),
        "additionalProperties": False,
    }
    if many == 1:
        return item
    return {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item}},
        "required": ["items"],
        "additionalProperties": False,
    }


def _field_schema(asked: Asked) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string"}
    if asked.choices:
        text["enum"] = list(asked.choices)
    kinds = {"text": text, "list": {"type": "array", "items": text}}
    return kinds.get(asked.type, {"type": asked.type})


def reader(fields: Fields) -> Callable[[Any], list[Pieces]]:
    """What makes objects of a JSON value: one, a list of them, or a list under `items`."""

    def read(value: Any) -> list[Pieces]:  # noqa: ANN401  JSON
        if isinstance(value, dict) and not set(value) & set(fields) and "items" in value:
            value = value["items"]
        given = [value] if isinstance(value, dict) else value
        if not isinstance(given, list):
            raise ValueError(f"the reply: objects with {', '.join(fields)} were asked for")
        return [_object(one, fields, number) for number, one in enumerate(given) if one]

    return read


def _object(given: object, fields: Fields, number: int) -> Pieces:
    if not isinstance(given, dict):
        raise ValueError(f"items.{number}: an object with {', '.join(fields)} was asked for")
    missing = [name for name in fields if name not in given]
    if missing:
        raise ValueError(f"items.{number}.{missing[0]}: field required")
    return {
        name: _pieces(given[name], asked, f"items.{number}.{name}")
        for name, asked in fields.items()
    }


def _pieces(given: Any, asked: Asked, where: str) -> list[str]:  # noqa: ANN401  JSON
    """The texts of one field; none where it is empty."""
    texts = as_texts(given)
    one_only = asked.type in ("number", "boolean") or (asked.choices and asked.type == "text")
    if not all(isinstance(one, str) for one in texts) or (one_only and len(texts) > 1):
        raise ValueError(f"{where}: {_kind(asked)} was asked for")
    texts = [_sound(one.strip(), where) for one in texts]
    if asked.choices:
        known = {choice.casefold(): choice for choice in asked.choices}
        wrong = [one for one in texts if one.casefold() not in known]
        if wrong:
            raise ValueError(f"{where}: {wrong[0][:40]!r} is not one of {', '.join(asked.choices)}")
        texts = [known[one.casefold()] for one in texts]
    if asked.type == "number" and not all(_is_number(one) for one in texts):
        raise ValueError(f"{where}: a number was asked for")
    if asked.type == "boolean" and not {one.casefold() for one in texts} <= {"true", "false"}:
        raise ValueError(f"{where}: true or false was asked for")
    return texts


def _sound(text: str, where: str) -> str:
    """The text, unless it holds half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{where}: half of a character, {error.reason}") from error
    return text


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
