"""What a request is answered: a rule's answer, a value for its schema, or a sentence.

Reads the body of a chat request. A schema is taken from `response_format`, else from the last
system message, where clients of servers without structured output write it.
"""

import json
from collections.abc import Iterator
from typing import Any

from curate.synthesize.fake.faults import Answer
from curate.synthesize.fake.filling import Material, fill
from curate.synthesize.fake.passages import flat, last_said, passage, quotable
from curate.synthesize.fake.settings import FakeSettings

CHARACTERS_PER_TOKEN = 4
"""What this server takes for a token."""
MARK = "Answer with one JSON value that this schema describes"
"""Words before a schema in a system message; without them, the first schema there counts."""
_SCHEMA_WORDS = {"type", "properties", "$ref", "$defs", "anyOf", "oneOf", "allOf", "enum"}
_DECODER = json.JSONDecoder()


def answer(body: dict[str, Any], settings: FakeSettings, request: bytes) -> Answer:
    """What the model says, before any fault.

    Args:
        body: a chat request that was checked.
        settings: rules.
        request: its digest; every choice depends on it.
    """
    content = _content(body, settings, request)
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    if most is not None and n_tokens(content) > most:
        return Answer(content[: most * CHARACTERS_PER_TOKEN], finish="length")
    return Answer(content)


def n_tokens(*texts: str) -> int:
    """Tokens of some texts together, rounded up."""
    return -(-sum(map(len, texts)) // CHARACTERS_PER_TOKEN)


def _content(body: dict[str, Any], settings: FakeSettings, request: bytes) -> str:
    asked = last_said(body["messages"], "user")
    for rule in settings.rules:
        if rule.match.search(asked):
            return rule.answer if isinstance(rule.answer, str) else _written(rule.answer)
    material = Material(quotable(passage(body["messages"])), request)
    form = body.get("response_format") or {}
    schema = schema_of(body)
    if schema is not None:
        return _written(fill(schema, material))
    if form.get("type") == "json_object":
        return _written({"answer": flat(material.sentence(0))})
    return flat(material.sentence(0))


def schema_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """The schema that the answer is to follow, if the request has one."""
    form = body.get("response_format") or {}
    named = form.get("json_schema")
    if isinstance(named, dict) and isinstance(named.get("schema"), dict):
        found: dict[str, Any] = named["schema"]
        return found
    told = last_said(body["messages"], "system", "developer")
    marked = told.rfind(MARK)
    return next(_schemas(told[max(0, marked) :]), None)


def _schemas(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects in a text that are schemas, outermost first."""
    at = text.find("{")
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if value.keys() & _SCHEMA_WORDS:
                yield value
        at = text.find("{", end)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
