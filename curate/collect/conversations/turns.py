"""Turns of a conversation -> a text with one section a turn, and back. Reads no file.

Rules of a sound conversation: perhaps a system turn, then a user's, and in the end the assistant's.
What follows the last answer is dropped. Turns of one role that follow each other are one turn, with
a blank line between what they say; a tool's stay apart, since each answers a call of its own.
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

from curate.collect.plain_text import clean
from schemas.rows import Message, Section

Role = Literal["system", "user", "assistant", "tool"]

ROLES: dict[str, Role] = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user",
    "assistant": "assistant", "gpt": "assistant", "bing": "assistant", "chatgpt": "assistant",
    "bard": "assistant", "chatbot": "assistant", "bot": "assistant", "model": "assistant",
    "function_call": "assistant", "tool_call": "assistant", "tool_calls": "assistant",
    "tool": "tool", "function": "tool", "observation": "tool", "tool_response": "tool",
    "function_response": "tool", "ipython": "tool",
}  # fmt: skip
"""What data sets call a role -> ours. A call of a tool is something that the assistant says."""
MEDIA = {
    "image", "image_url", "input_image", "video", "video_url", "audio", "audio_url", "input_audio",
    "file",
}  # fmt: skip
TEXT_PARTS = {"text", "input_text", "output_text"}
REASONING = {"reasoning", "thinking"}
CALLS = {"tool_call", "tool_calls", "tool_use", "function_call"}


NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}


def kind_of(value: object) -> str:
    """What a value is, for a person."""
    if value is None:
        return "nothing"
    return NAMES.get(type(value), "a number" if isinstance(value, int | float) else "no text")


class UnsoundError(Exception):
    """A row that cannot be a conversation; says why, on one line."""


class NotTakenError(Exception):
    """A row that is understood and left out on purpose; says why, in the same words each time."""


class Turn(NamedTuple):
    """One turn as a data set has it, under our name of the role."""

    role: Role
    content: str


def turns(text: str, sections: Sequence[Section]) -> list[Message]:
    """The conversation of a document of kind `instructions`, as `render` wrote it.

    Args:
        text: the document's text.
        sections: one a turn; the heading is its role.
    """
    return [Message(cast(Role, one.heading), text[one.start : one.end]) for one in sections]


def render(messages: Sequence[Message]) -> tuple[str, list[Section]]:
    """The turns under headings of their roles, and where each one's content stands.

    `text[section.start:section.end]` is the content, to the character.
    """
    pieces: list[str] = []
    sections: list[Section] = []
    length = 0
    for message in messages:
        head = "\n\n" * bool(pieces) + f"# {message.role}\n\n"
        start = length + len(head)
        length = start + len(message.content)
        pieces += [head, message.content]
        sections.append(Section(message.role, 1, start, length))
    return "".join(pieces), sections


def sound(turns: Sequence[Turn]) -> list[Message]:
    """The conversation that these turns are.

    Raises:
        UnsoundError: they break the rules of one.
    """
    found: list[Message] = []
    for number, (role, raw) in enumerate(turns, 1):
        content = clean(raw).strip()
        if not content and role == "system":
            continue
        if not content and role != "tool":
            raise UnsoundError(f"turn {number}, the {role}'s, is empty")
        if found and found[-1].role == role != "tool":
            content = f"{found.pop().content}\n\n{content}"
        found.append(Message(role, content))
    while found and found[-1].role != "assistant":
        found.pop()
    _check(found)
    return found


def _check(messages: Sequence[Message]) -> None:
    if not messages:
        raise UnsoundError("it holds no answer of the assistant")
    first = 1 if messages[0].role == "system" else 0
    if messages[first].role != "user":
        raise UnsoundError(f"it begins with a turn of the {messages[first].role}, not the user")
    for before, message in itertools.pairwise(messages):
        if message.role == "system":
            raise UnsoundError("a system turn stands between the others")
        if message.role == "tool" and before.role not in ("assistant", "tool"):
            raise UnsoundError(f"a tool answers the {before.role}")


def parse(value: object) -> list[Turn]:
    """The turns of a list of `{role, content}` or `{from, value}`, or of the JSON of one.

    Raises:
        UnsoundError: it is none.
        NotTakenError: it holds images, sound or video.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise UnsoundError("its turns are a text that is not JSON") from error
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list):
        raise UnsoundError(f"its turns are {kind_of(value)}, not a list")
    return [_turn(number, one) for number, one in enumerate(value, 1)]


def _turn(number: int, value: object) -> Turn:
    if not isinstance(value, Mapping):
        raise UnsoundError(f"turn {number} is {kind_of(value)}, not an object")
    said = value.get("role") or value.get("from")
    role = ROLES.get(said.strip().lower()) if isinstance(said, str) else None
    if role is None:
        raise UnsoundError(f"turn {number} has the role {said!r:.40}, which is not known")
    content = next((value[name] for name in ("content", "value") if value.get(name)), "")
    pieces = [content] if isinstance(content, str) else list(_parts(number, content))
    pieces += [as_json(call) for call in _calls(value)]
    return Turn(role, "\n\n".join(piece for piece in pieces if piece))


def _calls(value: Mapping[str, Any]) -> list[Any]:
    """Calls of tools that stand beside a turn's content, as OpenAI writes them."""
    calls = value.get("tool_calls") or []
    single = value.get("function_call")
    return [*(calls if isinstance(calls, list) else [calls]), *([single] if single else [])]


def _parts(number: int, content: object) -> Iterator[str]:
    """The texts of typed parts; what the model thought before it spoke is marked as such."""
    if not isinstance(content, list):
        raise UnsoundError(f"turn {number} says {kind_of(content)}, not a text")
    for part in content:
        kind = "text" if isinstance(part, str) else _kind(number, part)
        value = part if isinstance(part, str) else _value(part, kind)
        if kind in MEDIA:
            raise NotTakenError("it holds images, sound or video")
        if kind in CALLS:
            yield value if isinstance(value, str) else as_json(value)
        elif kind in TEXT_PARTS and isinstance(value, str):
            yield value
        elif kind in REASONING and isinstance(value, str):
            yield f"<think>\n{value.strip()}\n</think>"
        else:
            raise UnsoundError(f"turn {number} has a part of the kind {kind!r:.40}")


def _kind(number: int, part: object) -> str:
    if not isinstance(part, Mapping):
        raise UnsoundError(f"turn {number} has a part that is {kind_of(part)}")
    return str(part.get("type", "text"))


def _value(part: Mapping[str, Any], kind: str) -> object:
    for name in ("text", "value", kind):
        if part.get(name) is not None:
            return part[name]
    return {name: value for name, value in part.items() if name != "type"}


def as_json(value: object) -> str:
    """A value as JSON, a text as it is."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
