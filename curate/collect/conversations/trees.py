"""A tree of replies -> the conversation along its best ones. Reads no file.

The form is OpenAssistant's: a message with `role`, `text`, `deleted`, `rank` (0 is best, given by
people to the replies of one message) and `replies`.
"""

from collections.abc import Mapping
from typing import Any

from curate.collect.conversations.turns import ROLES, NotTakenError, Turn, UnsoundError, kind_of

DELETED = "a tree that was deleted or found wanting"
UNANSWERED = "a tree without a reply"
BAD_STATES = ("aborted_low_grade", "halted_by_moderator")


def best_path(root: object, state: object) -> list[Turn]:
    """The turns from the root along the best reply of each message.

    Best is the lowest rank, and the first where there is none; deleted replies and those that
    reviewers refused are not followed.

    Raises:
        NotTakenError: the root is deleted, or nobody replied.
        UnsoundError: it is no tree of messages.
    """
    if not isinstance(root, Mapping):
        raise UnsoundError(f"its prompt is {kind_of(root)}, not a message")
    if state in BAD_STATES or not _is_kept(root):
        raise NotTakenError(DELETED)
    turns, message = [_turn(root)], _best(root)
    if message is None:
        raise NotTakenError(UNANSWERED)
    while message is not None:
        turns.append(_turn(message))
        message = _best(message)
    return turns


def _best(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    replies = message.get("replies")
    kept = [
        one
        for one in (replies if isinstance(replies, list) else [])
        if isinstance(one, Mapping) and _is_kept(one)
    ]
    return min(kept, key=_rank) if kept else None


def _rank(message: Mapping[str, Any]) -> float:
    rank = message.get("rank")
    return rank if isinstance(rank, int | float) else float("inf")


def _is_kept(message: Mapping[str, Any]) -> bool:
    return not message.get("deleted") and message.get("review_result") is not False


def _turn(message: Mapping[str, Any]) -> Turn:
    role, text = ROLES.get(str(message.get("role"))), message.get("text")
    if role is None or not isinstance(text, str):
        raise UnsoundError(f"a message has the role {message.get('role')!r:.40} or no text")
    return Turn(role, text)
