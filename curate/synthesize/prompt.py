"""Prompts as Markdown files: a heading for each turn, `{name}` for what is filled in.

    ## system
    …
    ## user
    {passage}

What is filled in is never read as a template again, so a passage that holds `{title}` stays as it
is. Braces around anything but a known name are text.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import RecipeError

FOLDER = Path(__file__).parent / "prompts"
NAMES = ("passage", "passages", "title", "section", "domain", "problem", "known")
"""Placeholders of every prompt: what a request is about."""
_TURN = re.compile(r"^## (system|user)[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """The turns of a prompt, in order."""

    turns: tuple[tuple[str, str], ...]
    """(role, template)."""
    names: frozenset[str]
    """Placeholders that are filled; other braces are text."""

    def fill(self, given: Mapping[str, str]) -> list[dict[str, str]]:
        """Messages for a chat API."""

        def value(place: re.Match[str]) -> str:
            name = place[1]
            return given[name] if name in self.names else place[0]

        return [
            {"role": role, "content": _PLACE.sub(value, template)} for role, template in self.turns
        ]


def shipped(name: str, fields: Collection[str] = ()) -> Prompt:
    """The prompt of a task that ships.

    Args:
        name: the task's name.
        fields: placeholders that the task fills besides NAMES.
    """
    path = FOLDER / f"{name}.md"
    return parse(path.read_text(encoding="utf-8"), path.name, fields)


def parse(text: str, where: str, fields: Collection[str] = ()) -> Prompt:
    """Read a prompt's turns.

    Raises:
        RecipeError: there is no user turn, or it names nothing that it could be about.
    """
    body = _COMMENT.sub("", text)
    marks = list(_TURN.finditer(body))
    ends = [*(mark.start() for mark in marks), len(body)][1:]
    turns = tuple(
        (mark[1], body[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=True)
    )
    if not any(role == "user" and content for role, content in turns):
        raise RecipeError(
            f"{where}: has no `## user` turn. Write one that holds {{passage}}; `## system` may "
            f"come before it."
        )
    names = frozenset([*NAMES, *fields])
    said = {name for _, template in turns for name in _PLACE.findall(template)}
    if not said & {"passage", "passages", "problem"}:
        raise RecipeError(f"{where}: nowhere holds {{passage}}, so every passage is asked alike.")
    return Prompt(turns, names)
