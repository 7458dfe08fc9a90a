"""Rows of instruction sets, read by the tests of conversations."""

from typing import Any

from curate.collect import conversations
from curate.collect.conversations.turns import turns
from curate.collect.tabular.columns import Instructions, choose
from schemas.rows import Document, Failure, Skipped

ASKED = {"role": "user", "content": "Why is ice slippery?"}
ANSWERED = {"role": "assistant", "content": "Its surface melts."}
ICE = [("user", "Why is ice slippery?"), ("assistant", "Its surface melts.")]


def read(
    row: dict[str, Any], form: str | None = None, **fields: str
) -> list[Document | Failure | Skipped]:
    layout = choose("file:t", [row], fields, form)
    assert isinstance(layout, Instructions)
    return list(
        conversations.documents(
            row, layout.form, layout.columns, layout.others, source="file:t#1", what="file:t:1"
        )
    )


def one(row: dict[str, Any], form: str | None = None, **fields: str) -> Document:
    (found,) = read(row, form, **fields)
    assert isinstance(found, Document), found
    return found


def said(document: Document) -> list[tuple[str, str]]:
    return [(turn.role, turn.content) for turn in turns(document.text, document.sections)]
