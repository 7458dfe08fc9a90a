"""Conversations as the text that a model is trained on: what forms of plain text are made with.

A `Render` is `Chat.render` of a run with a base. `from_template` makes one where there is only a
template and no tokenizer; both run the template in the same sandbox.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from curate.chat import REFUSED, Messages, compiled, rendered
from schemas.errors import RecipeError

Render: TypeAlias = Callable[[Messages, bool], str]
"""(turns, whether the cue to answer follows them) -> text; RecipeError where it refuses."""
OTHERWISE = "the template writes the prompt otherwise where an answer follows"
REASONS = (REFUSED, OTHERWISE)
"""Why a row has no text."""


def from_template(template: str, where: Path, special: Mapping[str, str] | None = None) -> Render:
    """A renderer of a chat template's text.

    Args:
        template: Jinja, in the dialect of transformers.
        where: the file that it is from, for messages.
        special: texts of `bos_token`, `eos_token`, …. Without a base no end token is known; it is
            then empty, and trainers put their own behind each row.

    Raises:
        RecipeError: the template is broken.
    """
    made = compiled(template, where)
    named = {"bos_token": "", "eos_token": "", **(special or {})}

    def render(messages: Messages, cue: bool) -> str:
        advice = "Name another base.template, or export a form of conversations."
        return rendered(made, messages, cue, named, f"{where}:", advice)

    return render


def whole(turns: Messages, render: Render) -> str | None:
    """A conversation as text; None where the template has no place for one of its turns.

    Raises:
        RecipeError: the template refuses questions and answers alone, so it refuses all.
    """
    try:
        return render(turns, False)
    except RecipeError:
        if _plain(turns):
            raise
        return None


def parted(turns: Messages, render: Render) -> tuple[str, str] | str:
    """(prompt with the cue to answer, the rest of the conversation), or one of REASONS.

    Raises:
        RecipeError: as `whole`.
    """
    text = whole(turns, render)
    if text is None:
        return REFUSED
    try:
        asked = render(turns[:-1], True) if turns[:-1] else ""
    except RecipeError:
        if _plain(turns):
            raise
        return REFUSED
    return (asked, text[len(asked) :]) if text.startswith(asked) else OTHERWISE


def _plain(turns: Messages) -> bool:
    roles: list[Any] = [turn.get("role") for turn in turns]
    return roles == ["user", "assistant"] * (len(roles) // 2)
