"""Rows of instruction sets -> documents of kind `instructions`, one a conversation. Reads no file.

`recognise` tells a table's form by its columns, `documents` makes a row's documents, and `turns`
reads the conversation of one back.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curate.collect import records
from curate.collect.conversations.forms import (
    EACH_CHOICE,
    FORMS,
    KEYS,
    Columns,
    Rows,
    needed,
    recognise,
)
from curate.collect.conversations.makers import MAKERS
from curate.collect.conversations.turns import (
    NotTakenError,
    Turn,
    UnsoundError,
    as_json,
    render,
    sound,
    turns,
)
from schemas.rows import Document, Failure, Message, Skipped

__all__ = ["FORMS", "KEYS", "Rows", "conversations", "documents", "needed", "recognise", "turns"]

MEDIA = ("image", "images", "video", "videos", "audio", "audios")
"""Columns beside the text that the answers are about."""
HELD_BACK = ("tools", "rejected", "instances", "history", "choices")
"""What is not repeated in `metadata` as it stands."""


def documents(
    row: Mapping[str, Any],
    form: Rows,
    columns: Columns,
    others: Mapping[str, str],
    *,
    source: str,
    what: str,
) -> Iterator[Document | Failure | Skipped]:
    """What one row gives: a document a conversation, or why there is none.

    Args:
        row: column of the file -> value.
        form: what the row is.
        columns: what the form knows -> columns to look in.
        others: column of a document -> column of the file.
        source: what the document is called; several of a row are numbered.
        what: what a failure is called.
    """
    values, used = _filled(row, columns)
    metadata = records.other(row, used | set(others.values()))
    if values.get("tools"):
        metadata["tools"] = as_json(values["tools"])
    said = {name: row.get(column) for name, column in others.items()}
    found = list(_made(row, form, values))
    for number, one in enumerate(found, 1):
        part = f".{number}" if len(found) > 1 else ""
        if isinstance(one, NotTakenError):
            yield Skipped(f"{what}{part}", str(one))
        elif isinstance(one, UnsoundError):
            yield Failure(f"{what}{part}", "bad-record", str(one))
        else:
            text, sections = render(one)
            yield records.document(
                said,
                source=f"{source}{part}",
                form=form,
                text=text,
                sections=sections,
                metadata=metadata,
                kind="instructions",
            )


def conversations(
    row: Mapping[str, Any], form: Rows, columns: Columns
) -> Iterator[Sequence[Message] | NotTakenError | UnsoundError]:
    """The conversations of one row, most often one; instead of each, why it is none.

    Args:
        row: column of the file -> value.
        form: what the row is, as `recognise` tells.
        columns: what the form knows -> columns to look in.
    """
    return _made(row, form, _filled(row, columns)[0])


def _made(
    row: Mapping[str, Any], form: Rows, values: Mapping[str, Any]
) -> Iterator[Sequence[Message] | NotTakenError | UnsoundError]:
    try:
        if any(row.get(name) for name in MEDIA):
            raise NotTakenError("it holds images, sound or video")
        made = MAKERS[form](values)
    except (NotTakenError, UnsoundError) as error:
        yield error
        return
    for one in made:
        yield _sound(one)


def _sound(made: Sequence[Turn]) -> Sequence[Message] | UnsoundError:
    try:
        return sound(made)
    except UnsoundError as error:
        return error


def _filled(row: Mapping[str, Any], columns: Columns) -> tuple[dict[str, Any], set[str]]:
    """(what the form knows -> the row's value, the columns that this used up)."""
    values: dict[str, Any] = {}
    used: set[str] = set()
    for key, names in columns.items():
        if key == EACH_CHOICE:
            values[key] = [row.get(name) for name in names if row.get(name) is not None]
            used.update(names)
            continue
        for name in names:
            value = row.get(name)
            if value is not None and value != "":
                values[key] = value
                used.add(name)
                break
        if key in HELD_BACK:
            used.update(names)
    return values, used
