"""Conversations as a base's tokenizer and template make them, for measures that need the base.

A row is never cut: one that the base cannot read whole has a reason in place of its tokens.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from train.encode import tokens

TOO_LONG = "longer than max_length"
REFUSED = "turns that the template refuses"
NO_ANSWER = "no loss tokens"
NOT_FINITE = "no finite numbers from the model"
ROWS_AT_ONCE = 1_024
"""Rows among which batches of like length are made."""

Messages = Sequence[Mapping[str, Any]]


class Tokens(NamedTuple):
    """One conversation."""

    ids: list[int]
    """(n_tokens,) of prompt and answer."""
    n_prompt: int
    """Of them, tokens of the prompt and the cue to answer."""


def read(messages: Messages, tokenizer: Any, longest: int) -> Tokens | str:  # noqa: ANN401
    """A conversation's tokens, or why there are none to be measured.

    Args:
        messages: the last turn is the answer.
        tokenizer: of the base, as transformers loads it.
        longest: tokens that the base may be given.
    """
    import jinja2

    turns = [{k: v for k, v in turn.items() if v is not None} for turn in messages or ()]
    if not turns:
        return NO_ANSWER
    try:
        found = Tokens(*tokens(tokenizer, turns[:-1], turns[-1:]))
    except (jinja2.TemplateError, TypeError):
        return REFUSED
    if len(found.ids) > longest:
        return TOO_LONG
    return found if len(found.ids) > found.n_prompt else NO_ANSWER


def alike(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Places of rows, so many at once that their padded batch has `most` tokens; one at least.

    Args:
        lengths: tokens of each row.
        most: tokens of a batch, padding included.
    """
    batches: list[list[int]] = [[]]
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if batches[-1] and (len(batches[-1]) + 1) * lengths[place] > most:
            batches.append([])
        batches[-1].append(place)
    return [batch for batch in batches if batch]
