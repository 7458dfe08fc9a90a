"""What the fake server sends back: a status, headers, JSON; errors in the shape of OpenAI's."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Reply:
    """One answer over HTTP."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut: bool = False
    """Whether the connection is closed in the middle of the body."""
    done: Callable[[bool], None] | None = None
    """Called before the reply is written, with whether it goes whole to a client that is there."""


def as_json(value: object, status: int = 200) -> Reply:
    """A reply that holds a JSON value."""
    return Reply(status, json.dumps(value).encode())


def error(
    status: int,
    message: str,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
) -> Reply:
    """A refusal as OpenAI words it."""
    told = {"message": message, "type": kind, "param": param, "code": code}
    return as_json({"error": told}, status)


def unknown(what: str) -> Reply:
    """There is no such thing: 404."""
    return error(404, f"No such {what}.", code="not_found")


def unknown_model(model: str) -> Reply:
    """The model is none of those that are known."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return error(404, message, code="model_not_found", param="model")


def wrong_key(sent: str | None) -> Reply:
    """The key is missing or not the one expected.

    The message repeats what was sent, as careless servers do: clients have to keep it out of logs.
    """
    if sent is None:
        return error(401, "You didn't provide an API key.", code="invalid_api_key")
    return error(401, f"Incorrect API key provided: {sent}.", code="invalid_api_key")


def too_many(message: str, kind: str = "requests") -> Reply:
    """More was asked than is allowed: 429."""
    return error(429, message, kind, "rate_limit_exceeded")


def ask_to_wait(reply: Reply, seconds: float) -> None:
    """Say in the headers when to try again."""
    reply.headers["retry-after"] = f"{seconds:.3f}".rstrip("0").rstrip(".")
    reply.headers["retry-after-ms"] = str(round(seconds * 1000))


def completion(
    content: str | None,
    refusal: str | None,
    finish: str,
    **others: Any,  # noqa: ANN401  JSON
) -> dict[str, Any]:
    """The body of an answered chat request; `others` are its id, model, usage and time."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return {**others, "object": "chat.completion", "choices": [choice]}
