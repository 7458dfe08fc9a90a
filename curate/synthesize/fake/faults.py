"""Which fault a request meets, and what it does to the answer.

| fault | what the client sees |
|---|---|
| rate_limited | 429 without a word on when to come back |
| retry_after | 429 with `retry-after` and `retry-after-ms` |
| insufficient_quota | 429 with the code `insufficient_quota` |
| server_error, server_down | 500, 503 |
| slow | the answer, `slow_seconds` late |
| cut | a connection that is closed in the middle of the body |
| invalid_json | talk without any JSON in it |
| broken_json | JSON whose end is missing, which a lenient reader mends; finish_reason `stop` |
| schema_mismatch | JSON with other fields |
| wrong_quotes | fields named `…quote…` hold what is not in the passage |
| empty | content of no character |
| truncated | half the content, finish_reason `length` |
| refusal | `message.refusal`, no content |
| content_filter | no content, finish_reason `content_filter` |

The first seven are faults of transport. They hit attempts, so a retry gets past them; the others
belong to the request and stay. A batch has no connection: there `cut` is a line that timed out.
Faults of content are those of chat; `embeddings.py` says what they leave of vectors.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from curate.synthesize.fake.replies import Reply, ask_to_wait, error, too_many
from curate.synthesize.fake.settings import CONTENT, FAULTS, TRANSPORT, FakeSettings, Fault


class Answer(NamedTuple):
    """What a model said."""

    content: str | None
    refusal: str | None = None
    finish: str = "stop"


def digest(body: object, seed: int) -> bytes:
    """(16,) bytes that stand for a request, whatever the order and spacing of its JSON."""
    told = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(told.encode(), digest_size=16, key=str(seed).encode()[:64]).digest()


def drawn(settings: FakeSettings, request: bytes) -> Fault | None:
    """The fault that belongs to a request, by its digest; shares are cut from [0, 1)."""
    if not settings.faults:
        return None
    place = int.from_bytes(request[:8], "big") / 2**64
    for name in FAULTS:
        place -= settings.faults.get(name, 0)
        if place < 0:
            return name
    return None


def met(
    settings: FakeSettings, request: bytes, attempt: int, messages: Sequence[dict[str, Any]]
) -> Fault | None:
    """The fault that an attempt, counted from 0, meets."""
    fault = drawn(settings, request)
    if fault in TRANSPORT:
        return fault if attempt < settings.fault_attempts else None
    if settings.first_only and any(turn.get("role") == "assistant" for turn in messages):
        return None
    return fault


def failed(fault: Fault | None, settings: FakeSettings) -> Reply | None:
    """The refusal that a fault is, or None where something is answered."""
    match fault:
        case "rate_limited":
            return too_many("Rate limit reached for requests. Please slow down.")
        case "retry_after":
            reply = too_many(f"Rate limit reached. Try again in {settings.retry_after:g} s.")
            ask_to_wait(reply, settings.retry_after)
            return reply
        case "insufficient_quota":
            message = "You exceeded your current quota, please check your plan and billing details."
            return error(429, message, "insufficient_quota", "insufficient_quota")
        case "server_error":
            return error(500, "The server had an error processing your request.", "server_error")
        case "server_down":
            return error(503, "The server is overloaded or not ready yet.", "server_error")
    return None


def spoiled(fault: Fault | None, answer: Answer, request: bytes) -> Answer:
    """The answer as a fault of content leaves it."""
    if fault not in CONTENT or answer.content is None:
        return answer
    content = answer.content
    match fault:
        case "invalid_json":
            return Answer("Gladly: " + content.translate(dict.fromkeys(map(ord, '{}[]"'))))
        case "broken_json":
            whole = content if content[:1] in ("{", "[") else "{" + content
            return Answer(whole[: max(1, len(whole) * 2 // 3)])
        case "schema_mismatch":
            return Answer(json.dumps(_other_fields(_value(content)), ensure_ascii=False))
        case "wrong_quotes":
            told = _misquoted(_value(content), request.hex()[:8])
            return Answer(told if isinstance(told, str) else json.dumps(told, ensure_ascii=False))
        case "empty":
            return Answer("")
        case "truncated":
            return Answer(content[: len(content) // 2], finish="length")
        case "refusal":
            return Answer(None, refusal="I'm sorry, but I can't help with that.")
    return Answer("", finish="content_filter")


def _value(content: str) -> Any:  # noqa: ANN401  JSON
    """What the content says as JSON; itself where it says nothing."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content


def _other_fields(value: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    if not isinstance(value, dict):
        return {"unasked_value": value}
    return {f"unasked_{name}": one for name, one in value.items()}


def _misquoted(value: Any, mark: str, name: str = "") -> Any:  # noqa: ANN401  JSON
    """The value with every quote replaced by one that no text holds."""
    if isinstance(value, dict):
        return {key: _misquoted(one, mark, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_misquoted(one, mark, name) for one in value]
    if isinstance(value, str) and "quote" in name.lower():
        return f"Nobody ever wrote the words of this invented quotation, number {mark}."
    return value
