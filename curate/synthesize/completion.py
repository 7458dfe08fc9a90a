"""The body of a chat completion, as servers give it."""

import json
from typing import Any


def of(body: str) -> dict[str, Any]:
    """A stored body as JSON; an empty one where it is none, which reads as an empty reply."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and _is_read_safely(found) else {}


def _is_read_safely(found: dict[str, Any]) -> bool:
    """Whether its first choice, if it has one, is of the form that readers take for granted."""
    choices = found.get("choices") or [{}]
    first = choices[0] if isinstance(choices, list) else None
    return isinstance(first, dict) and isinstance(first.get("message") or {}, dict)


def message_of(completion: dict[str, Any]) -> dict[str, Any]:
    """The message of its first choice."""
    choices = completion.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    return message if isinstance(message, dict) else {}


def has_message(completion: dict[str, Any]) -> bool:
    """Whether it has a message in its first choice, empty or not."""
    return bool(completion.get("choices")) and _is_read_safely(completion)


def is_one(found: Any) -> bool:  # noqa: ANN401  JSON
    """Whether some JSON is a completion: its first choice has a message."""
    try:
        return isinstance(found["choices"][0]["message"], dict)
    except (KeyError, IndexError, TypeError):
        return False


def text_of(completion: dict[str, Any]) -> str:
    """What the model said; some servers give it in pieces."""
    content = message_of(completion).get("content")
    if isinstance(content, list):
        pieces = [one.get("text") for one in content if isinstance(one, dict)]
        content = "".join(one for one in pieces if isinstance(one, str))
    return paired(content) if isinstance(content, str) else ""


def paired(text: str) -> str:
    """With halves of surrogate pairs joined, and replaced where they stand alone."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def line(text: str, longest: int = 160) -> str:
    """A text in one line, shortened."""
    flat = " ".join(paired(text[: 8 * longest]).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"
