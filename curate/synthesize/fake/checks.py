"""What is wrong with a chat request, whatever the server's state. Reads a body; gives a refusal."""

import json
from typing import Any

from curate.synthesize.fake.answers import n_tokens
from curate.synthesize.fake.passages import said
from curate.synthesize.fake.replies import Reply, error, unknown_model
from curate.synthesize.fake.settings import FakeSettings


def parsed(data: bytes) -> dict[str, Any] | Reply:
    """The JSON object that a body holds."""
    try:
        body = json.loads(data)
        json.dumps(body)  # what nests too deep to be written is refused here
    except (ValueError, RecursionError):
        return error(400, "We could not parse the JSON body of your request.")
    if not isinstance(body, dict):
        return error(400, f"The body is a JSON {type(body).__name__}, it has to be an object.")
    return body


def wrong(body: dict[str, Any], settings: FakeSettings) -> Reply | None:
    """The refusal of a body that asks for what this server does not do."""
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model:
        return error(400, "you must provide a model parameter", param="model")
    if settings.models and model not in settings.models:
        return unknown_model(model)
    if not isinstance(messages, list) or not messages or not all(map(_is_turn, messages)):
        return error(400, "messages: give a list of {role, content}.", param="messages")
    if body.get("stream"):
        return error(400, "This server does not stream.", "invalid_request_error", None, "stream")
    if body.get("n") not in (None, 1):
        return error(400, "This server gives one choice.", param="n")
    for name in ("max_tokens", "max_completion_tokens"):
        value = body.get(name)
        if value is not None and (type(value) is not int or value < 1):
            return error(400, f"{name}: give a whole number above 0 (got {value!r}).", param=name)
    return _wrong_form(body.get("response_format"), settings) or _too_long(body, settings)


def prompt_tokens(body: dict[str, Any]) -> int:
    """Tokens of all messages."""
    return n_tokens(*map(said, body["messages"]))


def _is_turn(turn: object) -> bool:
    if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
        return False
    return isinstance(turn.get("content"), str | list | None)


def _wrong_form(form: object, settings: FakeSettings) -> Reply | None:
    if form is None:
        return None
    where = "response_format"
    if not settings.structured:
        message = f"'{where}' is not supported by this model."
        return error(400, message, code="unsupported_parameter", param=where)
    if not isinstance(form, dict) or form.get("type") not in ("text", "json_object", "json_schema"):
        return error(400, f"{where}.type: text, json_object or json_schema.", param=where)
    if form["type"] == "json_schema":
        named = form.get("json_schema")
        if not isinstance(named, dict) or not isinstance(named.get("schema"), dict):
            return error(400, f"{where}.json_schema.schema is missing.", param=where)
    return None


def _too_long(body: dict[str, Any], settings: FakeSettings) -> Reply | None:
    if settings.context_tokens is None:
        return None
    asked = prompt_tokens(body)
    answer = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    if asked + answer <= settings.context_tokens:
        return None
    message = (
        f"This model's maximum context length is {settings.context_tokens} tokens. However, you "
        f"requested {asked + answer} tokens ({asked} in the messages, {answer} in the completion)."
    )
    return error(400, message, code="context_length_exceeded", param="messages")
